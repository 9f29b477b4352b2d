//! `Twist`: the one thing that is wrong with a transaction, and what must come of it.

use alloy_primitives::{Bytes, U256, uint};
use alloy_rlp::{Encodable, Header};
use pelton_engine::limits::Limits;
use pelton_engine::transaction::{Fields, Kind, Signature};

use crate::expectation::Expectation;
use crate::spec::{CHAIN_ID, Scheme};

/// Type bytes that mean nothing: those between delegations and declared access.
const FREE_TYPES: std::ops::Range<u8> = Kind::SetCode as u8 + 1..Kind::Declared as u8;
/// Order of secp256k1's group.
const ORDER_SECP256K1: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
/// Order of ed25519's prime-order subgroup.
const ORDER_ED25519: U256 = uint!(0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed_U256);

/// What is wrong. A number, any number, chooses among several ways.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Twist {
    /// Nothing: it commits.
    None,
    /// Nothing: it commits, but does not say what it touches.
    Unlisted,
    /// Nothing, but only the first few of this contest get what they want.
    Contested(u32),
    /// Nothing, but the same bytes came before.
    Repeat,
    /// The signature is damaged.
    Forged(u32),
    /// Bytes are missing at the end.
    Truncated(u32),
    /// The type byte is nobody's.
    UnknownType(u32),
    /// The encoding says nothing.
    Malformed(u32),
    /// The encoding is not the shortest one.
    NonCanonical(u32),
    /// More bytes than allowed.
    Oversized,
    /// Signed for Ethereum's main network.
    WrongChain,
    /// The nonce was used before genesis.
    Stale,
    /// The sender owns nothing.
    Unaffordable,
    /// The call reverts.
    Reverting,
    /// The call touches what was not declared.
    Undeclared(u32),
}

impl Twist {
    /// What must come of a transaction with this twist.
    pub(crate) fn expectation(self, scheme: Scheme) -> Expectation {
        match self {
            Twist::None | Twist::Unlisted => Expectation::Commit,
            Twist::Reverting | Twist::Undeclared(_) => Expectation::Fail,
            Twist::Contested(contest) => Expectation::Contested(contest),
            Twist::Repeat => Expectation::REPEAT,
            // Of these, secp256k1 recovers a key from the third, though nobody's.
            Twist::Forged(choice) if scheme == Scheme::Secp256k1 && choice % 3 == 2 => Expectation::STRANGER,
            Twist::Forged(_) => Expectation::FORGED,
            Twist::Truncated(_) => Expectation::TRUNCATED,
            Twist::UnknownType(_) => Expectation::UNKNOWN_TYPE,
            Twist::Malformed(_) => Expectation::MALFORMED,
            Twist::NonCanonical(_) => Expectation::NON_CANONICAL,
            Twist::Oversized => Expectation::OVERSIZED,
            Twist::WrongChain => Expectation::WRONG_CHAIN,
            Twist::Stale => Expectation::STALE,
            Twist::Unaffordable => Expectation::UNAFFORDABLE,
        }
    }

    /// Changes what is to be signed.
    pub(crate) fn bend_fields(self, fields: &mut Fields) {
        match self {
            Twist::Unlisted => {
                fields.reads.clear();
                fields.writes.clear();
            }
            Twist::WrongChain => fields.chain_id = Some(1),
            Twist::Oversized => {
                let limits = Limits::standard(CHAIN_ID);
                fields.input = vec![0; limits.transaction_bytes_max as usize].into();
                fields.gas_limit = limits.transaction_gas_max;
            }
            // One of the two balances is missing.
            Twist::Undeclared(choice) if choice % 2 == 0 => {
                let listed = fields.writes.first_mut().expect("a token transfer names its slots");
                listed.slots.pop();
            }
            // Both are declared, but only to be read.
            Twist::Undeclared(_) => std::mem::swap(&mut fields.reads, &mut fields.writes),
            _ => {}
        }
    }

    /// Damages a signature.
    pub(crate) fn bend_signature(self, signature: &mut Signature) {
        let Twist::Forged(choice) = self else { return };
        match signature {
            Signature::Secp256k1 { rs, y_parity } => match choice % 3 {
                // The other signature that anyone can make of a good one.
                0 => {
                    let s = ORDER_SECP256K1 - U256::from_be_slice(&rs[32..]);
                    rs[32..].copy_from_slice(&s.to_be_bytes::<32>());
                    *y_parity ^= 1;
                }
                1 => rs[..32].fill(0),
                _ => rs[63] ^= 1,
            },
            Signature::Ed25519 { rs, key } => match choice % 3 {
                // As above: S plus the group order satisfies the same equation.
                0 => {
                    let s = U256::from_le_slice(&rs[32..]) + ORDER_ED25519;
                    rs[32..].copy_from_slice(&s.to_le_bytes::<32>());
                }
                1 => rs[0] ^= 1,
                _ => key[0] ^= 1,
            },
        }
    }

    /// Damages the wire bytes.
    pub(crate) fn bend_bytes(self, wire: Bytes) -> Bytes {
        match self {
            Twist::Truncated(cut) => {
                let left = 1 + cut as usize % (wire.len() - 1);
                Bytes::copy_from_slice(&wire[..left])
            }
            Twist::UnknownType(choice) => {
                let mut bytes = wire.to_vec();
                bytes[0] = FREE_TYPES.start + (choice % FREE_TYPES.len() as u32) as u8;
                bytes.into()
            }
            Twist::Malformed(choice) => match choice % 3 {
                // A field too many.
                0 => relist(&wire, |list| list.push(0x01)),
                // The chain id is a list.
                1 => relist(&wire, |list| {
                    list.splice(..chain_id().len(), [0xc0]);
                }),
                // A string where the list should be.
                _ => {
                    let mut bytes = wire.to_vec();
                    bytes[1] -= 0x40;
                    bytes.into()
                }
            },
            Twist::NonCanonical(choice) => match choice % 3 {
                // A byte too many.
                0 => [&wire[..], &[0]].concat().into(),
                // A chain id with a leading zero.
                1 => relist(&wire, |list| {
                    list.splice(..1, [list[0] + 1, 0]);
                }),
                // A length with a leading zero.
                _ => [&[wire[0], wire[1] + 1, 0], &wire[2..]].concat().into(),
            },
            _ => wire,
        }
    }
}

/// The encoded chain id, which all typed transactions begin with.
fn chain_id() -> Vec<u8> {
    let mut bytes = Vec::new();
    CHAIN_ID.encode(&mut bytes);
    bytes
}

/// Changes the list behind the type byte, and gives it a header that fits again.
fn relist(wire: &Bytes, change: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut rest = &wire[1..];
    Header::decode(&mut rest).expect("the bytes were just encoded");
    assert!(rest.starts_with(&chain_id()), "a typed transaction begins with its chain id");
    let mut list = rest.to_vec();
    change(&mut list);
    let mut out = vec![wire[0]];
    Header { list: true, payload_length: list.len() }.encode(&mut out);
    out.extend_from_slice(&list);
    out.into()
}
