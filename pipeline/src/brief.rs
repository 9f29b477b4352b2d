//! A block in few words, for validators who have verified nearly all of its transactions already.
//!
//! ```text
//!   brief:   header, 197 bytes ‖ of each transaction the first 16 bytes of its id
//!   lacking: of each transaction that is lacking its position, u32, rising
//!   parts:   of each transaction that was: position u32 ‖ length u32 ‖ bytes                  (integers are big-endian)
//! ```
//!
//! The header commits to the whole body, so what is put together is the block or it is nothing: a wrong transaction under a
//! right prefix costs a question for the whole block, and no more. Two transactions with the same 16 bytes take somebody 2^64
//! hashes to find, so they are no way to slow validators down; with 8 bytes they would be, for whoever knows what the pools
//! will look up. A prefix of the id needs no salt and so no hash of the whole pool for each block.

use alloy_primitives::{B256, Bytes};
use pelton_engine::block::{HEADER_BYTES, Header, split};
use pelton_engine::limits::Limits;
use pelton_kernels::Level;
use pelton_kernels::keccak::keccak256_many;

/// The first bytes of a transaction's id.
pub type Prefix = [u8; PREFIX_BYTES];

const PREFIX_BYTES: usize = 16;
const POSITION_BYTES: usize = 4;

/// Of an id, what stands for it in few words.
pub fn prefix_of(id: &B256) -> Prefix {
    *id.first_chunk().expect("an id is longer")
}

/// A block's few words; none if that is no block, or its transactions are no longer than that.
pub fn of(block: &Bytes) -> Option<Bytes> {
    let (_, wires) = split(block).ok()?;
    let mut out = Vec::with_capacity(HEADER_BYTES + PREFIX_BYTES * wires.len());
    let mut ids = Vec::with_capacity(wires.len());
    keccak256_many(Level::best(), wires.iter().map(AsRef::as_ref), &mut ids);
    out.extend_from_slice(&block[..HEADER_BYTES]);
    ids.iter().for_each(|id| out.extend_from_slice(&prefix_of(&B256::from(*id))));
    (out.len() < block.len()).then(|| out.into())
}

/// The header of a block in few words; none if they are of no block that these limits admit.
pub fn header_of(brief: &[u8], limits: &Limits) -> Option<Header> {
    let header = Header::decode(brief).ok()?;
    let words = brief.get(HEADER_BYTES..)?;
    let fits = words.len() == PREFIX_BYTES * header.transactions as usize
        && header.transactions <= limits.block_transactions_max
        && header.body_bytes <= limits.block_bytes_max;
    fits.then_some(header)
}

/// What became of few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The block.
    Whole(Bytes),
    /// What is lacking.
    Lacks(Bytes),
    /// What is there does not make the block.
    Other,
}

/// Puts a block together of what is known, and of parts that were lacking before.
pub fn fill(
    brief: &[u8],
    parts: &Bytes,
    limits: &Limits,
    known: impl Fn(&Prefix) -> Option<Bytes>,
) -> Filled {
    let Some(header) = header_of(brief, limits) else { return Filled::Other };
    let Some(mut parts) = read_parts(parts) else { return Filled::Other };
    let (words, _) = brief[HEADER_BYTES..].as_chunks::<PREFIX_BYTES>();
    let (mut block, mut lacks) = (brief[..HEADER_BYTES].to_vec(), Vec::new());
    let length = HEADER_BYTES + header.body_bytes as usize;
    block.reserve_exact(length - HEADER_BYTES);
    for (position, word) in words.iter().enumerate() {
        let part = parts.next_if(|(at, _)| *at == position).map(|(_, wire)| wire);
        let Some(wire) = part.or_else(|| known(word)) else {
            lacks.extend_from_slice(&(position as u32).to_be_bytes());
            continue;
        };
        if block.len() + POSITION_BYTES + wire.len() > length {
            return Filled::Other;
        }
        block.extend_from_slice(&(wire.len() as u32).to_be_bytes());
        block.extend_from_slice(&wire);
    }
    if !lacks.is_empty() {
        return Filled::Lacks(lacks.into());
    }
    let block = Bytes::from(block);
    if split(&block).is_ok() { Filled::Whole(block) } else { Filled::Other }
}

/// What somebody lacks of a block; none if they ask for what is not in it.
pub fn parts(block: &Bytes, lacks: &[u8]) -> Option<Bytes> {
    let (_, wires) = split(block).ok()?;
    let (positions, []) = lacks.as_chunks::<POSITION_BYTES>() else { return None };
    if !positions.is_sorted_by(|one, next| one < next) {
        return None;
    }
    let mut out = Vec::new();
    for position in positions {
        let wire = wires.get(u32::from_be_bytes(*position) as usize)?;
        out.extend_from_slice(position);
        out.extend_from_slice(&(wire.len() as u32).to_be_bytes());
        out.extend_from_slice(wire);
    }
    Some(out.into())
}

/// Parts by their positions, as they come; none if they are none.
fn read_parts(bytes: &Bytes) -> Option<std::iter::Peekable<std::vec::IntoIter<(usize, Bytes)>>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let head = bytes.get(at..)?.first_chunk::<8>()?;
        let [position, length] = [&head[..4], &head[4..]]
            .map(|four| u32::from_be_bytes(four.try_into().expect("these are four bytes")) as usize);
        at = (at + head.len()).checked_add(length).filter(|end| *end <= bytes.len())?;
        parts.push((position, bytes.slice(at - length..at)));
    }
    Some(parts.into_iter().peekable())
}
