//! Bytes to transactions, and back to what was signed.
//!
//! ```text
//! legacy        rlp [nonce, gas price, gas limit, to, value, input, v, r, s]
//! 0x01 ‖ rlp [chain id, nonce, gas price, gas limit, to, value, input, access list, y parity, r, s]
//! 0x02 ‖ rlp [chain id, nonce, priority fee, maximum fee, gas limit, to, value, input, access list, y parity, r, s]
//! 0x04 ‖ rlp [ ... as 0x02 ..., access list, authorizations, y parity, r, s]
//! 0x65 ‖ rlp [chain id, nonce, priority fee, maximum fee, maximum contention fee, gas limit, to, value, input, reads, writes,
//!             public key (32), signature (64)]
//! ```
//!
//! Exactly one byte string decodes to a given transaction: leading zeros, long forms of short lengths and trailing
//! bytes are refused. What was signed is a slice of the wire bytes under a new list header, so nothing is encoded twice.

use std::ops::Range;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Decodable, EMPTY_STRING_CODE, Encodable, Error, Header};

use crate::reject::Reject;
use crate::transaction::{Authorization, Fields, Kind, Listed, Signature, Transaction};

/// Decodes one transaction from exactly these bytes. The signature is carried along, not checked.
///
/// # Errors
/// `Truncated`, `Malformed`, `NonCanonical`, `UnknownType`, or `BadSignature` for a parity that is none.
pub fn decode(wire: Bytes) -> Result<Transaction, Reject> {
    let id = keccak256(&wire);
    decode_hashed(wire, id)
}

/// As [`decode`], for who has hashed many of them at once: `id` is the Keccak-256 of the bytes.
///
/// # Errors
/// As [`decode`].
pub fn decode_hashed(wire: Bytes, id: B256) -> Result<Transaction, Reject> {
    debug_assert_eq!(id, keccak256(&wire), "the id is the hash of these bytes");
    let first = *wire.first().ok_or(Reject::Truncated)?;
    let (kind, body) = match first {
        // A type byte is below 0x80 (EIP-2718); what is not a list here is refused below.
        0x80.. => (Kind::Legacy, 0),
        0x01 => (Kind::AccessList, 1),
        0x02 => (Kind::DynamicFee, 1),
        0x04 => (Kind::SetCode, 1),
        0x65 => (Kind::Declared, 1),
        _ => return Err(Reject::UnknownType),
    };
    let mut cursor = Cursor { wire: &wire, rest: &wire[body..] };
    let header = Header::decode(&mut cursor.rest).map_err(reject)?;
    if !header.list {
        return Err(Reject::Malformed);
    }
    match cursor.rest.len().checked_sub(header.payload_length) {
        Some(0) => {}
        Some(_) => return Err(Reject::NonCanonical),
        None => return Err(Reject::Truncated),
    }
    let (fields, signature, signed) = cursor.transaction(kind)?;
    if !cursor.rest.is_empty() {
        return Err(Reject::Malformed);
    }
    Ok(Transaction { wire, id, fields, signature, signed })
}

impl Transaction {
    /// Appends the bytes that were signed: for secp256k1 their Keccak-256 was, for ed25519 they themselves.
    pub fn signing_payload(&self, out: &mut Vec<u8>) {
        let signed = &self.wire[self.signed.clone()];
        let legacy_chain = (self.fields.kind == Kind::Legacy).then_some(self.fields.chain_id).flatten();
        let tail = legacy_chain.map_or(0, |id| id.length() + 2);
        if self.fields.kind != Kind::Legacy {
            out.push(self.fields.kind as u8);
        }
        Header { list: true, payload_length: signed.len() + tail }.encode(out);
        out.extend_from_slice(signed);
        if let Some(id) = legacy_chain {
            id.encode(out);
            out.extend_from_slice(&[EMPTY_STRING_CODE; 2]);
        }
    }
}

