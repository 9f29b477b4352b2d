//! `debug_getRaw*`: blocks, headers and receipts in the bytes that Ethereum's roots commit to.

use std::sync::Arc;

use alloy_primitives::Bytes;
use alloy_rlp::{BufMut as _, Encodable as _, Header};
use serde_json::Value;

use super::Node;
use super::arguments::Arguments;
use super::failure::{Answer, Failure, answer};
use crate::history::{Entry, Included};
use crate::json;

fn find(node: &Node, arguments: &Arguments) -> Result<Arc<Entry>, Failure> {
    let _: Value = arguments.required(0)?;
    node.find(arguments.block(0)?)?.ok_or_else(|| Failure::server("block not found"))
}

pub(super) fn raw_header(node: &Node, arguments: &Arguments) -> Answer {
    answer(Bytes::from(alloy_rlp::encode(find(node, arguments)?.header())))
}

pub(super) fn raw_receipts(node: &Node, arguments: &Arguments) -> Answer {
    let entry = find(node, arguments)?;
    let receipts = entry.transactions.iter().map(|one| Bytes::from(json::receipt_bytes(one)));
    answer(receipts.collect::<Vec<_>>())
}

pub(super) fn raw_block(node: &Node, arguments: &Arguments) -> Answer {
    answer(Bytes::from(block_bytes(&*find(node, arguments)?)))
}

/// The encoding of a block, as Ethereum's nodes exchange it.
pub(super) fn block_bytes(entry: &Entry) -> Vec<u8> {
    let mut fields = alloy_rlp::encode(entry.header());
    let transactions: Vec<u8> = entry.transactions.iter().flat_map(item).collect();
    put_list(&transactions, &mut fields);
    entry.uncles.encode(&mut fields);
    if let Some(withdrawals) = &entry.withdrawals {
        withdrawals.encode(&mut fields);
    }
    let mut block = Vec::with_capacity(fields.len() + 4);
    put_list(&fields, &mut block);
    block
}

/// A transaction in the list of a block: a legacy one as it is, every other as bytes.
fn item(one: &Included) -> Vec<u8> {
    match json::type_of(&one.wire) {
        0 => one.wire.to_vec(),
        _ => alloy_rlp::encode(&one.wire),
    }
}

fn put_list(payload: &[u8], out: &mut Vec<u8>) {
    Header { list: true, payload_length: payload.len() }.encode(out);
    out.put_slice(payload);
}
