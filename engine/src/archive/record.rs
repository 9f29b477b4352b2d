//! `Record`: a block and what came of it, in bytes.
//!
//! ```text
//! record     count ‖ block: header [197] ‖ body    state root [32]    count ‖ notes    outcome for each transaction
//! outcome    sender [20] ‖ shape u8
//!            shape = 0x80: skipped         length u8 ‖ name of the reason
//!            else + 1 success              gas used varint ‖ fee
//!                 + 2 created a contract   ‖ address [20]
//!                 + 4 contention           ‖ contention fee
//!                                          ‖ count ‖ logs
//! log        address [20] ‖ topics u8 ‖ topic [32] each ‖ count ‖ data
//! ```
//!
//! Counts are varints: seven bits a byte, lowest first. Fees are a length u8 and so many bytes, big-endian, without zeros
//! in front. Ids of transactions are left out, since they are hashes of bytes that are there; senders are not, since to
//! find one takes longer than to read the whole rest. A plain transfer takes about 35 bytes besides its own.

use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};

use crate::block::{self, Block, Header};
use crate::executed::{Outcome, Receipt};
use crate::reject::Reject;
use crate::store::bytes::{Cursor, Malformed, number_bytes, put_bytes, put_number, put_varint};

const SKIPPED: u8 = 0x80;
const SUCCESS: u8 = 1;
const CREATED: u8 = 2;
const CONTENTION: u8 = 4;
/// An address, a count of topics and a length.
const LOG_BYTES_MIN: usize = 22;
/// What a log can have.
const TOPICS_MAX: usize = 4;

/// A block that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its header.
    pub header: Header,
    /// Its id.
    pub id: B256,
    /// Header and body.
    pub block: Bytes,
    /// Root of the state after it.
    pub state_root: B256,
    /// What its makers noted; it means nothing here.
    pub notes: Vec<u8>,
    /// The transactions' bytes, in order.
    pub wires: Vec<Bytes>,
    /// Who sent each, and what came of it.
    pub outcomes: Vec<(Address, Outcome)>,
}

/// Appends the bytes of a record.
///
/// # Panics
/// If there is not one outcome for each transaction: a bug.
pub fn encode(out: &mut Vec<u8>, block: &Block, state_root: &B256, notes: &[u8], outcomes: &[Outcome]) {
    assert_eq!(block.transactions().len(), outcomes.len(), "each transaction has one outcome");
    put_bytes(out, block.bytes());
    out.extend_from_slice(state_root.as_slice());
    put_bytes(out, notes);
    for (transaction, outcome) in block.transactions().iter().zip(outcomes) {
        out.extend_from_slice(transaction.sender().as_slice());
        match outcome {
            Outcome::Executed(receipt) => put_receipt(out, receipt),
            Outcome::Skipped(reason) => {
                let name = reason.name().as_bytes();
                out.extend([SKIPPED, u8::try_from(name.len()).expect("names of reasons are short")]);
                out.extend_from_slice(name);
            }
        }
    }
}

fn put_receipt(out: &mut Vec<u8>, receipt: &Receipt) {
    let Receipt { id: _, success, gas_used, fee, contention_fee, logs, created } = receipt;
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let has_contention = !contention_fee.is_zero();
    out.push(flag(*success, SUCCESS) | flag(created.is_some(), CREATED) | flag(has_contention, CONTENTION));
    put_varint(out, *gas_used);
    put_fee(out, fee);
    out.extend_from_slice(created.as_ref().map_or(&[], |address| address.as_slice()));
    if has_contention {
        put_fee(out, contention_fee);
    }
    put_varint(out, logs.len() as u64);
    for log in logs {
        let topics = log.topics();
        out.extend_from_slice(log.address.as_slice());
        out.push(u8::try_from(topics.len()).expect("a log has four topics at most"));
        topics.iter().for_each(|topic| out.extend_from_slice(topic.as_slice()));
        put_bytes(out, &log.data.data);
    }
}

fn put_fee(out: &mut Vec<u8>, fee: &U256) {
    out.push(number_bytes(fee) as u8);
    put_number(out, fee);
}

/// Reads a record.
///
/// # Errors
/// Where the bytes are not what [`encode`] writes.
pub fn decode(bytes: &[u8]) -> Result<Record, Malformed> {
    let mut cursor = Cursor::new(bytes);
    let block = Bytes::copy_from_slice(cursor.bytes()?);
    let (header, wires) = block::split(&block).map_err(|_| Malformed("a block that is none"))?;
    let state_root = cursor.array()?.into();
    let notes = cursor.bytes()?.to_vec();
    let mut outcomes = Vec::with_capacity(wires.len());
    for wire in &wires {
        outcomes.push((cursor.array()?.into(), read_outcome(&mut cursor, wire)?));
    }
    cursor.end()?;
    Ok(Record { header, id: header.id(), block, state_root, notes, wires, outcomes })
}

/// Reads the header and the notes of a record, in less time than all of it.
///
/// # Errors
/// As [`decode`]; what is not read may be anything.
pub(super) fn decode_head(bytes: &[u8]) -> Result<(Header, Vec<u8>), Malformed> {
    let mut cursor = Cursor::new(bytes);
    let header = Header::decode(cursor.bytes()?).map_err(|_| Malformed("a block that is none"))?;
    let _root: [u8; 32] = cursor.array()?;
    Ok((header, cursor.bytes()?.to_vec()))
}

fn read_outcome(cursor: &mut Cursor, wire: &Bytes) -> Result<Outcome, Malformed> {
    let shape = cursor.u8()?;
    if shape == SKIPPED {
        let length = cursor.u8()?;
        let name = cursor.slice(length.into())?;
        let reason = Reject::ALL.iter().find(|reason| reason.name().as_bytes() == name);
        return reason.copied().map(Outcome::Skipped).ok_or(Malformed("a reason that nobody knows"));
    }
    if shape & !(SUCCESS | CREATED | CONTENTION) != 0 {
        return Err(Malformed("an outcome of no known shape"));
    }
    let (gas_used, fee) = (cursor.varint()?, read_fee(cursor)?);
    let created = if shape & CREATED != 0 { Some(cursor.array()?.into()) } else { None };
    let contention_fee = if shape & CONTENTION != 0 { read_fee(cursor)? } else { U256::ZERO };
    let count = cursor.count(LOG_BYTES_MIN)?;
    let logs = (0..count).map(|_| read_log(cursor)).collect::<Result<_, _>>()?;
    let (id, success) = (keccak256(wire), shape & SUCCESS != 0);
    Ok(Outcome::Executed(Receipt { id, success, gas_used, fee, contention_fee, logs, created }))
}

fn read_log(cursor: &mut Cursor) -> Result<Log, Malformed> {
    let address = cursor.array()?.into();
    let count = usize::from(cursor.u8()?);
    if count > TOPICS_MAX {
        return Err(Malformed("a log has four topics at most"));
    }
    let topics = (0..count).map(|_| cursor.array().map(B256::from)).collect::<Result<_, _>>()?;
    let data = Bytes::copy_from_slice(cursor.bytes()?);
    Ok(Log::new_unchecked(address, topics, data))
}

fn read_fee(cursor: &mut Cursor) -> Result<U256, Malformed> {
    let length = cursor.u8()?;
    cursor.number(length.into())
}
