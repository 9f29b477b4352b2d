//! The pool beside a model of it that is a plain list, under random traffic.

#[path = "common/list.rs"]
mod list;

use alloy_primitives::Address;
use list::{Bench, Chain, Entry, Event, SENDERS, address, market, settings, transaction};
use pelton_engine::prices::Key;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;
use pelton_pipeline::pool::{Pool, Settings};
use pelton_pipeline::room::Room;
use proptest::prelude::*;

fn event() -> impl Strategy<Value = Event> {
    let sender = 0..SENDERS;
    let insert = (sender.clone(), 0..7u64, 1..40u128, 1..40u128, 0..400_000u64, any::<u8>()).prop_map(
        |(sender, ahead, fee, tip, value, salt)| Event::Insert {
            sender,
            ahead,
            fee,
            tip: tip.min(fee),
            value,
            salt,
        },
    );
    prop_oneof![
        12 => insert,
        2 => any::<prop::sample::Index>().prop_map(|index| Event::Resend { index: index.index(1_000) }),
        6 => Just(Event::Take),
        4 => Just(Event::Execute),
        4 => Just(Event::Settle),
        1 => sender.clone().prop_map(|sender| Event::Fund { sender }),
        1 => sender.clone().prop_map(|sender| Event::Drain { sender }),
        1 => sender.clone().prop_map(|sender| Event::Bump { sender }),
        1 => (sender.clone(), prop::bool::weighted(0.3))
            .prop_map(|(sender, is_contract)| Event::Code { sender, is_contract }),
        2 => (1..30u64, prop::option::of((sender, 1..1_000_000_000u64)))
            .prop_map(|(base_fee, hot)| Event::Market { base_fee, hot }),
        2 => (0..60u64).prop_map(|age| Event::Expire { age }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pool_does_what_a_plain_list_would(events in prop::collection::vec(event(), 1..120)) {
        let mut bench = Bench::new();
        events.into_iter().for_each(|event| bench.happen(event));
        bench.drain();
    }
}

/// A bench on which these transactions have come in.
fn with(transactions: impl IntoIterator<Item = Verified>) -> Bench {
    let mut bench = Bench::new();
    for transaction in transactions {
        bench.insert(transaction);
    }
    bench
}

#[test]
fn a_gap_holds_back_what_stands_behind_it_and_nothing_else() {
    let mut bench = with([0, 1, 3, 4].map(|nonce| transaction(0, nonce, (10, 1), 0, 0)));
    (0..3).for_each(|_| bench.happen(Event::Take));
    assert_eq!((bench.in_flight.len(), bench.waiting.len()), (2, 2));
    bench.insert(transaction(0, 2, (10, 1), 0, 0));
    (0..3).for_each(|_| bench.happen(Event::Take));
    let nonces: Vec<u64> = bench.in_flight.iter().map(Entry::nonce).collect();
    assert_eq!(nonces, [0, 1, 2, 3, 4]);
}

#[test]
fn a_replacement_of_the_head_goes_by_its_own_tip_and_its_own_cost() {
    // The sender can pay the first head beside what is in flight, but not the dearer one.
    let mut bench = with([transaction(0, 0, (50, 1), 2_000_000, 0), transaction(0, 1, (10, 1), 100_000, 0)]);
    bench.happen(Event::Take);
    bench.insert(transaction(0, 1, (20, 2), 3_000_000, 0));
    bench.happen(Event::Take);
    assert_eq!(bench.in_flight.len(), 1, "the two together are above the balance");
    // And a better tip moves a head before that of another sender.
    let mut bench = with([transaction(1, 0, (30, 5), 0, 0), transaction(2, 0, (30, 4), 0, 0)]);
    bench.insert(transaction(2, 0, (40, 9), 0, 0));
    bench.happen(Event::Take);
    assert_eq!(bench.in_flight[0].sender(), address(2));
}

#[test]
fn of_equal_tips_the_oldest_goes_first_also_after_the_base_fee_has_moved() {
    for _ in 0..20 {
        let mut bench = with([3, 1, 0, 2].map(|sender| transaction(sender, 0, (39, 1), 0, 0)));
        bench.happen(Event::Market { base_fee: 38, hot: None });
        bench.happen(Event::Market { base_fee: 7, hot: None });
        (0..4).for_each(|_| bench.happen(Event::Take));
        let order: Vec<Address> = bench.in_flight.iter().map(Entry::sender).collect();
        assert_eq!(order, [3, 1, 0, 2].map(address));
    }
}

#[test]
fn a_skipped_transaction_leaves_its_nonce_to_another_one() {
    let mut bench = with([0, 1].map(|nonce| transaction(0, nonce, (10, 1), 3_000_000 * (1 - nonce), 0)));
    bench.insert(transaction(0, 2, (10, 1), 0, 0));
    (0..2).for_each(|_| bench.happen(Event::Take));
    bench.happen(Event::Drain { sender: 0 });
    (0..2).for_each(|_| bench.happen(Event::Execute));
    bench.happen(Event::Settle);
    bench.insert(transaction(0, 0, (10, 1), 5, 0));
    bench.happen(Event::Take);
    assert!(bench.in_flight.is_empty(), "nothing goes before it is known where to go on");
    bench.happen(Event::Settle);
    bench.happen(Event::Take);
    assert_eq!(bench.in_flight[0].nonce(), 0);
}

#[test]
fn who_was_paid_in_the_meantime_is_not_given_up() {
    let mut bench =
        with([transaction(0, 0, (10, 1), 3_000_000, 0), transaction(0, 1, (10, 1), 3_000_000, 0)]);
    bench.happen(Event::Take);
    bench.happen(Event::Execute);
    bench.happen(Event::Settle);
    assert_eq!((bench.pool.ready(), bench.pool.len()), (0, 1), "the second one has to wait for money");
    bench.happen(Event::Fund { sender: 0 });
    bench.expire(u64::MAX);
    assert_eq!((bench.pool.ready(), bench.pool.len()), (1, 1));
}

#[test]
fn what_contention_takes_is_not_there_for_the_tip() {
    let mut bench = with([transaction(0, 0, (30, 20), 0, 0), transaction(1, 0, (30, 5), 0, 0)]);
    // The first one's account costs 13 wei per gas: 30 less 13 less 13 leaves 4.
    let gas = 693_200_000;
    bench.happen(Event::Market { base_fee: 13, hot: Some((0, gas)) });
    assert_eq!(market(13, Some((0, gas))).prices.price(&Key::account(address(0))), 13);
    (0..2).for_each(|_| bench.happen(Event::Take));
    let order: Vec<Address> = bench.in_flight.iter().map(Entry::sender).collect();
    assert_eq!(order, [address(1), address(0)]);
}

#[test]
fn who_cannot_pay_for_a_hot_key_waits_until_it_has_cooled_or_leaves_by_name() {
    let mut bench = with([transaction(0, 0, (30, 1), 0, 0)]);
    bench.happen(Event::Market { base_fee: 20, hot: Some((0, 693_200_000)) });
    assert_eq!((bench.pool.ready(), bench.pool.len()), (0, 1), "the price is above its maximum");
    bench.happen(Event::Market { base_fee: 20, hot: None });
    assert_eq!((bench.pool.ready(), bench.pool.len()), (1, 1));
    bench.happen(Event::Market { base_fee: 20, hot: Some((0, 693_200_000)) });
    bench.expire(u64::MAX);
    assert_eq!(bench.pool.len(), 0);
}

#[test]
fn what_stands_back_is_in_nobodys_way_and_comes_back() {
    let (mut pool, chain) = (Pool::new(settings(), market(1, None)), Chain::rich(10_000_000));
    for (sender, tip) in [(0, 7), (1, 3), (2, 9)] {
        pool.insert(transaction(sender, 0, (30, tip), 0, 0), 0, 0, &chain, &mut |_, _| {
            panic!("all are good")
        });
    }
    let shown = |pool: &Pool| pool.peek().map(|waiting| waiting.transaction.sender());
    pool.set_aside();
    assert_eq!((shown(&pool), pool.aside(), pool.ready()), (Some(address(0)), 1, 2));
    pool.take(&chain);
    pool.take_back(&chain);
    assert_eq!((shown(&pool), pool.aside(), pool.ready()), (Some(address(2)), 0, 2));
}

#[test]
fn a_full_pool_of_ready_transactions_drops_the_worst_tip() {
    let settings = Settings { room: Room { transactions: 3, bytes: 10_000 }, ..settings() };
    let (mut pool, chain) = (Pool::new(settings, market(1, None)), Chain::rich(10_000_000));
    let mut rejected = Vec::new();
    for (sender, tip) in [(0, 7), (1, 3), (2, 9), (3, 5)] {
        let transaction = transaction(sender, 0, (30, tip), 0, 0);
        pool.insert(transaction, 0, 0, &chain, &mut |id, reason| rejected.push((id, reason)));
    }
    assert_eq!(rejected, [(transaction(1, 0, (30, 3), 0, 0).id(), Reject::PoolFull)]);
    assert_eq!((pool.len(), pool.ready()), (3, 3));
}
