//! Fuzzes the codec and the block layout for as long as asked:
//! `cargo run --release -p pelton-engine --example fuzz -- --seconds 60 --seed 1`
//!
//! Prints its progress and a summary on standard error. A case that fails ends it with a panic that names the case; the
//! same seed finds it again.

#[path = "../tests/common/campaign.rs"]
mod campaign;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use campaign::Campaign;

const HELP: &str = "usage: fuzz [--seconds N] [--seed S]     (60 seconds and seed 1 if not said otherwise)";
/// Cases between two looks at the clock.
const ROUND: u64 = 10_000;
const PROGRESS: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let Some((seconds, seed)) = arguments() else {
        eprintln!("{HELP}");
        return ExitCode::from(2);
    };
    run(Duration::from_secs(seconds), Campaign::new(seed));
    ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "a campaign lasts as long as asked, by a real clock")]
fn run(wanted: Duration, mut campaign: Campaign) {
    let start = Instant::now();
    let mut next = PROGRESS;
    loop {
        for _ in 0..ROUND {
            campaign.step();
        }
        let elapsed = start.elapsed();
        let rate = campaign.cases as f64 / elapsed.as_secs_f64();
        if elapsed >= wanted {
            eprintln!("done in {:.0} s, {rate:.0} cases/s, {}", elapsed.as_secs_f64(), campaign.summary());
            return;
        }
        if elapsed >= next {
            eprintln!("{:.0} s, {} cases, {rate:.0} cases/s", elapsed.as_secs_f64(), campaign.cases);
            next += PROGRESS;
        }
    }
}

/// Seconds and seed, if the arguments can be read.
fn arguments() -> Option<(u64, u64)> {
    let (mut seconds, mut seed) = (60, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--seconds" => seconds = value,
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((seconds, seed))
}
