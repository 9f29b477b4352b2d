//! What a transaction says it will touch.
//!
//! An entry without slots covers the account and all its slots. An entry with slots covers those slots in its mode,
//! and reads the account itself (balance, nonce, code).
//!
//! | transaction | its set | [`Bound`] |
//! | --- | --- | --- |
//! | declared, `0x65` | sender, recipient, declared reads and writes | [`Bound::Enforced`]: anything else ends it as failed |
//! | legacy, 2930, 1559 | sender, recipient, access list | [`Bound::Hint`]: anything else is found out and repaired |
//! | 7702 | the same, and unnamed authorities | [`Bound::Open`]: never runs beside others |

use alloy_primitives::{Address, U256};

use crate::transaction::{Fields, Kind, Transaction};

/// How an account or slot is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Commutes with other reads.
    Read,
    /// Conflicts with everything else on the same key.
    Write,
}

/// One account, or some of its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The account.
    pub address: Address,
    /// Its slots; none means the account with everything in it.
    pub slots: Vec<U256>,
    /// For the slots if there are any, else for the account.
    pub mode: Mode,
}

/// What the declared access is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// A promise: what is not in the set cannot be touched.
    Enforced,
    /// Probably complete.
    Hint,
    /// Known to be incomplete.
    Open,
}

/// All accounts and slots that a transaction names, with its sender and recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSet {
    /// What the set is worth.
    pub bound: Bound,
    /// Entries in no order; a key may stand in several of them.
    pub entries: Vec<Access>,
}

/// The set that covers nothing.
pub(crate) static NOTHING: AccessSet = AccessSet { bound: Bound::Enforced, entries: Vec::new() };

impl AccessSet {
    /// The set of a transaction whose sender is known.
    pub fn new(transaction: &Transaction, sender: Address) -> AccessSet {
        AccessSet::of(transaction.fields(), sender)
    }

    /// The set of a transaction that says this, signed or not yet.
    pub fn of(fields: &Fields, sender: Address) -> AccessSet {
        let account = |address| Access { address, slots: Vec::new(), mode: Mode::Write };
        let mut entries = Vec::with_capacity(2 + fields.reads.len() + fields.writes.len());
        entries.push(account(sender));
        match fields.to {
            None => entries.push(account(sender.create(fields.nonce))),
            // Lists that name the recipient's slots narrow it to them, unless it is also paid.
            Some(to) if fields.value.is_zero() && fields.lists_slots_of(to) => {}
            Some(to) => entries.push(account(to)),
        }
        let listed = |list: &[crate::transaction::Listed], mode| {
            list.iter()
                .map(move |item| Access { address: item.address, slots: item.slots.clone(), mode })
                .collect::<Vec<_>>()
        };
        entries.extend(listed(&fields.reads, Mode::Read));
        entries.extend(listed(&fields.writes, Mode::Write));
        let bound = match fields.kind {
            Kind::Declared => Bound::Enforced,
            Kind::SetCode => Bound::Open,
            Kind::Legacy | Kind::AccessList | Kind::DynamicFee => Bound::Hint,
        };
        AccessSet { bound, entries }
    }

    /// Whether the set covers an account's balance, nonce and code, to read.
    pub fn covers_account(&self, address: Address) -> bool {
        self.entries.iter().any(|entry| entry.address == address)
    }

    /// Whether the set covers an account's balance, nonce and code, to change.
    pub fn covers_account_change(&self, address: Address) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.address == address && entry.mode == Mode::Write && entry.slots.is_empty())
    }

    /// The accounts whose balance, nonce or code the set covers to change.
    pub fn changed_accounts(&self) -> impl Iterator<Item = Address> {
        let whole = |entry: &&Access| entry.mode == Mode::Write && entry.slots.is_empty();
        self.entries.iter().filter(whole).map(|entry| entry.address)
    }

    /// Whether the set covers a slot in this mode.
    pub fn covers_slot(&self, address: Address, slot: U256, mode: Mode) -> bool {
        self.entries.iter().any(|entry| {
            entry.address == address
                && entry.mode >= mode
                && (entry.slots.is_empty() || entry.slots.contains(&slot))
        })
    }
}
