//! The EVM: runs one transaction at a time on a state that it does not change.
//!
//! This module and the files below it are the only ones that name `revm`, whose interface changes about monthly.
//!
//! ```text
//!              ┌──────────────── Evm ────────────────┐
//! Verified ──> │ journal ──misses──> database ──────>│──> State (read only)
//!              │    └────changes───> overlay ────────│──> WriteSet
//!              └──────────────────────────────────────┘
//! ```
//!
//! 1. The overlay holds all changes of the transactions so far; the next one sees them.
//! 2. The journal is emptied after each transaction, so that the database is asked for all that a transaction touches,
//!    and can refuse what is out of bounds for it.
//! 3. Changes are judged before they enter the overlay: what a transaction may only read, it must leave as it was.
//! 4. Fees for the beneficiary do not pass through here, as they would join all transactions of a block into one chain:
//!    the caller sums them up and pays them by [`Evm::credit`].

mod code;
mod database;
mod handler;
mod overlay;
mod settings;

use alloy_primitives::{Address, U256};
use revm::MainBuilder;
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, CfgEnv, Context, Journal, TxEnv};
use revm::handler::{Handler, MainnetEvm};

pub use code::Code;

use crate::environment::Environment;
use crate::executed::{Outcome, Receipt};
use crate::plan::Lane;
use crate::state::State;
use crate::transaction::Verified;
use crate::writes::WriteSet;
use database::{Database, Touch};
use handler::FeesOutside;
use overlay::Fate;

type Inner<'a> = MainnetEvm<Context<BlockEnv, TxEnv, CfgEnv, Database<'a>, Journal<Database<'a>>, ()>>;

/// The transaction touched what another lane may be changing, so its outcome is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation;

/// Runs transactions of one block on top of a state, and keeps what they change.
pub struct Evm<'a> {
    inner: Inner<'a>,
    environment: &'a Environment,
}

impl<'a> Evm<'a> {
    /// An EVM without changes so far.
    pub fn new(state: &'a State, environment: &'a Environment) -> Evm<'a> {
        let database = Database::new(state, environment);
        let mut context = Context::new(database, settings::spec(environment.fork));
        context.cfg.chain_id = environment.chain_id;
        context.block = settings::block(environment);
        Evm { inner: context.build_mainnet(), environment }
    }

    /// Makes room for what so many transactions usually change.
    pub fn reserve(&mut self, transactions: usize) {
        self.inner.ctx.journaled_state.database.overlay.reserve(2 * transactions);
    }

    /// Runs a transaction that no other runs beside.
    pub fn run(&mut self, transaction: &'a Verified) -> Outcome {
        self.attempt(transaction, None).expect("a transaction alone meets no other lane")
    }

    /// Runs a transaction beside those of other lanes.
    ///
    /// # Errors
    /// It reached out of its lane, and changed nothing.
    pub fn run_in(&mut self, lane: Lane<'a>, transaction: &'a Verified) -> Result<Outcome, Violation> {
        self.attempt(transaction, Some(lane))
    }

    /// Adds wei to an account.
    pub fn credit(&mut self, address: Address, wei: U256) {
        if !wei.is_zero() {
            let database = &mut self.inner.ctx.journaled_state.database;
            let mut account = database.account(&address).unwrap_or_default();
            account.balance += wei;
            database.overlay.set_account(address, account);
        }
    }

    /// All changes of the transactions that ran.
    pub fn into_writes(self) -> WriteSet {
        let Database { state, overlay, .. } = self.inner.ctx.journaled_state.database;
        overlay.into_writes(state)
    }

    fn attempt(&mut self, transaction: &'a Verified, lane: Option<Lane<'a>>) -> Result<Outcome, Violation> {
        settings::fill(&mut self.inner.ctx.tx, transaction);
        self.inner.ctx.journaled_state.database.begin(transaction.access(), lane);
        let ran = FeesOutside::default().run(&mut self.inner);
        let ended = match ran {
            Ok(result) => self.keep_changes().map(|()| result),
            Err(EVMError::Transaction(invalid)) => {
                self.drop_changes();
                return Ok(Outcome::Skipped(settings::reject(&invalid)));
            }
            Err(EVMError::Database(touch)) => {
                self.drop_changes();
                Err(touch)
            }
            Err(bug) => unreachable!("a checked environment and mainnet's precompiles do not fail: {bug}"),
        };
        match ended {
            Ok(result) => Ok(Outcome::Executed(self.receipt(transaction, result))),
            Err(Touch::Undeclared) => Ok(Outcome::Executed(self.fail(transaction))),
            Err(Touch::OtherLane) => Err(Violation),
        }
    }

    /// Moves the journal's changes into the overlay, all or none.
    fn keep_changes(&mut self) -> Result<(), Touch> {
        let journal = &mut self.inner.ctx.journaled_state;
        let fork = self.environment.fork;
        for (address, account) in &journal.inner.state {
            if let Err(touch) = journal.database.judge(address, account, Fate::of(account, fork)) {
                self.drop_changes();
                return Err(touch);
            }
        }
        for (address, account) in journal.inner.state.drain() {
            let fate = Fate::of(&account, fork);
            journal.database.keep(address, account, fate);
        }
        self.drop_changes();
        Ok(())
    }

    /// Empties the journal, and gives memory back where a transaction took much of it.
    fn drop_changes(&mut self) {
        const ACCOUNTS_KEPT: usize = 1_024;
        let inner = &mut self.inner.ctx.journaled_state.inner;
        inner.transaction_id = Default::default();
        inner.state.clear();
        if inner.state.capacity() > ACCOUNTS_KEPT {
            inner.state.shrink_to(ACCOUNTS_KEPT / 2);
        }
    }

    fn receipt(&self, transaction: &Verified, result: ExecutionResult) -> Receipt {
        let gas_used = result.tx_gas_used();
        Receipt {
            id: transaction.id(),
            success: result.is_success(),
            gas_used,
            fee: U256::from(gas_used) * U256::from(self.price(transaction)),
            created: result.created_address(),
            logs: result.into_logs(),
        }
    }

    /// Ends a transaction that broke its promise: it pays its whole gas limit, uses its nonce, and does nothing else.
    fn fail(&mut self, transaction: &Verified) -> Receipt {
        let fields = transaction.fields();
        let fee = U256::from(fields.gas_limit) * U256::from(self.price(transaction));
        let database = &mut self.inner.ctx.journaled_state.database;
        let mut sender = database.account(&transaction.sender()).unwrap_or_default();
        sender.nonce += 1;
        sender.balance -= fee;
        database.overlay.set_account(transaction.sender(), sender);
        let (id, gas_used) = (transaction.id(), fields.gas_limit);
        Receipt { id, success: false, gas_used, fee, logs: Vec::new(), created: None }
    }

    /// Wei per gas that the sender pays.
    fn price(&self, transaction: &Verified) -> u128 {
        let base_fee = self.environment.base_fee;
        let tip = transaction.fields().tip(base_fee);
        u128::from(base_fee) + tip.expect("what does not cover the base fee is skipped")
    }
}
