//! Calls: transactions that nobody signed, on any state, with nothing that lasts.
//!
//! ```text
//!   Reads (a state at some height) <── misses ── CallView ──> changes so far
//!                                                   │  ^
//!                                   Calls::run ── revm ─┘     ──> Ran: result, gas, logs, what was touched
//! ```
//!
//! For who answers questions about a chain (what would this call give, how much gas would it need) and for who runs
//! blocks that are not Pelton's own, with payments to the producer and calls of the system in them. What it runs is
//! mainnet's order of steps. A [`Rules::Question`] leaves out what only a signed transaction can be held to: its
//! nonce, and that its sender is no contract.

mod request;
mod view;

use alloy_primitives::{Address, Bytes, U256};
use revm::MainBuilder;
use revm::context::result::{EVMError, ExecutionResult, Output};
use revm::context::{ContextTr, JournalTr, Transaction as _, TxEnv};
use revm::context_interface::journaled_state::account::JournaledAccountTr;
use revm::handler::{EvmTr, Handler, pre_execution};
use revm::interpreter::InitialAndFloorGas;
use revm::primitives::TxKind;

pub use request::{Call, Ended, Ran, Refused};
pub use view::Reads;

use super::fate::Fate;
use super::{Inner, settings};
use crate::environment::{Environment, Fork};
use crate::state::Account;
use crate::transaction::Listed;
use crate::writes::WriteSet;
use view::CallView;

/// What a call is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Everything that a transaction is.
    Transaction,
    /// What a question is: it must be able to pay, but its nonce and its sender's code do not matter.
    Question,
}

/// Who calls what a block calls by itself (EIP-4788, 2935, 7002, 7251).
const SYSTEM: Address = Address::new([
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xfe,
]);
const SYSTEM_GAS: u64 = 30_000_000;

/// Runs calls one after the other; each sees what those before it changed.
pub struct Calls<R: Reads> {
    inner: Inner<CallView<R>>,
    fork: Fork,
}

impl<R: Reads> Calls<R> {
    /// Calls on this state, within a block like this one.
    pub fn new(state: R, environment: &Environment) -> Calls<R> {
        let view = CallView::new(state, environment.clone());
        let mut context = revm::context::Context::new(view, settings::spec(environment.fork));
        context.cfg.chain_id = environment.chain_id;
        context.block = settings::block(environment);
        Calls { inner: context.build_mainnet(), fork: environment.fork }
    }

    /// Lets a call use more gas than a transaction may (EIP-7825).
    pub fn without_gas_cap(mut self) -> Calls<R> {
        self.inner.ctx.cfg.tx_gas_limit_cap = Some(u64::MAX);
        self
    }

    /// Sets the divisor of the blob fee's rule, which has changed with forks.
    pub fn set_blob_fee(&mut self, excess_gas: u64, update_fraction: u64) {
        self.inner.ctx.block.set_blob_excess_gas_and_price(excess_gas, update_fraction);
        self.inner.ctx.cfg.max_blobs_per_tx = Some(u64::MAX);
    }

