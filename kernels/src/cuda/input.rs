//! How a batch lies in the memory of a slot, so that one copy brings all of it.
//!
//! ```text
//!   secret      32 bytes, of which the coefficients of sums are made
//!   parts       where each of four parts of the tasks begins, and how many there are, u32 each: see `steps.rs`
//!   signatures  64 bytes each
//!   ends        u32 each, little-endian, where each message ends
//!   tasks       numbers of a signature and of a place, u32 each, see `places.rs`
//!   keys        32 bytes each (ed25519), or parities, 1 byte each (secp256k1)
//!   messages    one behind the other
//! ```
//!
//! Batches of one class of sizes have all but the messages' end in the same places: there is room for as many signatures as
//! any of them has, of which what is missing is copied and not read. Long batches have no class, and no gaps.

use std::ops::Range;

use super::places::Plan;
use super::steps::Part;
use crate::signatures::{Scheme, Signatures};

/// A class has room for a power of two of signatures, from these on up to those, and for some more: those whose answers
/// are known, so that batches of powers of two are not just too long for their class. At most half of a class is missing, so
/// that 220 kB are copied for nothing, which takes a GPU less time (4 µs at 50 GB/s) than its graph spares.
const CLASSES: std::ops::RangeInclusive<usize> = 1 << 7..=1 << 12;
const BESIDE: usize = 64;

/// Where the secret and the parts lie.
pub(super) const SECRET: usize = 0;
pub(super) const PARTS: usize = 32;
/// Bytes of a part.
pub(super) const PART_BYTES: usize = 8;
const HEAD: usize = PARTS + Part::ALL.len() * PART_BYTES;

/// Where the rest lies, in bytes from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub signatures: usize,
    pub ends: usize,
    pub tasks: usize,
    pub keys: usize,
    pub messages: usize,
    pub total: usize,
    /// How many signatures there are.
    pub count: usize,
    /// For how many there is room, in batches of the same class.
    pub class: Option<usize>,
}

/// The class of a batch of so many signatures.
fn class(count: usize) -> Option<usize> {
    let least = count.saturating_sub(BESIDE).next_power_of_two().max(*CLASSES.start());
    CLASSES.contains(&least).then_some(least + BESIDE)
}

impl Layout {
    /// Of two batches of one scheme, one behind the other.
    pub fn of(first: &Signatures, second: &Signatures) -> Layout {
        let messages = first.messages().len() + second.messages().len();
        Layout::with(first.len() + second.len(), [64, 8, key_bytes(second.scheme())], messages)
    }

    /// Of so many messages without signatures, of so many bytes together.
    pub fn of_messages(bytes: usize, count: usize) -> Layout {
        Layout::with(count, [0; 3], bytes)
    }

    /// With so many bytes for each signature, task and key.
    fn with(count: usize, [signature, task, key]: [usize; 3], messages_bytes: usize) -> Layout {
        let class = class(count);
        let room = class.unwrap_or(count);
        let ends = HEAD + signature * room;
        let tasks = ends + 4 * room;
        let keys = tasks + task * room;
        let messages = keys + key * room;
        let total = messages + messages_bytes;
        Layout { signatures: HEAD, ends, tasks, keys, messages, total, count, class }
    }

    /// For how many signatures there is room.
    pub fn room(&self) -> usize {
        self.class.unwrap_or(self.count)
    }

    /// Writes messages, and where each ends, to memory of `total` bytes or more.
    pub fn write_messages(&self, memory: &mut [u8], messages: &[u8], ends: &[u32], plan: &Plan) {
        self.write_parts(memory, plan);
        put_words(memory, self.ends, ends.iter().copied());
        memory[self.messages..self.total].copy_from_slice(messages);
    }

    /// Where signatures, ends, keys and messages of a range of two batches, one behind the other, lie in memory.
    pub fn pieces(&self, first: &Signatures, second: &Signatures, range: &Range<usize>) -> [Range<usize>; 4] {
        let key = key_bytes(second.scheme());
        let of = |at: usize, bytes: usize| at + bytes * range.start..at + bytes * range.end;
        let messages = message_bytes(first, second, range);
        let messages = self.messages + messages.start..self.messages + messages.end;
        [of(self.signatures, 64), of(self.ends, 4), of(self.keys, key), messages]
    }

