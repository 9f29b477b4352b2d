//! What a call asks for, what came of it, and why it could not run: in our words, and in revm's.

use alloy_primitives::{Address, B256, Bytes, Log, U256};
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, HaltReason, InvalidTransaction, Output};
use revm::context::transaction::{AccessListItem, SignedAuthorization};
use revm::context_interface::either::Either;
use revm::primitives::TxKind;

use crate::transaction::{Authorization, Kind, Listed};

/// A transaction that nobody has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Type byte as the EVM knows it: 0 to 4.
    pub kind: u8,
    /// Who is said to send it.
    pub from: Address,
    /// None creates a contract.
    pub to: Option<Address>,
    /// Most gas that it may use.
    pub gas_limit: u64,
    /// Wei per gas, all told.
    pub max_fee_per_gas: u128,
    /// Wei per gas for the block's producer, where it is not the whole price.
    pub max_priority_fee_per_gas: Option<u128>,
    /// Wei sent along.
    pub value: U256,
    /// Call data or creation code.
    pub input: Bytes,
    /// Position among the sender's transactions; only looked at where it counts.
    pub nonce: u64,
    /// Chain that it is for.
    pub chain_id: Option<u64>,
    /// Access list.
    pub access_list: Vec<Listed>,
    /// Delegations.
    pub authorizations: Vec<Authorization>,
    /// Hashes of blobs.
    pub blob_hashes: Vec<B256>,
    /// Wei per blob gas, at most.
    pub max_fee_per_blob_gas: u128,
}

impl Default for Call {
    fn default() -> Call {
        Call {
            kind: Kind::Legacy as u8,
            from: Address::ZERO,
            to: Some(Address::ZERO),
            gas_limit: 0,
            max_fee_per_gas: 0,
            max_priority_fee_per_gas: None,
            value: U256::ZERO,
            input: Bytes::new(),
            nonce: 0,
            chain_id: None,
            access_list: Vec::new(),
            authorizations: Vec::new(),
            blob_hashes: Vec::new(),
            max_fee_per_blob_gas: 0,
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its effects stand.
    Success,
    /// It undid its effects and said why.
    Revert,
    /// It broke a rule of the machine, and used up its gas.
    Halt(String),
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// Gas paid for.
    pub gas_used: u64,
    /// Gas that it had used before some of it was given back.
    pub gas_most: u64,
    /// What it gave back.
    pub output: Bytes,
    /// Events, in order.
    pub logs: Vec<Log>,
    /// The contract that it created.
    pub created: Option<Address>,
    /// Accounts and slots that it looked at, sorted.
    pub touched: Vec<Listed>,
}

/// Why a call could not run at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its nonce was used before.
    NonceTooLow {
        /// The account's next nonce.
        next: u64,
        /// The given one.
        given: u64,
    },
    /// Its nonce is not yet due.
    NonceTooHigh {
        /// The account's next nonce.
        next: u64,
        /// The given one.
        given: u64,
    },
    /// The nonce has no successor.
    NonceMax,
    /// The sender cannot pay for value and gas.
    Funds {
        /// Wei that it has.
        have: U256,
        /// Wei that it needs.
        want: U256,
    },
    /// The maximum fee is below the base fee.
    FeeBelowBase,
    /// The priority fee is above the maximum fee.
    TipAboveFee,
    /// The gas limit does not pay for the call's own bytes.
    IntrinsicGas {
        /// The gas limit.
        have: u64,
        /// The least that is needed.
        want: u64,
    },
    /// The gas limit is above the block's, or what a transaction may use.
    GasLimit,
    /// The sender is a contract.
    SenderIsContract,
    /// Something else, in words.
    Other(String),
}

/// Puts a call in the place of the one before it.
pub(super) fn fill(place: &mut TxEnv, call: &Call) {
    let listed = call.access_list.iter().map(|listed| AccessListItem {
        address: listed.address,
        storage_keys: listed.slots.iter().map(|slot| B256::from(*slot)).collect(),
    });
    let authorizations = call.authorizations.iter().map(|given| {
        let inner = revm::context::transaction::Authorization {
            chain_id: given.chain_id,
            address: given.address,
            nonce: given.nonce,
        };
        Either::Left(SignedAuthorization::new_unchecked(inner, given.y_parity, given.r, given.s))
    });
    *place = TxEnv {
        tx_type: call.kind,
        caller: call.from,
        gas_limit: call.gas_limit,
        gas_price: call.max_fee_per_gas,
        gas_priority_fee: call.max_priority_fee_per_gas,
        kind: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value,
        data: call.input.clone(),
        nonce: call.nonce,
        chain_id: call.chain_id,
        access_list: listed.collect::<Vec<_>>().into(),
        authorization_list: authorizations.collect(),
        blob_hashes: call.blob_hashes.clone(),
        max_fee_per_blob_gas: call.max_fee_per_blob_gas,
    };
}

pub(super) fn refusal(invalid: &InvalidTransaction) -> Refused {
    use InvalidTransaction as Invalid;
    match invalid {
        Invalid::NonceTooLow { tx, state } => Refused::NonceTooLow { next: *state, given: *tx },
        Invalid::NonceTooHigh { tx, state } => Refused::NonceTooHigh { next: *state, given: *tx },
        Invalid::NonceOverflowInTransaction => Refused::NonceMax,
        Invalid::LackOfFundForMaxFee { fee, balance } => Refused::Funds { have: **balance, want: **fee },
        Invalid::GasPriceLessThanBasefee => Refused::FeeBelowBase,
        Invalid::PriorityFeeGreaterThanMaxFee => Refused::TipAboveFee,
        Invalid::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
            Refused::IntrinsicGas { have: *gas_limit, want: *initial_gas }
        }
        Invalid::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => {
            Refused::IntrinsicGas { have: *gas_limit, want: *gas_floor }
        }
        Invalid::CallerGasLimitMoreThanBlock | Invalid::TxGasLimitGreaterThanCap { .. } => Refused::GasLimit,
        Invalid::RejectCallerWithCode => Refused::SenderIsContract,
        other => Refused::Other(other.to_string()),
    }
}

