//! `Block`: an ordered list of transactions under a header that commits to it.
//!
//! Header, 197 bytes, integers big-endian:
//!
//! ```text
//!   0 version u8 = 2          1 height u64              9 parent [32]           41 timestamp, ms u64
//!  49 beneficiary [20]       69 base fee u64           77 transactions u32      81 body [32]
//! 113 executed: height u64  121 executed: gas u64     129 executed: state root [32]
//! 161 executed: prices [32] 193 body bytes u32
//! ```
//!
//! The body is every transaction as u32 length and bytes; the header holds its length and its BLAKE3. The block's id is
//! BLAKE3 of the header. The executed part speaks of the block `root_lag` below, or of genesis.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes};

use crate::commitment::rules::SCHEME;
use crate::limits::Limits;
use crate::prices::next_base_fee;
use crate::reject::Reject;
use crate::transaction::Verified;

const VERSION: u8 = 2;
/// Length of an encoded header in bytes.
pub const HEADER_BYTES: usize = 197;

/// What is known of a block once it was executed, and what a later header repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Height of the executed block; 0 is genesis.
    pub height: u64,
    /// Gas that its transactions used.
    pub gas_used: u64,
    /// Root of the state after it.
    pub state_root: B256,
    /// Digest of the table of hot keys after it.
    pub prices: B256,
}

/// The header of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Genesis is 0 and has no block.
    pub height: u64,
    /// Id of the block below.
    pub parent: B256,
    /// Milliseconds since 1970, above the parent's.
    pub timestamp_ms: u64,
    /// Who is paid the priority fees.
    pub beneficiary: Address,
    /// Wei per gas that are burnt.
    pub base_fee: u64,
    /// Number of transactions.
    pub transactions: u32,
    /// BLAKE3 of the body.
    pub body: B256,
    /// The outcome of the block `root_lag` below.
    pub executed: Summary,
    /// Length of the body in bytes.
    pub body_bytes: u32,
}

/// What the next header builds upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Height of the parent.
    pub height: u64,
    /// Its id.
    pub id: B256,
    /// Its timestamp.
    pub timestamp_ms: u64,
    /// Its base fee.
    pub base_fee: u64,
}

impl Parent {
    /// The point below the first block of a chain with this genesis state. Its id commits to the root of that state, to
    /// the [`SCHEME`] that gives roots their meaning, and to the limits.
    pub fn genesis(state_root: B256, limits: &Limits) -> Parent {
        let id = hash_of(&[state_root.as_slice(), limits.digest().as_slice(), SCHEME.as_bytes()].concat());
        Parent { height: 0, id, timestamp_ms: 0, base_fee: limits.base_fee_min }
    }

    /// Base fee of the next block, whose header speaks of this one.
    pub fn next_base_fee(&self, executed: &Summary, limits: &Limits) -> u64 {
        next_base_fee(self.base_fee, executed.gas_used, limits)
    }
}

/// An ordered list of transactions and its header.
#[derive(Clone, Debug)]
pub struct Block {
    header: Header,
    id: B256,
    transactions: Arc<[Verified]>,
    bytes: Bytes,
}

impl Block {
    /// Seals transactions in this order.
    pub fn seal(
        parent: &Parent,
        executed: Summary,
        beneficiary: Address,
        timestamp_ms: u64,
        transactions: impl Into<Arc<[Verified]>>,
        limits: &Limits,
    ) -> Block {
        let transactions = transactions.into();
        let height = parent.height + 1;
        assert_eq!(
            executed.height,
            height.saturating_sub(limits.root_lag),
            "a header speaks of one known height"
        );
        let body_bytes: usize = transactions.iter().map(|t| 4 + t.transaction().wire().len()).sum();
        let mut bytes = vec![0; HEADER_BYTES];
        bytes.reserve_exact(body_bytes);
        for transaction in &*transactions {
            let wire = transaction.transaction().wire();
            bytes.extend_from_slice(&(wire.len() as u32).to_be_bytes());
            bytes.extend_from_slice(wire);
        }
        let header = Header {
            height,
            parent: parent.id,
            timestamp_ms: timestamp_ms.max(parent.timestamp_ms + 1),
            beneficiary,
            base_fee: parent.next_base_fee(&executed, limits),
            transactions: u32::try_from(transactions.len()).expect("a block's transactions are bounded"),
            body: hash_of(&bytes[HEADER_BYTES..]),
            executed,
            body_bytes: u32::try_from(body_bytes).expect("a block's bytes are bounded"),
        };
        bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
        Block { header, id: header.id(), transactions, bytes: bytes.into() }
    }

