//! `Record`: one block's changes in bytes, and the byte form of write sets.
//!
//! ```text
//! record     height u64 ‖ block id [32] ‖ parent id [32] ‖ gas used varint ‖ root: 0, or 1 ‖ [32]
//!            ‖ count ‖ notes ‖ write set
//! write set  count ‖ accounts    count ‖ groups of slots    count ‖ hashes of codes [32]
//! account    address [20] ‖ shape u8 ‖ nonce varint ‖ balance ‖ code hash [32]
//!            shape = bytes of the balance, 0 to 32; + 0x40 if there is code, else the code hash is left out
//!            shape = 0x80: the account is deleted, and nothing follows
//! slots      address [20] ‖ count ‖ slots: bytes of the number u8 ‖ number ‖ bytes of the value u8 ‖ value
//!            a value of 0 bytes deletes
//! ```
//!
//! Counts are varints: seven bits a byte, lowest first. Numbers are big-endian, without zeros in front, heights are
//! eight bytes big-endian. A plain transfer changes two accounts and takes about 70 bytes.
//!
//! There is one form for each write set: keys rise, numbers are as short as they can be, no group of slots is empty.
//! The parser refuses everything else, and takes no memory for a count that the bytes cannot hold. Codes are elsewhere
//! (`store/codes.rs`), here are their hashes.

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};

use crate::state::Account;
use crate::store::bytes::{Cursor, Malformed, number_bytes, put_bytes, put_number, put_varint};
use crate::writes::WriteSet;

const DELETED: u8 = 0x80;
const WITH_CODE: u8 = 0x40;
const ACCOUNT_BYTES_MIN: usize = 21;
const GROUP_BYTES_MIN: usize = 23;
const SLOT_BYTES_MIN: usize = 2;

const UNSORTED: Malformed = Malformed("keys do not rise");

/// A block, and what is known of the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height; 0 is genesis.
    pub height: u64,
    /// Its id.
    pub id: B256,
    /// Gas that its transactions used.
    pub gas_used: u64,
    /// Root of the state after it, if it was known then.
    pub root: Option<B256>,
}

/// Where a state stands that was not made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Id of genesis: which chain it is.
    pub genesis: B256,
    /// The newest blocks, rising; the last is the one that the state stands at, with its root.
    pub tips: Vec<Tip>,
    /// What whoever goes on from it must know besides.
    pub notes: Vec<u8>,
}

/// A block's changes, as the log holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The block.
    pub tip: Tip,
    /// Id of the block below.
    pub parent: B256,
    /// What whoever goes on from the block must know besides; it means nothing to the store.
    pub notes: Vec<u8>,
    /// Accounts and slots; codes are left out.
    pub writes: WriteSet,
    /// Hashes of new codes.
    pub codes: Vec<B256>,
}

/// Appends the bytes of a record.
pub fn encode(out: &mut Vec<u8>, tip: &Tip, parent: &B256, notes: &[u8], writes: &WriteSet) {
    out.extend_from_slice(&tip.height.to_be_bytes());
    out.extend_from_slice(tip.id.as_slice());
    out.extend_from_slice(parent.as_slice());
    encode_outcome(out, tip);
    put_bytes(out, notes);
    encode_writes(out, writes);
}

/// Appends what came of a block: its gas and its root.
pub(crate) fn encode_outcome(out: &mut Vec<u8>, tip: &Tip) {
    put_varint(out, tip.gas_used);
    out.push(u8::from(tip.root.is_some()));
    out.extend_from_slice(tip.root.as_ref().map_or(&[], B256::as_slice));
}

/// Appends the bytes of a write set; codes by their hash.
///
/// # Panics
/// If its keys do not rise: a bug, and one that would be seen too late, when the bytes are read.
pub fn encode_writes(out: &mut Vec<u8>, writes: &WriteSet) {
    assert!(rise(&writes.accounts) && rise(&writes.slots) && rise(&writes.codes), "write sets are canonical");
    put_varint(out, writes.accounts.len() as u64);
    for (address, account) in &writes.accounts {
        encode_account(out, address, account.as_ref());
    }
    put_varint(out, writes.slots.chunk_by(|a, b| a.0.0 == b.0.0).count() as u64);
    for of_one in writes.slots.chunk_by(|a, b| a.0.0 == b.0.0) {
        out.extend_from_slice(of_one[0].0.0.as_slice());
        put_varint(out, of_one.len() as u64);
        for ((_, slot), value) in of_one {
            for number in [slot, value] {
                out.push(number_bytes(number) as u8);
                put_number(out, number);
            }
        }
    }
    put_varint(out, writes.codes.len() as u64);
    writes.codes.iter().for_each(|(hash, _)| out.extend_from_slice(hash.as_slice()));
}

fn rise<K: Ord, V>(entries: &[(K, V)]) -> bool {
    entries.is_sorted_by(|before, after| before.0 < after.0)
}