/// The list's payload, field by field.
struct Cursor<'a> {
    wire: &'a Bytes,
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn transaction(&mut self, kind: Kind) -> Result<(Fields, Signature, Range<usize>), Reject> {
        let start = self.position();
        let chain_id = if kind == Kind::Legacy { None } else { Some(self.field()?) };
        let nonce = self.field()?;
        let max_priority_fee_per_gas: u128 = self.field()?;
        let one_price = matches!(kind, Kind::Legacy | Kind::AccessList);
        let max_fee_per_gas = if one_price { max_priority_fee_per_gas } else { self.field()? };
        let max_contention_fee = if kind == Kind::Declared { self.field()? } else { 0 };
        let gas_limit = self.field()?;
        let to = self.recipient()?;
        let value = self.field()?;
        let input = self.bytes()?;
        let reads = if kind == Kind::Declared { self.list(Self::listed)? } else { Vec::new() };
        let writes = if kind == Kind::Legacy { Vec::new() } else { self.list(Self::listed)? };
        let authorizations = if kind == Kind::SetCode { self.list(Self::authorization)? } else { Vec::new() };
        let mut fields = Fields {
            kind,
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            max_contention_fee,
            to,
            value,
            input,
            reads,
            writes,
            authorizations,
        };
        if kind == Kind::Declared {
            let key = self.field()?;
            let end = self.position();
            return Ok((fields, Signature::Ed25519 { rs: self.field()?, key }, start..end));
        }
        let end = self.position();
        let y_parity = if kind == Kind::Legacy {
            let (y_parity, chain_id) = split_v(self.field()?)?;
            fields.chain_id = chain_id;
            y_parity
        } else {
            parity(self.field()?)?
        };
        Ok((fields, Signature::Secp256k1 { rs: self.scalars()?, y_parity }, start..end))
    }

    /// Where the next field stands in the wire bytes.
    fn position(&self) -> usize {
        self.wire.len() - self.rest.len()
    }

    fn field<T: Decodable>(&mut self) -> Result<T, Reject> {
        T::decode(&mut self.rest).map_err(reject)
    }

    fn scalars(&mut self) -> Result<[u8; 64], Reject> {
        let (r, s): (U256, U256) = (self.field()?, self.field()?);
        let mut rs = [0; 64];
        rs[..32].copy_from_slice(&r.to_be_bytes::<32>());
        rs[32..].copy_from_slice(&s.to_be_bytes::<32>());
        Ok(rs)
    }

    /// A byte string, shared with the wire bytes.
    fn bytes(&mut self) -> Result<Bytes, Reject> {
        let length = Header::decode_bytes(&mut self.rest, false).map_err(reject)?.len();
        let end = self.position();
        Ok(self.wire.slice(end - length..end))
    }

    fn recipient(&mut self) -> Result<Option<Address>, Reject> {
        if self.rest.first() == Some(&EMPTY_STRING_CODE) {
            self.rest = &self.rest[1..];
            return Ok(None);
        }
        self.field().map(Some)
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, Reject>) -> Result<Vec<T>, Reject> {
        let payload = Header::decode_bytes(&mut self.rest, true).map_err(reject)?;
        let after = std::mem::replace(&mut self.rest, payload);
        let mut items = Vec::new();
        while !self.rest.is_empty() {
            items.push(item(self)?);
        }
        self.rest = after;
        Ok(items)
    }

    fn listed(&mut self) -> Result<Listed, Reject> {
        self.tuple(|cursor| {
            Ok(Listed {
                address: cursor.field()?,
                slots: cursor.list(|c| c.field::<[u8; 32]>().map(U256::from_be_bytes))?,
            })
        })
    }

    fn authorization(&mut self) -> Result<Authorization, Reject> {
        self.tuple(|cursor| {
            Ok(Authorization {
                chain_id: cursor.field()?,
                address: cursor.field()?,
                nonce: cursor.field()?,
                y_parity: cursor.field()?,
                r: cursor.field()?,
                s: cursor.field()?,
            })
        })
    }

    /// A list with a fixed shape.
    fn tuple<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Reject>) -> Result<T, Reject> {
        let payload = Header::decode_bytes(&mut self.rest, true).map_err(reject)?;
        let after = std::mem::replace(&mut self.rest, payload);
        let value = read(self)?;
        if !self.rest.is_empty() {
            return Err(Reject::Malformed);
        }
        self.rest = after;
        Ok(value)
    }
}

/// Parity and chain id from a legacy `v` (EIP-155), which for a large chain id is longer than 64 bits.
fn split_v(v: u128) -> Result<(u8, Option<u64>), Reject> {
    match v {
        27 | 28 => Ok(((v - 27) as u8, None)),
        35.. => {
            let chain_id = u64::try_from((v - 35) / 2).map_err(|_| Reject::BadSignature)?;
            Ok((((v - 35) % 2) as u8, Some(chain_id)))
        }
        _ => Err(Reject::BadSignature),
    }
}

fn parity(value: u64) -> Result<u8, Reject> {
    if value > 1 { Err(Reject::BadSignature) } else { Ok(value as u8) }
}

fn reject(error: Error) -> Reject {
    match error {
        Error::InputTooShort => Reject::Truncated,
        Error::LeadingZero | Error::NonCanonicalSize | Error::NonCanonicalSingleByte => Reject::NonCanonical,
        _ => Reject::Malformed,
    }
}
