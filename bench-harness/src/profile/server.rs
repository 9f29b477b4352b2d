//! The server scenario: Poisson arrivals, and the highest rate at which p99 holds its bound.
//!
//! Halving: the rate lies between one that held and one that did not, beginning with none and with what was reached
//! offline. Latency counts from when a transaction was due, so that what waits before the door counts too.

use std::sync::Arc;

use pelton_pipeline::stages::load::Rate;

use crate::bench::{BenchError, Length, Options, Progress, Surroundings};
use crate::profile::energy::Meters;
use crate::profile::sweep::{run, standard};
use crate::profile::{ProfiledRun, Server, Settings, Size};

/// Searches, and gives every run.
pub fn search(
    settings: &Settings,
    best: &ProfiledRun,
    meters: &Arc<Meters>,
    progress: &dyn Progress,
) -> Result<(Server, Vec<ProfiledRun>), BenchError> {
    let (steps, seconds) = match settings.size {
        Size::Whole => (7, 10.0),
        Size::Quick => (4, 1.5),
        Size::Small => (1, 0.2),
    };
    let (mut held, mut broken) = (0.0, best.report.committed_per_second);
    let mut server = Server { p99_ms: settings.p99_ms, per_second: None, tried: Vec::new() };
    let mut runs = Vec::new();
    for seed in 1..=steps {
        let per_second = f64::midpoint(held, broken).round();
        let options = Options {
            rate: Rate::Poisson { per_second, seed },
            length: Length::Seconds(seconds),
            claim_senders: best.report.verify.senders_claimed,
            backend: best.report.verify.requested.clone(),
            ..standard(settings, &best.report.workload.scheme)
        };
        let served = run(&options, meters, progress, Surroundings::default())?.0;
        let p99_ms = served.report.latency_ns.p99 as f64 / 1e6;
        server.tried.push((per_second, p99_ms));
        // A run that lost something has held nothing.
        if p99_ms <= settings.p99_ms && served.report.is_good() {
            held = per_second;
            server.per_second = Some(per_second);
        } else {
            broken = per_second;
        }
        runs.push(served);
    }
    Ok((server, runs))
}
