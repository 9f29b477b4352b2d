//! Unsigned transactions as bytes: what execution needs, as it checks no signature.

use alloy_primitives::{Address, Bytes, U256};
use alloy_rlp::{Encodable, Header};
use pelton_engine::codec;
use pelton_engine::transaction::{Authorization, Fields, Kind, Listed, Verified};

pub const CHAIN: u64 = 7;

/// The fields of a 1559 transaction that sends nothing to nobody.
pub fn fields() -> Fields {
    Fields {
        kind: Kind::DynamicFee,
        chain_id: Some(CHAIN),
        nonce: 0,
        gas_limit: 300_000,
        max_fee_per_gas: 1_000,
        max_priority_fee_per_gas: 3,
        max_contention_fee: 0,
        to: Some(Address::ZERO),
        value: U256::ZERO,
        input: Bytes::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        authorizations: Vec::new(),
    }
}

/// Through the codec, with a signature of ones.
pub fn verified(fields: &Fields, sender: Address) -> Verified {
    let wire = encode(fields);
    let transaction = codec::decode(wire).expect("what is encoded here decodes");
    Verified::new(transaction, sender)
}

fn encode(fields: &Fields) -> Bytes {
    let mut out = Vec::new();
    if fields.kind != Kind::Legacy {
        out.push(fields.kind as u8);
    }
    list(&mut out, |out| {
        if fields.kind != Kind::Legacy {
            fields.chain_id.expect("all here have one").encode(out);
        }
        fields.nonce.encode(out);
        if !matches!(fields.kind, Kind::Legacy | Kind::AccessList) {
            fields.max_priority_fee_per_gas.encode(out);
        }
        fields.max_fee_per_gas.encode(out);
        if fields.kind == Kind::Declared {
            fields.max_contention_fee.encode(out);
        }
        fields.gas_limit.encode(out);
        match fields.to {
            Some(to) => to.encode(out),
            None => out.push(0x80),
        }
        fields.value.encode(out);
        fields.input.encode(out);
        if fields.kind == Kind::Declared {
            access_list(out, &fields.reads);
        }
        if fields.kind != Kind::Legacy {
            access_list(out, &fields.writes);
        }
        if fields.kind == Kind::SetCode {
            list(out, |out| fields.authorizations.iter().for_each(|one| delegation(out, one)));
        }
        signature(out, fields);
    });
    out.into()
}

fn signature(out: &mut Vec<u8>, fields: &Fields) {
    match fields.kind {
        Kind::Declared => {
            [1u8; 32].encode(out);
            [1u8; 64].encode(out);
            return;
        }
        Kind::Legacy => (35 + 2 * fields.chain_id.expect("all here have one")).encode(out),
        _ => 1u8.encode(out),
    }
    U256::from(1).encode(out);
    U256::from(1).encode(out);
}

fn access_list(out: &mut Vec<u8>, items: &[Listed]) {
    list(out, |out| {
        for item in items {
            list(out, |out| {
                item.address.encode(out);
                list(out, |out| item.slots.iter().for_each(|slot| slot.to_be_bytes::<32>().encode(out)));
            });
        }
    });
}

fn delegation(out: &mut Vec<u8>, given: &Authorization) {
    list(out, |out| {
        given.chain_id.encode(out);
        given.address.encode(out);
        given.nonce.encode(out);
        given.y_parity.encode(out);
        given.r.encode(out);
        given.s.encode(out);
    });
}

pub fn list(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    write(&mut payload);
    Header { list: true, payload_length: payload.len() }.encode(out);
    out.extend_from_slice(&payload);
}
