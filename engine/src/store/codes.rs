//! `Codes`: the codes of contracts, each stored once.
//!
//! ```text
//! file `codes`   head frame: "pelton codes   1" ‖ genesis id [32]
//!                code frames: Keccak-256 of the code [32] ‖ code
//! ```
//!
//! New codes are durable before the record that brings them is written, so a record never speaks of a code that is not
//! there, and needs no second look after a restart: its codes were synced without an error. Codes of records that were
//! lost stand at the end, and are written over.

use alloy_primitives::map::B256Set;
use alloy_primitives::{B256, Bytes};

use crate::evm::Code;
use crate::store::error::StoreError;
use crate::store::files::{File, Files};
use crate::store::frame::{self, Chain, Frames, Kind, Next};

/// The file's name.
pub(crate) const NAME: &str = "codes";
const FORMAT: &[u8; 16] = b"pelton codes   1";

/// A place in the file, behind a frame of this hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Offset.
    pub end: u64,
    /// Hash of the frame before it.
    pub chain: Chain,
}

/// The end of the file, where codes are added.
pub(crate) struct Codes {
    file: Box<dyn File>,
    known: B256Set,
    pending: Vec<u8>,
    /// Behind what is durable.
    durable: Position,
    chain: Chain,
}

impl Codes {
    /// Makes the file, with nothing in it; its name is not durable yet.
    pub(crate) fn create(files: &dyn Files, genesis: &B256) -> Result<Codes, StoreError> {
        let mut codes = Codes {
            file: files.create(NAME)?,
            known: B256Set::default(),
            pending: Vec::new(),
            durable: Position::default(),
            chain: Chain::default(),
        };
        frame::put(&mut codes.pending, &mut codes.chain, Kind::Head, |out| {
            out.extend_from_slice(FORMAT);
            out.extend_from_slice(genesis.as_slice());
        });
        codes.sync()?;
        Ok(codes)
    }

    /// Adds those that are not there.
    pub(crate) fn push(&mut self, codes: &[(B256, Code)]) {
        for (hash, code) in codes {
            if self.known.insert(*hash) {
                frame::put(&mut self.pending, &mut self.chain, Kind::Code, |out| {
                    out.extend_from_slice(hash.as_slice());
                    out.extend_from_slice(&code.bytes());
                });
            }
        }
    }

    /// Makes everything pushed durable.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        if !self.pending.is_empty() {
            self.file.write_at(self.durable.end, &self.pending)?;
            self.file.sync()?;
            self.durable = Position { end: self.durable.end + self.pending.len() as u64, chain: self.chain };
            self.pending.clear();
        }
        Ok(())
    }

    /// The end of what is durable.
    pub(crate) fn position(&self) -> Position {
        self.durable
    }
}

/// The whole file, read.
pub(crate) struct Stored {
    file: Box<dyn File>,
    /// Each with the place behind it.
    codes: Vec<(B256, Code, Position)>,
    /// Behind the head.
    start: Position,
}

impl Stored {
    /// Reads all good frames.
    pub(crate) fn read(files: &dyn Files, genesis: &B256) -> Result<Stored, StoreError> {
        let damaged = |offset, what| StoreError::damaged(NAME, offset, what);
        let mut frames = Frames::new(files.open(NAME)?, 0, Chain::default())?;
        match frames.next()? {
            Next::Frame(Kind::Head, head) if head == [FORMAT, genesis.as_slice()].concat() => {}
            Next::Frame(..) => return Err(damaged(0, "it belongs to another chain or version")),
            _ => return Err(damaged(0, "it has no head")),
        }
        let start = Position { end: frames.offset, chain: frames.chain };
        let mut codes = Vec::new();
        while let Next::Frame(kind, payload) = frames.next()? {
            let (Kind::Code, Some((hash, code))) = (kind, payload.split_first_chunk::<32>()) else {
                return Err(damaged(frames.offset, "it is no code"));
            };
            let code = Code::new(Bytes::copy_from_slice(code));
            codes.push((B256::from(*hash), code, Position { end: frames.offset, chain: frames.chain }));
        }
        Ok(Stored { file: frames.into_file(), codes, start })
    }

    /// The codes up to a place that a checkpoint relies on, and further to the last of these hashes; also how they are
    /// gone on from. What follows belongs to no block.
    pub(crate) fn take(
        self,
        relied: Position,
        new: &B256Set,
    ) -> Result<(Vec<(B256, Code)>, Codes), StoreError> {
        let Stored { file, codes, start } = self;
        let places: Vec<Position> = [start].into_iter().chain(codes.iter().map(|entry| entry.2)).collect();
        let damaged = |what| StoreError::damaged(NAME, places[places.len() - 1].end, what);
        let relied_len = places.iter().position(|place| *place == relied);
        let relied_len = relied_len.ok_or_else(|| damaged("codes that were durable cannot be read"))?;
        let last_new = codes.iter().rposition(|(hash, ..)| new.contains(hash)).map_or(0, |last| last + 1);
        let length = relied_len.max(last_new);
        let known: B256Set = codes[..length].iter().map(|(hash, ..)| *hash).collect();
        if !new.is_subset(&known) {
            return Err(damaged("the code of a record cannot be read"));
        }
        let durable = places[length];
        let taken = codes.into_iter().take(length).map(|(hash, code, _)| (hash, code)).collect();
        Ok((taken, Codes { file, known, pending: Vec::new(), durable, chain: durable.chain }))
    }
}
