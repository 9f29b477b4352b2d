//! One case of the GeneralStateTests: a state, a transaction, and what has to come of them.

use alloy_primitives::{Address, B256, keccak256};
use pelton_engine::codec::decode;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::execute;
use pelton_engine::executed::Outcome;
use pelton_engine::plan::Plan;
use pelton_engine::reject::Reject;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Transaction, Verified};
use serde_json::Value;

use super::json::{self, bytes, fixed, get, number, price, small};
use super::{merkle, sender};

/// The fork of this name, if the engine has it.
pub fn fork(name: &str) -> Option<Fork> {
    Some(match name {
        "Frontier" => Fork::Frontier,
        "Homestead" => Fork::Homestead,
        "EIP150" => Fork::Tangerine,
        "EIP158" => Fork::SpuriousDragon,
        "Byzantium" => Fork::Byzantium,
        "ConstantinopleFix" => Fork::Petersburg,
        "Istanbul" => Fork::Istanbul,
        "Berlin" => Fork::Berlin,
        "London" => Fork::London,
        "Paris" => Fork::Paris,
        "Shanghai" => Fork::Shanghai,
        "Cancun" => Fork::Cancun,
        "Prague" => Fork::Prague,
        "Osaka" => Fork::Osaka,
        _ => return None,
    })
}

/// The state before the transaction.
pub fn state_before(test: &Value) -> State {
    json::state(get(test, "pre"), |account| bytes(get(account, "code")))
}

/// Runs a test by the rules of one fork, with one choice of the transaction's data, gas and value.
///
/// # Errors
/// What differs from what has to come of it, in words.
pub fn run(test: &Value, before: &State, fork: Fork, post: &Value) -> Result<(), String> {
    let refused = post.get("expectException").map(json::text);
    let wire = bytes(get(post, "txbytes"));
    if wire.first() == Some(&0x03) {
        return Err("blob transactions (EIP-4844) are no part of this chain".into());
    }
    let environment = environment(get(test, "env"), fork);
    let mut state = before.clone();
    let outcome = match decode(wire) {
        Err(reject) => Outcome::Skipped(reject),
        Ok(transaction) => {
            let verified = verified(transaction, get(test, "transaction"), get(post, "indexes"))?;
            execute_both_ways(&mut state, &environment, verified)?
        }
    };
    match (&outcome, refused) {
        (Outcome::Executed(_), None) => {}
        (Outcome::Executed(_), Some(why)) => {
            return Err(format!("runs, where it has to be refused with {why}"));
        }
        (Outcome::Skipped(reject), None) => return Err(format!("refused with {reject}")),
        (Outcome::Skipped(reject), Some(why)) => {
            let fits = why.split('|').any(|one| meaning(one) == Some(*reject));
            ensure(fits, || format!("refused with {reject}, not {why}"))?;
            ensure(state == *before, || "refused, but the state changes".into())?;
        }
    }
    let logs = outcome.receipt().map(|receipt| receipt.logs.as_slice()).unwrap_or_default();
    ensure(merkle::logs_hash(logs) == fixed::<B256>(get(post, "logs")), || "other logs".into())?;
    let root = merkle::state_root(&state);
    ensure(root == fixed::<B256>(get(post, "hash")), || "another state root".into())
}

fn ensure(holds: bool, what: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// The reason for which we refuse what the tests refuse for this one.
fn meaning(exception: &str) -> Option<Reject> {
    Some(match exception.strip_prefix("TransactionException.")? {
        "INTRINSIC_GAS_TOO_LOW" => Reject::IntrinsicGas,
        "INSUFFICIENT_ACCOUNT_FUNDS" => Reject::InsufficientFunds,
        "SENDER_NOT_EOA" => Reject::SenderIsContract,
        "INSUFFICIENT_MAX_FEE_PER_GAS" => Reject::FeeTooLow,
        "GAS_ALLOWANCE_EXCEEDED" => Reject::GasLimitTooHigh,
        "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS" => Reject::FeeFields,
        "RLP_INVALID_VALUE" => Reject::Malformed,
        _ => return None,
    })
}

fn environment(given: &Value, fork: Fork) -> Environment {
    let at = |since: Fork, name| if fork >= since { small(get(given, name)) } else { 0 };
    let height = small(get(given, "currentNumber"));
    let oldest = height.saturating_sub(256);
    Environment {
        fork,
        chain_id: 1,
        number: height,
        timestamp: small(get(given, "currentTimestamp")),
        beneficiary: fixed(get(given, "currentCoinbase")),
        gas_limit: small(get(given, "currentGasLimit")),
        base_fee: at(Fork::London, "currentBaseFee"),
        prev_randao: given.get("currentRandom").map(|random| number(random).into()).unwrap_or_default(),
        difficulty: number(get(given, "currentDifficulty")),
        blob_excess_gas: at(Fork::Cancun, "currentExcessBlobGas"),
        // As all clients have it in these tests: the hash of the height in decimal digits.
        prices: Default::default(),
        block_hashes: (oldest..height).rev().map(|height| keccak256(height.to_string())).collect(),
    }
}

/// The transaction with its sender, if both are those of the test.
fn verified(transaction: Transaction, given: &Value, indexes: &Value) -> Result<Verified, String> {
    let sender = sender::recover(&transaction);
    ensure(sender == fixed::<Address>(get(given, "sender")), || format!("signed by {sender}"))?;
    let found = transaction.fields();
    let expected = fields(given, indexes, found.chain_id);
    ensure(*found == expected, || format!("decodes to {found:?}, not {expected:?}"))?;
    Ok(Verified::new(transaction, sender))
}

fn fields(given: &Value, indexes: &Value, chain_id: Option<u64>) -> Fields {
    let chosen = |list, index| &get(given, list)[small(get(indexes, index)) as usize];
    let lists = given.get("accessLists").map(|lists| &lists[small(get(indexes, "data")) as usize]);
    let (kind, max_fee, priority_fee) =
        match (given.get("gasPrice"), lists.is_some_and(|list| !list.is_null())) {
            (Some(price), false) => (Kind::Legacy, price, price),
            (Some(price), true) => (Kind::AccessList, price, price),
            (None, _) => (Kind::DynamicFee, get(given, "maxFeePerGas"), get(given, "maxPriorityFeePerGas")),
        };
    Fields {
        kind,
        chain_id,
        nonce: small(get(given, "nonce")),
        gas_limit: small(chosen("gasLimit", "gas")),
        max_fee_per_gas: price(max_fee),
        max_priority_fee_per_gas: price(priority_fee),
        max_contention_fee: 0,
        to: json::recipient(get(given, "to")),
        value: number(chosen("value", "value")),
        input: bytes(chosen("data", "data")),
        reads: Vec::new(),
        writes: lists.map(json::access_list).unwrap_or_default(),
        authorizations: Vec::new(),
    }
}

/// Runs a block of this one transaction.
fn execute_both_ways(
    state: &mut State,
    environment: &Environment,
    transaction: Verified,
) -> Result<Outcome, String> {
    let mut parallel = state.clone();
    let block = vec![transaction];
    let executed = serial(state, environment, &block);
    let plan = Plan::new(&parallel, environment.fork, environment.beneficiary, block);
    let same = execute(&mut parallel, environment, plan, 2);
    ensure(same == executed && parallel == *state, || "the executors differ".into())?;
    Ok(executed.outcomes.into_iter().next().expect("one outcome for one transaction"))
}
