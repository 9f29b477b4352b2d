//! `Cap`: how much of each key a block may still take.

use alloy_primitives::map::{AddressMap, U256Map};

use super::Rule;
use super::claims::{AccountClaims, Claim, Share, WEIGHT_ONE, by_account};
use crate::transaction::Verified;

/// What the transactions of a block so far may load its keys with, counted by weight × gas limit of those that change them.
///
/// No key may come to more than `Rule::load_max`, unless by a single transaction: every transaction fits an empty block. What
/// exceeds it waits for another block. The order in which transactions
/// are added does not change the loads, but does change which of them still fit.
#[derive(Debug)]
pub struct Cap {
    /// Most weight × gas of a key.
    weighted_max: u64,
    accounts: AddressMap<Loads>,
}

/// A block holds more of a key than it may. Its producer broke the rule, and nobody has to execute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overloaded {
    /// Where the first transaction stands that should have waited.
    pub position: usize,
}

impl std::fmt::Display for Overloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "transaction {} exceeds the cap of a key", self.position)
    }
}

impl std::error::Error for Overloaded {}

/// What claims to an account load it with, as weight × gas.
#[derive(Debug, Default)]
struct Loads {
    whole: u64,
    slots: U256Map<u64>,
    /// The most in `slots`: each of them bears `whole` as well.
    slot_max: u64,
}

impl Cap {
    /// Of an empty block.
    pub fn new(rule: &Rule) -> Cap {
        Cap { weighted_max: rule.load_max * WEIGHT_ONE, accounts: AddressMap::default() }
    }

    /// Judges a whole block, as whoever gets it from another does before execution.
    ///
    /// # Errors
    /// The first transaction that no longer fits.
    pub fn check(rule: &Rule, block: &[Verified]) -> Result<(), Overloaded> {
        let gas = block.iter().fold(0_u64, |sum, one| sum.saturating_add(one.fields().gas_limit));
        // No key has more gas than all of the block.
        if gas <= rule.load_max {
            return Ok(());
        }
        let mut cap = Cap::new(rule);
        match block.iter().position(|one| !cap.add(Claim::all(one), one.fields().gas_limit)) {
            None => Ok(()),
            Some(position) => Err(Overloaded { position }),
        }
    }

    /// Whether a transaction with these claims and this gas limit still fits; if so, it is counted.
    pub fn add<'a>(&mut self, claims: impl IntoIterator<Item = Claim<'a>>, gas_limit: u64) -> bool {
        let claims = by_account(claims);
        let fits = claims.iter().all(|account| self.fits(account, gas_limit));
        if fits {
            claims.iter().for_each(|account| self.count(account, gas_limit));
        }
        fits
    }

    fn fits(&self, claims: &AccountClaims, gas: u64) -> bool {
        let none = Loads::default();
        let loads = self.accounts.get(&claims.address).unwrap_or(&none);
        let whole = loads.whole.saturating_add(weighted(claims.whole, gas));
        let is_within = |before: u64, after: u64| before == 0 || after <= self.weighted_max;
        is_within(loads.whole.saturating_add(loads.slot_max), whole.saturating_add(loads.slot_max))
            && claims.slots.iter().all(|(slot, share)| {
                let slot = loads.slots.get(slot).copied().unwrap_or(0);
                let after = slot.saturating_add(whole).saturating_add(beyond(claims.whole, *share, gas));
                is_within(slot.saturating_add(loads.whole), after)
            })
    }

    fn count(&mut self, claims: &AccountClaims, gas: u64) {
        if !claims.whole.changes && !claims.slots.iter().any(|(_, share)| share.changes) {
            return;
        }
        let loads = self.accounts.entry(claims.address).or_default();
        loads.whole = loads.whole.saturating_add(weighted(claims.whole, gas));
        for (slot, share) in &claims.slots {
            let load = loads.slots.entry(*slot).or_default();
            *load = load.saturating_add(beyond(claims.whole, *share, gas));
            loads.slot_max = loads.slot_max.max(*load);
        }
    }
}

fn weighted(share: Share, gas: u64) -> u64 {
    if share.changes { share.weight.saturating_mul(gas) } else { 0 }
}

/// What a claim to a slot loads it with beyond a claim to the whole account by the same transaction.
fn beyond(whole: Share, share: Share, gas: u64) -> u64 {
    weighted(share, gas).saturating_sub(weighted(whole, gas))
}
