//! Whether comparisons are to be trusted on this machine: compares this build with itself, many times over, or with one
//! stage of it made dearer, and counts the verdicts.
//!
//! ```text
//! cargo run --release -p pelton-bench-harness --example campaign -- 20                 # itself: all within noise
//! cargo run --release -p pelton-bench-harness --example campaign -- 20 verify 0.05     # verify 5 % dearer: all worse
//! ```

#[path = "../tests/common/burden.rs"]
mod burden;
#[path = "../tests/common/small.rs"]
mod small;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use pelton_bench_harness::around::Around;
use pelton_bench_harness::bench::{BenchError, Options, Surroundings, bench_within};
use pelton_bench_harness::compare::alternate::is_a_first;
use pelton_bench_harness::compare::interval::Pairing;
use pelton_bench_harness::compare::likeness::Allowed;
use pelton_bench_harness::compare::runs::Run;
use pelton_bench_harness::compare::{Set, compare};
use small::Silent;

/// Pairs in a comparison, three times as many where five percent are to be found.
const PAIRS: usize = 20;
const TRANSACTIONS: u64 = 100_000;

fn options() -> Options {
    Options {
        accounts: 2_000,
        // Threads of one run disturb each other more than five percent of a stage are.
        threads: 1,
        ..small::options(Path::new("target/campaign"), TRANSACTIONS)
    }
}

fn once(around: Option<Arc<dyn Around>>) -> Result<Run, BenchError> {
    let surroundings = Surroundings { run: around, ..Surroundings::default() };
    let report = bench_within(&options(), &Silent, &surroundings)?.report;
    let value = serde_json::to_value(report).expect("a report is plain JSON");
    Ok(serde_json::from_value(value).expect("a report has all that a comparison reads"))
}

/// Runs in alternation, B with so many nanoseconds more in a stage for each transaction.
fn pairs(stage: &str, each_ns: f64) -> Result<(Vec<Run>, Vec<Run>), BenchError> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let count = if each_ns == 0.0 { PAIRS } else { 3 * PAIRS };
    for pair in 0..count {
        for is_a in [is_a_first(pair), !is_a_first(pair)] {
            let each_ns = if is_a { 0.0 } else { each_ns };
            let runs = if is_a { &mut a } else { &mut b };
            runs.push(once(Some(burden::burden(stage, each_ns, false)))?);
        }
    }
    Ok((a, b))
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn campaign(times: usize, stage: &str, share: f64) -> Result<(), BenchError> {
    let first = once(None)?;
    let cost_ns = first.stages.iter().find(|of| of.name == stage).map_or(0.0, |of| of.cpu_ns_per_transaction);
    println!("{stage} costs {cost_ns:.0} ns a transaction, and in B {:.0} ns more", cost_ns * share);
    let mut verdicts = BTreeMap::<String, usize>::new();
    for time in 1..=times {
        let (a, b) = pairs(stage, cost_ns * share)?;
        let (a, b) = (Set { name: "a", runs: &a }, Set { name: "b", runs: &b });
        let found = compare(a, b, Pairing::Paired, Allowed::default()).expect("all runs are alike");
        let named =
            found.slower_stage.as_ref().map_or(String::new(), |stage| format!(", {stage} got slower"));
        let ratios: Vec<String> = found
            .metrics
            .iter()
            .filter(|metric| metric.name == "throughput" || metric.stage.as_deref() == Some(stage))
            .map(|metric| {
                let [ratio, low, high] =
                    [metric.ratio, metric.low, metric.high].map(Option::unwrap_or_default);
                format!("{} {ratio:.3} ({low:.3} to {high:.3})", metric.name)
            })
            .collect();
        println!("{time:>3}  {}{named}; {}", found.verdict.as_str(), ratios.join("; "));
        *verdicts.entry(format!("{}{named}", found.verdict.as_str())).or_default() += 1;
    }
    verdicts.iter().for_each(|(verdict, count)| println!("{count} of {times}: {verdict}"));
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let times = words.first().and_then(|word| word.parse().ok()).unwrap_or(20);
    let stage = words.get(1).map_or("verify", String::as_str);
    let share = words.get(2).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    match campaign(times, stage, share) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
