//! Real transactions: their bytes, put together from what a node says of them, must decode to the known hash and sender.
//! The blocks lie beside the repository; without them this says so and passes.

#[path = "common/rlp.rs"]
#[expect(dead_code, reason = "real transactions are only encoded")]
mod rlp;

use std::fs::File;
use std::path::Path;

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use flate2::read::GzDecoder;
use pelton_engine::codec;
use pelton_engine::transaction::{self, Kind};
use rlp::Item;
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use serde_json::Value;

const BLOCKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/mainnet-blocks");

#[test]
fn real_transactions_decode_to_their_hash_and_sender() {
    let Ok(files) = Path::new(BLOCKS).read_dir() else {
        eprintln!("skipped: no blocks at {BLOCKS}");
        return;
    };
    let mut kinds = std::collections::BTreeMap::new();
    for file in files {
        let reader = GzDecoder::new(File::open(file.unwrap().path()).unwrap());
        let block: Value = serde_json::from_reader(reader).unwrap();
        for transaction in block["block"]["transactions"].as_array().unwrap() {
            if let Some(kind) = check(transaction) {
                *kinds.entry(kind).or_insert(0) += 1;
            }
        }
    }
    assert!(kinds[&Kind::Legacy] > 100 && kinds[&Kind::DynamicFee] > 100, "{kinds:?}");
}

/// Encodes, decodes and compares; none for a kind that the chain does not know.
fn check(known: &Value) -> Option<Kind> {
    let wire = encode(known)?;
    let decoded = codec::decode(wire.into()).expect("a real transaction decodes");
    assert_eq!(
        decoded.id(),
        known["hash"].as_str().and_then(|hash| hash.parse::<B256>().ok()).expect("a hash")
    );
    let mut payload = Vec::new();
    decoded.signing_payload(&mut payload);
    let transaction::Signature::Secp256k1 { rs, y_parity } = decoded.signature() else { panic!("secp256k1") };
    let signature = RecoverableSignature::from_compact(rs, RecoveryId::from_u8_masked(*y_parity))
        .expect("a real signature");
    let key = signature.recover_ecdsa(Message::from_digest(keccak256(payload).0)).expect("a real signature");
    let sender = Address::from_raw_public_key(&key.serialize_uncompressed()[1..]);
    assert_eq!(
        sender,
        known["from"].as_str().and_then(|from| from.parse::<Address>().ok()).expect("an address")
    );
    Some(decoded.fields().kind)
}

fn encode(known: &Value) -> Option<Vec<u8>> {
    let number = |name: &str| {
        let value: U256 = known[name].as_str().and_then(|value| value.parse().ok()).expect(name);
        Item::Text(value.to_be_bytes_trimmed_vec())
    };
    let kind = known["type"].as_str().map_or(0, |kind| u8::from_str_radix(&kind[2..], 16).expect("a type"));
    let names: &[&str] = match kind {
        0 => &["nonce", "gasPrice", "gas"],
        1 => &["chainId", "nonce", "gasPrice", "gas"],
        2 => &["chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas"],
        _ => return None,
    };
    let mut items: Vec<Item> = names.iter().map(|name| number(name)).collect();
    items.extend([bytes(&known["to"]), number("value"), bytes(&known["input"])]);
    items.extend((kind > 0).then(|| access_list(&known["accessList"])));
    items.extend(["v", "r", "s"].map(number));
    Some([if kind > 0 { vec![kind] } else { vec![] }, Item::List(items).encode()].concat())
}

fn access_list(known: &Value) -> Item {
    let entry = |entry: &Value| {
        let slots = entry["storageKeys"].as_array().expect("slots").iter().map(bytes).collect();
        Item::List(vec![bytes(&entry["address"]), Item::List(slots)])
    };
    Item::List(known.as_array().expect("an access list").iter().map(entry).collect())
}

fn bytes(known: &Value) -> Item {
    Item::Text(hex::decode(known.as_str().unwrap_or_default()).expect("bytes"))
}
