//! A short campaign of the fuzzer. For a long one: `cargo run --release -p pelton-engine --example fuzz -- --help`.

#[path = "common/campaign.rs"]
mod campaign;

use campaign::Campaign;

const SEEDS: [u64; 4] = [1, 2, 3, 4];
const CASES: u64 = 25_000;

#[test]
fn damaged_bytes_are_judged_without_a_panic_and_as_alloy_judges_them() {
    for seed in SEEDS {
        let mut campaign = Campaign::new(seed);
        while campaign.cases < CASES {
            campaign.step();
        }
        let rejected: u64 = campaign.rejected.iter().sum();
        assert_eq!(campaign.accepted + campaign.split + rejected, CASES);
        assert!(campaign.accepted > CASES / 20, "the damage is too coarse: {}", campaign.summary());
        assert!(campaign.split > CASES / 100, "the damage is too coarse: {}", campaign.summary());
    }
}
