//! Old blocks in an object store, as clients see them: the same as before, or an error that says why not, and never "none".

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pelton_node::depot::Place;
use pelton_node::devnet::{Options, folder};
use pelton_node::genesis;
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::client::{call, fail};
use crate::contract::{count, deploy};
use crate::merkle::Node;

/// Transactions, each in a block of its own, that fill a few segments.
const COUNTS: u64 = 24;
/// Looks a tenth of a second apart.
const LOOKS_MAX: u32 = 200;

fn start(folder: &Path, store: &Path) -> Node {
    let place = Some(Place::folder(store).expect("it is there"));
    let folder = folder::Settings {
        blocks_max: 4,
        segment_bytes: 2_000,
        place,
        ..folder::Settings::whole(folder.to_owned())
    };
    Node::start_with(
        Options {
            chain_id: 31_337,
            genesis: genesis::devnet(),
            block_time: Duration::ZERO,
            threads: 2,
            choice: pelton_kernels::open("cpu", [7; 32]).expect("the CPU is there").into(),
            keep: Keep { blocks: 4, transactions: 4 },
            folder: Some(folder),
            membership: None,
            merkle: false,
        },
        Limits::standard(2),
    )
}

fn names(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_kind =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind));
    entries.filter(is_kind).collect()
}

#[expect(clippy::disallowed_methods, reason = "a thread of the node is waited for")]
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..LOOKS_MAX {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} took too long");
}

/// All blocks, and receipts of their transactions.
fn chain(node: SocketAddr) -> Vec<Value> {
    let block = |height: u64| {
        let block = call(node, "eth_getBlockByNumber", json!([format!("{height:#x}"), true]));
        let receipts = call(node, "eth_getBlockReceipts", json!([format!("{height:#x}")]));
        json!([block, receipts])
    };
    (0..=COUNTS + 1).map(block).collect()
}

#[test]
fn blocks_that_were_moved_are_served_and_a_store_that_is_gone_is_an_error_until_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, store) = (folder.path().join("data"), folder.path().join("store"));
    fs::create_dir(&store).expect("the folder can be written to");
    let node = start(&data, &store);
    let contract = deploy(node.rpc);
    let receipts: Vec<Value> = (1..=COUNTS).map(|nonce| count(node.rpc, contract, nonce)).collect();
    wait_for("the mover", || names(&data, "moved-").len() >= 2);
    let before = chain(node.rpc);
    drop(node);

    let node = start(&data, &store);
    assert_eq!(chain(node.rpc), before, "after a start");
    drop(node);

    let node = start(&data, &store);
    fs::rename(&store, folder.path().join("away")).expect("it can be moved");
    fs::write(&store, "no folder").expect("the folder can be written to");
    for (method, parameters) in [
        ("eth_getBlockByNumber", json!(["0x2", false])),
        ("eth_getBlockByHash", json!([receipts[0]["blockHash"], false])),
        ("eth_getTransactionReceipt", json!([receipts[0]["transactionHash"]])),
        ("eth_getTransactionByHash", json!([receipts[0]["transactionHash"]])),
        ("eth_getLogs", json!([{ "fromBlock": "0x1", "toBlock": "0x3", "address": contract }])),
    ] {
        let (code, words) = fail(node.rpc, method, parameters);
        assert!(code == -32_603 && words.contains("object store"), "{method}: {code} {words}");
    }
    count(node.rpc, contract, COUNTS + 1);
    fs::remove_file(&store).expect("it is there");
    fs::rename(folder.path().join("away"), &store).expect("it can be moved back");
    assert_eq!(chain(node.rpc)[..], before[..], "when it is back");
    let found = call(node.rpc, "eth_getTransactionReceipt", json!([receipts[0]["transactionHash"]]));
    assert_eq!(found, receipts[0]);
}
