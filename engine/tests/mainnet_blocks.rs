//! Real Ethereum blocks, from Frontier to Cancun: each uses the gas that its header says, through both executors.
//!
//! ```text
//! RPC fields ──encode──> wire ──decode──> id = hash ──recover──> sender = from
//!                                                                     │
//!              gasUsed, logsBloom, receiptsRoot  <──serial = execute──┘
//! ```
//!
//! The header's bloom covers all logs. Since Byzantium its receipts root covers the success, gas and logs of each single
//! transaction; before it, it covers states that the data does not hold.

mod conformance {
    pub mod data;
    pub mod json;
    pub mod sender;
}

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use alloy_consensus::proofs::calculate_receipt_root;
use alloy_consensus::{
    EthereumReceipt, SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy, TxReceipt, TxType,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bloom, Bytes, Signature, TxKind, b256};
use conformance::json::{self, bytes, fixed, get, number, price, small};
use conformance::{data, sender};
use flate2::read::GzDecoder;
use pelton_engine::codec::decode;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::execute;
use pelton_engine::executed::{Executed, Outcome, Receipt};
use pelton_engine::plan::Plan;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Kind, Listed, Verified};
use serde_json::Value;

/// Blocks that fail, what is then found, and why it is. One that stands here must fail in this very way.
const EXPECTED_FAILURES: &[(u64, &str, &str)] = &[
    (
        9_069_000,
        "uses 8762198 gas, not 8762935",
        "five transactions read the hash of block 9068996, which the data lacks",
    ),
    (19_932_703, "holds a blob transaction", "blob transactions (EIP-4844) are no part of this chain"),
    (19_934_116, "holds a blob transaction", "blob transactions (EIP-4844) are no part of this chain"),
];

/// Hashes of earlier blocks that transactions ask for, by height. With a wrong one, logs and receipts would be others.
const HASHES: &[(u64, B256)] = &[
    (8_889_773, b256!("f6e604248fdf92fa5818c01dc7cef28da4999e6f444a1d47bf455836378ea0ec")),
    (8_889_774, b256!("c504be62bcd0654852b345acbe99fa0c086f34151afe39413cef4383f334ca1e")),
    (11_114_723, b256!("c306af5e3548365b07e5227244d4a9db19c2a7e17d03cc7c80a0d7641c38b5da")),
];

/// Transactions in a short piece of a block.
const PIECE: usize = 16;

fn main() -> ExitCode {
    let name = "real_blocks_use_the_gas_and_leave_the_receipts_that_their_headers_say";
    data::main(name, "mainnet-blocks", real_blocks_use_the_gas_and_leave_the_receipts_that_their_headers_say)
}

fn real_blocks_use_the_gas_and_leave_the_receipts_that_their_headers_say(folder: &Path) {
    let files = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut failures = BTreeMap::new();
    let mut count = 0;
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "gz")) {
        let (height, found) = run(&path);
        count += 1;
        if let Err(what) = found {
            failures.insert(height, what);
        }
    }
    let expected = EXPECTED_FAILURES.iter().map(|(height, what, _why)| (*height, what.to_string())).collect();
    assert_eq!(failures, expected, "left what failed, right what was expected to");
    let passed = count - failures.len();
    data::say(&format!("mainnet blocks: {passed} passed, {} expected failures", failures.len()));
}

/// The height of the block in this file, and what is wrong with it.
fn run(path: &Path) -> (u64, Result<(), String>) {
    let file = GzDecoder::new(File::open(path).expect("a readable file"));
    let given: Value = serde_json::from_reader(file).expect("JSON");
    let block = get(&given, "block");
    let codes = get(&given, "codes");
    let code_of = |account: &Value| {
        let hash = account.get("code_hash").filter(|hash| !hash.is_null());
        hash.map(|hash| bytes(get(codes, json::text(hash)))).unwrap_or_default()
    };
    let state = json::state(get(&given, "pre_state"), code_of);
    let environment = environment(block);
    let found = transactions(block).and_then(|transactions| check(block, state, &environment, &transactions));
    (environment.number, found)
}

