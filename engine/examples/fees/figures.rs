//! `Figures`: what a run of the simulation comes to.

use std::ops::Range;

use pelton_engine::limits::Limits;
use pelton_engine::prices::Rule;

use super::chain::{Row, Scenario, run};
use super::crowd::Habits;

/// Blocks after the first mint within which its key is to be at its target.
pub const SETTLED_AFTER: u64 = 20;
/// Blocks after the first mint from which on prices are looked at for swings.
const STEADY_AFTER: u64 = 60;
/// Of the machine, as the limits have them.
const LANES: f64 = Limits::standard(1).contention_lanes as f64;
/// In wei.
const GWEI: u64 = 1_000_000_000;

/// A mint that everyone wants, 900 transactions a block, where payments alone would fill the blocks beyond their target.
/// Of those who would pay one price, half would pay twice; who is not served waits for 40 blocks.
pub fn standard(priced: bool) -> Scenario {
    let limits = Limits { block_gas_target: 128_000_000, block_gas_max: 512_000_000, ..Limits::standard(1) };
    let habits = |arrivals, gas_limit, gas_used, least| Habits {
        arrivals,
        gas_limit,
        gas_used,
        least,
        elasticity: 1,
        patience: 40,
    };
    Scenario {
        seed: 1,
        blocks: 240,
        mint: 40..200,
        mints: habits(900, 150_000, 120_000, GWEI),
        payments: habits(8_000, 21_000, 21_000, 3 * GWEI / 2),
        rule: Rule::new(&limits),
        limits,
        base_fee: 1_960_000_000,
        priced,
    }
}

/// What the mint does to a chain.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Gas run during the mint, divided by the time that it takes on so many lanes that there are enough.
    pub lanes: f64,
    /// Load of the hot key in the block `SETTLED_AFTER` its first one, in targets.
    pub load_settled: f64,
    /// Mean load of the hot key from `STEADY_AFTER` on, in targets, and its standard deviation.
    pub load: (f64, f64),
    /// Highest price of the hot key from then on, in units of the mean one.
    pub price_swing: f64,
    /// Mean base fee before the mint, during it, and the highest during it, in gwei.
    pub base_fee: [f64; 3],
    /// Payments in a block during the mint, in units of those before.
    pub payments: f64,
}

impl Figures {
    pub fn new(scenario: &Scenario, rows: &[Row]) -> Figures {
        let Range { start, end } = scenario.mint;
        let between = |from: u64, to: u64| &rows[from as usize - 1..to as usize - 1];
        let (before, during, steady) =
            (between(1, start), between(start, end), between(start + STEADY_AFTER, end));
        let target = scenario.rule.target as f64;
        let load = mean(steady, |row| row.hot_load as f64 / target);
        let square = mean(steady, |row| (row.hot_load as f64 / target - load).powi(2));
        let price = |row: &Row| row.hot_price as f64;
        let highest = |rows: &[Row], value: fn(&Row) -> f64| rows.iter().map(value).fold(0.0, f64::max);
        let base_fee = |row: &Row| row.base_fee as f64 / GWEI as f64;
        Figures {
            lanes: during.iter().map(|row| row.gas_used as f64).sum::<f64>()
                / during.iter().map(time).sum::<f64>(),
            load_settled: during[SETTLED_AFTER as usize].hot_load as f64 / target,
            load: (load, square.sqrt()),
            price_swing: highest(steady, price) / mean(steady, price),
            base_fee: [mean(before, base_fee), mean(during, base_fee), highest(during, base_fee)],
            payments: mean(during, |row| row.payments.into()) / mean(before, |row| row.payments.into()),
        }
    }
}

/// Lanes that a block keeps busy.
pub fn lanes(row: &Row) -> f64 {
    row.gas_used as f64 / time(row)
}

/// How long a block takes at least, in gas: as long as its hottest key, and as all lanes for all of it.
fn time(row: &Row) -> f64 {
    (row.hot_load as f64).max(row.gas_used as f64 / LANES)
}

fn mean(rows: &[Row], value: impl Fn(&Row) -> f64) -> f64 {
    rows.iter().map(value).sum::<f64>() / rows.len() as f64
}

/// The same market under prices that take another denominator, in targets, and with other tempers.
pub fn tempers(denominator: u64, elasticity: u32, patience: u64) -> Figures {
    let mut scenario = standard(true);
    let target = scenario.rule.target;
    scenario.rule.denominator = denominator * target;
    scenario.rule.excess_max = 7 * scenario.rule.denominator;
    for habits in [&mut scenario.mints, &mut scenario.payments] {
        habits.patience = patience;
    }
    scenario.mints.elasticity = elasticity;
    scenario.mints.least = 2 * GWEI;
    Figures::new(&scenario, &run(&scenario))
}
