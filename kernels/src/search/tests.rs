//! What sums may cost, counted: no clock is asked.

use std::ops::Range;

use super::trust::{BUDGET_MAX, Share, Trust};
use super::{ALLOWANCE, Equations, Price, Search};
use crate::hash::keccak256;

/// Some number.
fn draw(index: usize) -> u64 {
    u64::from_le_bytes(*keccak256(&index.to_le_bytes()).first_chunk().expect("8 of 32 bytes"))
}

/// One lane whose sums are hardly worth it; four lanes; eight, whose sums are worth much.
const PRICES: [Price; 3] = [
    Price { each_time: 0.7, each_equation: 0.65, lanes: 1, group_min: 4 },
    Price { each_time: 2.0, each_equation: 0.4, lanes: 4, group_min: 8 },
    Price { each_time: 3.0, each_equation: 0.07, lanes: 8, group_min: 16 },
];

/// Equations of which some are false, and what was paid to find out which.
struct Counted<'a> {
    price: &'a Price,
    is_false: &'a [bool],
    settled: Vec<Option<bool>>,
    paid: f64,
    sums: usize,
}

impl Equations for Counted<'_> {
    fn settle_sum(&mut self, range: Range<usize>) -> bool {
        self.paid += self.price.sum(range.len());
        self.sums += 1;
        let holds = !self.is_false[range.clone()].contains(&true);
        if holds {
            self.settled[range].fill(Some(true));
        }
        holds
    }

    fn settle_alone(&mut self, range: Range<usize>) -> usize {
        self.paid += self.price.alone(range.len());
        for index in range.clone() {
            assert_eq!(self.settled[index].replace(!self.is_false[index]), None, "settled once");
        }
        self.is_false[range].iter().filter(|is_false| **is_false).count()
    }
}

/// Settles a batch and finds the right answers. Gives what that took, and how many sums.
fn settle(trust: &Trust, price: &Price, is_false: &[bool]) -> (f64, usize) {
    let settled = vec![None; is_false.len()];
    let mut counted = Counted { price, is_false, settled, paid: 0.0, sums: 0 };
    Search::new(trust, price).settle(&mut counted, 0..is_false.len());
    assert!(counted.settled.iter().zip(is_false).all(|(found, is_false)| *found == Some(!is_false)));
    (counted.paid, counted.sums)
}

/// What a forger may choose by: the batch, the place in it, how often ours expects a false one.
type Forger = fn(usize, usize, f64) -> bool;

const FORGERS: [(&str, Forger); 12] = [
    ("none", |_, _, _| false),
    ("all", |_, _, _| true),
    ("one in each batch", |_, index, _| index == 7),
    ("the last of each batch", |_, index, _| index == 63),
    ("one of a hundred at random", |batch, index, _| draw(1000 * batch + index).is_multiple_of(100)),
    ("one of ten at random", |batch, index, _| draw(1000 * batch + index).is_multiple_of(10)),
    ("half at random", |batch, index, _| draw(1000 * batch + index).is_multiple_of(2)),
    ("every sixteenth", |_, index, _| index.is_multiple_of(16)),
    ("all in every second batch", |batch, _, _| batch.is_multiple_of(2)),
    ("a hundred true batches, then one in each of a hundred", |batch, index, _| {
        batch / 100 % 2 == 1 && index == 7
    }),
    ("one in each batch while trusted", |_, index, share| share < 0.01 && index == 7),
    ("one in each eight while trusted a little", |_, index, share| share < 0.05 && index % 8 == 7),
];

#[test]
fn no_order_of_forgeries_costs_more_than_a_sixteenth_beyond_one_by_one_and_the_budget() {
    for (price, (name, forger)) in PRICES.iter().flat_map(|price| FORGERS.map(|forger| (price, forger))) {
        for len in [64, 250] {
            let (trust, mut paid, mut one_by_one) = (Trust::new(), 0.0, 0.0);
            for batch in 0..1000 {
                let share = trust.record().of_false();
                let is_false: Vec<_> = (0..len).map(|index| forger(batch, index, share)).collect();
                paid += settle(&trust, price, &is_false).0;
                one_by_one += price.alone(len);
                let bound = (1.0 + ALLOWANCE) * one_by_one + BUDGET_MAX;
                assert!(paid <= bound, "{name}: {paid} > {bound} after {batch} batches of {len}");
            }
        }
    }
}

#[test]
fn who_spoils_every_batch_is_checked_one_by_one_from_the_second_batch_on() {
    for price in &PRICES {
        let trust = Trust::new();
        settle(&trust, price, &[true; 64]);
        for _ in 0..100 {
            assert_eq!(settle(&trust, price, &[true; 64]), (64.0, 0));
        }
        let mut batches_until_trusted = 0;
        while settle(&trust, price, &[false; 64]).1 == 0 {
            batches_until_trusted += 1;
        }
        assert!((4..200).contains(&batches_until_trusted), "{batches_until_trusted}");
    }
}

#[test]
fn a_true_batch_is_one_sum_and_a_single_false_one_is_found_by_few() {
    for price in &PRICES {
        let (trust, mut one_false) = (Trust::new(), [false; 64]);
        one_false[37] = true;
        trust.learn(&share(1024, 0));
        assert_eq!(settle(&trust, price, &[false; 64]), (price.sum(64), 1));
        assert!((2..=7).contains(&settle(&trust, price, &one_false).1));
    }
}

fn share(settled: u32, found_false: u32) -> Share {
    Share { settled: settled.into(), found_false: found_false.into() }
}

#[test]
fn the_share_of_false_equations_follows_the_last_of_them() {
    let trust = Trust::new();
    let of_false = || trust.record().of_false();
    let unknown = of_false();
    assert!(unknown > 0.0001 && unknown < 0.001, "{unknown}");
    for _ in 0..20 {
        trust.learn(&share(128, 0));
    }
    assert!(of_false() < unknown / 4.0);
    trust.learn(&share(64, 64));
    assert!(of_false() > 0.4, "lost at once");
    for _ in 0..8 {
        trust.learn(&share(64, 0));
    }
    assert!(of_false() > 0.02, "and not won back by a few");
    for _ in 0..200 {
        trust.learn(&share(64, 0));
    }
    trust.learn(&share(0, 0));
    assert!(of_false() < unknown, "but by many");
}

#[test]
fn sums_never_cost_more_than_the_first_budget_and_what_was_earned() {
    let trust = Trust::new();
    let (mut spent, mut earned, mut refused) = (0.0, 0.0, 0);
    for index in 0..20_000 {
        let drawn = draw(index);
        // Long stretches of more expenses than earnings, and the other way round.
        let amount = (drawn / 100 % 1000) as f64 / 10.0;
        if drawn % 100 < if index / 5000 % 2 == 0 { 70 } else { 40 } {
            let suffices = trust.spend(amount, 0.0);
            spent += if suffices { amount } else { 0.0 };
            refused += usize::from(!suffices);
        } else {
            trust.earn(amount);
            earned += amount;
        }
        assert!(spent <= earned + BUDGET_MAX + 1e-6);
    }
    assert!(refused > 100, "{refused}");
    trust.earn(1e9);
    assert!(
        trust.spend(BUDGET_MAX - 1.0, 1.0) && !trust.spend(1.0, 0.1),
        "no credit beyond the greatest budget"
    );
}
