//! Ethereum's tree beside the state: proofs, and the root that they lead to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::proof::verify_proof;
use alloy_trie::{Nibbles, TrieAccount};
use pelton_node::devnet::{Options, folder};
use pelton_node::genesis;
use pelton_node::history::Keep;
use pelton_node::import::Chain;
use pelton_node::merkle::sidecar::Sidecar;
use pelton_node::rpc::limits::Limits;
use pelton_node::serve::{self, Addresses};
use serde_json::{Value, json};

use crate::client::{call, fail, number, standard, start};
use crate::contract::{count, deploy};

const PATIENCE: Duration = Duration::from_secs(20);

/// A node, until it is told to end.
pub struct Node {
    pub rpc: SocketAddr,
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// With a sidecar, and one that builds no tree of more than five accounts for a request.
    fn start(data: Option<&Path>) -> Node {
        let folder = data.map(|path| folder::Settings::whole(path.to_owned()));
        let options = Options {
            chain_id: 31_337,
            genesis: genesis::devnet(),
            block_time: Duration::ZERO,
            threads: 2,
            choice: pelton_kernels::open("cpu", [7; 32]).expect("the CPU is there").into(),
            keep: Keep::STANDARD,
            folder,
            membership: None,
            merkle: true,
        };
        Node::start_with(options, small())
    }

    pub fn start_with(options: Options, limits: Limits) -> Node {
        let (told, ready) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let run = move || {
            let addresses = Addresses { rpc: SocketAddr::from(([127, 0, 0, 1], 0)), feed: None };
            let ready = |addresses: Addresses| told.send(addresses.rpc).expect("the test waits");
            let wait = move || {
                // It ends when the other side is gone, or says so.
                let _ = ended.recv();
            };
            let served = serve::until(&options, limits, addresses, |_| {}, ready, Some(Box::new(wait)));
            served.expect("nothing fails");
        };
        let thread = std::thread::Builder::new().spawn(run).expect("a thread");
        let rpc = ready.recv_timeout(PATIENCE).expect("it is ready");
        Node { rpc, end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.end.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_some_and(|ended| ended.is_ok()));
    }
}

fn small() -> Limits {
    Limits { proof_keys_max: 5, ..Limits::standard(2) }
}

fn parsed<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("of this form")
}

fn root(node: SocketAddr, block: &str) -> B256 {
    parsed(&call(node, "pelton_merkleRoot", json!([block]))["root"])
}

/// Checks a proof of a contract that has counted so far in its first slot, by the library's verifier.
fn check(node: SocketAddr, contract: Address, block: &str, counted: u64) {
    let proof = call(node, "eth_getProof", json!([contract, ["0x0", "0x7"], block]));
    let root = root(node, block);
    assert_eq!(proof["merkleRoot"], json!(root));
    let account = TrieAccount {
        nonce: number(&proof["nonce"]),
        balance: parsed(&proof["balance"]),
        storage_root: parsed(&proof["storageHash"]),
        code_hash: parsed(&proof["codeHash"]),
    };
    let nodes: Vec<Bytes> = parsed(&proof["accountProof"]);
    let key = Nibbles::unpack(keccak256(contract));
    verify_proof(root, key, Some(alloy_rlp::encode(account)), &nodes).expect("the account is there");
    for (at, (slot, value)) in
        [(0, Some(counted).filter(|counted| *counted > 0)), (7, None)].into_iter().enumerate()
    {
        let shown = &proof["storageProof"][at];
        assert_eq!(parsed::<U256>(&shown["value"]), U256::from(value.unwrap_or(0)));
        let nodes: Vec<Bytes> = parsed(&shown["proof"]);
        let key = Nibbles::unpack(keccak256(B256::from(U256::from(slot))));
        let leaf = value.map(alloy_rlp::encode);
        verify_proof(account.storage_root, key, leaf, &nodes).expect("the slot is as it says");
    }
    let nobody = Address::repeat_byte(0x77);
    let proof = call(node, "eth_getProof", json!([nobody, [], block]));
    let nodes: Vec<Bytes> = parsed(&proof["accountProof"]);
    verify_proof(root, Nibbles::unpack(keccak256(nobody)), None, &nodes).expect("nobody is there");
}

#[test]
fn a_proof_leads_to_the_root_that_stands_beside_it() {
    let node = standard();
    let contract = deploy(node);
    count(node, contract, 1);
    check(node, contract, "latest", 1);
    check(node, contract, "0x1", 0);
    let old = call(node, "eth_getProof", json!([contract, [], "0x0"]));
    assert_eq!((&old["nonce"], &old["balance"]), (&json!("0x0"), &json!("0x0")), "it was not there yet");
    let told = call(node, "pelton_merkleRoot", json!([]));
    let newest = call(node, "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!((&told["blockNumber"], &told["blockHash"]), (&json!("0x2"), &newest["hash"]));
    assert_eq!(told["sidecar"], Value::Null);
    assert_ne!(told["root"], newest["stateRoot"], "headers commit to another tree");
}

#[test]
fn a_sidecar_proves_states_that_are_too_large_to_be_built_for_one_request() {
    let without = start(small(), Keep::STANDARD, Duration::ZERO);
    assert_eq!(fail(without, "pelton_merkleRoot", json!([])).0, -32_005);
    let node = Node::start(None);
    let contract = deploy(node.rpc);
    for nonce in 1..=4 {
        count(node.rpc, contract, nonce);
        check(node.rpc, contract, "latest", nonce);
    }
    for (block, counted) in [("0x1", 0), ("0x3", 2), ("0x5", 4)] {
        check(node.rpc, contract, block, counted);
    }
    let sidecar = call(node.rpc, "pelton_merkleRoot", json!([]))["sidecar"].take();
    let expected = json!({ "oldest": "0x0", "newest": "0x5", "lag": "0x0", "rebuilds": "0x1" });
    assert_eq!(sidecar, expected);
    assert_eq!(fail(node.rpc, "eth_getProof", json!([contract, [], "0x6"])).0, -32_000);
}

#[test]
fn a_sidecar_is_made_again_from_the_state_that_a_start_finds() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let node = Node::start(Some(&data));
    let contract = deploy(node.rpc);
    count(node.rpc, contract, 1);
    let before = root(node.rpc, "latest");
    drop(node);
    let node = Node::start(Some(&data));
    assert_eq!(root(node.rpc, "latest"), before);
    check(node.rpc, contract, "latest", 1);
    count(node.rpc, contract, 2);
    check(node.rpc, contract, "latest", 2);
    assert_ne!(root(node.rpc, "latest"), before);
}

#[test]
fn a_sidecar_comes_to_the_state_root_of_every_header_of_an_ethereum_chain() {
    const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/execution-apis/tests");
    let data = Path::new(DATA);
    if !data.is_dir() {
        return eprintln!("skipped: ../shared/data/execution-apis is absent");
    }
    let chain = Chain::read(&data.join("genesis.json"), &data.join("chain.rlp")).expect("all blocks agree");
    let newest = chain.history.newest().number();
    let sidecar = Sidecar::start_at(chain.history.clone(), 0).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let reached = async { tokio::time::timeout(PATIENCE, sidecar.reached(newest)).await };
    runtime.block_on(reached).expect("it gets there");
    for height in 0..=newest {
        let block = chain.history.block(height).expect("it is in memory").expect("it is there");
        let tree = sidecar.tree(height).expect("all of so few are kept");
        assert_eq!(tree.root(), block.header().state_root, "at {height}");
    }
}
