//! `Plan`: in which order the transactions of a block have to run, as far as they have to.
//!
//! ```text
//! transactions ──> rows: which keys, and how ──> graph: who waits for whom
//!                   │                              0 ──> 3 ──> 7        runs as soon as all before it are through
//!                   └──> credits of each account   1 ──────────^
//!                                                  2   4   5   6        wait for nobody
//! ```
//!
//! A key is the nonce, balance and code of an account, or one slot. An access entry without slots names the account with
//! all its slots, which are then guarded by the account's own key: who names single slots reads that key besides.
//!
//! | class | which | rows |
//! | --- | --- | --- |
//! | transfer | wei for an account without code; nothing runs | debit of the sender, credit of the recipient |
//! | call | everything else | the access set |
//! | predicted | a call that promises nothing, and was [simulated](crate::prediction) | what it touched then |
//! | alone | a call that may see the beneficiary's balance, or whose set is known to be incomplete | the access set |
//!
//! A debit waits for no credits where the balance that the account had covers what its transfers can cost; such a
//! balance can only turn out greater. A transaction alone runs when all before it are through.
//!
//! The plan is made from a block and any state: where the state is not the one below the block, or an access set is
//! wrong, more has to be put right later, and nothing else changes.

mod graph;
mod keys;
mod touch;
mod worth;

use std::sync::Arc;

use alloy_primitives::{Address, U256};

use crate::access::{Access, Bound, Mode};
use crate::environment::Fork;
use crate::prediction::Prediction;
use crate::state::State;
use crate::transaction::{Fields, Kind, Verified};
use graph::Graph;
use keys::Keys;
pub(crate) use touch::{Key, Rows, Touch, Way};

/// The key of the beneficiary, which every block names.
pub(crate) const BENEFICIARY: Key = 0;

/// How many transactions are brought near at a time.
const STRIDE: usize = 16;

/// A block's transactions in order, and what has to wait for what.
#[derive(Debug)]
pub struct Plan {
    pub(crate) transactions: Arc<[Verified]>,
    /// Unless an account that is paid has code, nothing but wei moves. Then there is nothing to plan, and the rest is empty.
    pub(crate) is_payments: bool,
    pub(crate) classes: Vec<Class>,
    pub(crate) keys: Keys,
    /// What each transaction names: accounts, then slots. A transfer's are its sender and its recipient.
    pub(crate) rows: Rows<Touch>,
    /// The transfers that pay each account, in block order.
    pub(crate) credits: Rows<Credit>,
    pub(crate) graph: Graph,
}

/// What a transfer gives, if it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Credit {
    pub(crate) position: u32,
    pub(crate) value: U256,
}

/// How a transaction runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Without the interpreter.
    Transfer,
    /// Beside others, by what it says that it touches.
    Call,
    /// Beside others, by what it was predicted to touch.
    Predicted,
    /// When all before it are through.
    Alone,
}

impl Plan {
    /// Plans a block that pays this beneficiary. The state is that below the block, or an older one.
    pub fn new(
        state: &State,
        fork: Fork,
        beneficiary: Address,
        transactions: impl Into<Arc<[Verified]>>,
    ) -> Plan {
        Plan::predicted(state, fork, beneficiary, transactions, &[])
    }

    /// The same, with predictions for the first of these transactions, or for all.
    pub fn predicted(
        state: &State,
        fork: Fork,
        beneficiary: Address,
        transactions: impl Into<Arc<[Verified]>>,
        predictions: &[Option<Prediction>],
    ) -> Plan {
        let transactions = transactions.into();
        match are_payments(state, &transactions, fork) {
            true => Plan::of_payments(transactions),
            false => Plan::in_detail(state, fork, beneficiary, transactions, predictions),
        }
    }

    fn of_payments(transactions: Arc<[Verified]>) -> Plan {
        Plan {
            transactions,
            is_payments: true,
            classes: Vec::new(),
            keys: Keys::with_capacity(0),
            rows: Rows::default(),
            credits: Rows::default(),
            graph: Graph::default(),
        }
    }

