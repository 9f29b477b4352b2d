//! Blocks that nobody has seen yet: `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` say which and how many; `enemies/fuzz` does.

use pelton_engine::environment::Fork;

use super::many_blocks;
use super::world::Mix;

/// Cases of other campaigns that take as long as one seed here.
const CASES_A_SEED: u64 = 200;

#[expect(clippy::disallowed_methods, reason = "whoever starts it says how long and with which seeds")]
fn from_environment(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

#[test]
#[ignore = "takes minutes: blocks that nobody has seen yet"]
fn blocks_of_a_new_campaign_are_the_same_in_parallel() {
    let first = 1_000_000 * from_environment("PELTON_FUZZ_SEED", 1);
    let count = (from_environment("PELTON_FUZZ_CASES", 20_000) / CASES_A_SEED).max(1);
    let mix =
        |transactions, senders, copies, wild| Mix { transactions, senders, copies, wild, fork: Fork::OWN };
    let kinds = [mix(40, 200, 8, 1_000), mix(30, 100, 8, 12), mix(25, 20, 2, 1), mix(60, 30, 4, 6)];
    for (mix, first) in kinds.into_iter().zip((first..).step_by(100_000)) {
        let tally = many_blocks(first..first + count, mix);
        assert!(tally.transactions > 0 && tally.succeeded > 0, "{tally:?}");
    }
}
