//! Messages to lanes: what is absorbed where, and which lane has the hash of which message.

use std::array;

/// The bytes that one step absorbs in each lane.
const RATE: usize = 136;

/// The words that one step absorbs in each lane.
pub(super) const RATE_WORDS: usize = RATE / 8;

/// One row of words, one for each of `L` lanes.
pub(super) type Row<const L: usize> = [u64; L];

/// `L` states, and what the next step does to them: `permute((state & keep) ^ block)` in every lane.
#[repr(align(64))]
pub(super) struct Sponges<const L: usize> {
    pub state: [Row<L>; 25],
    /// The next block of each message.
    pub block: [Row<L>; RATE_WORDS],
    /// All bits are set for a lane in the midst of a message, none for one that begins.
    pub keep: Row<L>,
}

impl<const L: usize> Sponges<L> {
    /// Makes the first 136 bytes of `rest` the next block, or all of them and the padding, and says whether they were
    /// all.
    fn set_block(&mut self, lane: usize, rest: &[u8]) -> bool {
        assert!(lane < L, "there are {L} lanes");
        if let Some(block) = rest.first_chunk::<RATE>() {
            for (row, word) in self.block.iter_mut().zip(block.as_chunks().0) {
                row[lane] = u64::from_le_bytes(*word);
            }
            return false;
        }
        let (words, tail) = rest.as_chunks();
        let (whole, others) = self.block.split_at_mut(words.len());
        for (row, word) in whole.iter_mut().zip(words) {
            row[lane] = u64::from_le_bytes(*word);
        }
        for row in &mut *others {
            row[lane] = 0;
        }
        // Padding begins with a byte 0x01 behind the last byte of the message and ends with the last bit of the block.
        others[0][lane] = tail.iter().rev().fold(0x01, |word, byte| word << 8 | u64::from(*byte));
        self.block[RATE_WORDS - 1][lane] |= 1 << 63;
        true
    }

    fn hash(&self, lane: usize) -> [u8; 32] {
        let mut hash = [0; 32];
        for (bytes, row) in hash.as_chunks_mut::<8>().0.iter_mut().zip(&self.state) {
            *bytes = row[lane].to_le_bytes();
        }
        hash
    }
}

/// A message on its way through a lane.
struct Guest<M> {
    message: M,
    /// Where its hash goes.
    place: usize,
    /// How many of its bytes have been absorbed.
    absorbed: usize,
    /// Whether its padding has been absorbed too.
    complete: bool,
}

/// Appends the hash of each message to `out`, with `step` doing what [`Sponges`] says.
pub(super) fn hash<M: AsRef<[u8]>, const L: usize>(
    messages: impl IntoIterator<Item = M>,
    out: &mut Vec<[u8; 32]>,
    step: impl Fn(&mut Sponges<L>),
) {
    let mut messages = messages.into_iter().fuse();
    let mut sponges = Sponges { state: [[0; L]; 25], block: [[0; L]; RATE_WORDS], keep: [0; L] };
    let mut guests: [Option<Guest<M>>; L] = array::from_fn(|_| None);
    loop {
        let mut busy = false;
        for (lane, guest) in guests.iter_mut().enumerate() {
            sponges.keep[lane] = if guest.is_some() { u64::MAX } else { 0 };
            if guest.is_none() {
                *guest = messages.next().map(|message| {
                    out.push([0; 32]);
                    Guest { message, place: out.len() - 1, absorbed: 0, complete: false }
                });
            }
            if let Some(guest) = guest {
                guest.complete = sponges.set_block(lane, &guest.message.as_ref()[guest.absorbed..]);
                guest.absorbed += RATE;
                busy = true;
            }
        }
        if !busy {
            return;
        }
        step(&mut sponges);
        for (lane, guest) in guests.iter_mut().enumerate() {
            if let Some(done) = guest.take_if(|guest| guest.complete) {
                out[done.place] = sponges.hash(lane);
            }
        }
    }
}
