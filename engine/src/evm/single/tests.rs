//! Random contracts, called through the fast path and through the EVM.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};

use super::Single;
use crate::environment::{Environment, Fork};
use crate::execute::{Run, Turn, execute};
use crate::genesis::{Genesis, GenesisAccount};
use crate::limits::Limits;
use crate::plan::Plan;
use crate::prices::{Claim, PriceList, Tables, Usage, WEIGHT_WRITE};
use crate::serial::serial;
use crate::transaction::{Fields, Kind, Listed, Verified};
use transactions::{CHAIN, fields, verified};

#[path = "../../../tests/parallel_equals_serial/transactions.rs"]
mod transactions;

const CALLER: Address = Address::repeat_byte(0xca);
const CONTRACT: Address = Address::repeat_byte(0xc0);
/// Slots that contracts deal with.
const SLOTS: u64 = 5;

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.roll(things.len() as u64) as usize]
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.roll(chances) == 0
    }
}

/// Instructions that need nothing on the stack, or find what is needed nearly always.
const PLAIN: &[u8] = &[
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x14, 0x15, 0x16, 0x18, 0x19,
    0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x38, 0x3a, 0x3d, 0x40, 0x41, 0x42,
    0x43, 0x44, 0x45, 0x46, 0x48, 0x49, 0x4a, 0x50, 0x58, 0x59, 0x5a, 0x5b, 0x5f, 0x80, 0x81, 0x82, 0x90,
    0x91,
];
/// Ends, what is no instruction, and what leaves the contract.
const RARE: &[u8] =
    &[0x00, 0xf3, 0xfd, 0xfe, 0x0c, 0x56, 0x57, 0x31, 0x47, 0x3b, 0x3f, 0xf1, 0xfa, 0xf0, 0xff];

/// Code of up to some dozen steps.
fn code(dice: &mut Dice) -> Vec<u8> {
    // Something lies on the stack for whatever comes first.
    let mut code = vec![0x5f, 0x60, 1, 0x60, 2, 0x60, 3, 0x33, 0x34];
    for _ in 0..4 + dice.roll(40) {
        let (slot, word) = (dice.roll(SLOTS) as u8, 32 * dice.roll(4) as u8);
        match dice.roll(14) {
            0 | 1 => code.extend([0x60, slot, 0x54]),
            2 | 3 => code.extend([0x60, slot, 0x55]),
            4 => code.extend([0x60, dice.roll(3) as u8, 0x60, slot, 0x55]),
            5 => code.extend([0x60, slot, 0x5c, 0x60, slot, 0x5d]),
            6 => code.extend([0x60, word, 0x52]),
            7 => code.extend([0x60, 64, 0x60, word, 0x20]),
            8 => code.extend([0x60, dice.roll(90) as u8, 0x60, word, 0xa0]),
            9 => code.extend([0x60, word, 0x51]),
            // Jumps to the next instruction but one, over one that must not run.
            10 => code.extend([0x60, code.len() as u8 + 4, 0x56, 0xfe, 0x5b]),
            11 if dice.one_in(8) => code.push(dice.one_of(RARE)),
            _ => code.push(dice.one_of(PLAIN)),
        }
    }
    code.extend(dice.one_of::<&[u8]>(&[&[0x00], &[0x60, 32, 0x5f, 0xf3], &[0x5f, 0x5f, 0xfd], &[]]));
    code
}

fn genesis(dice: &mut Dice) -> Genesis {
    let mut genesis = Genesis::default();
    let rich = GenesisAccount { balance: U256::from(10).pow(U256::from(15)), ..GenesisAccount::default() };
    genesis.accounts.insert(CALLER, rich);
    let storage =
        (0..SLOTS).map(|slot| (U256::from(slot), U256::from(dice.roll(3)))).filter(|slot| !slot.1.is_zero());
    let storage = storage.collect();
    let contract = GenesisAccount { nonce: 1, balance: U256::from(9), code: code(dice).into(), storage };
    genesis.accounts.insert(CONTRACT, contract);
    genesis
}

