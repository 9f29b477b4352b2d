//! `Assembly`: gathers the chunks and codes of a state, from whoever sends them, over any number of starts.
//!
//! ```text
//! folder   part-00000000000000000000   frame: a chunk, or a code behind its hash
//!          part-00000000000000000001   …
//! ```
//!
//! 1. Only what is proven is written. What is found at a start is proven again, and removed if it is not: of another root, or
//!    torn by a power cut. So nothing is synced before the end.
//! 2. What is refused is counted against its sender, and changes nothing else.
//! 3. A sender may send chunks of few entries, since keys can be ground, but only some for each that is not: nobody can fill the
//!    folder with proofs of nothing.
//! 4. Memory is needed for ranges and hashes of codes, and for everything only in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::map::B256Set;
use alloy_primitives::{B256, Bytes, KECCAK256_EMPTY, keccak256};

use crate::commitment::rules::shared_bits;
use crate::evm::Code;
use crate::snapshot::chunk::{Chunk, Refusal, last_of};
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::segment::{number_in, numbered};
use crate::trie::Key32;
use crate::writes::WriteSet;

const PREFIX: &str = "part-";
/// Senders that are told apart.
const PEERS_MAX: usize = 4_096;
/// Small chunks that a sender may send, and again as many for each that is not small. To make ranges of full chunks share one
/// more bit takes twice as many attempts for each of their keys, so nobody needs more.
const SMALL_MAX: u64 = 64;

/// What has come of something that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Kept,
    /// It was there, or nobody needs it.
    Needless,
    /// It is wrong.
    Refused(Refusal),
}

/// What a peer has sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    refused: u64,
    small: u64,
    full: u64,
}

/// See the head of this file.
pub struct Assembly {
    files: Arc<dyn Files>,
    root: B256,
    entries_max: usize,
    /// Ranges that are there: first and last key.
    covered: BTreeMap<Key32, Key32>,
    codes_missing: BTreeSet<B256>,
    codes_known: B256Set,
    /// Number of the next part.
    next: u64,
    parts: Vec<u64>,
    peers: BTreeMap<u64, Sent>,
}

impl Assembly {
    /// Goes on with what a folder holds of the state with this root, in chunks of so many entries at most.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses.
    pub fn open(files: &Arc<dyn Files>, root: B256, entries_max: usize) -> Result<Assembly, StoreError> {
        let mut assembly = Assembly {
            files: files.clone(),
            root,
            entries_max,
            covered: BTreeMap::new(),
            codes_missing: BTreeSet::new(),
            codes_known: B256Set::default(),
            next: 0,
            parts: Vec::new(),
            peers: BTreeMap::new(),
        };
        let numbers: Vec<u64> = files.list()?.iter().filter_map(|name| number_in(PREFIX, name)).collect();
        let mut codes = Vec::new();
        for number in numbers {
            assembly.next = assembly.next.max(number + 1);
            match assembly.read(number)? {
                Some(Part::Chunk(chunk)) if assembly.add(&chunk) => assembly.parts.push(number),
                Some(Part::Code(code)) => codes.push((number, code)),
                _ => files.remove(&numbered(PREFIX, number))?,
            }
        }
        for (number, code) in codes {
            if assembly.add_code(code.hash()) {
                assembly.parts.push(number);
            } else {
                files.remove(&numbered(PREFIX, number))?;
            }
        }
        Ok(assembly)
    }

    /// The first key of each gap between what is there, up to so many.
    pub fn missing(&self, gaps_max: usize) -> Vec<Key32> {
        let mut gaps = Vec::new();
        let mut next = Some(Key32::default());
        for (first, last) in &self.covered {
            if gaps.len() == gaps_max {
                return gaps;
            }
            gaps.extend(next.filter(|next| next < first));
            next = above(last);
        }
        gaps.extend(next);
        gaps.truncate(gaps_max);
        gaps
    }

    /// First keys of ranges that are missing, up to so many: those of gaps, and within gaps keys as far apart as the longest range
    /// that is there, so that several can be asked for at a time. While nothing is there, that is one.
    pub fn starts(&self, starts_max: usize) -> Vec<Key32> {
        let bits = self.covered.iter().map(|(first, last)| shared_bits(first, last));
        let Some(bits) = bits.min() else { return self.missing(starts_max) };
        let mut starts = Vec::new();
        let mut next = Some(Key32::default());
        let ranges = self.covered.iter().map(|(first, last)| (Some(first), above(last)));
        for (end, beyond) in ranges.chain([(None, None)]) {
            let is_before = |start: &Key32| end.is_none_or(|end| start < end);
            while let Some(start) = next.filter(|start| is_before(start) && starts.len() < starts_max) {
                starts.push(start);
                next = above(&last_of(&start, bits));
            }
            next = beyond;
        }
        starts
    }

    /// Whether the range of this key is there.
    pub fn has(&self, key: &Key32) -> bool {
        self.covered.range(..=*key).next_back().is_some_and(|(_, last)| key <= last)
    }

    /// Codes of accounts that are there, which are not, up to so many.
    pub fn missing_codes(&self, codes_max: usize) -> Vec<B256> {
        self.codes_missing.iter().take(codes_max).copied().collect()
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.codes_missing.is_empty() && self.missing(1).is_empty()
    }

    /// How often something of a peer was refused.
    pub fn refused(&self, peer: u64) -> u64 {
        self.peers.get(&peer).map_or(0, |sent| sent.refused)
    }

