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

mod precompiles;
mod probe;
mod request;
mod steps;
mod view;
pub mod watch;

use std::any::Any;

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{FrameStack, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, Handler};
use revm::inspector::InspectorHandler;
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::TxKind;

pub use request::{Call, Ended, Ran, Refused};
pub use view::Reads;

use super::fate::Fate;
use super::{Code, Context, settings};
use crate::environment::{Environment, Fork};
use crate::state::Account;
use crate::transaction::Listed;
use crate::writes::WriteSet;
use precompiles::Precompiles;
use probe::Probe;
use steps::{Failure, Steps};
use view::CallView;
use watch::Watch;

type Instructions<R> = EthInstructions<EthInterpreter, Context<CallView<R>>>;
type Inner<R> = revm::context::Evm<Context<CallView<R>>, Probe, Instructions<R>, Precompiles, EthFrame>;

/// What a call is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Everything that a transaction is.
    Transaction,
    /// The same, but that nobody signed it: its sender may be a contract.
    Unsigned,
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
    inner: Inner<R>,
    fork: Fork,
}

impl<R: Reads> Calls<R> {
    /// Calls on this state, within a block like this one.
    pub fn new(state: R, environment: &Environment) -> Calls<R> {
        Calls::on(CallView::new(state, environment.clone()), environment)
    }

    fn on(view: CallView<R>, environment: &Environment) -> Calls<R> {
        let spec = settings::spec(environment.fork);
        let mut context = revm::context::Context::new(view, spec);
        context.cfg.chain_id = environment.chain_id;
        context.block = settings::block(environment);
        let inner = Inner {
            ctx: context,
            inspector: Probe::default(),
            instruction: EthInstructions::new_mainnet_with_spec(spec),
            precompiles: Precompiles::new(spec),
            frame_stack: FrameStack::new_prealloc(8),
        };
        Calls { inner, fork: environment.fork }
    }

    /// Goes on in another block, with all that was changed so far and all precompiles where they belong.
    pub fn in_block(self, environment: &Environment) -> Calls<R> {
        let mut view = self.inner.ctx.journaled_state.database;
        view.set_environment(environment.clone());
        Calls::on(view, environment)
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

    /// Sets the price of blob gas to something that follows from nothing.
    pub fn set_blob_price(&mut self, blob_gasprice: u128) {
        let excess_blob_gas =
            self.inner.ctx.block.blob_excess_gas_and_price.map_or(0, |blob| blob.excess_blob_gas);
        let price = BlobExcessGasAndPrice { excess_blob_gas, blob_gasprice };
        self.inner.ctx.block.blob_excess_gas_and_price = Some(price);
    }

    /// Sets wei per gas that are burnt.
    pub fn set_base_fee(&mut self, base_fee: u64) {
        self.inner.ctx.block.basefee = base_fee;
    }

    /// Whether something else than code runs at this address.
    pub fn is_precompile(&self, address: &Address) -> bool {
        self.inner.precompiles.at(address).is_some()
    }

    /// Moves a precompile; whether there was one.
    pub fn move_precompile(&mut self, from: Address, to: Address) -> bool {
        self.inner.precompiles.move_to(from, to)
    }

    /// Takes a precompile away, so that the code of its account runs.
    pub fn remove_precompile(&mut self, address: Address) {
        self.inner.precompiles.remove(address);
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
        let ran = Steps::new(rules).run(&mut self.inner);
        self.end(ran)
    }

    /// The same, while somebody looks on.
    pub fn run_watched<W: Watch>(
        &mut self,
        call: &Call,
        rules: Rules,
        watch: W,
    ) -> (Result<Ran, Refused>, W) {
        request::fill(&mut self.inner.ctx.tx, call);
        self.inner.inspector = Probe::of(Box::new(watch));
        let ran = Steps::new(rules).inspect_run(&mut self.inner);
        let watch: Option<Box<dyn Any>> =
            self.inner.inspector.watch.take().map(|watch| watch as Box<dyn Any>);
        let watch = watch.and_then(|watch| watch.downcast().ok());
        (self.end(ran), *watch.expect("nobody else takes it away"))
    }

    /// Runs a call and forgets what it changed.
    ///
    /// # Errors
    /// [`Refused`] if it cannot run at all.
    pub fn ask(&mut self, call: &Call) -> Result<Ran, Refused> {
        request::fill(&mut self.inner.ctx.tx, call);
        let ran = Steps::new(Rules::Question).run(&mut self.inner);
        let touched = self.touched();
        self.clear();
        ran.map(|result| request::ran(result, touched)).map_err(refused)
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
        let ran = Steps::new(Rules::Question).run_system_call(&mut self.inner);
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

    /// The slot as it is now.
    pub fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.inner.ctx.journaled_state.database.slot(address, slot)
    }

    /// The code with this hash, as it was or as a call made it.
    pub fn code(&self, hash: &B256) -> Option<Code> {
        self.inner.ctx.journaled_state.database.code(hash)
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
            request::ran(result, touched)
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
            state.iter().map(|(address, account)| request::listed(*address, account)).collect();
        touched.sort_unstable_by_key(|one| one.address);
        touched
    }
}

fn refused(failure: Failure) -> Refused {
    match failure {
        EVMError::Transaction(invalid) => request::refusal(&invalid),
        other => unreachable!("a checked environment and mainnet's precompiles do not fail: {other}"),
    }
}
