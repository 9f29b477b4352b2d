//! `Index`: where a segment's blocks stand, and by which terms they are found.
//!
//! ```text
//! file `index-` and the height of the segment's first block in 20 digits
//! head frame   "pelton index   1" ‖ genesis id [32] ‖ height of the first block u64
//!              ‖ hash of the segment's last frame [32] ‖ blocks u32 ‖ offset of each frame u32
//!              ‖ entries u64 ‖ entries of a page u32 ‖ of each page: first key u64 ‖ first half of its BLAKE3 [16]
//! pages        entries: key u64 ‖ block, counted from the first u32 ‖ transaction, counted from those that ran u32
//! ```
//!
//! Entries rise. A look-up reads one page, or as many as the key fills. An index says nothing that its segment does not:
//! one that is missing or damaged is made anew.

use std::collections::BTreeSet;

use alloy_primitives::B256;

use crate::archive::term::Key;
use crate::store::bytes::{Cursor, Malformed};
use crate::store::error::StoreError;
use crate::store::files::{Files, publish};
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::segment::{number_in, numbered};

const FORMAT: &[u8; 16] = b"pelton index   1";
const PREFIX: &str = "index-";
/// Its name before it is one.
pub(crate) const UNFINISHED: &str = "index.new";
const ENTRY_BYTES: usize = 16;
const PAGE_BYTES: usize = 24;

/// Name of the index of the segment that begins with this height.
pub(crate) fn name(first: u64) -> String {
    numbered(PREFIX, first)
}

/// Height of the first block of the segment whose index has this name; none if it names something else.
pub(crate) fn first_of(file: &str) -> Option<u64> {
    number_in(PREFIX, file)
}

/// Key, block counted from the first, transaction counted from those that ran.
pub(crate) type Entry = (Key, u32, u32);

/// Entries in pages of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// Height of the first block.
    first: u64,
    /// Where they begin.
    at: u64,
    entries: u64,
    page_entries: u32,
    /// First key and hash of each.
    pages: Vec<(Key, [u8; 16])>,
}

/// What an index file says, besides its pages.
pub(crate) struct Head {
    /// Hash of the segment's last frame.
    pub chain: Chain,
    /// Of each block's frame.
    pub offsets: Vec<u32>,
    /// Where the entries are.
    pub pages: Pages,
}

/// Writes the index of a segment, durably under its name.
pub(crate) fn write(
    files: &dyn Files,
    genesis: &B256,
    (first, chain): (u64, &Chain),
    offsets: &[u32],
    entries: &BTreeSet<Entry>,
    page_entries: u32,
) -> Result<Pages, StoreError> {
    let mut body = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    for (key, block, transaction) in entries {
        body.extend_from_slice(&key.to_be_bytes());
        body.extend_from_slice(&block.to_be_bytes());
        body.extend_from_slice(&transaction.to_be_bytes());
    }
    let pages = body.chunks(page_entries as usize * ENTRY_BYTES).map(|page| (first_key(page), digest(page)));
    let pages: Vec<_> = pages.collect();
    let mut bytes = Vec::new();
    frame::put(&mut bytes, &mut Chain::default(), Kind::Head, |out| {
        out.extend_from_slice(FORMAT);
        out.extend_from_slice(genesis.as_slice());
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(chain);
        out.extend_from_slice(&u32::try_from(offsets.len()).expect("a segment is bounded").to_be_bytes());
        offsets.iter().for_each(|offset| out.extend_from_slice(&offset.to_be_bytes()));
        out.extend_from_slice(&(entries.len() as u64).to_be_bytes());
        out.extend_from_slice(&page_entries.to_be_bytes());
        for (key, digest) in &pages {
            out.extend_from_slice(&key.to_be_bytes());
            out.extend_from_slice(digest);
        }
    });
    let at = bytes.len() as u64;
    bytes.extend_from_slice(&body);
    publish(files, UNFINISHED, &name(first), &bytes)?;
    Ok(Pages { first, at, entries: entries.len() as u64, page_entries, pages })
}

/// Reads the head of an index.
pub(crate) fn read(files: &dyn Files, genesis: &B256, first: u64) -> Result<Head, StoreError> {
    let name = name(first);
    let damaged = |what| StoreError::damaged(&name, 0, what);
    let mut frames = Frames::new(files.open(&name)?, 0, Chain::default())?;
    let Next::Frame(Kind::Head, payload) = frames.next()? else {
        return Err(damaged("it has no head"));
    };
    let head = decode(&payload, genesis, first, frames.offset).map_err(|malformed| damaged(malformed.0))?;
    if frames.length() != head.pages.at + head.pages.entries * ENTRY_BYTES as u64 {
        return Err(damaged("it has lost its end"));
    }
    Ok(head)
}

fn decode(payload: &[u8], genesis: &B256, first: u64, at: u64) -> Result<Head, Malformed> {
    let mut cursor = Cursor::new(payload);
    if cursor.array()? != *FORMAT || cursor.array()? != genesis.0 || cursor.u64()? != first {
        return Err(Malformed("it is the index of something else"));
    }
    let chain = cursor.array()?;
    let blocks = cursor.array().map(u32::from_be_bytes)? as usize;
    let offset = |bytes: &[u8]| u32::from_be_bytes(*bytes.first_chunk().expect("it is four bytes long"));
    let offsets = cursor.slice(blocks.saturating_mul(4))?.chunks_exact(4).map(offset).collect();
    let (entries, page_entries) = (cursor.u64()?, cursor.array().map(u32::from_be_bytes)?);
    let count = cursor.left() / PAGE_BYTES;
    if page_entries == 0 || entries.div_ceil(page_entries.into()) != count as u64 {
        return Err(Malformed("its pages do not hold its entries"));
    }
    let mut pages = Vec::with_capacity(count);
    for _ in 0..count {
        pages.push((cursor.u64()?, cursor.array()?));
    }
    cursor.end()?;
    Ok(Head { chain, offsets, pages: Pages { first, at, entries, page_entries, pages } })
}

impl Pages {
    /// Blocks and transactions of the entries of a key, rising.
    pub(crate) fn find(&self, files: &dyn Files, key: Key) -> Result<Vec<(u32, u32)>, StoreError> {
        let name = name(self.first);
        let mut found = Vec::new();
        // Its entries may begin in the page before the first that begins with it.
        let first = self.pages.partition_point(|(first, _)| *first < key).saturating_sub(1);
        for (page, (_, hash)) in self.pages.iter().enumerate().skip(first).take_while(|(_, (k, _))| *k <= key)
        {
            let before = page as u64 * u64::from(self.page_entries);
            let count = (self.entries - before).min(self.page_entries.into()) as usize;
            let offset = self.at + before * ENTRY_BYTES as u64;
            let mut bytes = vec![0; count * ENTRY_BYTES];
            files.open(&name)?.read_at(offset, &mut bytes)?;
            if digest(&bytes) != *hash {
                return Err(StoreError::damaged(&name, offset, "a page is not what it was"));
            }
            found.extend(bytes.chunks_exact(ENTRY_BYTES).filter(|e| first_key(e) == key).map(place));
        }
        Ok(found)
    }
}

fn digest(page: &[u8]) -> [u8; 16] {
    *blake3::hash(page).as_bytes().first_chunk().expect("a hash is longer than 16 bytes")
}

fn first_key(page: &[u8]) -> Key {
    Key::from_be_bytes(*page.first_chunk().expect("a page has an entry"))
}

fn place(entry: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(*entry[at..].first_chunk().expect("an entry has 16 bytes"));
    (number(8), number(12))
}