fn environment(block: &Value) -> Environment {
    let (number, timestamp) = (small(get(block, "number")), small(get(block, "timestamp")));
    let optional = |name| block.get(name).map(small).unwrap_or_default();
    Environment {
        fork: fork(number, timestamp),
        chain_id: 1,
        number,
        timestamp,
        beneficiary: fixed(get(block, "miner")),
        gas_limit: small(get(block, "gasLimit")),
        base_fee: optional("baseFeePerGas"),
        prev_randao: fixed(get(block, "mixHash")),
        difficulty: json::number(get(block, "difficulty")),
        blob_excess_gas: optional("excessBlobGas"),
        prices: Default::default(),
        block_hashes: block_hashes(block, number),
    }
}

/// The hash of the block below, which the header tells, and those that the block's transactions ask for besides.
fn block_hashes(block: &Value, number: u64) -> Vec<B256> {
    let mut hashes = vec![B256::ZERO; 256];
    hashes[0] = fixed(get(block, "parentHash"));
    for (height, hash) in HASHES {
        if (number - 256..number).contains(height) {
            hashes[(number - height - 1) as usize] = *hash;
        }
    }
    hashes
}

fn fork(number: u64, timestamp: u64) -> Fork {
    match number {
        _ if timestamp >= 1_710_338_135 => Fork::Cancun,
        _ if timestamp >= 1_681_338_455 => Fork::Shanghai,
        15_537_394.. => Fork::Paris,
        12_965_000.. => Fork::London,
        12_244_000.. => Fork::Berlin,
        9_069_000.. => Fork::Istanbul,
        7_280_000.. => Fork::Petersburg,
        4_370_000.. => Fork::Byzantium,
        2_675_000.. => Fork::SpuriousDragon,
        2_463_000.. => Fork::Tangerine,
        1_150_000.. => Fork::Homestead,
        _ => Fork::Frontier,
    }
}

/// The block's transactions, each through its wire bytes.
fn transactions(block: &Value) -> Result<Vec<Verified>, String> {
    let given = get(block, "transactions").as_array().expect("a list");
    given.iter().map(transaction).collect()
}

fn transaction(given: &Value) -> Result<Verified, String> {
    let wire = wire(given).ok_or("holds a blob transaction")?;
    let decoded = decode(wire).map_err(|reject| format!("{reject} from decode"))?;
    let hash: B256 = fixed(get(given, "hash"));
    assert_eq!(decoded.id(), hash, "the id is the hash");
    let sender = sender::recover(&decoded);
    assert_eq!(sender, fixed::<Address>(get(given, "from")), "the sender of {hash}");
    Ok(Verified::new(decoded, sender))
}

/// The transaction as canonical bytes, by code that is not the project's. None for blob transactions.
fn wire(given: &Value) -> Option<Bytes> {
    let kind = small(get(given, "type"));
    let v = small(get(given, "v"));
    let chain_id = given.get("chainId").map(small);
    let to = json::recipient(get(given, "to")).map_or(TxKind::Create, TxKind::Call);
    let (nonce, gas_limit) = (small(get(given, "nonce")), small(get(given, "gas")));
    let (value, input) = (number(get(given, "value")), bytes(get(given, "input")));
    let gas_price = price(get(given, "gasPrice"));
    let odd = match kind {
        0 => v == if chain_id.is_some() { 38 } else { 28 },
        _ => v == 1,
    };
    let signature = Signature::new(number(get(given, "r")), number(get(given, "s")), odd);
    let envelope: TxEnvelope = match kind {
        0 => {
            TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input }.into_signed(signature).into()
        }
        1 => TxEip2930 {
            chain_id: 1,
            nonce,
            gas_price,
            gas_limit,
            to,
            value,
            access_list: access_list(given),
            input,
        }
        .into_signed(signature)
        .into(),
        2 => TxEip1559 {
            chain_id: 1,
            nonce,
            gas_limit,
            max_fee_per_gas: price(get(given, "maxFeePerGas")),
            max_priority_fee_per_gas: price(get(given, "maxPriorityFeePerGas")),
            to,
            value,
            access_list: access_list(given),
            input,
        }
        .into_signed(signature)
        .into(),
        _ => return None,
    };
    Some(envelope.encoded_2718().into())
}

