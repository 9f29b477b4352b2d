//! `Usage`: the load of each key in one block.

use alloy_primitives::map::HashMap;

use super::claims::{Claim, Share, WEIGHT_ONE, by_account};
use super::fee::charge;
use super::key::Key;
use crate::executed::Outcome;
use crate::transaction::Verified;

/// The load of each key that a block's transactions claimed. Equal whatever their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    keys: HashMap<Key, Claimed>,
}

/// What a block's transactions claimed of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Claimed {
    /// Sum of weight × charge, in units of [`WEIGHT_ONE`].
    weighted: u64,
    /// Whether any of them claimed to change it.
    changes: bool,
}

impl Claimed {
    fn join(self, other: Claimed) -> Claimed {
        Claimed {
            weighted: self.weighted.saturating_add(other.weighted),
            changes: self.changes || other.changes,
        }
    }

    fn load(self) -> u64 {
        if self.changes { self.weighted / WEIGHT_ONE } else { 0 }
    }
}

impl Usage {
    /// The usage of a block, of which this came. What was skipped used nothing.
    pub fn of(transactions: &[Verified], outcomes: &[Outcome]) -> Usage {
        let mut usage = Usage::default();
        for (transaction, outcome) in transactions.iter().zip(outcomes) {
            if let Some(receipt) = outcome.receipt() {
                let charged = charge(receipt.gas_used, transaction.fields().gas_limit);
                usage.add(Claim::all(transaction), charged);
            }
        }
        usage
    }

    /// Counts a transaction that was charged for so much gas.
    pub fn add<'a>(&mut self, claims: impl IntoIterator<Item = Claim<'a>>, charge: u64) {
        for account in by_account(claims) {
            let whole = account.whole;
            if whole.weight > 0 {
                self.count(Key::account(account.address), whole, charge);
            }
            for (slot, share) in account.slots {
                // The claim to the whole account counts for all its slots already.
                let beyond = Share { weight: share.weight.saturating_sub(whole.weight), ..share };
                self.count(Key::slot(account.address, slot), beyond, charge);
            }
        }
    }

    fn count(&mut self, key: Key, share: Share, charge: u64) {
        let more = Claimed { weighted: share.weight.saturating_mul(charge), changes: share.changes };
        let claimed = self.keys.entry(key).or_default();
        *claimed = claimed.join(more);
    }

    /// The load of a key, in gas: that of all claims that cover it.
    pub fn load(&self, key: &Key) -> u64 {
        let named = self.claimed(key);
        match key.slot {
            None => named.load(),
            Some(_) => named.join(self.claimed(&Key::account(key.address))).load(),
        }
    }

    /// All keys that were claimed, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.keys()
    }

    fn claimed(&self, key: &Key) -> Claimed {
        self.keys.get(key).copied().unwrap_or_default()
    }
}
