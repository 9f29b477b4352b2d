//! `pelton bench --validators N`: what is asked for, and what is said of it.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use pelton_bench_harness::bench::{Length, Options, Progress as _};
use pelton_bench_harness::pipeline::Rate;
use pelton_workloads::{Spec, load_or_make};

use super::Arguments;
use crate::cluster::bench::{self, bench};
use crate::node::BLOCK_TIME_MS;
use crate::progress::Bar;

/// Transactions that are offered unless others are asked for.
const TRANSACTIONS: u64 = 50_000;

/// Runs validators, and says by the exit code whether all of it was true.
pub fn run(arguments: &Arguments, options: &Options, count: u16) -> ExitCode {
    let bar = Bar::new();
    let prepared = cluster_options(arguments, options, count, &bar);
    let report = prepared.and_then(|options: bench::Options| {
        bar.step("running validators", None);
        bench(&options)
    });
    bar.finish();
    match report {
        Ok(report) => {
            let json = serde_json::to_string_pretty(&report).expect("a report has only plain fields") + "\n";
            let text = if arguments.json { json } else { report.to_string() };
            // Whoever closes the pipe has read enough; the exit code is the same.
            let _ = std::io::stdout().write_all(text.as_bytes());
            report.findings.iter().for_each(|finding| eprintln!("pelton: wrong: {finding}"));
            if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(words) => {
            eprintln!("pelton: {words}");
            ExitCode::FAILURE
        }
    }
}

fn cluster_options(
    arguments: &Arguments,
    options: &Options,
    validators: u16,
    bar: &Bar,
) -> Result<bench::Options, String> {
    let per_second = match options.rate {
        Rate::Max => None,
        Rate::PerSecond(rate) | Rate::Poisson { per_second: rate, .. } => Some(rate),
    };
    let transactions = match (options.length, per_second, arguments.transactions) {
        (Length::Seconds(seconds), Some(rate), _) => (seconds * rate).ceil() as u64,
        (Length::Seconds(_), None, _) => {
            return Err("validators take --transactions, or --seconds with --rate".into());
        }
        (Length::Transactions(_), _, given) => given.unwrap_or(TRANSACTIONS),
    };
    let Options { workload: pattern, scheme, accounts, seed, .. } = *options;
    let spec = Spec { pattern, scheme, accounts, transactions: transactions.max(1), seed };
    bar.step("signing", Some(spec.transactions));
    let workload = load_or_make(&options.cache, &spec, &|count| bar.advance(count))
        .map_err(|error| error.to_string())?;
    Ok(bench::Options {
        validators,
        threads: arguments.threads.unwrap_or(1),
        backend: options.backend.clone(),
        block_time_ms: arguments.block_time.unwrap_or(BLOCK_TIME_MS),
        workload: Arc::new(workload),
        per_second,
        claims: arguments.claim_senders,
    })
}
