//! The offline scenario: everything that the machine has, as fast as it is taken.

use std::sync::Arc;

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use pelton_pipeline::stages::load::Rate;

use crate::around::Around;
use crate::bench::{BenchError, Edge, Length, Options, Progress, Ran, Surroundings, bench_within};
use crate::profile::energy::{Begun, Counted, Meters};
use crate::profile::{ProfiledRun, Settings, Size};
use crate::trace::Recorder;

/// The workload of all sweeps but that of workloads.
const STANDARD: &str = "transfers";
/// Workloads beside it, on all threads.
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
    /// Its metrics at the end, as text for Prometheus.
    pub metrics: String,
}

impl Swept {
    /// As [`best`].
    pub fn best(&self) -> &ProfiledRun {
        best(&self.runs)
    }

    /// Threads and transactions a second, of plain transfers in the first scheme.
    pub fn by_threads(&self) -> Vec<(usize, f64)> {
        let runs = self.runs.iter().map(|run| &run.report);
        let plain = runs.filter(|report| {
            report.workload.name == STANDARD
                && report.workload.scheme == SCHEMES[0]
                && report.verify.requested == "auto"
                && !report.verify.senders_claimed
        });
        plain.map(|report| (report.threads, report.committed_per_second)).collect()
    }
}

/// The run of plain transfers that committed most of them a second: what the machine is judged by.
pub fn best(runs: &[ProfiledRun]) -> &ProfiledRun {
    let offline = runs.iter().filter(|run| run.scenario == "offline" && run.report.workload.name == STANDARD);
    let rate = |run: &&ProfiledRun| run.report.committed_per_second;
    offline.max_by(|x, y| rate(x).total_cmp(&rate(y))).expect("a sweep has such runs")
}

/// 1, 2, 4, ... and all.
fn counts(threads: usize) -> Vec<usize> {
    let powers = (0..usize::BITS).map(|power| 1_usize << power).take_while(|count| *count < threads);
    powers.chain([threads]).collect()
}

/// What is run by default; sweeps change one thing of it each.
pub fn standard(settings: &Settings, scheme: &str) -> Options {
    Options {
        workload: STANDARD.parse().expect("it is a workload"),
        scheme: scheme.parse().expect("it is a scheme"),
        length: Length::Transactions(settings.size.transactions()),
        rate: Rate::Max,
        accounts: if settings.size == Size::Small { ACCOUNTS / 50 } else { ACCOUNTS },
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
pub fn sweep(
    settings: &Settings,
    has_device: bool,
    meters: &Arc<Meters>,
    progress: &dyn Progress,
) -> Result<Swept, BenchError> {
    let mut runs = Vec::new();
    for options in plan(settings, has_device) {
        runs.push(run(&options, meters, progress, Surroundings::default())?.0);
    }
    // Last, so that whatever a trace and the metrics cost is in no other figure.
    let recorder = Recorder::default();
    let around: Arc<dyn Around> = Arc::new(recorder.clone());
    let surroundings = Surroundings { run: Some(around), metrics: true, ..Surroundings::default() };
    let (_, ran) = run(&standard(settings, SCHEMES[0]), meters, progress, surroundings)?;
    let metrics = ran.metrics.expect("they were asked for");
    Ok(Swept { runs, latency_ns: ran.latency_ns, recorder, metrics })
}

fn plan(settings: &Settings, has_device: bool) -> Vec<Options> {
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
    if has_device {
        // Beside `auto`, where both work: each alone.
        for (scheme, backend) in SCHEMES.into_iter().flat_map(|scheme| [(scheme, "cpu"), (scheme, "cuda")]) {
            plan.push(Options { backend: backend.to_owned(), ..standard(settings, scheme) });
        }
    }
    // The plain back-end is several times slower: fewer transactions say as much.
    let few = Length::Transactions(settings.size.transactions() / 4);
    plan.push(Options { backend: "reference".to_owned(), length: few, ..standard(settings, SCHEMES[0]) });
    plan
}

/// One run, with what it used from its beginning to its end, without preparation and audit.
pub fn run(
    options: &Options,
    meters: &Arc<Meters>,
    progress: &dyn Progress,
    surroundings: Surroundings,
) -> Result<(ProfiledRun, Ran), BenchError> {
    let (begun, counted) = (Arc::<Mutex<Option<Begun>>>::default(), Arc::<Mutex<Option<Counted>>>::default());
    let (counts, into) = (meters.clone(), counted.clone());
    let told = move |edge| match edge {
        Edge::Begins => *begun.lock() = Some(counts.begin()),
        Edge::Over => *into.lock() = begun.lock().take().map(|begun| counts.end(begun)),
    };
    let surroundings = Surroundings { edges: Some(Arc::new(told)), ..surroundings };
    let ran = bench_within(options, progress, &surroundings)?;
    let report = ran.report.clone();
    let counted = counted.lock().take().expect("a run that was made has an end");
    let energy = counted.energy(report.committed + report.failed);
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