    /// Writes the range to its pieces.
    pub fn write_range(
        first: &Signatures,
        second: &Signatures,
        range: &Range<usize>,
        [signatures, ends, keys, messages]: [&mut [u8]; 4],
    ) {
        put_joined(signatures, first.signatures(), second.signatures(), range);
        match second.scheme() {
            Scheme::Ed25519 => put_joined(keys, first.keys(), second.keys(), range),
            Scheme::Secp256k1 => {
                put_bytes(keys, first.parities(), second.parities(), range);
            }
        }
        put_bytes(messages, first.messages(), second.messages(), &message_bytes(first, second, range));
        let offset = u32::try_from(first.messages().len()).expect("known messages are short");
        let [before, behind] = halves(first.ends(), second.ends(), range);
        put_words(ends, 0, before.iter().copied().chain(behind.iter().map(|end| end + offset)));
    }

    /// Writes what is to be done with them, to memory of `total` bytes or more.
    pub fn write_plan(&self, memory: &mut [u8], plan: &Plan, secret: &[u8; 32]) {
        memory[SECRET..][..secret.len()].copy_from_slice(secret);
        self.write_parts(memory, plan);
        let places = memory[self.tasks..].as_chunks_mut::<8>().0;
        for (place, task) in places.iter_mut().zip(&plan.tasks) {
            place[..4].copy_from_slice(&task.signature.to_le_bytes());
            place[4..].copy_from_slice(&task.place.to_le_bytes());
        }
    }

    fn write_parts(&self, memory: &mut [u8], plan: &Plan) {
        let parts = Part::ALL.into_iter().map(|part| part.range(plan));
        put_words(memory, PARTS, parts.flat_map(|range| [range.start as u32, range.len() as u32]));
    }
}

/// Bytes of what stands for a key.
fn key_bytes(scheme: Scheme) -> usize {
    match scheme {
        Scheme::Ed25519 => 32,
        Scheme::Secp256k1 => 1,
    }
}

/// Of two arrays, one behind the other, what of a range is in each.
fn halves<'a, T>(first: &'a [T], second: &'a [T], range: &Range<usize>) -> [&'a [T]; 2] {
    let cut = first.len();
    let before = &first[range.start.min(cut)..range.end.min(cut)];
    [before, &second[range.start.saturating_sub(cut)..range.end.saturating_sub(cut)]]
}

fn put_joined<const N: usize>(to: &mut [u8], first: &[[u8; N]], second: &[[u8; N]], range: &Range<usize>) {
    put_bytes(to, first.as_flattened(), second.as_flattened(), &(N * range.start..N * range.end));
}

fn put_bytes(to: &mut [u8], first: &[u8], second: &[u8], range: &Range<usize>) {
    let [before, behind] = halves(first, second, range);
    let (to_before, to_behind) = to.split_at_mut(before.len());
    to_before.copy_from_slice(before);
    to_behind.copy_from_slice(behind);
}

/// Which bytes of all messages, one behind the other, are those of a range.
fn message_bytes(first: &Signatures, second: &Signatures, range: &Range<usize>) -> Range<usize> {
    let start = |index: usize| match index.checked_sub(first.len() + 1) {
        Some(before) => first.messages().len() + second.ends()[before] as usize,
        None => index.checked_sub(1).map_or(0, |before| first.ends()[before] as usize),
    };
    start(range.start)..start(range.end)
}

