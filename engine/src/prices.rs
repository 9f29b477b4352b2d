//! Prices: what a transaction pays for the keys that it makes others wait for.
//!
//! A block is done no sooner than its hottest key's transactions, which run one after the other. So each written key has
//! a price of its own, on top of the base fee, that rises while more is run on it than its share of a block.
//!
//! ```text
//!  block h-8, executed                                                              block h
//!  outcomes ──Usage──> load of each key ──Table::update──> excess of each hot key ──PriceList──> wei per gas, posted
//!                                            │                                          │
//!                                        digest, in the header of h           rate of an access set ──Rate──> fee, burnt
//! ```
//!
//! 1. The *load* u of a key in a block is the gas that was charged for it: the sum, over the transactions that claim it,
//!    of weight × charge. A key that nobody claimed to write or add to has none. More than 4T does not count.
//! 2. Its *excess* e becomes e + u − T after each block, within 0 and 7D. A key whose excess is 0 has no entry.
//! 3. Its *price* is base fee × (exp(e ÷ D) − 1) per unit of gas charged.
//! 4. What is *charged* is the gas used and an eighth of the gas reserved beyond it.
//! 5. A claim *covers* a key if it names it, or if it names the whole account that the slot is of; who claims a slot also
//!    pays for the whole account, since it waits for those who claim that. Of several claims the strongest counts.
//! 6. What was touched without a claim costs twice as much.
//! 7. No more than 4,096 keys are hot; those of least excess go first, and of equal ones the lesser key.
//!
//! All of it is integers, and no sum depends on the order of what is summed. Why the rule is like this, what it is proof
//! against and what a user should do stands in `docs/fees.md`.

mod base_fee;
mod cap;
mod claims;
mod exponential;
mod fee;
mod key;
mod list;
pub mod quote;
mod table;
mod tables;
mod terms;
mod usage;

pub use base_fee::next_base_fee;
pub use cap::{Cap, Overloaded};
pub use claims::{Claim, WEIGHT_ADD, WEIGHT_ONE, WEIGHT_READ, WEIGHT_WRITE};
pub use exponential::{ONE, fake_exponential, growth};
pub use fee::{Rate, charge};
pub use key::{KEY_BYTES, Key};
pub use list::{PriceList, Touched};
pub use table::Table;
pub use tables::Tables;
pub use terms::Terms;
pub use usage::Usage;

use crate::limits::Limits;

/// The numbers of the rule on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// T: the load at which a key's excess stays as it is, in gas.
    pub target: u64,
    /// D: the excess that makes the price e times as high, in gas.
    pub denominator: u64,
    /// The highest excess, in gas.
    pub excess_max: u64,
    /// The highest load of a key that a block may have, in gas.
    pub load_max: u64,
    /// Most keys that have a price.
    pub hot_keys_max: usize,
}

impl Rule {
    /// The highest D for which nothing here can overflow.
    pub const DENOMINATOR_MAX: u64 = 1 << 40;

    /// The rule of a chain with these limits.
    ///
    /// # Panics
    /// When the limits leave a lane no gas, or D exceeds [`Rule::DENOMINATOR_MAX`].
    pub const fn new(limits: &Limits) -> Rule {
        let target = limits.block_gas_target / limits.contention_lanes;
        assert!(target > 0, "each lane has a share of the target");
        assert!(
            target <= Rule::DENOMINATOR_MAX / limits.contention_denominator,
            "excesses stay within their type"
        );
        let denominator = limits.contention_denominator * target;
        Rule {
            target,
            denominator,
            excess_max: EXCESS_DENOMINATORS * denominator,
            load_max: limits.contention_load_max * target,
            hot_keys_max: limits.hot_keys_max as usize,
        }
    }
}

/// The highest excess, in units of D: a price of 1,095 base fees.
const EXCESS_DENOMINATORS: u64 = 7;

const _: () = {
    let (limits, rule) = (Limits::standard(1), Rule::new(&Limits::standard(1)));
    assert!(limits.contention_load_max > 1, "a key can exceed its target");
    assert!(
        limits.contention_load_max <= limits.contention_lanes,
        "the hottest key alone does not exceed a block"
    );
    assert!(limits.transaction_gas_max <= rule.load_max, "every transaction fits under the cap of its keys");
    assert!(rule.excess_max > rule.load_max, "one block does not make a key the dearest");
    assert!(EXCESS_DENOMINATORS < 20, "the dearest price, in base fees, fits 32 bits");
    assert!(
        rule.hot_keys_max > 0 && rule.hot_keys_max < 1 << 16,
        "the table is small enough to hash with each block"
    );
};
