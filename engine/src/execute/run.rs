//! `Run`: one block while it is executed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use alloy_primitives::{Address, B256, U256};

use super::account::{AccountCell, SlotCell, TipsPaid};
use super::cells::Cells;
use super::payments::Payments;
use super::schedule::Schedule;
use crate::environment::Environment;
use crate::evm::{Code, HashMany, begin};
use crate::executed::Outcome;
use crate::plan::{Key, Plan};
use crate::state::State;
use crate::transaction::Verified;

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// It has not run.
    Waiting,
    /// It ran, and its outcome is known.
    Done,
    /// The same, and it is a transfer whose recipient is to be paid.
    Paid,
    /// It touched what the plan does not give it, changed nothing, and runs again when all before it are through.
    Stopped,
}

const STATUSES: [Status; 4] = [Status::Waiting, Status::Done, Status::Paid, Status::Stopped];

/// What a transaction read that its row does not name and, by the plan, nobody writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stray {
    pub(crate) position: u32,
    pub(crate) address: Address,
    /// None for the account itself.
    pub(crate) slot: Option<U256>,
}

/// One block while it is executed. The state below it does not change meanwhile.
pub struct Run {
    pub(crate) plan: Plan,
    pub(crate) environment: Environment,
    /// Where the block is one of payments; then the rest is empty.
    pub(super) payments: Option<Payments>,
    pub(super) schedule: Schedule,
    pub(super) accounts: Cells<AccountCell>,
    pub(super) slots: Cells<SlotCell>,
    pub(super) outcomes: Cells<Option<Outcome>>,
    statuses: Box<[AtomicU8]>,
    /// Accounts whose code is not what it was below the block.
    recoded: Box<[AtomicBool]>,
    pub(super) codes: Mutex<Vec<(B256, Code)>>,
    pub(super) strays: Mutex<Vec<Stray>>,
    pub(super) tips: Mutex<TipsPaid>,
    /// Where hashing many inputs at once is quicker than one by one.
    pub(super) hash_many: Option<HashMany>,
}

impl Run {
    /// A block that has not begun, for at most so many workers at a time.
    pub fn new(plan: Plan, environment: Environment, workers: usize) -> Run {
        let (accounts, slots) = (plan.keys.accounts.len(), plan.keys.slots.len());
        let payments = plan.is_payments.then(|| Payments::new(plan.transactions.len(), workers));
        let count = if plan.is_payments { 0 } else { plan.transactions.len() };
        Run {
            payments,
            schedule: Schedule::new(&plan, workers),
            accounts: Cells::new(accounts),
            slots: Cells::new(slots),
            outcomes: Cells::new(count),
            statuses: (0..count).map(|_| AtomicU8::new(Status::Waiting as u8)).collect(),
            recoded: (0..accounts).map(|_| AtomicBool::new(false)).collect(),
            codes: Mutex::default(),
            strays: Mutex::default(),
            tips: Mutex::default(),
            hash_many: None,
            plan,
            environment,
        }
    }

    /// The same, hashing beforehand and in this way what calls will most likely ask for.
    pub fn hashing(self, many: HashMany) -> Run {
        Run { hash_many: Some(many), ..self }
    }

    /// Hears that a call runs now on this thread.
    pub(crate) fn note_call(&self, call: &Verified) {
        if self.hash_many.is_some() {
            begin(call);
        }
    }

    /// The same block, as if nothing of it had run.
    pub(super) fn again(self) -> Run {
        let Run { plan, environment, hash_many, .. } = self;
        Run { hash_many, ..Run::new(plan, environment, 0) }
    }

    /// The same block, planned as one of more than payments.
    pub(super) fn in_detail(self, state: &State) -> Run {
        let Run { plan, environment, hash_many, .. } = self;
        let plan = Plan::in_detail(state, environment.fork, environment.beneficiary, plan.transactions, &[]);
        Run { hash_many, ..Run::new(plan, environment, 0) }
    }

    pub(super) fn status(&self, position: u32) -> Status {
        STATUSES[self.statuses[position as usize].load(Ordering::Relaxed) as usize % STATUSES.len()]
    }

    pub(super) fn set_status(&self, position: u32, status: Status) {
        self.statuses[position as usize].store(status as u8, Ordering::Relaxed);
    }

    /// How many transactions are through.
    pub(super) fn through(&self) -> usize {
        let is_through = |status: &&AtomicU8| {
            let status = status.load(Ordering::Relaxed);
            status == Status::Done as u8 || status == Status::Paid as u8
        };
        self.statuses.iter().filter(is_through).count()
    }

    pub(super) fn is_recoded(&self, key: Key) -> bool {
        self.recoded[key as usize].load(Ordering::Relaxed)
    }

    pub(super) fn recode(&self, key: Key) {
        self.recoded[key as usize].store(true, Ordering::Relaxed);
    }
}
