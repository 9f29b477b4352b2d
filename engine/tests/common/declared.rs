//! An encoder of declared transactions, written from their layout.

use pelton_engine::transaction::{Fields, Listed};

use super::rlp::Item;

/// The bytes of a declared transaction.
pub fn encode(fields: &Fields, key: &[u8; 32], signature: &[u8; 64]) -> Vec<u8> {
    let mut items = signed(fields, key);
    items.push(Item::Text(signature.to_vec()));
    [vec![0x65], Item::List(items).encode()].concat()
}

/// Everything in a declared transaction that is signed.
pub fn signed(fields: &Fields, key: &[u8; 32]) -> Vec<Item> {
    let text = |bytes: &[u8]| Item::Text(bytes.to_vec());
    let list = |list: &[Listed]| {
        let slots = |item: &Listed| item.slots.iter().map(|slot| text(&slot.to_be_bytes::<32>())).collect();
        let item = |item: &Listed| Item::List(vec![text(item.address.as_slice()), Item::List(slots(item))]);
        Item::List(list.iter().map(item).collect())
    };
    vec![
        Item::number(fields.chain_id.expect("a declared transaction names its chain").into()),
        Item::number(fields.nonce.into()),
        Item::number(fields.max_priority_fee_per_gas),
        Item::number(fields.max_fee_per_gas),
        Item::number(fields.max_contention_fee),
        Item::number(fields.gas_limit.into()),
        text(fields.to.as_ref().map_or(&[], |to| to.as_slice())),
        text(&fields.value.to_be_bytes_trimmed_vec()),
        text(&fields.input),
        list(&fields.reads),
        list(&fields.writes),
        text(key),
    ]
}
