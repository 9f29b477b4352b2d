//! `Quote`: what a transaction would pay for contention, before it is signed.
//!
//! ```text
//! claims, gas limit ──> for each hot key: weight, load, price
//!                       in all: exact fee in the next block for any gas used, highest fee some blocks later
//! what a run touched ──> claims that would have done, and what they would save
//! ```
//!
//! Prices are posted, so the next block's are exact. For a later block there is a bound and no forecast: a key's excess
//! rises by at most 3T a block, and the base fee by no more than a block filled to its limit makes it.

use alloy_primitives::{Address, U256};

use super::Rule;
use super::base_fee::next_base_fee;
use super::claims::{AccountClaims, Claim, WEIGHT_ONE, by_account};
use super::fee::Rate;
use super::key::Key;
use super::list::price;
use super::table::Table;
use crate::limits::Limits;

/// What a quote is made from: the next block's prices, and the highest of a later block.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    table: &'a Table,
    rule: Rule,
    base_fee: u64,
    base_fee_max: u64,
    /// How much higher than now an excess can be in the later block.
    rise: u64,
}

impl<'a> Market<'a> {
    /// The block whose prices follow from this table and base fee, and the one so many blocks after it.
    pub fn new(table: &'a Table, base_fee: u64, blocks: u64, limits: &Limits) -> Market<'a> {
        let rule = Rule::new(limits);
        let mut base_fee_max = base_fee;
        for _ in 0..blocks {
            base_fee_max = next_base_fee(base_fee_max, limits.block_gas_max, limits);
            if base_fee_max == u64::MAX {
                break;
            }
        }
        let rise = blocks.saturating_mul(rule.load_max - rule.target).min(rule.excess_max);
        Market { table, rule, base_fee, base_fee_max, rise }
    }

    /// What a key costs with this weight: in the next block, and at most in the later one.
    fn rates(&self, key: &Key, weight: u64) -> (Rate, Rate) {
        let excess = self.table.excess(key);
        let excess_max = (excess + self.rise).min(self.rule.excess_max);
        let now = price(excess, self.base_fee, &self.rule);
        let later = price(excess_max, self.base_fee_max, &self.rule);
        (Rate::of(weight, now), Rate::of(weight, later))
    }

    /// All keys that these claims cover and that are named or hot, with their weights.
    fn covered(&self, claims: &AccountClaims) -> Vec<(Key, u64)> {
        let address = claims.address;
        let mut keys = vec![(Key::account(address), claims.any)];
        if claims.whole.weight > 0 {
            let hot = self.table.slots(address).filter(|(slot, _)| claims.slot(slot).is_none());
            keys.extend(hot.map(|(slot, _)| (Key::slot(address, slot), claims.whole.weight)));
        }
        let named = claims.slots.iter();
        keys.extend(
            named.map(|(slot, share)| (Key::slot(address, *slot), share.weight.max(claims.whole.weight))),
        );
        keys
    }

    fn rate_now(&self, claims: &AccountClaims) -> Rate {
        let covered = self.covered(claims).into_iter();
        covered.fold(Rate::ZERO, |sum, (key, weight)| sum + self.rates(&key, weight).0)
    }
}

/// One hot key that a transaction's claims cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotKey {
    /// The key.
    pub key: Key,
    /// Weight of the strongest claim that covers it, in units of [`WEIGHT_ONE`].
    pub weight: u64,
    /// What it is charged with when the whole gas limit is used, in gas.
    pub load: u64,
    /// What was charged beyond its target of late, in gas.
    pub excess: u64,
    /// Its price in the next block, in wei per unit of gas charged.
    pub price: u128,
}

/// What a transaction with these claims and this gas limit would pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its gas limit.
    pub gas_limit: u64,
    /// The hot keys that its claims cover, ascending.
    pub keys: Vec<HotKey>,
    /// All of them together, in the next block.
    pub rate: Rate,
    /// The same in the later block, at most.
    pub rate_max: Rate,
}

impl Quote {
    /// Quotes claims and a gas limit.
    pub fn new<'a>(
        market: &Market<'_>,
        claims: impl IntoIterator<Item = Claim<'a>>,
        gas_limit: u64,
    ) -> Quote {
        let mut quote = Quote { gas_limit, keys: Vec::new(), rate: Rate::ZERO, rate_max: Rate::ZERO };
        for (key, weight) in by_account(claims).iter().flat_map(|account| market.covered(account)) {
            let (now, later) = market.rates(&key, weight);
            quote.rate = quote.rate + now;
            quote.rate_max = quote.rate_max + later;
            let excess = market.table.excess(&key);
            if excess > 0 {
                let load = gas_limit.saturating_mul(weight) / WEIGHT_ONE;
                let price = price(excess, market.base_fee, &market.rule);
                quote.keys.push(HotKey { key, weight, load, excess, price });
            }
        }
        quote.keys.sort_unstable_by_key(|hot| hot.key);
        quote
    }

    /// The fee in the next block, in wei, when so much gas is used.
    pub fn fee(&self, gas_used: u64) -> U256 {
        self.rate.fee(gas_used, self.gas_limit, U256::MAX)
    }

    /// The highest fee in the next block, in wei: that when the whole gas limit is used.
    pub fn fee_max(&self) -> U256 {
        self.rate.fee_max(self.gas_limit)
    }

    /// The highest fee in the later block, in wei. A claim to a whole account is bounded as far as no other slot of it
    /// becomes hot until then.
    pub fn fee_bound(&self) -> U256 {
        self.rate_max.fee_max(self.gas_limit)
    }
}

/// A way to claim less of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The account.
    pub address: Address,
    /// What a run touched of it, ascending, with weights: enough to be claimed in place of what was.
    pub claims: Vec<(Key, u64)>,
    /// What that saves in the next block when the whole gas limit is used, in wei.
    pub saving: U256,
}

/// For each account of which a run touched less than was claimed: what would have done, if that is cheaper.
pub fn narrower<'a, 'b>(
    market: &Market<'_>,
    claims: impl IntoIterator<Item = Claim<'a>>,
    touched: impl IntoIterator<Item = Claim<'b>>,
    gas_limit: u64,
) -> Vec<Advice> {
    let touched = by_account(touched);
    let advise = |claimed: AccountClaims| {
        let address = claimed.address;
        let enough = touched.iter().find(|account| account.address == address);
        let rate = enough.map_or(Rate::ZERO, |account| market.rate_now(account));
        let saving = market.rate_now(&claimed).fee_max(gas_limit).saturating_sub(rate.fee_max(gas_limit));
        let claims = enough.map_or_else(Vec::new, AccountClaims::to_keys);
        (!saving.is_zero()).then_some(Advice { address, claims, saving })
    };
    by_account(claims).into_iter().filter_map(advise).collect()
}
