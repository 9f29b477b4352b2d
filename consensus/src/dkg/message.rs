//! What members tell each other while they make a key.
//!
//! | first byte | what follows | it is |
//! | --- | --- | --- |
//! | 0 | commitment: n of coefficients, 96 bytes each ‖ point 32 | a dealing, from its dealer to its player |
//! | 1 | signature 64 | the ack of a dealing, from its player to its dealer |
//! | 2 | dealer 32 ‖ commitment ‖ acks and points ‖ signature 64 | a closed log, from anybody |
//! | 3 | member 32 ‖ dealers, a bit each ‖ digest 32 ‖ signature 64 | a confirmation, from anybody |
//! | 4 | dealings, a bit each ‖ prints of logs, 8 bytes each ‖ confirmations, a bit each | what its sender has |
//!
//! Before that, as a u64, big-endian, stands the number of the round. Bits and prints are in the order of the members, bits
//! from the lowest of the first byte on; those behind the last member are zero. A print of zeros is that of no log.

use std::num::NonZeroU32;

use bytes::{BufMut as _, Bytes, BytesMut};
use commonware_codec::{DecodeExt as _, Encode as _, Error as CodecError, Read, ReadExt as _};
use commonware_cryptography::ed25519::{PublicKey, Signature};

use super::{Ack, Commitment, Log, Point};

/// First bytes of a log's hash.
pub(crate) type Print = [u8; 8];

/// See the head of this file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// What a dealer deals to a player.
    Dealing(Commitment, Point),
    /// That the dealing is good.
    Ack(Ack),
    /// What a dealer has dealt to whom.
    Log(Box<Log>),
    /// What a member takes for the result.
    Confirmation(Box<Confirmation>),
    /// What a member has.
    Have(Have),
}

/// What a member takes for the result, of whose dealings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Confirmation {
    pub member: PublicKey,
    pub choice: Choice,
    pub signature: Signature,
}

/// The dealers, and a digest of what their logs come to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Choice {
    pub dealers: Vec<bool>,
    pub digest: [u8; 32],
}

impl Choice {
    /// As bytes, which are signed.
    pub fn encode(&self) -> Vec<u8> {
        [bits(&self.dealers), self.digest.to_vec()].concat()
    }
}

/// What a member has, for each member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Have {
    pub dealings: Vec<bool>,
    pub logs: Vec<Print>,
    pub confirmations: Vec<bool>,
}

/// Longest message among so many members, in bytes.
pub(crate) fn bytes_max(members: NonZeroU32) -> usize {
    let count = members.get() as usize;
    let have = 2 * count.div_ceil(8) + 8 * count;
    let others = [Log::max_encode_size(members), Commitment::max_encode_size(members) + 32, have];
    9 + others.into_iter().max().expect("there are some")
}

impl Message {
    /// As bytes, in this round.
    pub fn encode(&self, round: u64) -> Bytes {
        let (kind, body) = match self {
            Message::Dealing(commitment, point) => (0, [commitment.encode(), point.encode()].concat()),
            Message::Ack(ack) => (1, ack.encode().to_vec()),
            Message::Log(log) => (2, log.encode().to_vec()),
            Message::Confirmation(one) => {
                let Confirmation { member, choice, signature } = one.as_ref();
                (3, [&member.encode()[..], &choice.encode(), &signature.encode()].concat())
            }
            Message::Have(Have { dealings, logs, confirmations }) => {
                (4, [bits(dealings), logs.concat(), bits(confirmations)].concat())
            }
        };
        let mut out = BytesMut::with_capacity(9 + body.len());
        out.put_u64(round);
        out.put_u8(kind);
        out.put_slice(&body);
        out.freeze()
    }

    /// The round's number and the message; none if the bytes are no message among so many members.
    pub fn decode(bytes: &Bytes, members: NonZeroU32) -> Option<(u64, Message)> {
        let (round, rest) = bytes.split_first_chunk::<8>()?;
        let (kind, _) = rest.split_first()?;
        let mut body = bytes.slice(9..);
        let message = match kind {
            0 => {
                let commitment = Commitment::read_cfg(&mut body, &members).ok()?;
                Message::Dealing(commitment, Point::decode(body).ok()?)
            }
            1 => Message::Ack(Ack::decode(body).ok()?),
            2 => {
                let log = Log::read_cfg(&mut body, &members).ok()?;
                body.is_empty().then(|| Message::Log(Box::new(log)))?
            }
            3 => Message::Confirmation(Box::new(confirmation(body, members).ok()??)),
            4 => Message::Have(have(&body, members)?),
            _ => return None,
        };
        Some((u64::from_be_bytes(*round), message))
    }
}

fn confirmation(mut body: Bytes, members: NonZeroU32) -> Result<Option<Confirmation>, CodecError> {
    let bytes = (members.get() as usize).div_ceil(8);
    let member = PublicKey::read(&mut body)?;
    if body.len() != bytes + 32 + 64 {
        return Err(CodecError::EndOfBuffer);
    }
    let dealers = bools(&body.split_to(bytes), members);
    let digest = <[u8; 32]>::read(&mut body)?;
    let signature = Signature::read(&mut body)?;
    Ok(dealers.map(|dealers| Confirmation { member, choice: Choice { dealers, digest }, signature }))
}

fn have(body: &[u8], members: NonZeroU32) -> Option<Have> {
    let count = members.get() as usize;
    let bytes = count.div_ceil(8);
    let (dealings, rest) = body.split_at_checked(bytes)?;
    let (logs, confirmations) = rest.split_at_checked(8 * count)?;
    let logs = logs.as_chunks().0.to_vec();
    let (dealings, confirmations) = (bools(dealings, members)?, bools(confirmations, members)?);
    Some(Have { dealings, logs, confirmations })
}

fn bits(of: &[bool]) -> Vec<u8> {
    let byte = |eight: &[bool]| eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    of.chunks(8).map(byte).collect()
}

/// None if there are other bytes than needed, or bits of nobody.
fn bools(bytes: &[u8], members: NonZeroU32) -> Option<Vec<bool>> {
    let count = members.get() as usize;
    let of: Vec<bool> = (0..8 * bytes.len()).map(|at| bytes[at / 8] >> (at % 8) & 1 == 1).collect();
    let fits = bytes.len() == count.div_ceil(8) && of.iter().skip(count).all(|bit| !bit);
    fits.then(|| of[..count].to_vec())
}