fn encode_account(out: &mut Vec<u8>, address: &Address, account: Option<&Account>) {
    out.extend_from_slice(address.as_slice());
    let Some(Account { nonce, balance, code_hash }) = account else {
        return out.push(DELETED);
    };
    let has_code = *code_hash != KECCAK256_EMPTY;
    out.push(number_bytes(balance) as u8 | if has_code { WITH_CODE } else { 0 });
    put_varint(out, *nonce);
    put_number(out, balance);
    if has_code {
        out.extend_from_slice(code_hash.as_slice());
    }
}

/// Reads a record.
///
/// # Errors
/// Where the bytes are not exactly what [`encode`] writes.
pub fn decode(bytes: &[u8]) -> Result<Record, Malformed> {
    let mut cursor = Cursor::new(bytes);
    let (height, id, parent) = (cursor.u64()?, cursor.array()?.into(), cursor.array()?.into());
    let (gas_used, root) = decode_outcome(&mut cursor)?;
    let notes = cursor.bytes()?.to_vec();
    let (writes, codes) = read_writes(&mut cursor)?;
    cursor.end()?;
    Ok(Record { tip: Tip { height, id, gas_used, root }, parent, notes, writes, codes })
}

/// Reads what [`encode_outcome`] writes.
pub(crate) fn decode_outcome(cursor: &mut Cursor) -> Result<(u64, Option<B256>), Malformed> {
    let gas_used = cursor.varint()?;
    let root = match cursor.u8()? {
        0 => None,
        1 => Some(cursor.array()?.into()),
        _ => return Err(Malformed("a root is there or not")),
    };
    Ok((gas_used, root))
}

/// Reads a write set, without its codes, and the hashes of those.
///
/// # Errors
/// Where the bytes are not exactly what [`encode_writes`] writes.
pub fn decode_writes(bytes: &[u8]) -> Result<(WriteSet, Vec<B256>), Malformed> {
    let mut cursor = Cursor::new(bytes);
    let both = read_writes(&mut cursor)?;
    cursor.end()?;
    Ok(both)
}

fn read_writes(cursor: &mut Cursor) -> Result<(WriteSet, Vec<B256>), Malformed> {
    let mut writes = WriteSet::default();
    let count = cursor.count(ACCOUNT_BYTES_MIN)?;
    writes.accounts.reserve_exact(count);
    for _ in 0..count {
        let entry = read_account(cursor)?;
        rising(writes.accounts.last().map(|before| &before.0), &entry.0)?;
        writes.accounts.push(entry);
    }
    let mut before = None;
    for _ in 0..cursor.count(GROUP_BYTES_MIN)? {
        let address = cursor.array()?.into();
        rising(before.as_ref(), &address)?;
        before = Some(address);
        read_slots(cursor, address, &mut writes.slots)?;
    }
    let count = cursor.count(32)?;
    let mut codes = Vec::with_capacity(count);
    for _ in 0..count {
        let hash = cursor.array()?.into();
        rising(codes.last(), &hash)?;
        codes.push(hash);
    }
    Ok((writes, codes))
}

fn read_account(cursor: &mut Cursor) -> Result<(Address, Option<Account>), Malformed> {
    let address = cursor.array()?.into();
    let shape = cursor.u8()?;
    if shape == DELETED {
        return Ok((address, None));
    }
    let nonce = cursor.varint()?;
    let balance = cursor.number(usize::from(shape & !WITH_CODE))?;
    let code_hash = match shape & WITH_CODE {
        0 => KECCAK256_EMPTY,
        _ => cursor.array()?.into(),
    };
    if shape & WITH_CODE != 0 && code_hash == KECCAK256_EMPTY {
        return Err(Malformed("the hash of no code is left out"));
    }
    Ok((address, Some(Account { nonce, balance, code_hash })))
}

fn read_slots(
    cursor: &mut Cursor,
    address: Address,
    slots: &mut Vec<((Address, U256), U256)>,
) -> Result<(), Malformed> {
    let count = cursor.count(SLOT_BYTES_MIN)?;
    if count == 0 {
        return Err(Malformed("a group of slots is empty"));
    }
    // No room is made for the count: a slot of two bytes takes many more in memory.
    for at in 0..count {
        let [slot, value] = [read_number(cursor)?, read_number(cursor)?];
        rising(slots.last().filter(|_| at > 0).map(|before| &before.0.1), &slot)?;
        slots.push(((address, slot), value));
    }
    Ok(())
}

fn read_number(cursor: &mut Cursor) -> Result<U256, Malformed> {
    let length = cursor.u8()?;
    cursor.number(usize::from(length))
}

fn rising<K: Ord>(before: Option<&K>, key: &K) -> Result<(), Malformed> {
    if before.is_none_or(|before| before < key) { Ok(()) } else { Err(UNSORTED) }
}
