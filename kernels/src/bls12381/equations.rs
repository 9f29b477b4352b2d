//! Rule 6 for many signatures, as one equation for any range of them.

use std::collections::HashMap;
use std::iter::once;
use std::ops::Range;

use super::batch::SignedMessage;
use super::coefficients::{Coefficient, Draw};
use super::level::Level;
use super::points::{G1, G2};

/// The equations of those signatures of a batch that obey rules 1 to 3.
pub(super) struct Equations {
    /// Those of equal messages lie side by side.
    list: Vec<Equation>,
    /// One for each equation.
    coefficients: Vec<Coefficient>,
    /// The hash of each different message.
    hashes: Vec<G2>,
    level: Level,
}

struct Equation {
    /// The number of its signature in the batch.
    place: usize,
    /// The number of its message among the different ones.
    message: usize,
    key: G1,
    signature: G2,
}

impl Equations {
    /// Decodes the signatures of `batch`, and hashes the messages under `tag`.
    pub fn new(batch: &[SignedMessage], tag: &[u8], seed: &[u8; 32], level: Level) -> Self {
        let encodings: Vec<_> = batch.iter().map(|one| one.signature).collect();
        let signatures = level.decode(&encodings); // rules 1 to 3
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
        let hashes = level.hash(&messages.different, tag);
        Self { list, coefficients, hashes, level }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The number of equation `index`'s signature in the batch.
    pub fn place(&self, index: usize) -> usize {
        self.list[index].place
    }

    /// How many different messages the equations in `range` have.
    pub fn messages(&self, range: Range<usize>) -> usize {
        self.list[range].chunk_by(have_one_message).count()
    }

    /// Whether all equations in `range` hold: always if they do, and otherwise with a chance of at most 2^-127.
    pub fn hold(&self, range: Range<usize>) -> bool {
        let list = &self.list[range.clone()];
        if let [one] = list {
            let pairs = [(one.key, self.hashes[one.message]), (G1::minus_generator(), one.signature)];
            return self.level.product_is_one(pairs.into_iter());
        }
        let mut coefficients = self.coefficients[range.clone()].iter().copied();
        let keys: Vec<_> = list
            .chunk_by(have_one_message)
            .map(|group| G1::combination(group.iter().map(|one| one.key).zip(coefficients.by_ref())))
            .collect();
        let hashes = list.chunk_by(have_one_message).map(|group| self.hashes[group[0].message]);
        let coefficients = self.coefficients[range].iter().copied();
        let signature = G2::combination(list.iter().map(|one| one.signature).zip(coefficients));
        let signatures = once((G1::minus_generator(), G2::normalized(&[signature])[0]));
        self.level.product_is_one(G1::normalized(&keys).into_iter().zip(hashes).chain(signatures))
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
