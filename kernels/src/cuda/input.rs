//! How a batch lies in the memory of a slot, so that one copy brings all of it.
//!
//! ```text
//!   signatures  64 bytes each
//!   keys        32 bytes each (ed25519), or parities, 1 byte each (secp256k1)
//!   padding     to a multiple of four
//!   secret      32 bytes, of which the coefficients of sums are made
//!   ends        u32 each, little-endian, where each message ends
//!   tasks       numbers of a signature and of a place, u32 each, see `places.rs`
//!   messages    one behind the other
//! ```

use super::places::Task;
use crate::signatures::{Scheme, Signatures};

/// Where the parts lie, in bytes from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub keys: usize,
    pub secret: usize,
    pub ends: usize,
    pub tasks: usize,
    pub messages: usize,
    pub total: usize,
    /// How many signatures there are.
    pub count: usize,
}

impl Layout {
    /// Of two batches of one scheme, one behind the other.
    pub fn of(first: &Signatures, second: &Signatures) -> Layout {
        let count = first.len() + second.len();
        let key_bytes = match second.scheme() {
            Scheme::Ed25519 => 32,
            Scheme::Secp256k1 => 1,
        };
        let keys = 64 * count;
        let secret = (keys + key_bytes * count).next_multiple_of(4);
        let ends = secret + 32;
        let tasks = ends + 4 * count;
        let messages = tasks + 8 * count;
        let total = messages + first.messages().len() + second.messages().len();
        Layout { keys, secret, ends, tasks, messages, total, count }
    }

    /// Of so many messages without signatures, of so many bytes together.
    pub fn of_messages(bytes: usize, count: usize) -> Layout {
        let messages = 4 * count;
        Layout { keys: 0, secret: 0, ends: 0, tasks: messages, messages, total: messages + bytes, count }
    }

    /// Writes messages, and where each ends, to memory of `total` bytes or more.
    pub fn write_messages(&self, memory: &mut [u8], messages: &[u8], ends: &[u32]) {
        for (place, end) in memory[..self.messages].chunks_exact_mut(4).zip(ends) {
            place.copy_from_slice(&end.to_le_bytes());
        }
        memory[self.messages..self.total].copy_from_slice(messages);
    }

    /// Writes the two batches, and what is to be done with them, to memory of `total` bytes or more.
    pub fn write(
        &self,
        memory: &mut [u8],
        first: &Signatures,
        second: &Signatures,
        tasks: &[Task],
        secret: &[u8; 32],
    ) {
        let mut put = |at: usize, one: &[u8], other: &[u8]| {
            let (before, behind) = memory[at..at + one.len() + other.len()].split_at_mut(one.len());
            before.copy_from_slice(one);
            behind.copy_from_slice(other);
        };
        put(0, first.signatures().as_flattened(), second.signatures().as_flattened());
        match second.scheme() {
            Scheme::Ed25519 => put(self.keys, first.keys().as_flattened(), second.keys().as_flattened()),
            Scheme::Secp256k1 => put(self.keys, first.parities(), second.parities()),
        }
        put(self.messages, first.messages(), second.messages());
        memory[self.secret..self.ends].copy_from_slice(secret);
        let offset = u32::try_from(first.messages().len()).expect("known messages are short");
        let moved = second.ends().iter().map(|end| end + offset);
        let ends = memory[self.ends..self.tasks].chunks_exact_mut(4);
        for (place, end) in ends.zip(first.ends().iter().copied().chain(moved)) {
            place.copy_from_slice(&end.to_le_bytes());
        }
        let places = memory[self.tasks..self.messages].chunks_exact_mut(8);
        for (place, task) in places.zip(tasks) {
            place[..4].copy_from_slice(&task.signature.to_le_bytes());
            place[4..].copy_from_slice(&task.place.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Task};
    use crate::signatures::{Scheme, Signatures};

    #[test]
    fn two_batches_lie_one_behind_the_other_part_by_part() {
        let (mut first, mut second) =
            (Signatures::new(Scheme::Secp256k1), Signatures::new(Scheme::Secp256k1));
        first.push_secp256k1(b"ab", &[1; 64], 0, None);
        second.push_secp256k1(b"", &[2; 64], 1, None);
        second.push_secp256k1(b"cde", &[3; 64], 9, None);
        let layout = Layout::of(&first, &second);
        assert_eq!(
            layout,
            Layout { keys: 192, secret: 196, ends: 228, tasks: 240, messages: 264, total: 269, count: 3 }
        );
        let mut memory = [0xee; 269];
        let tasks = [2, 0, 1].map(|signature| Task { signature, place: 0x0102_0304 });
        layout.write(&mut memory, &first, &second, &tasks, &[8; 32]);
        let signatures = [[1; 64], [2; 64], [3; 64]];
        let ends = [2, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0];
        let tasks = [2, 0, 1].map(|signature| [signature, 0, 0, 0, 4, 3, 2, 1]);
        let parts =
            [signatures.as_flattened(), &[0, 1, 9, 0xee], &[8; 32], &ends, tasks.as_flattened(), b"abcde"];
        assert_eq!(memory[..], parts.concat());
    }

    #[test]
    fn keys_of_ed25519_take_the_place_of_parities() {
        let mut batch = Signatures::new(Scheme::Ed25519);
        batch.push_ed25519(b"m", &[4; 64], &[5; 32]);
        let layout = Layout::of(&Signatures::new(Scheme::Ed25519), &batch);
        let mut memory = vec![0; layout.total];
        let task = Task { signature: 0, place: u32::MAX };
        layout.write(&mut memory, &Signatures::new(Scheme::Ed25519), &batch, &[task], &[8; 32]);
        let task = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(memory, [&[4; 64][..], &[5; 32], &[8; 32], &[1, 0, 0, 0], &task, b"m"].concat());
    }
}