    /// A block that came from elsewhere: what [`split`] made of these bytes, with the transactions verified.
    ///
    /// # Panics
    /// If these are not the header's transactions.
    pub fn open(bytes: Bytes, header: Header, transactions: impl Into<Arc<[Verified]>>) -> Block {
        let transactions = transactions.into();
        assert_eq!(header.transactions as usize, transactions.len(), "the header counts its transactions");
        let body_bytes: usize = transactions.iter().map(|t| 4 + t.transaction().wire().len()).sum();
        assert_eq!(header.body_bytes as usize, body_bytes, "the header measures its transactions");
        Block { header, id: header.id(), transactions, bytes }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// BLAKE3 of the header.
    pub fn id(&self) -> B256 {
        self.id
    }

    /// The transactions in order.
    pub fn transactions(&self) -> &Arc<[Verified]> {
        &self.transactions
    }

    /// What the next block builds upon.
    pub fn as_parent(&self) -> Parent {
        self.header.as_parent_with(self.id)
    }

    /// Header and body.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Header {
    /// The 197 bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.push(VERSION);
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(self.parent.as_slice());
        out.extend_from_slice(&self.timestamp_ms.to_be_bytes());
        out.extend_from_slice(self.beneficiary.as_slice());
        out.extend_from_slice(&self.base_fee.to_be_bytes());
        out.extend_from_slice(&self.transactions.to_be_bytes());
        out.extend_from_slice(self.body.as_slice());
        out.extend_from_slice(&self.executed.height.to_be_bytes());
        out.extend_from_slice(&self.executed.gas_used.to_be_bytes());
        out.extend_from_slice(self.executed.state_root.as_slice());
        out.extend_from_slice(self.executed.prices.as_slice());
        out.extend_from_slice(&self.body_bytes.to_be_bytes());
        out.try_into().expect("the layout has 197 bytes")
    }

    /// Reads a header from the front of these bytes.
    ///
    /// # Errors
    /// `Truncated`, or `Malformed` for another version.
    pub fn decode(bytes: &[u8]) -> Result<Header, Reject> {
        let mut rest = bytes;
        if take::<1>(&mut rest)? != [VERSION] {
            return Err(Reject::Malformed);
        }
        Ok(Header {
            height: u64::from_be_bytes(take(&mut rest)?),
            parent: take(&mut rest)?.into(),
            timestamp_ms: u64::from_be_bytes(take(&mut rest)?),
            beneficiary: take(&mut rest)?.into(),
            base_fee: u64::from_be_bytes(take(&mut rest)?),
            transactions: u32::from_be_bytes(take(&mut rest)?),
            body: take(&mut rest)?.into(),
            executed: Summary {
                height: u64::from_be_bytes(take(&mut rest)?),
                gas_used: u64::from_be_bytes(take(&mut rest)?),
                state_root: take(&mut rest)?.into(),
                prices: take(&mut rest)?.into(),
            },
            body_bytes: u32::from_be_bytes(take(&mut rest)?),
        })
    }

    /// What the next block builds upon.
    pub fn as_parent(&self) -> Parent {
        self.as_parent_with(self.id())
    }

    fn as_parent_with(&self, id: B256) -> Parent {
        let Header { height, timestamp_ms, base_fee, .. } = *self;
        Parent { height, id, timestamp_ms, base_fee }
    }

    /// BLAKE3 of the encoded header.
    pub fn id(&self) -> B256 {
        hash_of(&self.encode())
    }
}

/// Splits an encoded block into its header and the wire bytes of its transactions.
///
/// # Errors
/// `Truncated`, `Malformed`, or `NonCanonical` where header and body disagree.
pub fn split(bytes: &Bytes) -> Result<(Header, Vec<Bytes>), Reject> {
    let header = Header::decode(bytes)?;
    let body = &bytes[HEADER_BYTES..];
    if body.len() != header.body_bytes as usize || hash_of(body) != header.body {
        return Err(Reject::NonCanonical);
    }
    let mut transactions = Vec::new();
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        let mut rest = &bytes[at..];
        let length = u32::from_be_bytes(take(&mut rest)?) as usize;
        if length > rest.len() {
            return Err(Reject::Truncated);
        }
        transactions.push(bytes.slice(at + 4..at + 4 + length));
        at += 4 + length;
    }
    if transactions.len() != header.transactions as usize {
        return Err(Reject::NonCanonical);
    }
    Ok((header, transactions))
}

fn hash_of(bytes: &[u8]) -> B256 {
    B256::from(*blake3::hash(bytes).as_bytes())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Reject> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Reject::Truncated)?;
    *rest = tail;
    Ok(*head)
}
