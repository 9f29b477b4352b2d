//! `Remote`: the object store of an archive, with a small cache before it, and what was counted.
//!
//! ```text
//!                 pieces that are in the cache
//! bytes wanted ──────────────────────────────────> bytes
//!        └── others ──> one range of the object ──┘
//!                       each piece compared with its hash, tried once more
//! ```
//!
//! What comes is taken only if it has the hash that the mark of its segment says, and is cached by that hash, so neither
//! the store nor the cache can give the bytes of anything else.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::archive::moved::{Digest, Moved, digest};
use crate::archive::objects::{ObjectError, ObjectFault, Objects};

/// How often a read is tried before it is given up.
const ATTEMPTS: usize = 2;
/// Bytes in the cache at most; what is wanted by one read may be more for so long.
const CACHE_BYTES_MAX: usize = 16 << 20;

/// See the head of this file.
pub struct Remote {
    objects: Box<dyn Objects>,
    cache: Mutex<Cache>,
    pub(crate) segments: AtomicU64,
    pub(crate) gone: AtomicU64,
    uploaded_bytes: AtomicU64,
    fetched_bytes: AtomicU64,
    pieces_cached: AtomicU64,
    pieces_fetched: AtomicU64,
    faults: [AtomicU64; ObjectFault::ALL.len()],
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Segments that are in the object store alone.
    pub segments: u64,
    /// Of these, those that it did not have when it was last asked.
    pub gone: u64,
    /// Bytes given to it.
    pub uploaded_bytes: u64,
    /// Bytes taken from it, those included that were read to compare them.
    pub fetched_bytes: u64,
    /// Pieces that readers found in the cache.
    pub pieces_cached: u64,
    /// Pieces that were fetched for readers.
    pub pieces_fetched: u64,
    /// Failures, in the order of [`ObjectFault::ALL`].
    pub faults: [u64; ObjectFault::ALL.len()],
}

impl Remote {
    /// For an archive whose segments go to this store.
    pub fn new(objects: impl Objects + 'static) -> Remote {
        Remote {
            objects: Box::new(objects),
            cache: Mutex::default(),
            segments: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            uploaded_bytes: AtomicU64::new(0),
            fetched_bytes: AtomicU64::new(0),
            pieces_cached: AtomicU64::new(0),
            pieces_fetched: AtomicU64::new(0),
            faults: Default::default(),
        }
    }

    /// What was counted.
    pub fn figures(&self) -> Figures {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Figures {
            segments: of(&self.segments),
            gone: of(&self.gone),
            uploaded_bytes: of(&self.uploaded_bytes),
            fetched_bytes: of(&self.fetched_bytes),
            pieces_cached: of(&self.pieces_cached),
            pieces_fetched: of(&self.pieces_fetched),
            faults: std::array::from_fn(|fault| of(&self.faults[fault])),
        }
    }

    /// Reads bytes of a segment that was moved.
    pub(crate) fn read(&self, moved: &Moved, offset: u64, into: &mut [u8]) -> Result<(), ObjectError> {
        let pieces = moved.pieces_of(offset..offset + into.len() as u64);
        let first = pieces.start;
        for (at, piece) in self.pieces(moved, pieces)?.iter().enumerate() {
            let begins = moved.range(first + at).start;
            let from = offset.max(begins);
            let to = (offset + into.len() as u64).min(begins + piece.len() as u64);
            let taken = &piece[(from - begins) as usize..(to - begins) as usize];
            into[(from - offset) as usize..(to - offset) as usize].copy_from_slice(taken);
        }
        Ok(())
    }

