//! `Usage`: the load of each key in one block.

use alloy_primitives::Address;
use alloy_primitives::map::HashMap;

use super::Rule;
use super::claims::{Claim, Share, WEIGHT_ONE, by_account};
use super::fee::charge;
use super::key::Key;
use super::table::Table;
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
    /// The usage of a block, of which this came, without keys that are cold in this table and stay so. What was skipped used
    /// nothing.
    pub fn of(transactions: &[Verified], outcomes: &[Outcome], table: &Table, rule: &Rule) -> Usage {
        let charged = || {
            let charge_of = |(transaction, outcome): (&'_ Verified, &Outcome)| {
                Some(charge(outcome.receipt()?.gas_used, transaction.fields().gas_limit))
            };
            transactions.iter().zip(outcomes).filter_map(move |one| Some((one.0, charge_of(one)?)))
        };
        let mut sieve = Sieve::new(rule);
        for (transaction, charge) in charged() {
            Claim::all(transaction).for_each(|claim| sieve.add(&claim, charge));
        }
        let mut usage = Usage::default();
        if sieve.is_empty() && table.is_empty() {
            return usage;
        }
        let may_be_hot = |claim: &Claim<'_>| sieve.holds(&claim.address) || table.names(claim.address);
        for (transaction, charge) in charged() {
            let mut claims = Claim::all(transaction).filter(may_be_hot).peekable();
            if claims.peek().is_some() {
                usage.add(claims, charge);
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

/// Finds accounts of which no key can have come to its target: a sum over all accounts that share a bucket is no less than
/// the load of any key of one of them. In most blocks that is all of them.
struct Sieve {
    weighted_max: u64,
    buckets: Box<[u64]>,
    is_empty: bool,
}

impl Sieve {
    const BUCKETS: usize = 1 << 12;

    fn new(rule: &Rule) -> Sieve {
        let buckets = vec![0; Sieve::BUCKETS].into_boxed_slice();
        Sieve { weighted_max: rule.target.saturating_mul(WEIGHT_ONE), buckets, is_empty: true }
    }

    fn add(&mut self, claim: &Claim<'_>, charge: u64) {
        let bucket = &mut self.buckets[Sieve::bucket(&claim.address)];
        *bucket = bucket.saturating_add(claim.weight.saturating_mul(charge));
        self.is_empty &= *bucket <= self.weighted_max;
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn holds(&self, address: &Address) -> bool {
        self.buckets[Sieve::bucket(address)] > self.weighted_max
    }

    /// The last bits of an address are a hash's. Who grinds them gains that his accounts are looked at twice.
    fn bucket(address: &Address) -> usize {
        usize::from(u16::from_be_bytes([address.0[18], address.0[19]])) % Sieve::BUCKETS
    }
}