/// A call that names the slots, some of them, or the contract with all of them.
fn call(dice: &mut Dice) -> Verified {
    let slots: Vec<U256> = (0..SLOTS).filter(|_| !dice.one_in(16)).map(U256::from).collect();
    let named = Listed { address: CONTRACT, slots };
    let whole = Listed { address: CONTRACT, slots: vec![] };
    let kind =
        dice.one_of(&[Kind::Declared, Kind::Declared, Kind::DynamicFee, Kind::AccessList, Kind::Legacy]);
    let (reads, writes) = match (kind, dice.roll(8)) {
        (Kind::Legacy, _) => (vec![], vec![]),
        (Kind::Declared, 0) => (vec![named], vec![]),
        (Kind::Declared, 1) => (vec![whole], vec![]),
        (_, 2) => (vec![], vec![]),
        _ => (vec![], vec![named]),
    };
    let max_priority_fee_per_gas = if matches!(kind, Kind::Legacy | Kind::AccessList) { 1_000 } else { 3 };
    let made = Fields {
        kind,
        to: Some(CONTRACT),
        value: U256::from(if dice.one_in(4) { dice.roll(3) } else { 0 }),
        input: Bytes::from(vec![dice.roll(3) as u8; dice.roll(70) as usize]),
        gas_limit: if dice.one_in(3) { 30_000 + dice.roll(60_000) } else { 400_000 },
        max_priority_fee_per_gas,
        max_contention_fee: if kind == Kind::Declared { 1_000_000_000 } else { 0 },
        reads,
        writes,
        ..fields()
    };
    verified(&made, CALLER)
}

fn environment(dice: &mut Dice) -> Environment {
    Environment {
        fork: dice.one_of(&[
            Fork::London,
            Fork::Shanghai,
            Fork::Cancun,
            Fork::Prague,
            Fork::Osaka,
            Fork::OWN,
        ]),
        chain_id: CHAIN,
        number: 9,
        timestamp: 1_000,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: 4_000_000_000,
        base_fee: 7,
        prev_randao: B256::repeat_byte(0x11),
        difficulty: U256::from(3),
        blob_excess_gas: 0,
        prices: Arc::new(if dice.one_in(2) { prices(dice) } else { PriceList::default() }),
        block_hashes: vec![B256::repeat_byte(0x22)],
    }
}

/// A price for a slot of the contract or for all of it.
fn prices(dice: &mut Dice) -> PriceList {
    let (mut tables, mut usage) = (Tables::new(&Limits::standard(CHAIN)), Usage::default());
    let slots = if dice.one_in(3) { vec![] } else { vec![U256::from(dice.roll(SLOTS))] };
    usage.add([Claim { address: CONTRACT, slots: &slots, weight: WEIGHT_WRITE }], 4_000_000_000);
    (0..10).for_each(|_| {
        tables.push_usage(&usage);
    });
    tables.list(10, 7).expect("it was just added")
}

#[test]
fn what_the_fast_path_answers_the_evm_answers_too() {
    let (mut taken, mut succeeded, mut failed, mut paid) = (0, 0, 0, 0);
    for seed in 0..6_000 {
        let dice = &mut Dice(seed);
        let (state, environment, call) = (genesis(dice).state(), environment(dice), call(dice));
        let mut after = state.clone();
        let expected = serial(&mut after, &environment, std::slice::from_ref(&call));
        let plan = || Plan::new(&state, environment.fork, environment.beneficiary, vec![call.clone()]);
        let run = Run::new(plan(), environment.clone(), 1);
        if let Some(outcome) = Single::new(&run, &state).run(&mut Turn::none(), false) {
            assert_eq!(outcome, expected.outcomes[0], "seed {seed}");
            let receipt = outcome.receipt().expect("what cannot run is not answered here");
            (taken, paid) = (taken + 1, paid + u32::from(!receipt.contention_fee.is_zero()));
            if receipt.success { succeeded += 1 } else { failed += 1 }
        }
        let mut whole = state.clone();
        assert_eq!(execute(&mut whole, &environment, plan(), 1), expected, "seed {seed}");
        assert!(whole == after, "seed {seed}");
    }
    let all = [taken > 3_000, succeeded > 1_000, failed > 1_000, paid > 300];
    assert_eq!(
        all, [true; 4],
        "{taken} taken, {succeeded} succeeded, {failed} failed, {paid} paid for hot keys"
    );
}
