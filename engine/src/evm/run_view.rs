//! `RunView`: the cells of a running block, as one transaction may see and change them.
//!
//! | the transaction | beside others | alone, when all before it are through |
//! | --- | --- | --- |
//! | names it | it is its own | it is its own |
//! | does not, by a promise | ends as failed, but for code that nobody may change | the same |
//! | does not, by a hint | may read what by the plan nobody writes, else it stops | may do everything, unless somebody ahead of it touched the same |

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::precompile::{PrecompileSpecId, Precompiles};
use revm::state::{Account as Journaled, AccountId, AccountInfo, Bytecode};

use super::fate::Fate;
use super::overlay::Overlay;
use super::{Code, Evm, Touch, Unplanned, View, settings};
use crate::access::{AccessSet, Bound, Mode, NOTHING};
use crate::execute::{Ahead, Run, Stray, Turn};
use crate::executed::Outcome;
use crate::plan::{BENEFICIARY, Key, Touch as Named, Way};
use crate::state::{Account, Basics, State};
use crate::writes::WriteSet;

/// A block's cells, and who is asking.
pub(crate) struct RunView<'a> {
    run: &'a Run,
    state: &'a State,
    precompiles: &'static Precompiles,
    turn: Turn,
    /// What the transaction names: accounts, then slots.
    accounts: &'a [Named],
    slots: &'a [Named],
    access: &'a AccessSet,
    company: Company,
}

/// Who else is running.
enum Company {
    /// Others, and this is what transactions read without naming it.
    Others(Vec<Stray>),
    /// Nobody. Some may have run ahead; accounts that the block does not name are in an overlay.
    Nobody(Box<(Ahead, Overlay)>),
}

impl<'a> Evm<RunView<'a>> {
    /// An EVM for transactions that run beside others.
    pub(crate) fn beside(run: &'a Run, state: &'a State) -> Self {
        RunView::evm(run, state, Company::Others(Vec::new()))
    }

    /// An EVM for transactions that run alone, each when all before it are through.
    pub(crate) fn alone(run: &'a Run, state: &'a State, ahead: Ahead) -> Self {
        RunView::evm(run, state, Company::Nobody(Box::new((ahead, Overlay::default()))))
    }

    /// Runs a transaction whose turn it is.
    ///
    /// # Errors
    /// It touched what others may be at, and changed nothing.
    pub(crate) fn run_planned(&mut self, turn: &mut Turn) -> Result<Outcome, Unplanned> {
        let view = self.view();
        let (run, position) = (view.run, turn.position());
        let transaction = &run.plan.transactions[position as usize];
        let row = run.plan.rows.row(position);
        (view.accounts, view.slots) = row.split_at(row.partition_point(|touch| !touch.is_slot()));
        view.access = transaction.access();
        std::mem::swap(&mut view.turn, turn);
        let outcome = self.attempt(transaction);
        std::mem::swap(&mut self.view().turn, turn);
        outcome
    }

    /// What transactions beside others read without naming it.
    pub(crate) fn into_strays(self) -> Vec<Stray> {
        match self.into_view().company {
            Company::Others(strays) => strays,
            Company::Nobody(_) => Vec::new(),
        }
    }

    /// What transactions alone changed besides the keys of the block.
    pub(crate) fn into_other_writes(self) -> WriteSet {
        let RunView { state, company, .. } = self.into_view();
        match company {
            Company::Others(_) => WriteSet::default(),
            Company::Nobody(alone) => alone.1.into_writes(state),
        }
    }
}

