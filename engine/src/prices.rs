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

mod claims;
mod exponential;
mod fee;
mod key;
mod list;
pub mod quote;
mod table;
mod usage;

pub use claims::{Claim, WEIGHT_ADD, WEIGHT_ONE, WEIGHT_READ, WEIGHT_WRITE};
pub use exponential::{ONE, fake_exponential, growth};
pub use fee::{Rate, charge};
pub use key::{KEY_BYTES, Key};
pub use list::PriceList;
pub use table::Table;
pub use usage::Usage;

/// Lanes of the machine that the prices are made for: as many hottest keys fill a block at its target.
pub const LANES: u64 = 16;
/// D, in units of T. The price is that of eight blocks ago; `docs/fees.md` shows what swings below this.
pub const DENOMINATOR_TARGETS: u64 = 16;
/// The highest excess, in units of D: a price of 1,095 base fees.
pub const EXCESS_DENOMINATORS: u64 = 7;
/// The highest load of a key in a block, in units of T.
pub const LOAD_TARGETS: u64 = 4;
/// Most keys that have a price.
pub const HOT_KEYS_MAX: usize = 4_096;

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
    /// The highest target gas of a block for which nothing here can overflow.
    pub const BLOCK_GAS_TARGET_MAX: u64 = 1 << 40;

    /// The rule of a chain whose blocks have this target.
    ///
    /// # Panics
    /// When the target is less than one gas a lane, or above [`Rule::BLOCK_GAS_TARGET_MAX`].
    pub const fn new(block_gas_target: u64) -> Rule {
        let target = block_gas_target / LANES;
        assert!(target > 0, "each lane has a share of the target");
        assert!(
            block_gas_target <= Rule::BLOCK_GAS_TARGET_MAX,
            "excesses and prices stay within their types"
        );
        let denominator = DENOMINATOR_TARGETS * target;
        Rule {
            target,
            denominator,
            excess_max: EXCESS_DENOMINATORS * denominator,
            load_max: LOAD_TARGETS * target,
            hot_keys_max: HOT_KEYS_MAX,
        }
    }
}

const _: () = {
    assert!(LOAD_TARGETS > 1, "a key can exceed its target");
    assert!(LOAD_TARGETS <= LANES, "the hottest key alone does not exceed a block");
    assert!(
        EXCESS_DENOMINATORS * DENOMINATOR_TARGETS > LOAD_TARGETS,
        "one block does not make a key the dearest"
    );
    assert!(EXCESS_DENOMINATORS < 20, "the dearest price, in base fees, fits 32 bits");
    let widest = Rule::new(Rule::BLOCK_GAS_TARGET_MAX);
    assert!(widest.denominator <= 1 << 40 && widest.excess_max <= 1 << 43, "the exponential's range");
    assert!(
        HOT_KEYS_MAX > 0 && HOT_KEYS_MAX < 1 << 16,
        "the table stays small enough to hash with each block"
    );
};
