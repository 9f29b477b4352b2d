//! The bytes of a block with its witness.
//!
//! ```text
//!   0  "pelton witness 1" [16]
//!  16  rules [32] = BLAKE3(digest of the limits [32] ‖ SCHEME)
//!  48  newest [32]: id of the highest header that is here, of which all others follow
//!  80  state root before the block [32]
//! 112  claim: state root after it [32] ‖ digest of the outcomes [32] ‖ gas used u64
//! 184  header of the parent: 0 for the first block, 1 ‖ header [197] for any other
//!      headers above the block: count ‖ header [197] each, rising
//!      block: count ‖ bytes
//!      hot keys: count ‖ key [53] ‖ excess u64 each, rising
//!      touched: count ‖ write set of what accounts and slots hold before the block, absent ones deleted; hashes of codes
//!      witness: count ‖ bytes
//!      codes: count ‖ bytes each, as many as the write set has hashes, in their order
//! ```
//!
//! Integers are big-endian, counts are varints, the write set is laid out as in the log (`store/record.rs`). There is one
//! form for each content; nothing follows the end.

use alloy_primitives::{B256, Bytes};

use super::{Claim, Refusal};
use crate::block::{HEADER_BYTES, Header};
use crate::commitment::rules::SCHEME;
use crate::evm::Code;
use crate::limits::Limits;
use crate::prices::{KEY_BYTES, Key, Table};
use crate::store::bytes::{Cursor, Malformed, put_bytes, put_varint};
use crate::store::record::{decode_writes, encode_writes};
use crate::writes::WriteSet;

/// The first bytes.
pub const FORMAT: &[u8; 16] = b"pelton witness 1";

const ENTRY_BYTES: usize = KEY_BYTES + 8;

impl From<Malformed> for Refusal {
    fn from(Malformed(what): Malformed) -> Refusal {
        Refusal::Malformed(what)
    }
}

/// What the bytes say; nothing of it was checked.
pub(super) struct File {
    pub newest: B256,
    pub root_before: B256,
    pub claim: Claim,
    pub parent: Option<Header>,
    pub above: Vec<Header>,
    pub block: Bytes,
    /// Rising or not.
    pub hot_keys: Vec<(Key, u64)>,
    /// What is there before the block, with the codes.
    pub touched: WriteSet,
    pub witness: Vec<u8>,
}

/// Names the rules that the block is judged by.
fn rules(limits: &Limits) -> B256 {
    let mut hash = blake3::Hasher::new();
    hash.update(limits.digest().as_slice()).update(SCHEME.as_bytes());
    B256::from(*hash.finalize().as_bytes())
}

/// The entries of a table of hot keys.
pub(super) fn entries(table: &Table) -> Vec<(Key, u64)> {
    table.iter().map(|(key, excess)| (*key, excess)).collect()
}

impl File {
    /// The bytes.
    pub(super) fn encode(&self, limits: &Limits) -> Vec<u8> {
        let mut out = FORMAT.to_vec();
        let Claim { state_root, outcomes, gas_used } = self.claim;
        for hash in [rules(limits), self.newest, self.root_before, state_root, outcomes] {
            out.extend_from_slice(hash.as_slice());
        }
        out.extend_from_slice(&gas_used.to_be_bytes());
        out.push(u8::from(self.parent.is_some()));
        self.parent.iter().for_each(|parent| out.extend_from_slice(&parent.encode()));
        put_varint(&mut out, self.above.len() as u64);
        self.above.iter().for_each(|header| out.extend_from_slice(&header.encode()));
        put_bytes(&mut out, &self.block);
        put_varint(&mut out, self.hot_keys.len() as u64);
        for (key, excess) in &self.hot_keys {
            out.extend_from_slice(&key.encode());
            out.extend_from_slice(&excess.to_be_bytes());
        }
        let mut touched = Vec::new();
        encode_writes(&mut touched, &self.touched);
        put_bytes(&mut out, &touched);
        put_bytes(&mut out, &self.witness);
        self.touched.codes.iter().for_each(|(_, code)| put_bytes(&mut out, &code.bytes()));
        out
    }

    /// Reads all of these bytes.
    pub(super) fn decode(bytes: &Bytes, limits: &Limits) -> Result<File, Refusal> {
        let mut cursor = Cursor::new(bytes);
        if cursor.array()? != *FORMAT || B256::from(cursor.array()?) != rules(limits) {
            return Err(Refusal::OtherRules);
        }
        let (newest, root_before) = (cursor.array()?.into(), cursor.array()?.into());
        let claim = Claim {
            state_root: cursor.array()?.into(),
            outcomes: cursor.array()?.into(),
            gas_used: cursor.u64()?,
        };
        let parent = match cursor.u8()? {
            0 => None,
            1 => Some(read_header(&mut cursor)?),
            _ => return Err(Refusal::Malformed("a parent is there or not")),
        };
        let above = cursor.count(HEADER_BYTES)?;
        let above = (0..above).map(|_| read_header(&mut cursor)).collect::<Result<_, _>>()?;
        let block = bytes.slice_ref(cursor.bytes()?);
        let hot_keys = cursor.count(ENTRY_BYTES)?;
        let hot_keys = (0..hot_keys).map(|_| read_entry(&mut cursor)).collect::<Result<_, _>>()?;
        let (mut touched, hashes) = decode_writes(cursor.bytes()?)?;
        let witness = cursor.bytes()?.to_vec();
        for hash in hashes {
            let code = Code::new(Bytes::copy_from_slice(cursor.bytes()?));
            if code.hash() != hash {
                return Err(Refusal::Code(hash));
            }
            touched.codes.push((hash, code));
        }
        cursor.end()?;
        Ok(File { newest, root_before, claim, parent, above, block, hot_keys, touched, witness })
    }
}

fn read_header(cursor: &mut Cursor) -> Result<Header, Refusal> {
    Header::decode(cursor.slice(HEADER_BYTES)?).map_err(Refusal::Block)
}

fn read_entry(cursor: &mut Cursor) -> Result<(Key, u64), Refusal> {
    let key = Key::decode(&cursor.array()?).ok_or(Refusal::Prices)?;
    Ok((key, cursor.u64()?))
}
