//! What a transaction pays: held equal to the words of `docs/fees.md`, worked out from prices one key at a time.

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::access::AccessSet;
use pelton_engine::codec;
use pelton_engine::prices::{Key, PriceList, Rate, Terms, Touched};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Fields, Kind, Listed, Verified};
use proptest::prelude::*;

use super::any::{RULE, address};
use super::declared;
use super::rule::heated;

const BASE_FEE: u64 = 1_000_000_000;
const HOT: Address = Address::repeat_byte(7);

fn fields(kind: Kind, gas_limit: u64, fees: (u128, u128), contention: u128) -> Fields {
    Fields {
        kind,
        chain_id: Some(1),
        nonce: 0,
        gas_limit,
        max_fee_per_gas: fees.0,
        max_priority_fee_per_gas: fees.1,
        max_contention_fee: contention,
        to: Some(address(2)),
        value: U256::ZERO,
        input: Bytes::from_static(&[1]),
        reads: vec![],
        writes: vec![Listed { address: HOT, slots: vec![U256::ZERO] }],
        authorizations: vec![],
    }
}

/// Slot 0 of the hot account after so many blocks at its cap.
fn list(blocks: u64) -> (PriceList, u128) {
    let key = Key::slot(HOT, U256::ZERO);
    let list = PriceList::new(&heated(key, RULE.load_max, blocks, &RULE), BASE_FEE, &RULE);
    let price = list.price(&key);
    (list, price)
}

fn rate(list: &PriceList) -> Rate {
    use pelton_engine::prices::{Claim, WEIGHT_WRITE};
    list.rate([Claim { address: HOT, slots: &[U256::ZERO], weight: WEIGHT_WRITE }])
}

proptest! {
    #[test]
    fn ethereums_types_pay_all_of_it_within_their_maximum_fee(
        blocks in 1..40_u64,
        gas_limit in 21_000..1_000_000_u64,
        maximum in 1..3_000_u128,
        priority in 0..3_000_u128,
        share in 0.0..=1.0_f64,
    ) {
        let (list, price) = list(blocks);
        let (maximum, priority) = (maximum * 1_000_000_000, priority.min(maximum) * 1_000_000_000);
        let fields = fields(Kind::DynamicFee, gas_limit, (maximum, priority), 0);
        let base_fee = u128::from(BASE_FEE);
        let terms = Terms::new(&fields, BASE_FEE, rate(&list));
        if maximum < base_fee + price {
            prop_assert_eq!(terms, Err(Reject::ContentionFeeTooLow));
            return Ok(());
        }
        let terms = terms.expect("it covers base fee and price");
        let tip = priority.min(maximum - base_fee - price);
        prop_assert_eq!((terms.tip(), terms.price()), (tip, base_fee + tip));
        let gas_used = ((gas_limit as f64 * share) as u64).clamp(1, gas_limit);
        let contention = terms.contention_fee(gas_used, Rate::ZERO);
        let charged = U256::from(gas_used + (gas_limit - gas_used) / 8) * U256::from(price);
        prop_assert!(contention <= charged && charged - contention < U256::from(gas_used));
        let unclaimed = terms.contention_fee(gas_used, rate(&list));
        prop_assert!(unclaimed >= contention && unclaimed <= terms.contention_max());
        let most = U256::from(gas_limit) * U256::from(maximum);
        prop_assert!(terms.fee(gas_used, unclaimed) <= most, "never above gas limit times maximum fee");
        prop_assert_eq!(terms.fee(gas_used, unclaimed) % U256::from(gas_used), U256::ZERO);
    }

    #[test]
    fn a_declared_transaction_pays_beside_its_maximum_fee_what_it_agreed_to(
        blocks in 1..40_u64,
        gas_limit in 21_000..1_000_000_u64,
        agreed in 0..3_000_u128,
    ) {
        let (list, price) = list(blocks);
        let agreed = agreed * u128::from(gas_limit) * 1_000_000_000;
        let fields = fields(Kind::Declared, gas_limit, (2 * u128::from(BASE_FEE), 5), agreed);
        let most = u128::from(gas_limit) * price;
        match Terms::new(&fields, BASE_FEE, rate(&list)) {
            Ok(terms) => {
                prop_assert!(most <= agreed);
                prop_assert_eq!(terms.tip(), 5);
                prop_assert_eq!(terms.contention_max(), U256::from(most));
                prop_assert_eq!(terms.contention_fee(gas_limit, Rate::ZERO), U256::from(most));
            }
            Err(reason) => {
                prop_assert!(most > agreed);
                prop_assert_eq!(reason, Reject::ContentionFeeTooLow);
            }
        }
    }
}

#[test]
fn the_base_fee_comes_first_and_a_chain_without_hot_keys_asks_for_nothing_else() {
    let poor = fields(Kind::DynamicFee, 50_000, (u128::from(BASE_FEE) - 1, 0), 0);
    assert_eq!(Terms::new(&poor, BASE_FEE, rate(&list(9).0)), Err(Reject::FeeTooLow));
    assert_eq!(Terms::without_contention(&poor, BASE_FEE), Err(Reject::FeeTooLow));
    let rich = fields(Kind::DynamicFee, 50_000, (u128::from(BASE_FEE) * 9, 7), 0);
    let wire = declared::encode(&Fields { kind: Kind::Declared, ..rich }, &[1; 32], &[2; 64]);
    let transaction = Verified::new(codec::decode(wire.into()).expect("it decodes"), address(1));
    let terms = PriceList::default().terms(&transaction, BASE_FEE).expect("it covers the base fee");
    assert_eq!((terms.tip(), terms.contention_max()), (7, U256::ZERO));
}

#[test]
fn what_is_touched_beyond_the_list_is_priced_by_what_became_of_it() {
    let (list, price) = list(9);
    let claimed = |slots: Vec<U256>| {
        let writes = vec![Listed { address: HOT, slots }];
        let fields = Fields { writes, ..fields(Kind::Declared, 50_000, (9, 0), 0) };
        let wire = declared::encode(&fields, &[1; 32], &[2; 64]);
        AccessSet::new(&codec::decode(wire.into()).expect("it decodes"), address(1))
    };
    let unclaimed = |set: &AccessSet, changed| {
        let slots = [(U256::ZERO, changed), (U256::from(5), true)].into_iter();
        let touched = Touched { address: HOT, changed: false, slots };
        list.unclaimed_rate(set, [touched].into_iter()).fee_max(16)
    };
    let other = claimed(vec![U256::from(9)]);
    assert_eq!(unclaimed(&other, true), U256::from(16 * price), "written");
    assert_eq!(unclaimed(&other, false), U256::from(4 * price), "read");
    assert_eq!(unclaimed(&claimed(vec![U256::ZERO]), true), U256::ZERO, "named");
    assert_eq!(unclaimed(&claimed(vec![]), true), U256::ZERO, "the whole account is named");
}
