//! `RunView`: the cells of a running block, as one transaction may see and change them.
//!
//! | the transaction | beside others | alone, when all before it are through |
//! | --- | --- | --- |
//! | names it | it is its own | it is its own |
//! | does not, by a promise | ends as failed, but for code that nobody may change | the same |
//! | does not, by a hint | may read what by the plan nobody writes, else it stops | may do everything, unless somebody ahead of it touched the same |

mod bounds;

use alloy_primitives::{Address, B256, U256};
use revm::precompile::{PrecompileSpecId, Precompiles};
use revm::state::{Account as Journaled, AccountId, AccountInfo, Bytecode};

use super::fate::Fate;
use super::overlay::Overlay;
use super::row::Row;
use super::{Code, Evm, Stop, Touch, View, settings};
use crate::access::{AccessSet, Bound, NOTHING};
use crate::execute::{Ahead, Run, Stray, Turn};
use crate::executed::Outcome;
use crate::plan::{Key, Touch as Named};
use crate::state::{Account, Basics, State};
use crate::writes::WriteSet;

/// A block's cells, and who is asking.
pub(crate) struct RunView<'a> {
    run: &'a Run,
    state: &'a State,
    precompiles: &'static Precompiles,
    turn: Turn,
    row: Row<'a>,
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
    pub(crate) fn run_planned(&mut self, turn: &mut Turn) -> Result<Outcome, Stop> {
        let view = self.view();
        let (run, position) = (view.run, turn.position());
        let transaction = &run.plan.transactions[position as usize];
        run.note_call(transaction);
        view.row = Row::of(&run.plan, position);
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
            Company::Nobody(alone) => {
                alone.1.into_writes(state).expect("of a whole state everything is known")
            }
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
            row: Row::none(&run.plan),
            access: &NOTHING,
            company,
        };
        Evm::with(view, &run.environment).remembering()
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
        self.row.account(address).map(Named::key).or_else(|| self.run.plan.keys.account(address))
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
                let new = || info.code.as_ref().map(Code::of);
                let code = self.run.code_number(self.state, &info.code_hash, new);
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

    fn charge(&mut self, address: &Address, fee: U256) -> Result<(), Touch> {
        let key = self.key(address).expect("a transaction names its sender");
        let mut basics = self.run.account(self.state, &self.turn, key).unwrap_or_default();
        basics.nonce += 1;
        basics.balance -= fee;
        self.run.set_account(self.state, &mut self.turn, key, Some(basics));
        Ok(())
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
            return Ok(code.analysed().clone());
        }
        Ok(self.run.code(self.state, &hash).analysed().clone())
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
