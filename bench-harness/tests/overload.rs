//! A pipeline that is offered too much goes on as if it were not, and honest clients do not notice a flood.
//!
//! Everything is compared with what the same run has measured itself. `examples/overload.rs` is the long version.

use pelton_bench_harness::overload::{Kind, Measured, Round, Settings, Table, measure};

/// Rounds are short and a machine may be crowded: nine tenths are asked for where rounds are long.
const SHARE_MIN: f64 = 0.7;
/// More than any round needs, and far less than what is offered in it would fill if it were kept.
const MEMORY_MAX: u64 = 2 << 30;
/// What a node's door holds, and what its pool may hold.
const DOOR_MAX: usize = 1 << 14;
const POOL_MAX: u64 = 1 << 17;

#[test]
fn more_than_can_be_taken_costs_nothing_and_floods_do_not_keep_the_honest_out() {
    let settings = Settings {
        scheme: "ed25519".parse().expect("it is a scheme"),
        threads: 2,
        backend: "cpu".to_owned(),
        seconds: 1.0,
        loads: vec![0.5, 2.0, 10.0],
        floods: Kind::ALL.to_vec(),
        seed: 1,
    };
    let measured = measure(&settings, &|_| ()).expect("the system gives threads and sockets");
    let told = Table(&measured).to_string();
    let Measured { capacity, loads, alone, floods, .. } = &measured;
    let is_busy = |round: &Round| round.goodput() > 0.0 && round.honest.committed > 100;
    assert!(is_busy(capacity) && loads.iter().all(|(_, round)| is_busy(round)), "{told}");
    for (times, round) in loads {
        assert!(measured.share_of_peak(round) > SHARE_MIN, "{times} times the capacity\n{told}");
    }
    let floods = floods.iter().map(|(kind, round)| (kind.to_string(), round));
    for (kind, round) in floods.chain([("none".to_owned(), alone)]) {
        assert!(round.honest_share() > SHARE_MIN, "{kind}\n{told}");
        assert!(round.resident_bytes_max < MEMORY_MAX && round.door_max <= DOOR_MAX, "{kind}\n{told}");
        assert!(round.held_max.get("schedule").is_none_or(|held| *held <= POOL_MAX), "{kind}\n{told}");
    }
    eprintln!("{told}");
}
