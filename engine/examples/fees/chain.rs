//! `Chain`: blocks filled from two crowds, as the pool fills them, priced by the engine's own rule.
//!
//! ```text
//! mints    ─┐  best of what is left            usage              eight blocks later
//!           ├──────────────────────> block ──────────────> table ───────────────────> prices
//! payments ─┘  after base fee and prices         gas used ──────────────────────────> base fee
//! ```

use std::collections::VecDeque;

use alloy_primitives::{Address, U256};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{
    Claim, Key, PriceList, Rule, Table, Usage, WEIGHT_ADD, WEIGHT_WRITE, charge, next_base_fee,
};

use super::crowd::{Crowd, Habits};
use super::dice::Dice;

/// The counter that every mint writes.
const COUNTER: [U256; 1] = [U256::ONE];
const COLLECTION: Address = Address::repeat_byte(0xc0);

/// What is simulated.
#[derive(Clone)]
pub struct Scenario {
    pub seed: u64,
    pub blocks: u64,
    /// Heights at which people come to mint.
    pub mint: std::ops::Range<u64>,
    pub mints: Habits,
    pub payments: Habits,
    pub limits: Limits,
    /// Of the first block.
    pub base_fee: u64,
    pub rule: Rule,
    /// Whether hot keys have a price and a highest load.
    pub priced: bool,
}

/// One block.
#[derive(Clone, Copy)]
pub struct Row {
    pub base_fee: u64,
    /// Of the counter, in wei per unit of gas charged.
    pub hot_price: u128,
    /// Of the counter, in gas.
    pub hot_load: u64,
    pub gas_used: u64,
    pub mints: u32,
    pub payments: u32,
}

/// Runs all blocks.
pub fn run(scenario: &Scenario) -> Vec<Row> {
    let mut chain = Chain::new(scenario);
    (1..=scenario.blocks).map(|height| chain.block(height)).collect()
}

struct Chain<'a> {
    scenario: &'a Scenario,
    dice: Dice,
    mints: Crowd,
    payments: Crowd,
    base_fee: u64,
    table: Table,
    /// The table after each of the last blocks and the gas that the block used, the oldest first: what is known now.
    executed: VecDeque<(Table, u64)>,
}

impl Chain<'_> {
    fn new(scenario: &Scenario) -> Chain<'_> {
        Chain {
            scenario,
            dice: Dice::new(scenario.seed),
            mints: Crowd::new(scenario.mints),
            payments: Crowd::new(scenario.payments),
            base_fee: scenario.base_fee,
            table: Table::default(),
            executed: VecDeque::from([(Table::default(), scenario.limits.block_gas_target)]),
        }
    }

    fn block(&mut self, height: u64) -> Row {
        let Scenario { mint, limits, rule, .. } = self.scenario;
        self.mints.turn(height, mint.contains(&height), &mut self.dice);
        self.payments.turn(height, true, &mut self.dice);
        let (table, gas_used) = self.executed.front().expect("the last blocks are kept");
        if height > 1 {
            self.base_fee = next_base_fee(self.base_fee, *gas_used, limits);
        }
        let list = PriceList::new(table, self.base_fee, rule);
        let row = self.fill(&list);
        self.executed.push_back((self.table.clone(), row.gas_used));
        if self.executed.len() as u64 > limits.root_lag {
            self.executed.pop_front();
        }
        row
    }

    /// Takes whoever has the most left after base fee and price, until gas or the counter's highest load end it.
    fn fill(&mut self, list: &PriceList) -> Row {
        let Scenario { limits, rule, priced, .. } = self.scenario;
        let base_fee = self.base_fee;
        let hot_rate = list.rate([mint_claim()]).per_gas();
        let left =
            |crowd: &Crowd, rate: u128| u128::from(crowd.best()?).checked_sub(u128::from(base_fee) + rate);
        let hot_price = list.price(&Key::slot(COLLECTION, COUNTER[0]));
        let mut row = Row { base_fee, hot_price, hot_load: 0, gas_used: 0, mints: 0, payments: 0 };
        let (mut gas, mut load, mut usage) = (limits.block_gas_max, 0, Usage::default());
        loop {
            let room = !priced || load + self.mints.habits.gas_limit <= rule.load_max;
            let mint = left(&self.mints, hot_rate).filter(|_| room);
            let payment = left(&self.payments, 0);
            let mints = mint.is_some() && mint >= payment;
            let crowd = if mints { &mut self.mints } else { &mut self.payments };
            let Habits { gas_limit, gas_used, .. } = crowd.habits;
            if mint.max(payment).is_none() || gas_limit > gas {
                break;
            }
            gas -= gas_limit;
            row.gas_used += gas_used;
            let number = crowd.serve();
            if mints {
                load += gas_limit;
                row.mints += 1;
                usage.add([account(1, number), mint_claim()], charge(gas_used, gas_limit));
            } else {
                row.payments += 1;
                usage.add([account(2, number), payee(number)], charge(gas_used, gas_limit));
            }
        }
        row.hot_load = usage.load(&Key::slot(COLLECTION, COUNTER[0]));
        if *priced {
            self.table.update(&usage, rule);
        }
        row
    }
}

fn mint_claim() -> Claim<'static> {
    Claim { address: COLLECTION, slots: &COUNTER, weight: WEIGHT_WRITE }
}

/// The account of a member of a crowd: everyone sends once.
fn account(crowd: u8, number: u64) -> Claim<'static> {
    Claim { address: address(crowd, number), slots: &[], weight: WEIGHT_WRITE }
}

/// One of a thousand shops, that everyone pays.
fn payee(number: u64) -> Claim<'static> {
    Claim { address: address(3, number % 1_000), slots: &[], weight: WEIGHT_ADD }
}

fn address(kind: u8, number: u64) -> Address {
    let mut bytes = [kind; 20];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::from(bytes)
}