/// An account and the slots of it that were looked at.
pub(super) fn listed(address: Address, account: &revm::state::Account) -> Listed {
    let mut slots: Vec<U256> = account.storage.keys().copied().collect();
    slots.sort_unstable();
    Listed { address, slots }
}

/// What revm says of a call, in our words.
pub(super) fn ran(result: ExecutionResult, touched: Vec<Listed>) -> Ran {
    let gas_used = result.tx_gas_used();
    let gas_most = result.gas().total_gas_spent().max(gas_used);
    let created = result.created_address();
    let (ended, output, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            let output = match output {
                Output::Call(bytes) | Output::Create(bytes, _) => bytes,
            };
            (Ended::Success, output, logs)
        }
        ExecutionResult::Revert { output, .. } => (Ended::Revert, output, Vec::new()),
        ExecutionResult::Halt { reason, .. } => (Ended::Halt(halt_words(&reason)), Bytes::new(), Vec::new()),
    };
    Ran { ended, gas_used, gas_most, output, logs, created, touched }
}

/// The words that clients know.
pub(super) fn halt_words(reason: &HaltReason) -> String {
    use revm::context::result::OutOfGasError;
    match reason {
        HaltReason::OutOfGas(OutOfGasError::ReentrancySentry) => {
            "not enough gas for reentrancy sentry".into()
        }
        HaltReason::OutOfGas(_) => "out of gas".into(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode | HaltReason::NotActivated => {
            "invalid opcode".into()
        }
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::StackUnderflow => "stack underflow".into(),
        HaltReason::StackOverflow => "stack limit reached 1024".into(),
        HaltReason::OutOfOffset => "return data out of bounds".into(),
        HaltReason::CreateCollision => "contract address collision".into(),
        HaltReason::NonceOverflow => "nonce uint64 overflow".into(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection".into()
        }
        HaltReason::OutOfFunds => "insufficient balance for transfer".into(),
        HaltReason::CallTooDeep => "max call depth exceeded".into(),
        other => format!("{other:?}"),
    }
}