    fn pieces(&self, moved: &Moved, wanted: Range<usize>) -> Result<Vec<Arc<[u8]>>, ObjectError> {
        let mut found: Vec<Option<Arc<[u8]>>> = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.clone().map(|piece| cache.find(&moved.pieces[piece])).collect()
        };
        let is_lacking = |piece: &Option<_>| Option::is_none(piece);
        let (first, last) = (found.iter().position(is_lacking), found.iter().rposition(is_lacking));
        let lacking = first.zip(last).map_or(0..0, |(first, last)| first..last + 1);
        self.pieces_cached.fetch_add((found.len() - lacking.len()) as u64, Ordering::Relaxed);
        if !lacking.is_empty() {
            let missing = wanted.start + lacking.start..wanted.start + lacking.end;
            let fetched = self.fetch(moved, missing.clone())?;
            self.pieces_fetched.fetch_add(fetched.len() as u64, Ordering::Relaxed);
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            for ((place, number), piece) in lacking.zip(missing).zip(fetched) {
                cache.keep(moved.pieces[number], piece.clone());
                found[place] = Some(piece);
            }
        }
        Ok(found.into_iter().map(|piece| piece.expect("all that lacked were fetched")).collect())
    }

    /// Fetches these pieces from the store, whatever the cache has.
    pub(crate) fn fetch(&self, moved: &Moved, wanted: Range<usize>) -> Result<Vec<Arc<[u8]>>, ObjectError> {
        let mut result = self.fetch_once(moved, &wanted);
        for _ in 1..ATTEMPTS {
            if result.is_ok() {
                break;
            }
            result = self.fetch_once(moved, &wanted);
        }
        result
    }

    fn fetch_once(&self, moved: &Moved, wanted: &Range<usize>) -> Result<Vec<Arc<[u8]>>, ObjectError> {
        let range = moved.range(wanted.start).start..moved.range(wanted.end - 1).end;
        let bytes = self.counted(self.objects.read(&moved.name, range.clone()))?;
        self.fetched_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let corrupt = |what: &str| self.counted(Err(ObjectError::new(ObjectFault::Corrupt, what)));
        if bytes.len() as u64 != range.end - range.start {
            return corrupt("it gave more or fewer bytes than were asked for");
        }
        let pieces = bytes.chunks(moved.piece_bytes as usize).zip(wanted.clone());
        if pieces.clone().any(|(piece, number)| digest(piece) != moved.pieces[number]) {
            return corrupt("it gave other bytes than it was given");
        }
        Ok(pieces.map(|(piece, _)| Arc::from(piece)).collect())
    }

    /// Gives the store an object.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let length = bytes.len() as u64;
        self.counted(self.objects.put(name, bytes))?;
        self.uploaded_bytes.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the store has the object of a segment, by its length.
    pub(crate) fn has(&self, moved: &Moved) -> Result<bool, ObjectError> {
        match self.objects.length(&moved.name) {
            Ok(length) => Ok(length == moved.length),
            Err(error) if error.fault == ObjectFault::Missing => Ok(false),
            Err(error) => self.counted(Err(error)),
        }
    }

    /// Counts a failure.
    pub(crate) fn counted<T>(&self, result: Result<T, ObjectError>) -> Result<T, ObjectError> {
        if let Err(error) = &result {
            self.faults[error.fault as usize].fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figures().fmt(f)
    }
}

/// Pieces that were used last, by their hashes, the newest first.
#[derive(Default)]
struct Cache {
    pieces: VecDeque<(Digest, Arc<[u8]>)>,
    bytes: usize,
}

impl Cache {
    fn find(&mut self, digest: &Digest) -> Option<Arc<[u8]>> {
        let at = self.pieces.iter().position(|(known, _)| known == digest)?;
        let found = self.pieces.remove(at).expect("it is there");
        let piece = found.1.clone();
        self.pieces.push_front(found);
        Some(piece)
    }

    fn keep(&mut self, digest: Digest, piece: Arc<[u8]>) {
        if self.find(&digest).is_some() {
            return;
        }
        self.bytes += piece.len();
        self.pieces.push_front((digest, piece));
        while self.bytes > CACHE_BYTES_MAX {
            self.bytes -= self.pieces.pop_back().map_or(0, |(_, piece)| piece.len());
        }
    }
}
