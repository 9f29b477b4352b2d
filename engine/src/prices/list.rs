//! `PriceList`: what each hot key costs in one block. It is posted: known before the block, whatever the block holds.

use alloy_primitives::map::{AddressMap, HashMap};
use alloy_primitives::{Address, U256};

use super::Rule;
use super::claims::{Claim, WEIGHT_READ, WEIGHT_WRITE, by_account};
use super::exponential::{ONE, growth};
use super::fee::Rate;
use super::key::Key;
use super::table::Table;
use super::terms::Terms;
use crate::access::{AccessSet, Mode};
use crate::reject::Reject;
use crate::transaction::Verified;

/// The prices of one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    accounts: AddressMap<AccountPrices>,
}

/// An account that a transaction touched.
#[derive(Clone, Copy, Debug)]
pub struct Touched<S> {
    /// The account.
    pub address: Address,
    /// Whether its balance, nonce or code changed.
    pub changed: bool,
    /// The slots that were touched, and whether each changed.
    pub slots: S,
}

/// The hot keys of one account, in wei per unit of gas charged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AccountPrices {
    whole: u128,
    slots: HashMap<U256, u128>,
    /// Sum over `slots`: what a claim to the whole account covers besides.
    all_slots: u128,
}

impl PriceList {
    /// The prices that follow from a table in a block with this base fee.
    pub fn new(table: &Table, base_fee: u64, rule: &Rule) -> PriceList {
        let mut accounts = AddressMap::<AccountPrices>::default();
        for (key, excess) in table.iter() {
            let price = price(excess, base_fee, rule);
            if price == 0 {
                continue;
            }
            let account = accounts.entry(key.address).or_default();
            match key.slot {
                None => account.whole = price,
                Some(slot) => {
                    account.slots.insert(slot, price);
                    account.all_slots += price;
                }
            }
        }
        PriceList { accounts }
    }

    /// Whether nothing has a price.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// All keys that have a price, in no order, and that price in wei per unit of gas charged.
    pub fn iter(&self) -> impl Iterator<Item = (Key, u128)> {
        self.accounts.iter().flat_map(|(address, account)| {
            let whole = (account.whole > 0).then_some((Key::account(*address), account.whole));
            let slots = account.slots.iter().map(|(slot, price)| (Key::slot(*address, *slot), *price));
            whole.into_iter().chain(slots)
        })
    }

    /// The price of one key in wei per unit of gas charged; 0 if it is cold.
    pub fn price(&self, key: &Key) -> u128 {
        let Some(account) = self.accounts.get(&key.address) else { return 0 };
        match &key.slot {
            None => account.whole,
            Some(slot) => account.slots.get(slot).copied().unwrap_or(0),
        }
    }

    /// What these claims of one transaction cost together. Their order does not matter, nor do repeated ones.
    pub fn rate<'a>(&self, claims: impl IntoIterator<Item = Claim<'a>>) -> Rate {
        // Most transactions claim nothing hot, and end here.
        let mut hot = claims.into_iter().filter(|claim| self.is_hot(&claim.address)).peekable();
        if self.is_empty() || hot.peek().is_none() {
            return Rate::ZERO;
        }
        by_account(hot).into_iter().fold(Rate::ZERO, |sum, claims| {
            let account = &self.accounts[&claims.address];
            let covered =
                Rate::of(claims.any, account.whole) + Rate::of(claims.whole.weight, account.all_slots);
            claims.slots.iter().fold(sum + covered, |sum, (slot, share)| {
                let beyond = share.weight.saturating_sub(claims.whole.weight);
                sum + Rate::of(beyond, account.slots.get(slot).copied().unwrap_or(0))
            })
        })
    }

    /// What a transaction pays in a block with these prices and this base fee.
    ///
    /// # Errors
    /// `FeeTooLow` or `ContentionFeeTooLow`: it cannot be in that block.
    pub fn terms(&self, transaction: &Verified, base_fee: u64) -> Result<Terms, Reject> {
        match self.is_empty() {
            true => Terms::without_contention(transaction.fields(), base_fee),
            false => Terms::new(transaction.fields(), base_fee, self.rate(Claim::all(transaction))),
        }
    }

    /// What was touched without being claimed costs besides, before it is doubled: hot accounts and slots that the
    /// transaction's access does not cover.
    pub fn unclaimed_rate(
        &self,
        claimed: &AccessSet,
        touched: impl Iterator<Item = Touched<impl Iterator<Item = (U256, bool)>>>,
    ) -> Rate {
        let weight = |changed| if changed { WEIGHT_WRITE } else { WEIGHT_READ };
        let mut sum = Rate::ZERO;
        for Touched { address, changed, slots } in touched {
            let Some(account) = self.accounts.get(&address) else { continue };
            if !claimed.covers_account(address) {
                sum = sum + Rate::of(weight(changed), account.whole);
            }
            for (slot, changed) in slots {
                let price = account.slots.get(&slot).copied().unwrap_or(0);
                if price > 0 && !claimed.covers_slot(address, slot, Mode::Read) {
                    sum = sum + Rate::of(weight(changed), price);
                }
            }
        }
        sum
    }

    fn is_hot(&self, address: &Address) -> bool {
        self.accounts.contains_key(address)
    }
}

/// Base fee × (exp(excess ÷ D) − 1), rounded down. Below 2⁶⁴ × 2¹¹.
pub(super) fn price(excess: u64, base_fee: u64, rule: &Rule) -> u128 {
    u128::from(base_fee) * u128::from(growth(excess, rule.denominator)) / u128::from(ONE)
}
