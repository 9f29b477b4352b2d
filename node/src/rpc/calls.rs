//! Questions to the EVM: what would this give, what would it cost, what would it touch.

use alloy_primitives::{Address, TxKind, U64, U256};
use alloy_rpc_types_eth::state::StateOverride;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest};
use pelton_engine::environment::Environment;
use pelton_engine::evm::call::{Call, Calls, Ended, Ran, Refused};
use pelton_engine::transaction::{Authorization, Listed};
use serde_json::{Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::{Answer, Failure, answer};
use super::overrides::{override_block, override_state};
use crate::history::At;
use crate::json::{access_list, revert_words};

/// Gas that a question may use, whatever it asks for.
pub(super) const GAS_MAX: u64 = 50_000_000;
/// An estimate is at most this share above the least that suffices, in parts of a thousand.
const ESTIMATE_SLACK: u64 = 15;
/// Runs that an access list may take to settle.
const LIST_RUNS_MAX: usize = 16;

/// A question, its state and its block.
pub(super) struct Question {
    pub(super) call: Call,
    has_gas: bool,
    environment: Environment,
    state: At,
    overrides: StateOverride,
}

impl Question {
    pub(super) fn read(node: &Node, arguments: &Arguments) -> Result<Question, Failure> {
        let overrides: StateOverride = arguments.optional(2)?.unwrap_or_default();
        Question::new(node, arguments, overrides, arguments.optional(3)?.unwrap_or_default())
    }

    /// The question of the first two parameters, with these overrides.
    pub(super) fn new(
        node: &Node,
        arguments: &Arguments,
        overrides: StateOverride,
        of_block: BlockOverrides,
    ) -> Result<Question, Failure> {
        let request: TransactionRequest = arguments.required(0)?;
        let entry = node.find_state(arguments.block(1)?)?;
        let mut environment = entry.environment.clone();
        override_block(&mut environment, of_block);
        let has_gas = request.gas.is_some();
        let call = call_of(request, &environment)?;
        if call.max_fee_per_gas == 0 {
            // Who pays nothing is not held to the base fee, and sees none.
            environment.base_fee = 0;
        }
        environment.gas_limit = environment.gas_limit.max(GAS_MAX);
        let state = node.history().at(entry.number());
        Ok(Question { call, has_gas, environment, state, overrides })
    }

    pub(super) fn calls(&self) -> Result<Calls<At>, Failure> {
        let mut calls = Calls::new(self.state.clone(), &self.environment).without_gas_cap();
        override_state(&mut calls, &self.overrides)?;
        Ok(calls)
    }

    pub(super) fn words(&self, refused: Refused) -> Failure {
        Failure::server(refused_words(&refused, &self.call, &self.environment))
    }
}

pub(super) fn call(node: &Node, arguments: &Arguments) -> Answer {
    let question = Question::read(node, arguments)?;
    let ran = question.calls()?.ask(&question.call).map_err(|refused| question.words(refused))?;
    match ran.ended {
        Ended::Success => answer(ran.output),
        _ => Err(failed(&ran)),
    }
}

pub(super) fn estimate(node: &Node, arguments: &Arguments) -> Answer {
    let mut question = Question::read(node, arguments)?;
    let mut calls = question.calls()?;
    let mut highest = node.transaction_gas_max().min(GAS_MAX);
    if question.has_gas && question.call.gas_limit >= 21_000 {
        highest = highest.min(question.call.gas_limit);
    }
    highest = highest.min(affordable(&question, &calls)?);
    question.call.gas_limit = highest;
    let ran = match calls.ask(&question.call) {
        Err(Refused::IntrinsicGas { .. }) => return Err(too_little(highest)),
        other => other.map_err(|refused| question.words(refused))?,
    };
    match ran.ended {
        Ended::Success => {}
        Ended::Revert => return Err(failed(&ran)),
        Ended::Halt(words) if words == "out of gas" => return Err(too_little(highest)),
        Ended::Halt(words) => return Err(Failure::server(words)),
    }
    answer(U64::from(least_gas(&mut calls, &mut question.call, ran.gas_used, highest)))
}

/// The least gas with which the call succeeds, or little more, between what it used and what was enough.
fn least_gas(calls: &mut Calls<At>, call: &mut Call, used: u64, enough: u64) -> u64 {
    let (mut low, mut high) = (used.saturating_sub(1), enough);
    let mut suffices = |gas| {
        call.gas_limit = gas;
        calls.ask(call).is_ok_and(|ran| ran.ended == Ended::Success)
    };
    // What is handed to callees is 63/64 of what is left, and one of them may want a stipend.
    let likely = (used + 2_300).saturating_mul(64) / 63;
    for guess in [used, likely] {
        if guess > low && guess < high {
            if suffices(guess) { high = guess } else { low = guess }
        }
    }
    while low + 1 < high && (high - low) * 1_000 > high * ESTIMATE_SLACK {
        let middle = low.midpoint(high).min(low.saturating_mul(2).max(21_000));
        if suffices(middle) { high = middle } else { low = middle }
    }
    high
}

/// The most gas that the sender can pay for.
fn affordable(question: &Question, calls: &Calls<At>) -> Result<u64, Failure> {
    let Call { from, value, max_fee_per_gas, .. } = &question.call;
    if *max_fee_per_gas == 0 {
        return Ok(u64::MAX);
    }
    let balance = calls.account(from).map_or(U256::ZERO, |account| account.balance);
    let left = balance.checked_sub(*value);
    let left = left.ok_or_else(|| Failure::server("insufficient funds for transfer"))?;
    Ok(u64::try_from(left / U256::from(*max_fee_per_gas)).unwrap_or(u64::MAX))
}

fn too_little(highest: u64) -> Failure {
    Failure::server(format!("gas required exceeds allowance ({highest})"))
}

/// Runs the call with what it touched before as its list, until the list does not change.
pub(super) fn access_list_of(node: &Node, arguments: &Arguments) -> Answer {
    let mut question = Question::read(node, arguments)?;
    if question.call.kind == 0 {
        question.call.kind = 1;
    }
    question.call.chain_id = Some(question.environment.chain_id);
    let mut calls = question.calls()?;
    let nonce = calls.account(&question.call.from).map_or(0, |account| account.nonce);
    let to = question.call.to.unwrap_or_else(|| question.call.from.create(nonce));
    let beneficiary = question.environment.beneficiary;
    for _ in 0..LIST_RUNS_MAX {
        let ran = calls.ask(&question.call).map_err(|refused| question.words(refused))?;
        let mut list = ran.touched.clone();
        let is_warm = |address: Address| {
            [question.call.from, to, beneficiary].contains(&address) || is_precompile(address)
        };
        list.retain(|one| !one.slots.is_empty() || !is_warm(one.address));
        if list == question.call.access_list {
            return Ok(shown(&list, &ran));
        }
        question.call.access_list = list;
    }
    Err(Failure::server("the access list of this call does not settle"))
}

fn shown(list: &[Listed], ran: &Ran) -> Value {
    let mut shown = json!({ "accessList": access_list(list), "gasUsed": U64::from(ran.gas_used) });
    match &ran.ended {
        Ended::Success => {}
        Ended::Revert => shown["error"] = json!("execution reverted"),
        Ended::Halt(words) => shown["error"] = json!(words),
    }
    shown
}

fn is_precompile(address: Address) -> bool {
    let number = U256::from_be_slice(address.as_slice());
    (U256::ONE..=U256::from(0x11)).contains(&number) || number == U256::from(0x100)
}

/// A call that did not succeed, with what it gave back.
pub(super) fn failed(ran: &Ran) -> Failure {
    match &ran.ended {
        Ended::Halt(words) => Failure::server(words.clone()),
        _ => {
            let words = revert_words(&ran.output);
            let message =
                words.map_or("execution reverted".into(), |words| format!("execution reverted: {words}"));
            Failure { code: Failure::REVERTED, message, data: Some(ran.output.clone()) }
        }
    }
}

/// A request as a call in this block.
fn call_of(request: TransactionRequest, environment: &Environment) -> Result<Call, Failure> {
    let has_new_fees = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && has_new_fees {
        let words = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(Failure::server(words));
    }
    let input = request.input.try_into_unique_input().map_err(|_| {
        Failure::server("both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data")
    })?;
    let authorizations = request.authorization_list.unwrap_or_default();
    let blob_hashes = request.blob_versioned_hashes.unwrap_or_default();
    let kind = match () {
        () if !authorizations.is_empty() => 4,
        () if !blob_hashes.is_empty() => 3,
        () if has_new_fees => 2,
        () if request.access_list.is_some() => 1,
        () => 0,
    };
    let tip = request.max_priority_fee_per_gas.unwrap_or_default();
    let max_fee = request.max_fee_per_gas.or(request.gas_price).unwrap_or(tip);
    let listed = request.access_list.unwrap_or_default().0.into_iter().map(|item| Listed {
        address: item.address,
        slots: item.storage_keys.into_iter().map(|key| U256::from_be_bytes(key.0)).collect::<Vec<_>>(),
    });
    Ok(Call {
        kind,
        from: request.from.unwrap_or_default(),
        to: request.to.and_then(|to| match to {
            TxKind::Call(to) => Some(to),
            TxKind::Create => None,
        }),
        gas_limit: request.gas.unwrap_or(GAS_MAX).min(GAS_MAX),
        max_fee_per_gas: max_fee,
        max_priority_fee_per_gas: (kind >= 2).then_some(tip),
        value: request.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: Some(request.chain_id.unwrap_or(environment.chain_id)),
        access_list: listed.collect(),
        authorizations: authorizations.into_iter().map(authorization).collect(),
        blob_hashes,
        max_fee_per_blob_gas: request.max_fee_per_blob_gas.unwrap_or_default(),
    })
}

pub(super) fn authorization(signed: alloy_rpc_types_eth::SignedAuthorization) -> Authorization {
    Authorization {
        chain_id: signed.chain_id,
        address: signed.address,
        nonce: signed.nonce,
        y_parity: signed.y_parity(),
        r: signed.r(),
        s: signed.s(),
    }
}

/// Why a call could not run, in geth's words.
pub(super) fn refused_words(refused: &Refused, call: &Call, environment: &Environment) -> String {
    let Call { from, max_fee_per_gas, .. } = call;
    let base_fee = environment.base_fee;
    match refused {
        Refused::NonceTooLow { next, given } => format!("nonce too low: next nonce {next}, tx nonce {given}"),
        Refused::NonceTooHigh { next, given } => {
            format!("nonce too high: address {from}, tx: {given} state: {next}")
        }
        Refused::Funds { have, want } => format!(
            "err: insufficient funds for gas * price + value: address {from} have {have} want {want} (supplied gas {})",
            call.gas_limit
        ),
        Refused::FeeBelowBase => format!(
            "err: max fee per gas less than block base fee: address {from}, maxFeePerGas: {max_fee_per_gas}, baseFee: {base_fee} (supplied gas {})",
            call.gas_limit
        ),
        Refused::TipAboveFee => {
            let tip = call.max_priority_fee_per_gas.unwrap_or_default();
            format!(
                "err: max priority fee per gas higher than max fee per gas: address {from}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee_per_gas} (supplied gas {})",
                call.gas_limit
            )
        }
        Refused::IntrinsicGas { have, want } => {
            format!("err: intrinsic gas too low: have {have}, want {want} (supplied gas {have})")
        }
        Refused::NonceMax => {
            let nonce = call.nonce;
            format!(
                "err: nonce has max value: address {from}, nonce: {nonce} (supplied gas {})",
                call.gas_limit
            )
        }
        Refused::GasLimit => "exceeds block gas limit".into(),
        Refused::SenderIsContract => format!("sender not an eoa: address {from}"),
        Refused::Other(words) => format!("err: {words} (supplied gas {})", call.gas_limit),
    }
}