fn access_list(given: &Value) -> AccessList {
    let listed = json::access_list(get(given, "accessList")).into_iter();
    let item = |item: Listed| AccessListItem {
        address: item.address,
        storage_keys: item.slots.into_iter().map(B256::from).collect(),
    };
    AccessList(listed.map(item).collect())
}

/// Runs the block in all ways, and compares with its header.
///
/// A transaction that touches more than it names ends what can run in parallel, and mainnet's blocks have such ones soon.
/// So the block also runs in short pieces, one after the other, each of which begins in parallel.
fn check(
    block: &Value,
    before: State,
    environment: &Environment,
    transactions: &[Verified],
) -> Result<(), String> {
    let mut state = before.clone();
    let executed = serial(&mut state, environment, transactions);
    for threads in [1, 2, 4] {
        let mut parallel = before.clone();
        let plan = Plan::new(&before, environment.fork, environment.beneficiary, transactions.to_vec());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let same = pool.install(|| execute(&mut parallel, environment, plan, threads));
        assert_eq!(same, executed, "block {} on {threads} threads", environment.number);
        assert!(parallel == state, "the state after block {} on {threads} threads", environment.number);
    }
    let (mut in_pieces, mut outcomes) = (before, Vec::new());
    for piece in transactions.chunks(PIECE) {
        let plan = Plan::new(&in_pieces, environment.fork, environment.beneficiary, piece.to_vec());
        outcomes.extend(execute(&mut in_pieces, environment, plan, PIECE).outcomes);
    }
    assert_eq!(outcomes, executed.outcomes, "block {} in pieces", environment.number);
    assert!(in_pieces == state, "the state after block {} in pieces", environment.number);
    compare(block, environment.fork, transactions, &executed)
}

fn compare(block: &Value, fork: Fork, transactions: &[Verified], executed: &Executed) -> Result<(), String> {
    let mut receipts = Vec::new();
    for (outcome, transaction) in executed.outcomes.iter().zip(transactions) {
        match outcome {
            Outcome::Executed(receipt) => receipts.push((receipt, transaction.fields().kind)),
            Outcome::Skipped(reject) => return Err(format!("{reject} where mainnet ran a transaction")),
        }
    }
    let gas_used = small(get(block, "gasUsed"));
    if executed.gas_used != gas_used {
        return Err(format!("uses {} gas, not {gas_used}", executed.gas_used));
    }
    let bloom: Bloom = receipts.iter().flat_map(|(receipt, _)| &receipt.logs).collect();
    if bloom != fixed::<Bloom>(get(block, "logsBloom")) {
        return Err("other logs".into());
    }
    if fork >= Fork::Byzantium && receipts_root(&receipts) != fixed::<B256>(get(block, "receiptsRoot")) {
        return Err("other receipts".into());
    }
    Ok(())
}

fn receipts_root(receipts: &[(&Receipt, Kind)]) -> B256 {
    let mut cumulative_gas_used = 0;
    let encodable = receipts.iter().map(|(receipt, kind)| {
        cumulative_gas_used += receipt.gas_used;
        let (success, logs) = (receipt.success, receipt.logs.clone());
        let tx_type = (*kind as u8).try_into().expect("a type of Ethereum's");
        EthereumReceipt::<TxType> { tx_type, success, cumulative_gas_used, logs }.into_with_bloom()
    });
    calculate_receipt_root(&encodable.collect::<Vec<_>>())
}