impl<'a> RunView<'a> {
    fn evm(run: &'a Run, state: &'a State, company: Company) -> Evm<RunView<'a>> {
        let spec = settings::spec(run.environment.fork);
        let view = RunView {
            run,
            state,
            precompiles: Precompiles::new(PrecompileSpecId::from_spec_id(spec)),
            turn: Turn::none(),
            accounts: &[],
            slots: &[],
            access: &NOTHING,
            company,
        };
        Evm::with(view, &run.environment).remembering()
    }

    /// How the transaction names an account.
    fn named(&self, address: &Address) -> Option<Named> {
        const FEW: usize = 8;
        let keys = &self.run.plan.keys;
        if self.accounts.len() <= FEW {
            let is_it = |touch: &&Named| keys.accounts[touch.key() as usize].address == *address;
            return self.accounts.iter().find(is_it).copied();
        }
        let key = keys.account(address)?;
        let found = self.accounts.binary_search_by_key(&key, |touch| touch.key());
        found.ok().map(|index| self.accounts[index])
    }

    /// How the transaction names a slot.
    fn named_slot(&self, key: Key, slot: &U256) -> Option<Named> {
        const FEW: usize = 8;
        let keys = &self.run.plan.keys;
        if self.slots.len() <= FEW {
            let is_it = |touch: &&Named| {
                let known = &keys.slots[touch.key() as usize];
                known.slot == *slot && known.account == key
            };
            return self.slots.iter().find(is_it).copied();
        }
        let key = keys.slot(key, slot)?;
        let found = self.slots.binary_search_by_key(&key, |touch| touch.key());
        found.ok().map(|index| self.slots[index])
    }

    /// An account, beside others.
    fn account_beside(&mut self, address: &Address) -> Result<Option<Basics>, Touch> {
        if let Some(touch) = self.named(address) {
            if touch.absorbs() {
                self.run.absorb(self.state, &mut self.turn, touch.key());
            }
            return Ok(self.run.account(self.state, &self.turn, touch.key()));
        }
        let known = self.run.plan.keys.account(address).map(|key| &self.run.plan.keys.accounts[key as usize]);
        let may_change = known.is_some_and(|known| known.is_changed || known.is_credited);
        let is_precompile = self.precompiles.contains(address);
        ensure(!self.is_enforced() || is_precompile || !may_change, Touch::Undeclared)?;
        ensure(!may_change, Touch::Unplanned)?;
        let place = self.state.find(address);
        let basics = place.and_then(|place| self.state.basics_at(place, address));
        let has_code = basics.is_some_and(|basics| basics.code != 0);
        ensure(!self.is_enforced() || is_precompile || has_code, Touch::Undeclared)?;
        self.stray(address, None);
        Ok(basics)
    }

    /// An account, when all before are through.
    fn account_alone(&mut self, address: &Address, key: Option<Key>) -> Result<Option<Account>, Touch> {
        let account = match key {
            Some(key) => {
                ensure(self.alone().0.may_read_account(self.turn.position(), key), Touch::Unplanned)?;
                self.run.absorb(self.state, &mut self.turn, key);
                if key == BENEFICIARY {
                    self.run.pay_tips(self.state, &mut self.turn);
                }
                self.run.account(self.state, &self.turn, key).map(|basics| self.account_of(basics))
            }
            None => self.alone().1.account(address).unwrap_or_else(|| self.state.account(address)),
        };
        if self.is_enforced() && !self.access.covers_account(*address) {
            let known = key.map(|key| &self.run.plan.keys.accounts[key as usize]);
            let may_change = known.is_some_and(|known| known.is_changed || known.is_credited);
            let has_code = account.is_some_and(|account| account.code_hash != KECCAK256_EMPTY);
            let is_code_to_read = has_code && !may_change;
            ensure(self.precompiles.contains(address) || is_code_to_read, Touch::Undeclared)?;
        }
        Ok(account)
    }

    /// A slot, beside others.
    fn slot_beside(&mut self, address: &Address, key: Option<Key>, slot: &U256) -> Result<U256, Touch> {
        if let Some(key) = key {
            if let Some(touch) = self.named_slot(key, slot) {
                return Ok(self.run.named_slot(self.state, &self.turn, touch.key()));
            }
            let of_whole = |touch: &Named| matches!(touch.way(), Way::Write | Way::ReadWhole);
            if self.accounts.iter().any(|touch| touch.key() == key && of_whole(touch)) {
                return Ok(self.run.slot(self.state, &self.turn, key, slot));
            }
        }
        ensure(!self.is_enforced(), Touch::Undeclared)?;
        let keys = &self.run.plan.keys;
        let may_change = key.is_some_and(|key| {
            let is_written = |named: Key| keys.slots[named as usize].is_written;
            keys.accounts[key as usize].is_written || keys.slot(key, slot).is_some_and(is_written)
        });
        ensure(!may_change, Touch::Unplanned)?;
        self.stray(address, Some(*slot));
        Ok(self.state.slot(address, slot))
    }

    /// A slot, when all before are through.
    fn slot_alone(&mut self, address: &Address, key: Option<Key>, slot: &U256) -> Result<U256, Touch> {
        let covered = !self.is_enforced() || self.access.covers_slot(*address, *slot, Mode::Read);
        ensure(covered, Touch::Undeclared)?;
        let Some(key) = key else {
            let changed = self.alone().1.slot(address, slot);
            return Ok(changed.unwrap_or_else(|| self.state.slot(address, slot)));
        };
        let named = self.run.plan.keys.slot(key, slot);
        ensure(self.alone().0.may_read_slot(self.turn.position(), key, named), Touch::Unplanned)?;
        Ok(self.run.slot(self.state, &self.turn, key, slot))
    }

    /// Whether the transaction may change an account or slot of the block, which its row names or not.
    fn ensure_change(
        &self,
        is_named: impl Fn() -> bool,
        is_covered: impl Fn(&AccessSet) -> bool,
        is_free: impl Fn(&Ahead) -> bool,
    ) -> Result<(), Touch> {
        match &self.company {
            Company::Others(_) if is_named() => Ok(()),
            Company::Others(_) if self.is_enforced() => Err(Touch::Undeclared),
            Company::Others(_) => Err(Touch::Unplanned),
            Company::Nobody(alone) => {
                ensure(!self.is_enforced() || is_covered(self.access), Touch::Undeclared)?;
                ensure(is_free(&alone.0), Touch::Unplanned)
            }
        }
    }

    fn ensure_slot_change(&self, address: &Address, key: Option<Key>, slot: &U256) -> Result<(), Touch> {
        let position = self.turn.position();
        let is_named = || {
            let of_slot = |key| self.named_slot(key, slot).is_some_and(|touch| touch.way() == Way::WriteSlot);
            self.may_write(address) || key.is_some_and(of_slot)
        };
        let is_free = |ahead: &Ahead| match key {
            Some(key) => {
                ahead.may_write_slot(position, key, self.run.plan.keys.slot(key, slot), address, slot)
            }
            None => ahead.is_no_stray(position, address, Some(*slot)),
        };
        self.ensure_change(is_named, |access| access.covers_slot(*address, *slot, Mode::Write), is_free)
    }

    fn may_write(&self, address: &Address) -> bool {
        self.named(address).is_some_and(|touch| touch.way() == Way::Write)
    }

    fn is_enforced(&self) -> bool {
        self.access.bound == Bound::Enforced
    }

    fn stray(&mut self, address: &Address, slot: Option<U256>) {
        if let Company::Others(strays) = &mut self.company {
            strays.push(Stray { position: self.turn.position(), address: *address, slot });
        }
    }

    fn alone(&self) -> &(Ahead, Overlay) {
        match &self.company {
            Company::Nobody(alone) => alone,
            Company::Others(_) => unreachable!("only a transaction alone looks beyond its row"),
        }
    }

    fn account_of(&self, Basics { nonce, balance, code }: Basics) -> Account {
        Account { nonce, balance, code_hash: self.run.code_hash(self.state, code) }
    }

    fn key(&self, address: &Address) -> Option<Key> {
        self.named(address).map(Named::key).or_else(|| self.run.plan.keys.account(address))
    }

    fn read_slot(&mut self, address: &Address, key: Option<Key>, slot: &U256) -> Result<U256, Touch> {
        match &self.company {
            Company::Others(_) => self.slot_beside(address, key, slot),
            Company::Nobody(_) => self.slot_alone(address, key, slot),
        }
    }
}

