//! Where everything lies in the memory of a slot. Points and numbers begin at multiples of 16 bytes.

use crate::bls12381::device::{Plan, Work};

/// Signatures that a slot holds at most, the known ones included.
pub const COUNT_MAX: usize = 1 << 16;

/// Bytes of input that a slot holds at most: for each signature 96 of its key, 256 of its message, 16 of its coefficient, 96 of
/// its encoding and eight words; and what lies between the parts.
pub const INPUT_MAX: usize = (96 + 256 + 16 + 96 + 8 * 4) * COUNT_MAX + 16 * 16;

/// Where the parts of the input lie, in bytes from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Input {
    pub keys: usize,
    pub expanded: usize,
    pub coefficients: usize,
    pub encodings: usize,
    pub messages: usize,
    /// The numbers of signatures that are checked by themselves: room for as many as there are.
    pub which: usize,
    pub key_parts: usize,
    pub runs: usize,
    pub run_messages: usize,
    pub signature_parts: usize,
    pub sum_parts: usize,
    pub sums: usize,
    /// How many different messages there are.
    pub different: usize,
    pub total: usize,
}

/// Takes room behind what was taken.
fn take(total: &mut usize, bytes: usize) -> usize {
    let at = total.next_multiple_of(16);
    *total = at + bytes;
    at
}

impl Input {
    pub fn of(work: &Work) -> Input {
        let (none, mut total) = (Plan::default(), 0);
        let plan = work.plan.as_ref().unwrap_or(&none);
        let mut take = |bytes| take(&mut total, bytes);
        let input = Input {
            keys: take(work.keys.len()),
            expanded: take(work.expanded.len()),
            coefficients: take(work.coefficients.len()),
            encodings: take(work.encodings.len()),
            messages: take(4 * work.messages.len()),
            which: take(4 * work.messages.len()),
            key_parts: take(4 * plan.key_parts.len()),
            runs: take(4 * plan.runs.len()),
            run_messages: take(4 * plan.run_messages.len()),
            signature_parts: take(4 * plan.signature_parts.len()),
            sum_parts: take(4 * plan.sum_parts.len()),
            sums: take(4 * plan.sums.len()),
            different: work.different(),
            total: 0,
        };
        Input { total, ..input }
    }

    /// Writes all of it, with room for no signatures that are checked by themselves, or all of them if there are no sums.
    pub fn write(&self, memory: &mut [u8], work: &Work) {
        let mut put = |at: usize, bytes: &[u8]| memory[at..at + bytes.len()].copy_from_slice(bytes);
        put(self.keys, &work.keys);
        put(self.expanded, &work.expanded);
        put(self.coefficients, &work.coefficients);
        put(self.encodings, &work.encodings);
        put_words(memory, self.messages, &work.messages);
        match &work.plan {
            None => {
                let all: Vec<_> = (0..work.count() as u32).collect();
                put_words(memory, self.which, &all);
            }
            Some(plan) => {
                put_words(memory, self.key_parts, &plan.key_parts);
                put_words(memory, self.runs, &plan.runs);
                put_words(memory, self.run_messages, &plan.run_messages);
                put_words(memory, self.signature_parts, &plan.signature_parts);
                put_words(memory, self.sum_parts, &plan.sum_parts);
                put_words(memory, self.sums, &plan.sums);
            }
        }
    }
}

/// Words, little-endian.
pub fn put_words(memory: &mut [u8], at: usize, words: &[u32]) {
    let places = memory[at..at + 4 * words.len()].as_chunks_mut().0;
    places.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_le_bytes());
}

/// Where what kernels leave for each other lies, by the most that there can be: in bytes from the beginning. See `cuda/bls.cu`.
#[derive(Clone, Copy, Debug)]
pub struct Scratch {
    pub points: usize,
    pub hashes: usize,
    /// Of keys, and then of signatures.
    pub multiples: usize,
    pub key_parts: usize,
    pub signature_parts: usize,
    pub run_sums: usize,
    pub sums: usize,
    pub pairs: usize,
    pub total: usize,
}

impl Scratch {
    pub fn new() -> Scratch {
        let mut total = 0;
        let mut take = |each: usize| take(&mut total, each * COUNT_MAX);
        let scratch = Scratch {
            points: take(192),
            hashes: take(192),
            multiples: take(9 * 96),
            key_parts: take(144),
            signature_parts: take(288),
            run_sums: take(144),
            sums: take(288),
            pairs: take(2 * 576),
            total: 0,
        };
        Scratch { total, ..scratch }
    }
}
