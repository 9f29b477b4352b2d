//! What measuring costs of throughput: CPU time of all stages for a transaction, on one thread, as the process counts it, in a
//! build that measures and in one in which that is compiled to nothing, run in alternation.
//!
//! ```text
//! cargo build --release -p pelton-bench-harness --example measuring && cp target/release/examples/measuring metered
//! cargo build --release -p pelton-bench-harness --example measuring --features unmetered
//! ./metered 20 target/release/examples/measuring
//! ```
//!
//! With no arguments it makes one run and prints its figure, with them so many pairs, A B, B A, ...

#[path = "../tests/common/small.rs"]
mod small;

use std::path::Path;
use std::process::{Command, ExitCode};

use pelton_bench_harness::bench::{BenchError, Edge, Options, Surroundings, bench_within};
use pelton_bench_harness::compare::alternate::is_a_first;
use pelton_bench_harness::compare::interval::{Pairing, Resamples, interval, median};
use pelton_bench_harness::run::process_cpu_ns;
use small::Silent;

const TRANSACTIONS: u64 = 60_000;

/// Nanoseconds of CPU time for each transaction of one run.
fn once() -> Result<f64, BenchError> {
    let cache = Path::new("target/campaign");
    let options = Options { accounts: 2_000, threads: 1, ..small::options(cache, TRANSACTIONS) };
    let at = std::sync::Arc::new(parking_lot::Mutex::new([0; 2]));
    let told = at.clone();
    let edges = move |edge| told.lock()[usize::from(edge == Edge::Over)] = process_cpu_ns();
    let surroundings = Surroundings { edges: Some(std::sync::Arc::new(edges)), ..Surroundings::default() };
    let report = bench_within(&options, &Silent, &surroundings)?.report;
    assert!(report.committed == TRANSACTIONS, "all are committed");
    let [began, over] = *at.lock();
    Ok((over - began) as f64 / TRANSACTIONS as f64)
}

fn ask(program: &Path) -> f64 {
    let output = Command::new(program).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    text.trim().parse().unwrap_or_else(|_| panic!("{} prints a number: {text}", program.display()))
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let [own, pairs, other] = words.as_slice() else {
        return match once() {
            Ok(each_ns) => {
                println!("{each_ns:.1}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    };
    let pairs: usize = pairs.parse().expect("the first argument is a number of pairs");
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        for is_own in [is_a_first(pair), !is_a_first(pair)] {
            let (program, of) = if is_own { (own, &mut with) } else { (other, &mut without) };
            of.push(ask(Path::new(program)));
        }
    }
    println!("measured            {:8.0} ns of CPU time a transaction, median of {pairs}", median(&with));
    println!("compiled to nothing {:8.0} ns", median(&without));
    if let Some(resamples) = Resamples::of(&without, &with, Pairing::Paired) {
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let (low, high) = interval(&resamples, 0.95);
        println!(
            "cost                {:8.2} %, with 95 % confidence between {:.2} % and {:.2} %",
            percent(resamples.ratio()),
            percent(low),
            percent(high)
        );
    }
    ExitCode::SUCCESS
}
