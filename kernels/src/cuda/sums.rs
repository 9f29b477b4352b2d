//! Whether a GPU verifies ed25519 signatures in random sums, and the secrets that make these random.
//!
//! A group of [`GROUP`] signatures whose sum holds costs [`PRICE`] of what it costs one by one; one whose sum does not
//! costs that in addition. Two rules keep forgers from making that a loss, as those of `search/trust.rs` do on the CPU:
//!
//! 1. *Expectation.* Sums are made where the share of false signatures among the last [`RECENT`] says that they pay.
//! 2. *Credit.* What sums cost is taken from a credit. A signature that a sum settles gives back what it would have cost
//!    alone, any other one an [`ALLOWANCE`]; the credit never exceeds that for [`CREDIT_MAX`] signatures. So, whatever is sent
//!    in whatever order, n signatures cost at most n (1 + ALLOWANCE) + CREDIT_MAX times what one costs alone.

use super::places::Plan;
use crate::device::Answer;

/// Signatures of a group, as in `cuda/scheme/ed25519_sums.cuh`.
pub(super) const GROUP: usize = 128;

/// What a signature costs in a sum, of what it costs alone: by the products of `ceilings::FLOORS`.
const PRICE: f64 = 0.39;

/// What a signature that is settled alone adds to the credit.
const ALLOWANCE: f64 = 1.0 / 16.0;

/// In signatures: what a few of the longest batches cost.
const CREDIT_MAX: f64 = (1 << 18) as f64;

/// Signatures that count: what was seen before them counts half.
const RECENT: f64 = 32_768.0;

/// See the module.
pub(super) struct Sums {
    secret: [u8; 32],
    batches: u64,
    least: usize,
    credit: f64,
    settled: f64,
    found_false: f64,
}

impl Sums {
    /// With coefficients that follow from a secret, of batches with so many signatures or more.
    pub fn new(secret: [u8; 32], least: usize) -> Sums {
        Sums { secret, batches: 0, least, credit: CREDIT_MAX, settled: 0.0, found_false: 0.0 }
    }

    /// The secret of the next batch: another one each time.
    pub fn next_secret(&mut self) -> [u8; 32] {
        self.batches += 1;
        *blake3::keyed_hash(&self.secret, &self.batches.to_le_bytes()).as_bytes()
    }

    /// Whether so many signatures are to be verified in sums, which is paid for if they are.
    pub fn pays(&mut self, count: usize) -> bool {
        // Before anything is known, one of 100,000.
        let of_false = (self.found_false + 0.01) / (self.settled + 1_000.0);
        let price = PRICE * count as f64;
        let pays = count >= self.least && PRICE < (1.0 - of_false).powi(GROUP as i32) && price <= self.credit;
        self.credit -= if pays { price } else { 0.0 };
        pays
    }

    /// Takes note of the answers to what was planned.
    pub fn learn(&mut self, plan: &Plan, answers: &[Answer]) {
        for group in plan.groups() {
            let is_false = |task: &&super::places::Task| answers[task.signature as usize][0] != 1;
            let (count, found_false) = (group.len() as f64, group.iter().filter(is_false).count() as f64);
            let earned = if plan.is_summed && found_false == 0.0 { count } else { count * ALLOWANCE };
            self.credit = CREDIT_MAX.min(self.credit + earned);
            self.settled += count;
            self.found_false += found_false;
        }
        if self.settled > 2.0 * RECENT {
            (self.settled, self.found_false) = (self.settled / 2.0, self.found_false / 2.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, CREDIT_MAX, GROUP, PRICE, Plan, Sums};

    /// What a batch costs of which every so manieth signature is false, and what one costs of that alone.
    fn answered(sums: &mut Sums, count: usize, is_false: &dyn Fn(usize) -> bool) -> f64 {
        let mut plan = Plan::without_keys(count);
        plan.is_summed = sums.pays(count);
        let answers: Vec<Answer> = (0..count).map(|index| [u8::from(!is_false(index)); 32]).collect();
        sums.learn(&plan, &answers);
        let spoilt: usize = plan
            .groups()
            .filter(|group| group.iter().any(|task| is_false(task.signature as usize)))
            .map(<[_]>::len)
            .sum();
        let alone = if plan.is_summed { spoilt } else { count } as f64;
        alone + if plan.is_summed { PRICE * count as f64 } else { 0.0 }
    }

    #[test]
    fn true_signatures_are_verified_in_sums_as_long_as_they_come() {
        let mut sums = Sums::new([1; 32], 1_000);
        assert!(!sums.pays(999) && sums.pays(1_000));
        for _ in 0..200 {
            let cost = answered(&mut sums, 100_000, &|_| false);
            assert_eq!(cost, PRICE * 100_000.0);
        }
    }

    #[test]
    fn no_forger_makes_sums_cost_more_than_they_may() {
        let forgers: [&dyn Fn(usize, usize) -> bool; 5] = [
            &|_, index| index.is_multiple_of(GROUP),
            &|_, index| index.is_multiple_of(1_000),
            &|round, index| round % 2 == 1 && index.is_multiple_of(GROUP),
            &|round, index| round % 16 == 15 && index.is_multiple_of(GROUP),
            &|round, _| round % 3 == 2,
        ];
        for (number, forger) in forgers.iter().enumerate() {
            let mut sums = Sums::new([1; 32], 0);
            let (mut cost, mut count) = (0.0, 0.0);
            for round in 0..400 {
                cost += answered(&mut sums, 20_000, &|index| forger(round, index));
                count += 20_000.0;
                assert!(cost <= count * (1.0 + 1.0 / 16.0) + CREDIT_MAX, "forger {number}, round {round}");
            }
        }
    }

    #[test]
    fn sums_are_made_again_when_forgeries_end() {
        let mut sums = Sums::new([1; 32], 0);
        for _ in 0..20 {
            answered(&mut sums, 20_000, &|index| index.is_multiple_of(50));
        }
        assert!(answered(&mut sums, 20_000, &|index| index.is_multiple_of(50)) >= 20_000.0);
        let rounds = (0..100).position(|_| answered(&mut sums, 20_000, &|_| false) < 20_000.0);
        assert!(rounds.is_some_and(|rounds| rounds < 30), "{rounds:?}");
    }

    #[test]
    fn each_batch_has_a_secret_of_its_own() {
        let (mut one, mut other) = (Sums::new([1; 32], 0), Sums::new([2; 32], 0));
        let secrets = [one.next_secret(), one.next_secret(), other.next_secret(), other.next_secret()];
        assert!((0..4).all(|index| !secrets[..index].contains(&secrets[index])));
    }
}
