//! From a rate to a fee.

use alloy_primitives::U256;
use pelton_engine::prices::{Key, PriceList, Rate, charge};
use proptest::prelude::*;

use super::any::{RULE, address};
use super::rule::heated;

/// A rate that is not zero: of a read of a key this hot, so that sixteenths of a wei are left over.
fn rate(blocks: u64, base_fee: u64) -> Rate {
    use pelton_engine::prices::{Claim, WEIGHT_READ};
    let table = heated(Key::account(address(1)), RULE.load_max, blocks, &RULE);
    let list = PriceList::new(&table, base_fee, &RULE);
    list.rate([Claim { address: address(1), slots: &[], weight: WEIGHT_READ }])
}

#[test]
fn an_eighth_of_what_was_reserved_for_nothing_is_charged() {
    for (used, limit, expected) in [
        (21_000, 21_000, 21_000),
        (21_000, 21_007, 21_000),
        (21_000, 21_008, 21_001),
        (0, 8, 1),
        (100_000, 900_000, 200_000),
        (u64::MAX, u64::MAX, u64::MAX),
        (9, 8, 9),
    ] {
        assert_eq!(charge(used, limit), expected, "{used} of {limit}");
    }
}

#[test]
fn who_claims_nothing_hot_pays_nothing() {
    assert_eq!(Rate::ZERO.fee(21_000, 1_000_000, U256::MAX), U256::ZERO);
    assert_eq!(Rate::ZERO.per_gas(), 0);
}

proptest! {
    #[test]
    fn a_fee_is_a_price_times_the_gas_used_and_never_above_what_was_agreed_to(
        blocks in 1..60_u64,
        base_fee in 1..1_000_000_000_000_u64,
        limit in 21_000..16_777_216_u64,
        share in 0.0..=1.0_f64,
        agreed in any::<u64>(),
    ) {
        let rate = rate(blocks, base_fee);
        let used = ((limit as f64 * share) as u64).clamp(21_000, limit);
        let (gas_used, agreed) = (U256::from(used), U256::from(agreed));
        let fee = rate.fee(used, limit, U256::MAX);
        prop_assert_eq!(fee % gas_used, U256::ZERO);
        prop_assert!(fee <= rate.fee_max(limit));
        prop_assert!(rate.fee_max(limit) <= U256::from(rate.per_gas()) * U256::from(limit));
        // What is given away is less than a wei for each gas used.
        let exact = rate.fee_max(charge(used, limit));
        prop_assert!(fee <= exact && exact - fee < gas_used);
        let capped = rate.fee(used, limit, agreed);
        prop_assert!(capped <= agreed && capped <= fee && capped % gas_used == U256::ZERO);
        prop_assert!(capped == fee || agreed - capped < gas_used);
    }

    #[test]
    fn what_is_touched_without_a_claim_costs_twice_as_much(blocks in 1..60_u64, base_fee in 1_000..u64::MAX) {
        let rate = rate(blocks, base_fee);
        let unclaimed = Rate::ZERO.with_unclaimed(rate);
        prop_assert_eq!(unclaimed, rate + rate);
        prop_assert_eq!(rate.with_unclaimed(rate).fee_max(16), rate.fee_max(16) * U256::from(3));
    }
}
