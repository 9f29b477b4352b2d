//! Rule 6 for many signatures, as one equation for any range of them.

use std::collections::HashMap;
use std::ops::Range;

use super::arithmetic::Arithmetic;
use super::batch::SignedMessage;
use super::coefficients::{Coefficient, Draw};
use super::points::{G1, G2};
use super::search::Sums;

/// The equations of those signatures of a batch that obey rules 1 to 3.
pub(super) struct Equations<'a> {
    arithmetic: &'a Arithmetic,
    /// Those of equal messages lie side by side.
    list: Vec<Equation>,
    /// One for each equation.
    coefficients: Vec<Coefficient>,
    /// The hash of each different message.
    hashes: Vec<G2>,
}

struct Equation {
    /// The number of its signature in the batch.
    place: usize,
    /// The number of its message among the different ones.
    message: usize,
    key: G1,
    signature: G2,
}

impl<'a> Equations<'a> {
    /// Decodes the signatures of `batch`, and hashes the messages under `tag`.
    pub fn new(batch: &[SignedMessage], tag: &[u8], seed: &[u8; 32], arithmetic: &'a Arithmetic) -> Self {
        let encodings: Vec<_> = batch.iter().map(|one| one.signature).collect();
        let signatures = arithmetic.decode(&encodings); // rules 1 to 3
        let mut messages = Messages::default();
        let mut list = Vec::with_capacity(batch.len());
        for (place, (one, signature)) in batch.iter().zip(signatures).enumerate() {
            if let Some(signature) = signature {
                let message = messages.number(one.message);
                list.push(Equation { place, message, key: one.key.point, signature });
            }
        }
        list.sort_by_key(|equation| equation.message);
        let coefficients = coefficients(seed, batch, &list, &messages.different);
        let hashes = arithmetic.hash(&messages.different, tag);
        Self { arithmetic, list, coefficients, hashes }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The number of equation `index`'s signature in the batch.
    pub fn place(&self, index: usize) -> usize {
        self.list[index].place
    }
}

impl Sums for Equations<'_> {
    fn price(&self, range: Range<usize>) -> u64 {
        let prices = self.arithmetic.prices();
        if range.len() == 1 {
            return prices.alone;
        }
        let (signatures, messages) =
            (range.len() as u64, self.list[range].chunk_by(have_one_message).count() as u64);
        prices.sum + prices.message * messages + prices.signature * signatures
    }

    /// Right always if they do, and otherwise with a chance of at most 2^-127.
    fn hold(&self, range: Range<usize>) -> bool {
        let list = &self.list[range.clone()];
        if let [one] = list {
            let pairs = [(one.key, self.hashes[one.message]), (G1::minus_generator(), one.signature)];
            return self.arithmetic.product_is_one(pairs.into_iter());
        }
        let keys: Vec<_> = list.iter().map(|one| one.key).collect();
        let signatures: Vec<_> = list.iter().map(|one| one.signature).collect();
        let coefficients = &self.coefficients[range];
        let (mut groups, mut hashes, mut start) = (Vec::new(), Vec::new(), 0);
        for group in list.chunk_by(have_one_message) {
            let end = start + group.len();
            groups.push((&keys[start..end], &coefficients[start..end]));
            hashes.push(self.hashes[group[0].message]);
            start = end;
        }
        let keys = self.arithmetic.combine_keys(&groups);
        let signature = self.arithmetic.combine_signatures(&signatures, coefficients);
        self.arithmetic
            .product_is_one(keys.into_iter().zip(hashes).chain([(G1::minus_generator(), signature)]))
    }
}

fn have_one_message(a: &Equation, b: &Equation) -> bool {
    a.message == b.message
}

/// Draws them from everything the equations depend on: which message each one has, key and signature, and the messages.
fn coefficients(
    seed: &[u8; 32],
    batch: &[SignedMessage],
    list: &[Equation],
    messages: &[&[u8]],
) -> Vec<Coefficient> {
    let mut draw = Draw::new(seed);
    for equation in list {
        let one = &batch[equation.place];
        draw.absorb(&(equation.message as u64).to_le_bytes());
        draw.absorb(&one.key.encoding);
        draw.absorb(one.signature);
    }
    messages.iter().for_each(|message| draw.absorb_any(message));
    draw.finish(list.len())
}

/// Different messages, numbered as they come.
#[derive(Default)]
struct Messages<'a> {
    numbers: HashMap<&'a [u8], usize>,
    different: Vec<&'a [u8]>,
}

impl<'a> Messages<'a> {
    fn number(&mut self, message: &'a [u8]) -> usize {
        *self.numbers.entry(message).or_insert_with(|| {
            self.different.push(message);
            self.different.len() - 1
        })
    }
}
