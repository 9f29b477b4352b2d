//! The offline scenario: everything that the machine has, as fast as it is taken.

use std::sync::Arc;

use hdrhistogram::Histogram;
use pelton_pipeline::stages::load::Rate;

use crate::bench::{BenchError, Length, Options, Progress, Ran, Surroundings, bench_within};
use crate::profile::energy::Joules;
use crate::profile::{ProfiledRun, Settings};
use crate::trace::Recorder;

/// Workloads beside plain transfers, on all threads.
const WORKLOADS: [&str; 3] = ["erc20", "mix", "hot-account"];
const SCHEMES: [&str; 2] = ["ed25519", "secp256k1"];
const ACCOUNTS: u32 = 10_000;

/// The offline runs, and what the last of them left beside its report.
pub struct Swept {
    /// In the order in which they were made.
    pub runs: Vec<ProfiledRun>,
    /// Latencies of the run on all threads.
    pub latency_ns: Histogram<u64>,
    /// What its threads did.
    pub recorder: Recorder,
}

impl Swept {
    /// The run that committed most transactions a second.
    pub fn best(&self) -> &ProfiledRun {
        let rate = |run: &&ProfiledRun| run.report.committed_per_second;
        self.runs.iter().max_by(|x, y| rate(x).total_cmp(&rate(y))).expect("a sweep has runs")
    }

    /// Threads and transactions a second, of plain transfers in the first scheme.
    pub fn by_threads(&self) -> Vec<(usize, f64)> {
        let runs = self.runs.iter().map(|run| &run.report);
        let plain = runs.filter(|report| {
            report.workload.name == "transfers"
                && report.workload.scheme == SCHEMES[0]
                && report.verify.requested == "auto"
                && !report.verify.senders_claimed
        });
        plain.map(|report| (report.threads, report.committed_per_second)).collect()
    }
}

/// 1, 2, 4, ... and all.
fn counts(threads: usize) -> Vec<usize> {
    let powers = (0..usize::BITS).map(|power| 1_usize << power).take_while(|count| *count < threads);
    powers.chain([threads]).collect()
}

/// What is run by default; sweeps change one thing of it each.
pub fn standard(settings: &Settings, scheme: &str) -> Options {
    Options {
        workload: "transfers".parse().expect("it is a workload"),
        scheme: scheme.parse().expect("it is a scheme"),
        length: Length::Transactions(if settings.quick { 30_000 } else { 250_000 }),
        rate: Rate::Max,
        accounts: ACCOUNTS,
        seed: 1,
        threads: settings.threads,
        backend: "auto".to_owned(),
        claim_senders: false,
        until: None,
        cache: settings.cache.clone(),
        data_dir: None,
        witness: None,
        metrics: None,
    }
}

/// Runs everything.
pub fn sweep(settings: &Settings, joules: &Joules, progress: &dyn Progress) -> Result<Swept, BenchError> {
    let mut runs = Vec::new();
    for options in plan(settings) {
        runs.push(run(&options, joules, progress, &Surroundings::default())?.0);
    }
    // Last, so that whatever a trace costs is in no other figure.
    let recorder = Recorder::default();
    let surroundings = Surroundings { probe: None, run: Some(Arc::new(recorder.clone())) };
    let traced = standard(settings, SCHEMES[0]);
    let (_, ran) = run(&traced, joules, progress, &surroundings)?;
    Ok(Swept { runs, latency_ns: ran.latency_ns, recorder })
}

fn plan(settings: &Settings) -> Vec<Options> {
    let mut plan = Vec::new();
    for scheme in SCHEMES {
        for threads in counts(settings.threads) {
            plan.push(Options { threads, ..standard(settings, scheme) });
        }
    }
    plan.push(Options { claim_senders: true, ..standard(settings, "secp256k1") });
    for workload in WORKLOADS {
        let workload = workload.parse().expect("it is a workload");
        plan.push(Options { workload, ..standard(settings, SCHEMES[0]) });
    }
    // The plain back-end is several times slower: fewer transactions say as much.
    let few = Length::Transactions(if settings.quick { 10_000 } else { 50_000 });
    plan.push(Options { backend: "reference".to_owned(), length: few, ..standard(settings, SCHEMES[0]) });
    plan
}

/// One run, with what it used.
pub fn run(
    options: &Options,
    joules: &Joules,
    progress: &dyn Progress,
    surroundings: &Surroundings,
) -> Result<(ProfiledRun, Ran), BenchError> {
    let before = joules.read();
    let ran = bench_within(options, progress, surroundings)?;
    let report = ran.report.clone();
    // The counters ran while the workload was read and the result audited too: an upper bound.
    let energy = joules.since(&before, report.committed + report.failed);
    let scenario = if options.rate == Rate::Max { "offline" } else { "server" };
    Ok((ProfiledRun { scenario: scenario.to_owned(), energy, report }, ran))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn all_threads_are_measured_and_powers_of_two_below() {
        assert_eq!([1, 2, 6, 8].map(counts), [vec![1], vec![1, 2], vec![1, 2, 4, 6], vec![1, 2, 4, 8]]);
    }
}