    /// The same, with who waits for whom, even where nobody would have to know that.
    pub fn in_detail(
        state: &State,
        fork: Fork,
        beneficiary: Address,
        transactions: impl Into<Arc<[Verified]>>,
        predictions: &[Option<Prediction>],
    ) -> Plan {
        let transactions = transactions.into();
        let count = transactions.len();
        let prediction = |position: u32| predictions.get(position as usize).and_then(Option::as_ref);
        let mut keys = Keys::with_capacity(2 * count + 1);
        assert_eq!(keys.intern_account(&beneficiary), BENEFICIARY, "the beneficiary is the first key");
        keys.accounts[BENEFICIARY as usize].is_credited = true;
        keys.accounts[BENEFICIARY as usize].is_named = true;
        let mut classes = Vec::with_capacity(count);
        let mut rows = Rows::with_capacity(count, 3 * count);
        let mut credits = Vec::with_capacity(count);
        let (mut row, mut payments) = (Vec::new(), Vec::with_capacity(STRIDE));
        for (stride, first) in transactions.chunks(STRIDE).zip((0..).step_by(STRIDE)) {
            // Many are looked at, and many accounts are looked up, in less time than one by one.
            Verified::approach(stride.iter());
            let each = (first..).zip(stride);
            payments.clear();
            payments
                .extend(each.clone().map(|(at, one)| name_accounts(&mut keys, fork, one, prediction(at))));
            keys.find_accounts(state);
            for ((position, transaction), payment) in each.zip(&payments) {
                if let Some((sender, recipient)) = *payment
                    && !keys.accounts[recipient as usize].has_code
                {
                    name_transfer(&mut keys, &mut rows, transaction, sender, recipient);
                    credits.push((recipient, Credit { position, value: transaction.fields().value }));
                    classes.push(Class::Transfer);
                    continue;
                }
                classes.push(name_any(&mut keys, &mut row, transaction, prediction(position)));
                row.sort_unstable_by_key(|touch| touch.order());
                row.dedup_by_key(|touch| (touch.is_slot(), touch.key()));
                row.drain(..).for_each(|touch| rows.push(touch));
                rows.end();
            }
        }
        keys.find_slots(state);
        let credits = Rows::of_pairs(keys.accounts.len(), &credits);
        let graph = Graph::new(&keys, &mut rows, count);
        Plan { transactions, is_payments: false, classes, keys, rows, credits, graph }
    }

    /// All transactions, in block order.
    pub fn transactions(&self) -> &Arc<[Verified]> {
        &self.transactions
    }

    /// Finds out once more who waits for whom.
    pub(crate) fn link(&mut self) {
        self.graph = Graph::new(&self.keys, &mut self.rows, self.transactions.len());
    }

    /// The number of transactions that wait for no other.
    pub fn independent(&self) -> usize {
        if self.is_payments {
            return self.transactions.len();
        }
        let free = self.graph.waits.iter().zip(&self.classes);
        free.filter(|(waits, class)| **waits == 0 && **class != Class::Alone).count()
    }
}

/// Whether no transaction does more than to pay, unless whom it pays has code. Who has gas left to run some is looked into.
fn are_payments(state: &State, transactions: &[Verified], fork: Fork) -> bool {
    let has_code = |address: &Address| {
        let basics = state.find(address).and_then(|place| state.basics_at(place, address));
        basics.is_some_and(|basics| basics.code != 0)
    };
    transactions.chunks(STRIDE).all(|stride| {
        Verified::approach(stride.iter());
        stride.iter().all(|one| {
            let has_gas_left = one.fields().gas_limit > one.intrinsic_gas().used;
            plain_recipient(one.fields(), fork).is_some_and(|to| !has_gas_left || !has_code(to))
        })
    })
}

/// Whom a transaction pays and does nothing else to, if it has no code.
fn plain_recipient(fields: &Fields, fork: Fork) -> Option<&Address> {
    let is_plain = fork >= Fork::London && fields.input.is_empty() && fields.kind != Kind::SetCode;
    // Precompiles run without having code; all their addresses are small numbers.
    fields.to.as_ref().filter(|to| is_plain && to.as_slice()[..18].iter().any(|byte| *byte != 0))
}

/// Numbers the accounts that a transaction names; gives sender and recipient of what may be a transfer.
fn name_accounts(
    keys: &mut Keys,
    fork: Fork,
    transaction: &Verified,
    prediction: Option<&Prediction>,
) -> Option<(Key, Key)> {
    if let Some(to) = plain_recipient(transaction.fields(), fork) {
        return Some((keys.intern_account(&transaction.sender()), keys.intern_account(to)));
    }
    for entry in &transaction.access().entries {
        keys.intern_account(&entry.address);
    }
    for (address, _) in prediction.iter().flat_map(|prediction| &prediction.accounts) {
        keys.intern_account(address);
    }
    None
}