/// Words, little-endian.
fn put_words(memory: &mut [u8], at: usize, words: impl Iterator<Item = u32>) {
    let places = memory[at..].as_chunks_mut().0;
    places.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::{HEAD, Layout, PARTS, Plan, SECRET, class};

    /// What lies in memory of two batches that are written in so many parts.
    fn written(layout: &Layout, batches: [&Signatures; 2], plan: &Plan, parts: usize) -> Vec<u8> {
        let [first, second] = batches;
        let mut memory = vec![0xee; layout.total];
        for part in 0..parts {
            let range = part * layout.count / parts..(part + 1) * layout.count / parts;
            let pieces = layout.pieces(first, second, &range);
            let mut of = pieces.clone().map(|piece| vec![0; piece.len()]);
            Layout::write_range(first, second, &range, of.each_mut().map(|piece| &mut piece[..]));
            for (piece, bytes) in pieces.into_iter().zip(of) {
                memory[piece].copy_from_slice(&bytes);
            }
        }
        layout.write_plan(&mut memory, plan, &[8; 32]);
        memory
    }

    use crate::signatures::{Scheme, Signatures};

    #[test]
    fn batches_of_a_class_have_everything_in_the_same_places() {
        assert_eq!([0, 1, 192, 193].map(class), [Some(192), Some(192), Some(192), Some(320)]);
        assert_eq!([1_004, 1_088, 1_089].map(class), [Some(1_088), Some(1_088), Some(2_112)]);
        assert_eq!([4_160, 4_161].map(class), [Some(4_160), None]);
        let messages = |count| Layout::of_messages(0, count).messages;
        assert_eq!((messages(193), messages(320)), (HEAD + 4 * 320, HEAD + 4 * 320));
        assert_eq!(messages(100_000), HEAD + 4 * 100_000, "long batches have no gaps");
    }

    #[test]
    fn two_batches_lie_one_behind_the_other_part_by_part() {
        let (mut first, mut second) =
            (Signatures::new(Scheme::Secp256k1), Signatures::new(Scheme::Secp256k1));
        first.push_secp256k1(b"ab", &[1; 64], 0, None);
        second.push_secp256k1(b"", &[2; 64], 1, None);
        second.push_secp256k1(b"cde", &[3; 64], 9, None);
        let layout = Layout::of(&first, &second);
        let mut plan = Plan::without_keys(3);
        plan.tasks.swap(0, 2);
        (plan.tasks[0].place, plan.known) = (0x0102_0304, 1);
        let memory = written(&layout, [&first, &second], &plan, 1);
        for parts in 2..5 {
            assert_eq!(written(&layout, [&first, &second], &plan, parts), memory, "in {parts} parts");
        }
        assert_eq!(memory[SECRET..PARTS], [8; 32]);
        let words = |at: usize, count: usize| {
            let words = memory[at..].as_chunks().0[..count].iter();
            words.map(|word| u32::from_le_bytes(*word)).collect::<Vec<_>>()
        };
        assert_eq!(words(PARTS, 8), [0, 3, 0, 1, 1, 0, 0, 0], "all, known, new and summed");
        let signatures = [[1; 64], [2; 64], [3; 64]];
        assert_eq!(memory[layout.signatures..][..192], *signatures.as_flattened());
        assert_eq!(words(layout.ends, 3), [2, 2, 5]);
        assert_eq!(words(layout.tasks, 6), [2, 0x0102_0304, 1, u32::MAX, 0, u32::MAX]);
        assert_eq!(memory[layout.keys..][..4], [0, 1, 9, 0xee]);
        assert_eq!(memory[layout.messages..], *b"abcde");
        let parts = [layout.signatures, layout.ends, layout.tasks, layout.keys, layout.messages];
        assert!(parts.is_sorted() && layout.keys.is_multiple_of(4) && layout.room() == 192);
    }

    #[test]
    fn keys_of_ed25519_take_the_place_of_parities() {
        let mut batch = Signatures::new(Scheme::Ed25519);
        batch.push_ed25519(b"m", &[4; 64], &[5; 32]);
        let none = Signatures::new(Scheme::Ed25519);
        let layout = Layout::of(&none, &batch);
        let memory = written(&layout, [&none, &batch], &Plan::without_keys(1), 1);
        assert_eq!(memory[layout.signatures..][..64], [4; 64]);
        assert_eq!(memory[layout.keys..][..32], [5; 32]);
        assert_eq!(memory[layout.messages..], *b"m");
    }
}
