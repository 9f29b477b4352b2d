//! `Chunk`: all accounts and slots of a range of hashed keys, and how they hang on the root.
//!
//! ```text
//! "pelton chunk   1" ‖ first key of the range [32] ‖ bits that its keys share u16 ‖ count ‖ witness of the first key ‖ write set
//! ```
//!
//! The witness is that of `commitment/witness.rs`, the write set that of `store/record.rs`, without codes. There is one chunk for
//! each range of a state.

use std::fmt;

use alloy_primitives::B256;

use crate::commitment::rules::{DEPTH_MAX, bit, shared_bits};
use crate::commitment::verifier::Verifier;
use crate::store::bytes::{Cursor, Malformed, put_bytes};
use crate::store::record;
use crate::trie::Key32;
use crate::writes::WriteSet;

const FORMAT: &[u8; 16] = b"pelton chunk   1";

/// All hashed keys that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least of them: zeros behind those bits.
    first: Key32,
    bits: usize,
}

impl Range {
    /// The longest range that begins with this key.
    pub fn longest_at(first: &Key32) -> Range {
        let bits = (0..DEPTH_MAX).rev().find(|at| bit(first, *at)).map_or(0, |last| last + 1);
        Range { first: *first, bits }
    }

    /// Its least key.
    pub fn first(&self) -> &Key32 {
        &self.first
    }

    /// Its greatest key.
    pub fn last(&self) -> Key32 {
        last_of(&self.first, self.bits)
    }

    /// Whether a key is in it.
    pub fn has(&self, key: &Key32) -> bool {
        shared_bits(&self.first, key) >= self.bits
    }

    /// The first half of it; none of a single key.
    pub fn first_half(&self) -> Option<Range> {
        (self.bits < DEPTH_MAX).then(|| Range { first: self.first, bits: self.bits + 1 })
    }

    fn read(cursor: &mut Cursor) -> Result<Range, Malformed> {
        let (first, bits) = (cursor.array()?, cursor.array().map(u16::from_be_bytes)?.into());
        let range = Range { first, bits };
        if bits > DEPTH_MAX || Range::longest_at(&first).bits > bits {
            return Err(Malformed("a range does not begin with its first key"));
        }
        Ok(range)
    }
}

/// The greatest key that shares so many bits with this one.
pub(super) fn last_of(key: &Key32, bits: usize) -> Key32 {
    let mut last = *key;
    (bits..DEPTH_MAX).for_each(|at| last[at / 8] |= 0x80 >> (at % 8));
    last
}

/// Why a chunk is refused. Whoever sent it is wrong, and has sent it on purpose or from a broken disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes are no chunk, or not the one form of it.
    Malformed,
    /// The entries are not those that the set with the root has in the range.
    Unproven,
    /// It is good, but its sender has sent too many that hold hardly anything.
    Small,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Malformed => "the bytes are no chunk",
            Refusal::Unproven => "the chunk is not of this root",
            Refusal::Small => "too many chunks of few entries",
        })
    }
}

impl std::error::Error for Refusal {}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Refusal {
        Refusal::Malformed
    }
}

/// A chunk that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its range.
    pub range: Range,
    /// Everything there, as changes to nothing; codes are left out.
    pub writes: WriteSet,
}

/// The bytes of a chunk.
pub(super) fn encode(range: &Range, witness: &[u8], writes: &WriteSet) -> Vec<u8> {
    let mut out = FORMAT.to_vec();
    out.extend_from_slice(&range.first);
    out.extend_from_slice(&u16::try_from(range.bits).expect("a key has 256 bits").to_be_bytes());
    put_bytes(&mut out, witness);
    record::encode_writes(&mut out, writes);
    out
}

impl Chunk {
    /// Reads a chunk of the state with this root. Takes time and memory in proportion to the bytes.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open(root: &B256, bytes: &[u8]) -> Result<Chunk, Refusal> {
        let mut cursor = Cursor::new(bytes);
        if cursor.array()? != *FORMAT {
            return Err(Refusal::Malformed);
        }
        let range = Range::read(&mut cursor)?;
        let witness = cursor.bytes()?;
        let (writes, codes) = record::decode_writes(cursor.rest())?;
        let is_deletion = writes.accounts.iter().any(|(_, account)| account.is_none())
            || writes.slots.iter().any(|(_, value)| value.is_zero());
        if is_deletion || !codes.is_empty() {
            return Err(Refusal::Malformed);
        }
        let verifier = Verifier::open(root, witness).map_err(|_| Refusal::Unproven)?;
        let entries = writes.trie_updates();
        let entries: Vec<_> = entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let is_proven = verifier.is_all(&range.first, range.bits, &entries).unwrap_or(false);
        // There is one witness of a key, so that there is one chunk of a range.
        if is_proven && verifier.is_for(&[range.first]) {
            Ok(Chunk { range, writes })
        } else {
            Err(Refusal::Unproven)
        }
    }
}
