//! The EVM: runs one transaction at a time on a view of the state.
//!
//! This module and the files below it are the only ones that name `revm`, whose interface changes about monthly.
//!
//! ```text
//!              ┌────────────────── Evm ──────────────────┐
//! Verified ──> │ journal ──misses──> View: serial, or run │──> State (read only)
//!              │    └────changes───>  │        │          │
//!              └──────────────────────┼────────┼──────────┘
//!                                  overlay   cells of a block
//! ```
//!
//! 1. The view holds all changes of the transactions so far; the next one sees them.
//! 2. The journal is emptied after each transaction, so that the view is asked for all that a transaction touches, and
//!    can refuse what is out of bounds for it.
//! 3. Changes are judged before they enter the view: what a transaction may only read, it must leave as it was.
//! 4. Fees for the beneficiary do not pass through here, as they would join all transactions of a block into one chain:
//!    the caller sums them up and pays them.

pub mod call;
mod code;
mod fate;
mod handler;
mod keccak;
mod overlay;
mod row;
mod run_view;
mod serial_view;
mod settings;
mod simulate;
mod single;

use std::sync::Arc;

use alloy_primitives::{Address, U256};
use revm::MainBuilder;
use revm::bytecode::opcode;
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, CfgEnv, Journal, TxEnv};
use revm::database_interface::DBErrorMarker;
use revm::handler::{Handler, MainnetEvm};
use revm::interpreter::{Instruction, gas};
use revm::state::Account as Journaled;

pub use code::Code;
pub use keccak::ahead::HashMany;
pub(crate) use keccak::ahead::{begin, prepare};
pub(crate) use run_view::RunView;
pub(crate) use single::Single;

use crate::environment::{Environment, Fork};
use crate::executed::{Outcome, Receipt};
use crate::prices::{PriceList, Rate, Terms};
use crate::reads::NotCovered;
use crate::transaction::Verified;
use fate::Fate;
use handler::{Bill, FeesOutside};

type Context<V> = revm::context::Context<BlockEnv, TxEnv, CfgEnv, V, Journal<V>, ()>;
type Inner<V> = MainnetEvm<Context<V>>;

/// A touch that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// The transaction promised not to.
    Undeclared,
    /// The plan did not expect it, so that others may be at it.
    Unplanned,
    /// Of the state below, only a part is known, and not this.
    NotCovered,
}

impl From<NotCovered> for Touch {
    fn from(NotCovered: NotCovered) -> Touch {
        Touch::NotCovered
    }
}

impl std::fmt::Display for Touch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Touch::Undeclared => "touched what it did not declare",
            Touch::Unplanned => "touched what the plan did not give it",
            Touch::NotCovered => "touched what is not known",
        })
    }
}

impl std::error::Error for Touch {}
impl DBErrorMarker for Touch {}

/// Why a transaction was stopped, and changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It touched what the plan did not give it.
    Unplanned,
    /// It touched what is not known of the state below.
    NotCovered,
}

/// The state as the transactions of a block see it and change it.
pub(crate) trait View: revm::Database<Error = Touch> {
    /// Whether a transaction may read all that its lists name, and to do so costs little.
    const MAY_READ_LISTED: bool;

    /// Whether the running transaction may leave the account like this.
    fn judge(&self, address: &Address, account: &Journaled, fate: Fate) -> Result<(), Touch>;

    /// Takes what the running transaction left of an account.
    fn keep(&mut self, address: Address, account: Journaled, fate: Fate);

    /// Takes a fee from an account and uses one of its nonces.
    fn charge(&mut self, address: &Address, fee: U256) -> Result<(), Touch>;
}

/// Runs transactions of one block on a view, which keeps what they change.
pub(crate) struct Evm<V: View> {
    inner: Inner<V>,
    fork: Fork,
    base_fee: u64,
    prices: Arc<PriceList>,
}

impl<V: View> Evm<V> {
    fn with(view: V, environment: &Environment) -> Evm<V> {
        let mut context = Context::new(view, settings::spec(environment.fork));
        context.cfg.chain_id = environment.chain_id;
        context.block = settings::block(environment);
        let Environment { fork, base_fee, ref prices, .. } = *environment;
        Evm { inner: context.build_mainnet(), fork, base_fee, prices: prices.clone() }
    }

    /// Remembers hashes from now on.
    fn remembering(mut self) -> Evm<V> {
        let instruction = Instruction::new(keccak::instruction);
        self.inner.instruction.insert_instruction(opcode::KECCAK256, instruction, gas::KECCAK256 as u16);
        self
    }

    fn view(&mut self) -> &mut V {
        &mut self.inner.ctx.journaled_state.database
    }

    fn into_view(self) -> V {
        self.inner.ctx.journaled_state.database
    }

    fn attempt(&mut self, transaction: &Verified) -> Result<Outcome, Stop> {
        let terms = match self.prices.terms(transaction, self.base_fee) {
            Ok(terms) => terms,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        settings::fill(&mut self.inner.ctx.tx, transaction, &terms);
        let bill = Bill { terms, prices: &self.prices, transaction, fork: self.fork };
        let mut handler = FeesOutside::new(&bill);
        let ran = handler.run(&mut self.inner);
        let contention_fee = handler.contention_fee();
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
        let receipt = match ended {
            Ok(result) => Ok(receipt(transaction, result, &terms, contention_fee)),
            Err(Touch::Undeclared) => self.fail(transaction, &terms),
            Err(touch) => Err(touch),
        };
        receipt.map(Outcome::Executed).map_err(|touch| match touch {
            Touch::Undeclared => unreachable!("a transaction may pay for itself"),
            Touch::Unplanned => Stop::Unplanned,
            Touch::NotCovered => Stop::NotCovered,
        })
    }

    /// Moves the journal's changes into the view, all or none.
    fn keep_changes(&mut self) -> Result<(), Touch> {
        let journal = &mut self.inner.ctx.journaled_state;
        for (address, account) in &journal.inner.state {
            if let Err(touch) = journal.database.judge(address, account, Fate::of(account, self.fork)) {
                self.drop_changes();
                return Err(touch);
            }
        }
        for (address, account) in journal.inner.state.drain() {
            let fate = Fate::of(&account, self.fork);
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

    /// Ends a transaction that broke its promise: it pays its whole gas limit, uses its nonce, and does nothing else.
    fn fail(&mut self, transaction: &Verified, terms: &Terms) -> Result<Receipt, Touch> {
        let (id, gas_used) = (transaction.id(), transaction.fields().gas_limit);
        let contention_fee = terms.contention_fee(gas_used, Rate::ZERO);
        let fee = terms.fee(gas_used, contention_fee);
        self.view().charge(&transaction.sender(), fee)?;
        Ok(Receipt { id, success: false, gas_used, fee, contention_fee, logs: Vec::new(), created: None })
    }
}

fn receipt(transaction: &Verified, result: ExecutionResult, terms: &Terms, contention_fee: U256) -> Receipt {
    let gas_used = result.tx_gas_used();
    Receipt {
        id: transaction.id(),
        success: result.is_success(),
        gas_used,
        fee: terms.fee(gas_used, contention_fee),
        contention_fee,
        created: result.created_address(),
        logs: result.into_logs(),
    }
}
