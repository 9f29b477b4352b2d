//! `Database`: the state as one transaction may see it.
//!
//! Who may touch what, beyond its own access set:
//!
//! | the set is | alone | in a lane |
//! | --- | --- | --- |
//! | enforced | precompiles, to read | the same, if no other lane writes them |
//! | a hint, or open | everything | what no other lane writes, and to change only what is its lane's |

use alloy_primitives::{Address, B256, U256};
use revm::database_interface::DBErrorMarker;
use revm::precompile::{PrecompileSpecId, Precompiles};
use revm::state::{Account as Journaled, AccountInfo, Bytecode};

use super::overlay::{Fate, Overlay};
use super::settings;
use crate::access::{AccessSet, Bound, Mode};
use crate::environment::Environment;
use crate::plan::Lane;
use crate::state::{Account, State};

/// A touch that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// The transaction promised not to.
    Undeclared,
    /// Another lane may be changing it.
    OtherLane,
}

impl std::fmt::Display for Touch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Touch::Undeclared => "touched what it did not declare",
            Touch::OtherLane => "touched what another lane may change",
        })
    }
}

impl std::error::Error for Touch {}
impl DBErrorMarker for Touch {}

/// State and overlay, and who is asking.
pub(super) struct Database<'a> {
    pub(super) state: &'a State,
    pub(super) overlay: Overlay,
    environment: &'a Environment,
    precompiles: &'static Precompiles,
    access: Option<&'a AccessSet>,
    lane: Option<Lane<'a>>,
}

impl<'a> Database<'a> {
    pub(super) fn new(state: &'a State, environment: &'a Environment) -> Database<'a> {
        let precompiles = Precompiles::new(PrecompileSpecId::from_spec_id(settings::spec(environment.fork)));
        Database { state, overlay: Overlay::default(), environment, precompiles, access: None, lane: None }
    }

    /// From here on a transaction with this set is asking.
    pub(super) fn begin(&mut self, access: &'a AccessSet, lane: Option<Lane<'a>>) {
        self.access = Some(access);
        self.lane = lane;
    }

    pub(super) fn account(&self, address: &Address) -> Option<Account> {
        self.overlay.account(address).unwrap_or_else(|| self.state.account(address))
    }

    /// Whether the transaction may leave the account like this.
    pub(super) fn judge(&self, address: &Address, account: &Journaled, fate: Fate) -> Result<(), Touch> {
        let access = self.access();
        if fate.changes_account() && !access.covers_account_change(*address) {
            self.beyond(false, |lane| lane.owns_account(address))?;
        }
        if fate.keeps_slots() {
            for (slot, _) in account.changed_storage_slots() {
                if !access.covers_slot(*address, *slot, Mode::Write) {
                    self.beyond(false, |lane| lane.owns_slot(address, slot))?;
                }
            }
        }
        Ok(())
    }

    /// Takes the account into the overlay.
    pub(super) fn keep(&mut self, address: Address, account: Journaled, fate: Fate) {
        self.overlay.keep(self.state, address, account, fate);
    }

    fn access(&self) -> &'a AccessSet {
        self.access.expect("a transaction began before it touched anything")
    }

    /// Judges a touch that the running transaction's set does not cover.
    fn beyond(&self, exempt: bool, lane_may: impl Fn(&Lane<'a>) -> bool) -> Result<(), Touch> {
        if self.access().bound == Bound::Enforced && !exempt {
            return Err(Touch::Undeclared);
        }
        match &self.lane {
            Some(lane) if !lane_may(lane) => Err(Touch::OtherLane),
            _ => Ok(()),
        }
    }
}

impl revm::Database for Database<'_> {
    type Error = Touch;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Touch> {
        if !self.access().covers_account(address) {
            let exempt = self.precompiles.contains(&address);
            self.beyond(exempt, |lane| lane.may_read_account(&address))?;
        }
        Ok(self.account(&address).map(|Account { nonce, balance, code_hash }| AccountInfo {
            balance,
            nonce,
            code_hash,
            account_id: None,
            code: None,
        }))
    }

    /// Needs no permission: the hash came from an account that was allowed.
    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Touch> {
        let code = self.overlay.code(&hash).or_else(|| self.state.code(&hash));
        Ok(code.expect("every code hash of the state has its code").0.clone())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Touch> {
        if !self.access().covers_slot(address, slot, Mode::Read) {
            self.beyond(false, |lane| lane.may_read_slot(&address, &slot))?;
        }
        Ok(self.overlay.slot(&address, &slot).unwrap_or_else(|| self.state.slot(&address, &slot)))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Touch> {
        Ok(self.environment.block_hash(number))
    }
}
