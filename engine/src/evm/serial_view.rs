//! `SerialView`: an overlay over the state, or over what is known of it, for transactions that run one after the other.
//!
//! A transaction whose set is enforced may touch what the set covers, and read besides
//!
//! * precompiles,
//! * accounts with code that no transaction of the block names to change: so it need not list the libraries and
//!   implementations that its contracts call.
//!
//! Any other may touch everything.

use alloy_primitives::map::AddressSet;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::precompile::{PrecompileSpecId, Precompiles};
use revm::state::{Account as Journaled, AccountInfo, Bytecode};

use super::fate::Fate;
use super::overlay::Overlay;
use super::{Evm, Stop, Touch, View, settings};
use crate::access::{AccessSet, Bound, Mode};
use crate::environment::Environment;
use crate::executed::Outcome;
use crate::reads::{NotCovered, Reads};
use crate::state::Account;
use crate::transaction::Verified;
use crate::writes::WriteSet;

/// State and overlay, and who is asking.
pub(crate) struct SerialView<'a, R> {
    state: &'a R,
    overlay: Overlay,
    environment: &'a Environment,
    precompiles: &'static Precompiles,
    /// Accounts that some transaction of the block names to change, and the beneficiary.
    named: AddressSet,
    access: Option<&'a AccessSet>,
}

impl<'a, R: Reads> Evm<SerialView<'a, R>> {
    /// An EVM for a block of these transactions, none of which has run.
    pub(crate) fn serial(state: &'a R, environment: &'a Environment, block: &[Verified]) -> Self {
        let changes = |access: &AccessSet| access.changed_accounts().collect::<Vec<_>>();
        let mut named: AddressSet = block.iter().flat_map(|one| changes(one.access())).collect();
        named.insert(environment.beneficiary);
        let precompiles = Precompiles::new(PrecompileSpecId::from_spec_id(settings::spec(environment.fork)));
        let overlay = Overlay::default();
        Evm::with(SerialView { state, overlay, environment, precompiles, named, access: None }, environment)
    }

    /// Runs a transaction.
    ///
    /// # Errors
    /// It needs what is not known of the state below.
    pub(crate) fn run(&mut self, transaction: &'a Verified) -> Result<Outcome, NotCovered> {
        self.view().access = Some(transaction.access());
        self.attempt(transaction).map_err(|stop| match stop {
            Stop::NotCovered => NotCovered,
            Stop::Unplanned => unreachable!("serial execution has no plan to leave"),
        })
    }

    /// Adds wei to an account.
    ///
    /// # Errors
    /// The account below is not known.
    pub(crate) fn credit(&mut self, address: Address, wei: U256) -> Result<(), NotCovered> {
        if !wei.is_zero() {
            let view = self.view();
            let mut account = view.account(&address)?.unwrap_or_default();
            account.balance += wei;
            view.overlay.set_account(address, account);
        }
        Ok(())
    }

    /// All changes of the transactions that ran.
    ///
    /// # Errors
    /// It is not known how something was that changed.
    pub(crate) fn into_writes(self) -> Result<WriteSet, NotCovered> {
        let SerialView { state, overlay, .. } = self.into_view();
        overlay.into_writes(state)
    }
}

impl<'a, R: Reads> SerialView<'a, R> {
    /// Makes a transaction the one that asks, and gives the nonce that its sender has come to.
    pub(super) fn begin(&mut self, transaction: &'a Verified) -> Result<u64, NotCovered> {
        self.access = Some(transaction.access());
        Ok(self.account(&transaction.sender())?.map_or(0, |account| account.nonce))
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, NotCovered> {
        self.overlay.account(address).map_or_else(|| self.state.account(address), Ok)
    }

    fn access(&self) -> &'a AccessSet {
        self.access.expect("a transaction began before it touched anything")
    }

    /// Judges a touch that the running transaction's set may not cover.
    fn ensure(&self, allowed: impl FnOnce(&AccessSet) -> bool) -> Result<(), Touch> {
        let access = self.access();
        if access.bound != Bound::Enforced || allowed(access) { Ok(()) } else { Err(Touch::Undeclared) }
    }

    fn is_code_to_read(&self, address: &Address, account: Option<&Account>) -> bool {
        let has_code = account.is_some_and(|account| account.code_hash != KECCAK256_EMPTY);
        self.precompiles.contains(address) || (has_code && !self.named.contains(address))
    }
}

impl<R: Reads> View for SerialView<'_, R> {
    const MAY_READ_LISTED: bool = false;

    fn judge(&self, address: &Address, account: &Journaled, fate: Fate) -> Result<(), Touch> {
        if fate.changes_account() {
            self.ensure(|access| access.covers_account_change(*address))?;
        }
        if fate.keeps_slots() {
            for (slot, _) in account.changed_storage_slots() {
                self.ensure(|access| access.covers_slot(*address, *slot, Mode::Write))?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, address: Address, account: Journaled, fate: Fate) {
        self.overlay.keep(self.state, address, account, fate);
    }

    fn charge(&mut self, address: &Address, fee: U256) -> Result<(), Touch> {
        let mut account = self.account(address)?.unwrap_or_default();
        account.nonce += 1;
        account.balance -= fee;
        self.overlay.set_account(*address, account);
        Ok(())
    }
}

impl<R: Reads> revm::Database for SerialView<'_, R> {
    type Error = Touch;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Touch> {
        let account = self.account(&address)?;
        self.ensure(|access| {
            access.covers_account(address) || self.is_code_to_read(&address, account.as_ref())
        })?;
        Ok(account.map(|Account { nonce, balance, code_hash }| AccountInfo {
            balance,
            nonce,
            code_hash,
            account_id: None,
            code: None,
        }))
    }

    /// Needs no permission: the hash came from an account that was allowed.
    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Touch> {
        let code = self.overlay.code(&hash).map_or_else(|| self.state.code(&hash), Ok)?;
        Ok(code.analysed().clone())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Touch> {
        self.ensure(|access| access.covers_slot(address, slot, Mode::Read))?;
        let changed = self.overlay.slot(&address, &slot);
        Ok(changed.map_or_else(|| self.state.slot(&address, &slot), Ok)?)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Touch> {
        Ok(self.environment.block_hash(number))
    }
}
