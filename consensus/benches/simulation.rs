//! Validators in simulated networks, judged: shortly by `cargo test`, at length with `-- --bench` after it.
//!
//! Time is simulated, so the figures do not depend on the machine; they are those of `docs/consensus.md`.

#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::time::Duration;

use pelton_consensus::simulation::{Fault, Outcome, Scenario, quantile, simulate};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn s(s: u64) -> Duration {
    Duration::from_secs(s)
}

/// Runs a scenario, and judges what every run must fulfil.
fn run(name: &str, scenario: &Scenario) -> Outcome {
    let outcome = simulate(scenario);
    outcome.assert_one_chain();
    let (certificates, longest) = outcome.check_certificates();
    assert!(
        certificates > 0 && longest <= 140,
        "{name}: {certificates} certificates, the longest {longest} bytes"
    );
    let latencies = outcome.latencies(Duration::ZERO, scenario.time);
    println!(
        "{name:30} n = {:2}  {:4} blocks  final p50 {:5.1} ms  p99 {:6.1} ms  certificate {longest} bytes  {}",
        scenario.members,
        outcome.heights(),
        quantile(&latencies, 0.5).as_secs_f64() * 1e3,
        quantile(&latencies, 0.99).as_secs_f64() * 1e3,
        outcome.hash,
    );
    outcome
}

fn quiet(members: u32, delay: Duration, time: Duration, p50_max: Duration) -> Outcome {
    let scenario = Scenario::quiet(members, delay, time);
    let outcome = run(&format!("quiet, {} ms", delay.as_millis()), &scenario);
    let p50 = quantile(&outcome.latencies(Duration::ZERO, time), 0.5);
    assert!(p50 <= p50_max, "final after {p50:?}, not {p50_max:?}");
    outcome
}

fn equal_seeds_give_equal_hashes(time: Duration) {
    let scenario = Scenario::quiet(4, ms(5), time);
    let hash = run("seed 1", &scenario).hash;
    assert_eq!(hash, run("seed 1 again", &scenario).hash);
    assert_ne!(hash, run("seed 2", &Scenario { seed: 2, ..scenario }).hash);
}

fn a_split_makes_no_fork_and_heals(seed: u64, split: Duration) {
    let (from, until) = (s(3), s(3) + split);
    let fault = Fault::Split { first: 2, from, until };
    let scenario = Scenario { fault, seed, ..Scenario::quiet(4, ms(40), until + s(5)) };
    let outcome = run(&format!("split 2/2 for {} s, seed {seed}", split.as_secs()), &scenario);
    let resumed = outcome.resumed_after(until);
    let while_split = outcome.finals.iter().flatten().filter(|told| told.at > from + s(1) && told.at < until);
    assert_eq!(while_split.count(), 0, "two of four are no quorum");
    println!("{:30} final again {:.0} ms after", "", resumed.as_secs_f64() * 1e3);
    assert!(resumed <= ms(1_200), "final again only after {resumed:?}");
}

fn a_crashed_leader_costs_a_second_at_most(seed: u64, time: Duration) {
    let fault = Fault::Crash { member: 0, at: time / 3 };
    let scenario = Scenario { fault, seed, ..Scenario::quiet(4, ms(40), time) };
    let outcome = run(&format!("crash, seed {seed}"), &scenario);
    let gap = outcome.longest_gap(&[1, 2, 3], time / 3);
    println!("{:30} longest gap {:.0} ms", "", gap.as_secs_f64() * 1e3);
    assert!(gap <= s(1), "nothing was final for {gap:?}");
}

fn lost_messages_cost_twice_the_time_at_most(lossless: &Outcome, time: Duration) {
    let scenario = Scenario { lost_per_thousand: 20, ..Scenario::quiet(4, ms(40), time) };
    let outcome = run("2 % lost", &scenario);
    let p99 = |outcome: &Outcome| quantile(&outcome.latencies(Duration::ZERO, time - s(1)), 0.99);
    let factor = p99(&outcome).as_secs_f64() / p99(lossless).as_secs_f64();
    println!("{:30} p99 is {factor:.2} times that of the lossless", "");
    assert!(factor <= 2.0, "p99 is {factor:.2} times that of the lossless");
}

fn main() {
    let long = std::env::args().any(|argument| argument == "--bench");
    let scale = if long { 6 } else { 1 };
    equal_seeds_give_equal_hashes(s(1) * scale);
    let lossless = quiet(4, ms(40), s(20) * scale, ms(150));
    a_split_makes_no_fork_and_heals(1, if long { s(15) } else { s(5) });
    a_crashed_leader_costs_a_second_at_most(1, s(9) * scale);
    lost_messages_cost_twice_the_time_at_most(&lossless, s(20) * scale);
    if long {
        quiet(4, ms(80), s(60), ms(275));
        quiet(16, ms(40), s(30), ms(150));
        quiet(16, ms(80), s(30), ms(275));
        for seed in 2..=6 {
            a_split_makes_no_fork_and_heals(seed, s(15));
            a_crashed_leader_costs_a_second_at_most(seed, s(45));
        }
    }
}
