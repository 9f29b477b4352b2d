//! What must hold of any bytes whatever, and whatever `codec` says of them.
//!
//! The oracle is `alloy-consensus` for Ethereum's own kinds and, for `0x65`, a reading of the documented layout by the
//! tests' own RLP. They and the codec accept the same bytes, with these differences:
//!
//! | bytes | codec | alloy | why |
//! | --- | --- | --- | --- |
//! | `0x03`, blobs | `UnknownType` | accepts | blobs have no place in a block of this chain |
//! | `0x65` | accepts | refuses | the kind is this chain's own |
//! | `0x04` without recipient | accepts | refuses | `checks` turns it away, by the name `Authorizations` |

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Bytes, U256, keccak256};
use pelton_engine::codec;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Authorization, Fields, Kind, Listed, Signature, Transaction};

use super::declared;
use super::rlp::Item;

/// Decodes, and asserts everything that must hold for these bytes.
pub fn decode(wire: &[u8]) -> Result<Transaction, Reject> {
    let ours = codec::decode(Bytes::copy_from_slice(wire));
    assert_eq!(codec::decode(Bytes::copy_from_slice(wire)), ours, "decoding repeats");
    match wire.first() {
        None => assert_eq!(ours, Err(Reject::Truncated)),
        Some(0x65) => agree_on_declared(wire, ours.as_ref().ok()),
        Some(0x01 | 0x02 | 0x04 | 0x80..) => agree_with_alloy(wire, ours.as_ref().ok()),
        Some(_) => assert_eq!(ours, Err(Reject::UnknownType)),
    }
    if let Ok(transaction) = &ours {
        assert_eq!(transaction.wire(), wire);
        assert_eq!(transaction.id(), keccak256(wire));
        let body = &wire[usize::from(transaction.fields().kind != Kind::Legacy)..];
        assert_eq!(Item::parse(body).expect("what is accepted is canonical").encode(), body);
    }
    ours
}

fn agree_with_alloy(wire: &[u8], ours: Option<&Transaction>) {
    let alloy = TxEnvelope::decode_2718_exact(wire);
    match (ours, alloy) {
        (None, Err(_)) => {}
        (None, Ok(alloy)) => panic!("alloy alone accepts {alloy:?}"),
        (Some(ours), Err(error)) => {
            let creates = ours.fields().kind == Kind::SetCode && ours.fields().to.is_none();
            assert!(creates, "the codec alone accepts {ours:?}: {error}");
        }
        (Some(ours), Ok(alloy)) => {
            assert_eq!(alloy.encoded_2718(), wire);
            assert_eq!(ours.id(), *alloy.tx_hash());
            assert_eq!(*ours.fields(), fields(&alloy));
            assert_eq!(*ours.signature(), signature(&alloy));
            assert_eq!(keccak256(signing_payload(ours)), alloy.signature_hash());
        }
    }
}

/// What alloy says that the transaction says.
pub fn fields(alloy: &TxEnvelope) -> Fields {
    let kind = match alloy {
        TxEnvelope::Legacy(_) => Kind::Legacy,
        TxEnvelope::Eip2930(_) => Kind::AccessList,
        TxEnvelope::Eip1559(_) => Kind::DynamicFee,
        TxEnvelope::Eip7702(_) => Kind::SetCode,
        TxEnvelope::Eip4844(_) => panic!("blobs are not decoded"),
    };
    let listed = |item: &alloy_eips::eip2930::AccessListItem| Listed {
        address: item.address,
        slots: item.storage_keys.iter().map(|slot| U256::from_be_bytes(slot.0)).collect(),
    };
    let authorization = |item: &alloy_eips::eip7702::SignedAuthorization| Authorization {
        chain_id: *item.inner().chain_id(),
        address: *item.inner().address(),
        nonce: item.inner().nonce(),
        y_parity: item.y_parity(),
        r: item.r(),
        s: item.s(),
    };
    Fields {
        kind,
        chain_id: alloy.chain_id(),
        nonce: alloy.nonce(),
        gas_limit: alloy.gas_limit(),
        max_fee_per_gas: alloy.max_fee_per_gas(),
        max_priority_fee_per_gas: alloy.max_priority_fee_per_gas().unwrap_or_else(|| alloy.max_fee_per_gas()),
        max_contention_fee: 0,
        to: alloy.to(),
        value: alloy.value(),
        input: alloy.input().clone(),
        reads: vec![],
        writes: alloy.access_list().map_or(vec![], |list| list.iter().map(listed).collect()),
        authorizations: alloy.authorization_list().unwrap_or_default().iter().map(authorization).collect(),
    }
}

fn signature(alloy: &TxEnvelope) -> Signature {
    let signature = alloy.signature();
    let rs = [signature.r().to_be_bytes::<32>(), signature.s().to_be_bytes::<32>()].concat();
    Signature::Secp256k1 {
        rs: rs.try_into().expect("two halves of 32 bytes"),
        y_parity: signature.v().into(),
    }
}

fn agree_on_declared(wire: &[u8], ours: Option<&Transaction>) {
    let item = Item::parse(&wire[1..]);
    assert_eq!(ours.is_some(), item.as_ref().is_some_and(is_declared), "the layout decides on {item:?}");
    let Some(ours) = ours else { return };
    let Signature::Ed25519 { rs, key } = ours.signature() else {
        panic!("declared transactions carry ed25519")
    };
    assert_eq!(declared::encode(ours.fields(), key, rs), wire);
    let signed = Item::List(declared::signed(ours.fields(), key)).encode();
    assert_eq!(signing_payload(ours), [vec![0x65], signed].concat());
}

/// Whether an item has the layout of a declared transaction.
fn is_declared(item: &Item) -> bool {
    let Item::List(items) = item else { return false };
    let [chain_id, nonce, priority, fee, contention, gas, to, value, input, reads, writes, key, signature] =
        &items[..]
    else {
        return false;
    };
    [chain_id, nonce, gas].into_iter().all(|item| is_number(item, 8))
        && [priority, fee, contention].into_iter().all(|item| is_number(item, 16))
        && (is_text(to, 0) || is_text(to, 20))
        && is_number(value, 32)
        && matches!(input, Item::Text(_))
        && is_list(reads, is_listed)
        && is_list(writes, is_listed)
        && is_text(key, 32)
        && is_text(signature, 64)
}

fn is_listed(item: &Item) -> bool {
    let Item::List(items) = item else { return false };
    matches!(&items[..], [address, slots] if is_text(address, 20) && is_list(slots, |slot| is_text(slot, 32)))
}

fn is_list(item: &Item, each: impl Fn(&Item) -> bool) -> bool {
    matches!(item, Item::List(items) if items.iter().all(each))
}

fn is_text(item: &Item, length: usize) -> bool {
    matches!(item, Item::Text(text) if text.len() == length)
}

fn is_number(item: &Item, bytes: usize) -> bool {
    matches!(item, Item::Text(text) if text.len() <= bytes && text.first() != Some(&0))
}

fn signing_payload(transaction: &Transaction) -> Vec<u8> {
    let mut payload = Vec::new();
    transaction.signing_payload(&mut payload);
    payload
}