/// Names the two accounts of a transfer.
fn name_transfer(
    keys: &mut Keys,
    rows: &mut Rows<Touch>,
    transaction: &Verified,
    sender: Key,
    recipient: Key,
) {
    let account = &mut keys.accounts[recipient as usize];
    (account.is_credited, account.is_named) = (true, true);
    let account = &mut keys.accounts[sender as usize];
    account.is_named = true;
    account.is_changed = true;
    let cost = transaction.fields().cost_max().map_or(u128::MAX, |cost| cost.saturating_to());
    let left = account.budget.checked_sub(cost);
    account.budget = left.unwrap_or(0);
    let debit = Touch::new(sender, Way::Debit);
    rows.push(if left.is_some() { debit } else { debit.absorbing() });
    rows.push(Touch::new(recipient, Way::Credit));
    rows.end();
}

/// Names what a transaction touches that is no transfer, and says how it runs.
fn name_any(
    keys: &mut Keys,
    row: &mut Vec<Touch>,
    transaction: &Verified,
    prediction: Option<&Prediction>,
) -> Class {
    let (access, beneficiary) = (transaction.access(), keys.accounts[BENEFICIARY as usize].address);
    let (sees_all, class) = match prediction.filter(|_| access.bound == Bound::Hint) {
        Some(prediction) => {
            name_predicted(keys, row, transaction, prediction);
            (prediction.accounts.iter().any(|(address, _)| *address == beneficiary), Class::Predicted)
        }
        None => {
            name_call(keys, row, transaction);
            (access.bound == Bound::Open || access.covers_account(beneficiary), Class::Call)
        }
    };
    if sees_all { Class::Alone } else { class }
}

/// Names what an access set names.
fn name_call(keys: &mut Keys, row: &mut Vec<Touch>, transaction: &Verified) {
    for Access { address, slots, mode } in &transaction.access().entries {
        let account = keys.intern_account(address);
        let known = &mut keys.accounts[account as usize];
        let way = match (slots.is_empty(), mode) {
            (true, Mode::Write) => Way::Write,
            (true, Mode::Read) => Way::ReadWhole,
            (false, _) => Way::Read,
        };
        known.is_read_whole |= way == Way::ReadWhole;
        known.is_written |= way == Way::Write;
        known.is_changed |= way == Way::Write;
        known.is_named |= way == Way::Write;
        known.has_written_slot |= !slots.is_empty() && *mode == Mode::Write;
        row.push(Touch::new(account, way));
        for slot in slots {
            let slot = keys.intern_slot(account, slot);
            keys.slots[slot as usize].is_written |= *mode == Mode::Write;
            let way = if *mode == Mode::Write { Way::WriteSlot } else { Way::ReadSlot };
            row.push(Touch::new(slot, way));
        }
    }
}

/// Names what a prediction names; what is only listed is read.
fn name_predicted(keys: &mut Keys, row: &mut Vec<Touch>, transaction: &Verified, prediction: &Prediction) {
    for address in transaction.access().changed_accounts() {
        let key = keys.intern_account(&address);
        keys.accounts[key as usize].is_named = true;
    }
    // Whatever was predicted, nobody else may be at the sender meanwhile.
    name_account(keys, row, &transaction.sender(), true);
    for (address, changes) in &prediction.accounts {
        name_account(keys, row, address, *changes);
    }
    for (address, slot, changes) in &prediction.slots {
        name_slot(keys, row, address, slot, *changes);
    }
    for item in &transaction.fields().writes {
        name_account(keys, row, &item.address, false);
        item.slots.iter().for_each(|slot| name_slot(keys, row, &item.address, slot, false));
    }
}

fn name_account(keys: &mut Keys, row: &mut Vec<Touch>, address: &Address, changes: bool) {
    let key = keys.intern_account(address);
    let known = &mut keys.accounts[key as usize];
    known.is_written |= changes;
    known.is_changed |= changes;
    row.push(Touch::new(key, if changes { Way::Write } else { Way::Read }));
}

/// An account of which slots are named is named as well.
fn name_slot(keys: &mut Keys, row: &mut Vec<Touch>, address: &Address, slot: &U256, changes: bool) {
    let account = keys.intern_account(address);
    let key = keys.intern_slot(account, slot);
    keys.slots[key as usize].is_written |= changes;
    keys.accounts[account as usize].has_written_slot |= changes;
    row.push(Touch::new(account, Way::Read));
    row.push(Touch::new(key, if changes { Way::WriteSlot } else { Way::ReadSlot }));
}