    /// Takes a chunk that a peer has sent.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses.
    pub fn take(&mut self, peer: u64, bytes: &[u8]) -> Result<Verdict, StoreError> {
        let chunk = match Chunk::open(&self.root, bytes) {
            Ok(chunk) if chunk.writes.len() > self.entries_max => {
                return Ok(self.refuse(peer, Refusal::Malformed));
            }
            Ok(chunk) => chunk,
            Err(refusal) => return Ok(self.refuse(peer, refusal)),
        };
        let is_small = chunk.writes.len() < self.entries_max / 4;
        let sent = self.sent(peer).copied();
        let may = |sent: Sent| sent.small < SMALL_MAX.saturating_mul(1 + sent.full);
        if is_small && !sent.is_some_and(may) {
            return Ok(self.refuse(peer, Refusal::Small));
        }
        if !self.add(&chunk) {
            return Ok(Verdict::Needless);
        }
        if let Some(sent) = self.sent(peer) {
            *(if is_small { &mut sent.small } else { &mut sent.full }) += 1;
        }
        self.write(Kind::Chunk, bytes)
    }

    /// Takes a code that a peer has sent. One that is not missing may be late, so it is not held against the peer.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses.
    pub fn take_code(&mut self, code: &[u8]) -> Result<Verdict, StoreError> {
        if code.is_empty() || !self.add_code(keccak256(code)) {
            return Ok(Verdict::Needless);
        }
        self.write(Kind::Code, code)
    }

    /// The whole state as changes to the empty one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a part cannot be read any more: open the assembly again, and it is fetched once more.
    ///
    /// # Panics
    /// If something is missing: a bug.
    pub fn state(&self) -> Result<WriteSet, StoreError> {
        assert!(self.is_complete(), "a state is made of all its chunks");
        let mut state = WriteSet::default();
        for number in &self.parts {
            match self.read(*number)? {
                Some(Part::Chunk(Chunk { writes, .. })) => {
                    state.accounts.extend(writes.accounts);
                    state.slots.extend(writes.slots);
                }
                Some(Part::Code(code)) => state.codes.push((code.hash(), code)),
                None => {
                    return Err(StoreError::damaged(&numbered(PREFIX, *number), 0, "it is not what it was"));
                }
            }
        }
        Ok(state.canonical())
    }

    /// Removes all parts, once a store holds the state.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses.
    pub fn remove(self) -> Result<(), StoreError> {
        for number in &self.parts {
            self.files.remove(&numbered(PREFIX, *number))?;
        }
        Ok(())
    }

    fn refuse(&mut self, peer: u64, refusal: Refusal) -> Verdict {
        if let Some(sent) = self.sent(peer) {
            sent.refused += 1;
        }
        Verdict::Refused(refusal)
    }

    /// What a peer has sent; none if there are too many others.
    fn sent(&mut self, peer: u64) -> Option<&mut Sent> {
        let is_known = self.peers.len() < PEERS_MAX || self.peers.contains_key(&peer);
        is_known.then(|| self.peers.entry(peer).or_default())
    }

    /// Notes a chunk; gives whether any of its range was missing.
    fn add(&mut self, chunk: &Chunk) -> bool {
        let (first, last) = (*chunk.range.first(), chunk.range.last());
        // Ranges are halves of halves: of two that meet one is within the other.
        let around = self.covered.range(..=first).next_back().is_some_and(|(_, end)| *end >= last);
        if around {
            return false;
        }
        let within: Vec<Key32> = self.covered.range(first..=last).map(|(first, _)| *first).collect();
        for first in within {
            self.covered.remove(&first);
        }
        self.covered.insert(first, last);
        for (_, account) in &chunk.writes.accounts {
            let Some(hash) = account.map(|account| account.code_hash) else { continue };
            if hash != KECCAK256_EMPTY && !self.codes_known.contains(&hash) {
                self.codes_missing.insert(hash);
            }
        }
        true
    }

    fn add_code(&mut self, hash: B256) -> bool {
        self.codes_missing.remove(&hash) && self.codes_known.insert(hash)
    }

    fn write(&mut self, kind: Kind, bytes: &[u8]) -> Result<Verdict, StoreError> {
        let mut frame = Vec::new();
        frame::put(&mut frame, &mut Chain::default(), kind, |out| out.extend_from_slice(bytes));
        self.files.create(&numbered(PREFIX, self.next))?.write_at(0, &frame)?;
        self.parts.push(self.next);
        self.next += 1;
        Ok(Verdict::Kept)
    }

    /// A part, if it is good.
    fn read(&self, number: u64) -> Result<Option<Part>, StoreError> {
        let mut frames = Frames::new(self.files.open(&numbered(PREFIX, number))?, 0, Chain::default())?;
        Ok(match frames.next()? {
            Next::Frame(Kind::Chunk, bytes) => Chunk::open(&self.root, &bytes).ok().map(Part::Chunk),
            Next::Frame(Kind::Code, bytes) => Some(Part::Code(Code::new(Bytes::from(bytes)))),
            _ => None,
        })
    }
}

enum Part {
    Chunk(Chunk),
    Code(Code),
}

/// The next key; none above the last of all.
fn above(key: &Key32) -> Option<Key32> {
    let mut next = *key;
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte > 0 {
            return Some(next);
        }
    }
    None
}