    /// Wei per blob gas in this block.
    pub fn blob_fee(&self) -> u128 {
        self.inner.ctx.block.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice)
    }

    /// Runs a call, and keeps what it changes for the next one.
    ///
    /// # Errors
    /// [`Refused`] if it cannot run at all; nothing is changed then.
    pub fn run(&mut self, call: &Call, rules: Rules) -> Result<Ran, Refused> {
        request::fill(&mut self.inner.ctx.tx, call);
        let ran = Steps { rules, reads: std::marker::PhantomData }.run(&mut self.inner);
        self.end(ran)
    }

    /// Runs a call and forgets what it changed.
    ///
    /// # Errors
    /// [`Refused`] if it cannot run at all.
    pub fn ask(&mut self, call: &Call) -> Result<Ran, Refused> {
        request::fill(&mut self.inner.ctx.tx, call);
        let ran = Steps { rules: Rules::Question, reads: std::marker::PhantomData }.run(&mut self.inner);
        let touched = self.touched();
        self.clear();
        ran.map(|result| ran_of(result, touched)).map_err(refused)
    }

    /// Runs a call that the block makes by itself: nobody pays, no nonce is used.
    pub fn system(&mut self, to: Address, input: Bytes) -> Ran {
        self.inner.ctx.tx = TxEnv {
            caller: SYSTEM,
            kind: TxKind::Call(to),
            data: input,
            gas_limit: SYSTEM_GAS,
            ..TxEnv::default()
        };
        let mut steps = Steps { rules: Rules::Question, reads: std::marker::PhantomData };
        let ran = steps.run_system_call(&mut self.inner);
        self.end(ran).expect("a call of the system has nothing that could be refused")
    }

    /// Adds wei to an account, as rewards and withdrawals do.
    pub fn credit(&mut self, address: Address, wei: U256) {
        let view = &mut self.inner.ctx.journaled_state.database;
        let mut account = view.account(&address).unwrap_or_default();
        account.balance += wei;
        let is_gone = account.is_empty() && self.fork >= Fork::SpuriousDragon;
        view.set_account(address, (!is_gone).then_some(account));
    }

    /// Sets an account to something that no transaction made of it.
    pub fn set_account(&mut self, address: Address, account: Option<Account>) {
        self.inner.ctx.journaled_state.database.set_account(address, account);
    }

    /// The account as it is now.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.inner.ctx.journaled_state.database.account(address)
    }

    /// Sets a slot.
    pub fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        self.inner.ctx.journaled_state.database.set_slot(address, slot, value);
    }

    /// Sets all slots of an account to zero.
    pub fn void_slots(&mut self, address: Address) {
        self.inner.ctx.journaled_state.database.void_slots(address);
    }

    /// Gives an account this code.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.inner.ctx.journaled_state.database.set_code(address, code);
    }

    /// All changes so far, in the canonical form.
    pub fn writes(&self) -> WriteSet {
        self.inner.ctx.journaled_state.database.writes()
    }

    fn end(&mut self, ran: Result<ExecutionResult, Failure>) -> Result<Ran, Refused> {
        let touched = self.touched();
        let kept = ran.map(|result| {
            self.keep_changes();
            ran_of(result, touched)
        });
        self.clear();
        kept.map_err(refused)
    }

    fn keep_changes(&mut self) {
        let journal = &mut self.inner.ctx.journaled_state;
        for (address, account) in journal.inner.state.drain() {
            let fate = Fate::of(&account, self.fork);
            journal.database.keep(address, &account, fate);
        }
    }

    fn clear(&mut self) {
        let inner = &mut self.inner.ctx.journaled_state.inner;
        inner.transaction_id = Default::default();
        inner.state.clear();
        inner.logs.clear();
        inner.journal.clear();
    }

    /// Accounts and slots that were looked at, also by what was undone, sorted.
    fn touched(&self) -> Vec<Listed> {
        let state = &self.inner.ctx.journaled_state.inner.state;
        let mut touched: Vec<Listed> =
            state.iter().map(|(address, account)| listed(*address, account)).collect();
        touched.sort_unstable_by_key(|one| one.address);
        touched
    }
}

fn listed(address: Address, account: &revm::state::Account) -> Listed {
    let mut slots: Vec<U256> = account.storage.keys().copied().collect();
    slots.sort_unstable();
    Listed { address, slots }
}

type Failure = EVMError<std::convert::Infallible>;

fn ran_of(result: ExecutionResult, touched: Vec<Listed>) -> Ran {
    let gas_used = result.tx_gas_used();
    let created = result.created_address();
    let (ended, output, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            let output = match output {
                Output::Call(bytes) | Output::Create(bytes, _) => bytes,
            };
            (Ended::Success, output, logs)
        }
        ExecutionResult::Revert { output, .. } => (Ended::Revert, output, Vec::new()),
        ExecutionResult::Halt { reason, .. } => {
            (Ended::Halt(request::halt_words(&reason)), Bytes::new(), Vec::new())
        }
    };
    Ran { ended, gas_used, output, logs, created, touched }
}

fn refused(failure: Failure) -> Refused {
    match failure {
        EVMError::Transaction(invalid) => request::refusal(&invalid),
        other => unreachable!("a checked environment and mainnet's precompiles do not fail: {other}"),
    }
}

/// Mainnet's steps, with what a question is excused from.
struct Steps<R> {
    rules: Rules,
    reads: std::marker::PhantomData<R>,
}

impl<R: Reads> Handler for Steps<R> {
    type Evm = Inner<CallView<R>>;
    type Error = Failure;
    type HaltReason = revm::context::result::HaltReason;

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Self::Evm,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Failure> {
        if self.rules == Rules::Transaction {
            return pre_execution::validate_against_state_and_deduct_caller(evm.ctx());
        }
        let (block, tx, cfg, journal, _, _) = evm.ctx().all_mut();
        let mut caller = journal.load_account_with_code_mut(tx.caller())?.data;
        let balance = pre_execution::calculate_caller_fee(*caller.balance(), tx, block, cfg)?;
        caller.set_balance(balance);
        if tx.kind().is_call() {
            caller.bump_nonce();
        }
        Ok(())
    }
}