impl View for RunView<'_> {
    const MAY_READ_LISTED: bool = true;

    fn judge(&self, address: &Address, account: &Journaled, fate: Fate) -> Result<(), Touch> {
        let (key, position) = (self.key(address), self.turn.position());
        if fate.changes_account() {
            let recodes = matches!(fate, Fate::Gone | Fate::Created)
                || account.info.code_hash != account.original_info().code_hash;
            let is_free = |ahead: &Ahead| match key {
                Some(key) => ahead.may_change_account(position, key, address, recodes),
                None => ahead.is_no_stray(position, address, None),
            };
            let is_covered = |access: &AccessSet| access.covers_account_change(*address);
            self.ensure_change(|| self.may_write(address), is_covered, is_free)?;
        }
        if fate.keeps_slots() {
            for (slot, _) in account.changed_storage_slots() {
                self.ensure_slot_change(address, key, slot)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, address: Address, account: Journaled, fate: Fate) {
        let Some(key) = self.key(&address) else {
            if let Company::Nobody(alone) = &mut self.company {
                alone.1.keep(self.state, address, account, fate);
            }
            return;
        };
        match fate {
            Fate::Gone => self.run.set_account(self.state, &mut self.turn, key, None),
            Fate::Created | Fate::Changed => {
                let info = &account.info;
                let code = info.code.as_ref().map(|code| Code(code.clone()));
                let code = self.run.code_number(self.state, &info.code_hash, code.as_ref());
                let basics = Basics { nonce: info.nonce, balance: info.balance, code };
                self.run.set_account(self.state, &mut self.turn, key, Some(basics));
            }
            Fate::Untouched | Fate::Same => {}
        }
        if matches!(fate, Fate::Gone | Fate::Created) {
            self.run.void_slots(&mut self.turn, key);
        }
        if fate.keeps_slots() {
            for (slot, value) in account.changed_storage_slots() {
                self.run.set_slot(&mut self.turn, key, slot, value.present_value());
            }
        }
    }

    fn charge(&mut self, address: &Address, fee: U256) {
        let key = self.key(address).expect("a transaction names its sender");
        let mut basics = self.run.account(self.state, &self.turn, key).unwrap_or_default();
        basics.nonce += 1;
        basics.balance -= fee;
        self.run.set_account(self.state, &mut self.turn, key, Some(basics));
    }
}

impl revm::Database for RunView<'_> {
    type Error = Touch;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Touch> {
        let key = self.key(&address);
        let account = match &self.company {
            Company::Others(_) => self.account_beside(&address)?.map(|basics| self.account_of(basics)),
            Company::Nobody(_) => self.account_alone(&address, key)?,
        };
        let account_id = key.and_then(|key| AccountId::new(key as usize));
        Ok(account.map(|Account { nonce, balance, code_hash }| AccountInfo {
            balance,
            nonce,
            code_hash,
            account_id,
            code: None,
        }))
    }

    /// Needs no permission: the hash came from an account that was allowed.
    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Touch> {
        if let Company::Nobody(alone) = &self.company
            && let Some(code) = alone.1.code(&hash)
        {
            return Ok(code.0.clone());
        }
        Ok(self.run.code(self.state, &hash).0)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Touch> {
        let key = self.key(&address);
        self.read_slot(&address, key, &slot)
    }

    fn storage_by_account_id(&mut self, address: Address, id: AccountId, slot: U256) -> Result<U256, Touch> {
        self.read_slot(&address, Some(id.get() as Key), &slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Touch> {
        Ok(self.run.environment.block_hash(number))
    }
}

fn ensure(holds: bool, touch: Touch) -> Result<(), Touch> {
    if holds { Ok(()) } else { Err(touch) }
}
