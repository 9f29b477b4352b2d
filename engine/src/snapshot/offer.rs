//! `Offer`: which state somebody offers, and why it is that of a final block.
//!
//! ```text
//!  first ... floor ... block ──── root_lag headers above ────> ... top
//!    │         │         │                   │                      └── certificate: it is final, and all below it
//!    │         │         │                   └── speaks of the state after the block: its root, its gas, its hot keys
//!    │         │         └── the state that is offered is the one after it
//!    │         └── certificate: blocks are told from here on
//!    └── headers begin where those that the next header looks back on do
//! ```
//!
//! ```text
//! "pelton offer   1" ‖ height of the floor u64 ‖ height of the block u64 ‖ count u32 ‖ headers, 197 bytes each
//!     ‖ length u32 ‖ tables of hot keys after the block ‖ length u8 ‖ certificate of the floor ‖ certificate of the top
//! ```
//!
//! Integers are big-endian. Headers hang on each other by their hashes, so a certificate of the top one proves them all, and what they
//! say of the outcome of the blocks below. What a certificate is, others know: it is compared with the ids of floor and top.

use alloy_primitives::B256;

use crate::block::{HEADER_BYTES, Header};
use crate::limits::Limits;
use crate::prices::Tables;
use crate::store::bytes::{Cursor, Malformed};
use crate::store::record::{Base, Tip};

const FORMAT: &[u8; 16] = b"pelton offer   1";
/// Headers of an offer at most.
pub const HEADERS_MAX: usize = 1_024;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Height of the block from which on others are told blocks.
    pub floor: u64,
    /// Height of the block after which the chain was in this state.
    pub height: u64,
    /// Rising, one on top of the other.
    pub headers: Vec<Header>,
    /// The tables of hot keys after the block, as they are written.
    pub tables: Vec<u8>,
    /// Of the floor.
    pub floor_certificate: Vec<u8>,
    /// Of the last header.
    pub top_certificate: Vec<u8>,
}

/// What follows from an offer, if its certificates are those of these blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Id of the floor.
    pub floor: B256,
    /// Id of the last header.
    pub top: B256,
    /// Root of the state.
    pub root: B256,
    /// What a store is made of, besides the state.
    pub base: Base,
}

impl Offer {
    /// As bytes.
    ///
    /// # Panics
    /// If a certificate is longer than 255 bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = FORMAT.to_vec();
        out.extend_from_slice(&self.floor.to_be_bytes());
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(&(self.headers.len() as u32).to_be_bytes());
        self.headers.iter().for_each(|header| out.extend_from_slice(&header.encode()));
        out.extend_from_slice(&(self.tables.len() as u32).to_be_bytes());
        out.extend_from_slice(&self.tables);
        out.push(u8::try_from(self.floor_certificate.len()).expect("certificates are short"));
        out.extend_from_slice(&self.floor_certificate);
        out.extend_from_slice(&self.top_certificate);
        out
    }

    /// From bytes, in time and memory in proportion to them.
    ///
    /// # Errors
    /// If they are no offer.
    pub fn decode(bytes: &[u8]) -> Result<Offer, Malformed> {
        const NO_HEADER: Malformed = Malformed("a header is none");
        let mut cursor = Cursor::new(bytes);
        if cursor.array()? != *FORMAT {
            return Err(Malformed("it is no offer of this version"));
        }
        let (floor, height) = (cursor.u64()?, cursor.u64()?);
        let count = cursor.array().map(u32::from_be_bytes)? as usize;
        if count > HEADERS_MAX {
            return Err(Malformed("it has too many headers"));
        }
        let headers = cursor.slice(count * HEADER_BYTES)?.chunks_exact(HEADER_BYTES);
        let headers = headers.map(Header::decode).collect::<Result<_, _>>().map_err(|_| NO_HEADER)?;
        let length = cursor.array().map(u32::from_be_bytes)? as usize;
        let tables = cursor.slice(length)?.to_vec();
        let length = cursor.u8()? as usize;
        let floor_certificate = cursor.slice(length)?.to_vec();
        let top_certificate = cursor.rest().to_vec();
        Ok(Offer { floor, height, headers, tables, floor_certificate, top_certificate })
    }

    /// What follows from it on the chain with this genesis, whose certificates are another matter; none if it contradicts itself.
    pub fn proven(&self, genesis: B256, limits: &Limits) -> Option<Proven> {
        let lag = limits.root_lag;
        let first = self.headers.first()?.height;
        let hangs = |pair: &[Header]| {
            Some(pair[1].height) == pair[0].height.checked_add(1) && pair[1].parent == pair[0].id()
        };
        let begins = first > 0 && first <= self.floor && first.checked_add(lag)? <= self.height;
        if !begins || self.floor > self.height || !self.headers.windows(2).all(hangs) {
            return None;
        }
        let at = |height: u64| self.headers.get(usize::try_from(height.checked_sub(first)?).ok()?);
        let tables = Tables::decode(&self.tables, limits)?;
        if tables.after(self.height.checked_add(1)?).is_some() {
            return None;
        }
        // What the next header looks back on: the block itself, and so many below.
        let tip = |height: u64| {
            let said = at(height.checked_add(lag)?)?.executed;
            let is_known = said.height == height && tables.after(height)?.digest() == said.prices;
            let (id, gas_used, root) = (at(height)?.id(), said.gas_used, Some(said.state_root));
            is_known.then_some(Tip { height, id, gas_used, root })
        };
        let tips = (self.height - lag..=self.height).map(tip).collect::<Option<Vec<Tip>>>()?;
        let root = tips.last()?.root?;
        let notes = [&at(self.height)?.encode()[..], &self.tables].concat();
        let (floor, top) = (at(self.floor)?.id(), self.headers.last()?.id());
        Some(Proven { floor, top, root, base: Base { genesis, tips, notes } })
    }
}
