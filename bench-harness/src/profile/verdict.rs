//! The verdict in words: what limits, what is next, where a GPU starts to pay.

use crate::doctor::{Diagnosis, State};
use crate::profile::sweep::best;
use crate::profile::{CUDA, Profile};
use crate::report::Report;

/// One sentence or two for each thing.
pub fn verdict(profile: &Profile, diagnosis: &Diagnosis) -> Vec<String> {
    let best = best(&profile.runs);
    let report = &best.report;
    let mut lines = vec![
        format!(
            "Offline: {:.0} transactions a second at best ({}, {}, {} threads).",
            report.committed_per_second, report.workload.name, report.workload.scheme, report.threads
        ),
        server(profile),
        limit(report),
        next(report),
        scaling(profile),
        gpu(report, profile),
        accuracy(profile),
    ];
    let costs = diagnosis.checks.iter().filter(|check| check.state == State::Costs);
    let costs: Vec<&str> = costs.map(|check| check.name.as_str()).collect();
    if !costs.is_empty() {
        lines.push(format!(
            "The host costs throughput: {}; pelton doctor says how to change it.",
            costs.join(", ")
        ));
    }
    if let Some(cost) = &profile.cost {
        lines.push(format!(
            "At {} a month: {:.0} transactions for one unit of money, at the offline rate all month.",
            cost.per_month, cost.transactions_per_unit_offline
        ));
    }
    lines
}

fn server(profile: &Profile) -> String {
    let server = &profile.server;
    match server.per_second {
        Some(rate) => format!(
            "Server: {rate:.0} transactions a second, independent arrivals, p99 within {} ms.",
            server.p99_ms
        ),
        None => format!("Server: no rate that was tried holds p99 within {} ms.", server.p99_ms),
    }
}

fn limit(report: &Report) -> String {
    format!("The limit is {}, busy {:.0} % of its time.", report.limit.stage, report.limit.busy_share * 100.0)
}

/// The stage that costs most after the limit: what would hold the others up if the limit were gone.
fn next(report: &Report) -> String {
    let others = report.stages.iter().filter(|stage| stage.name != report.limit.stage);
    let cost = |stage: &&crate::report::StageReport| stage.cpu_ns_per_transaction;
    let next = others.max_by(|x, y| cost(x).total_cmp(&cost(y))).expect("there are several stages");
    let rest: f64 = report.stages.iter().map(|stage| stage.cpu_ns_per_transaction).sum::<f64>()
        - report
            .stages
            .iter()
            .filter(|stage| stage.name == report.limit.stage)
            .map(|stage| stage.cpu_ns_per_transaction)
            .sum::<f64>();
    format!(
        "Next is {} with {:.0} ns of CPU time a transaction; without {} the rest of the stages would need {rest:.0} ns, \
         which is {:.0} transactions a second on {} threads.",
        next.name,
        next.cpu_ns_per_transaction,
        report.limit.stage,
        report.threads as f64 * 1e9 / rest.max(1.0),
        report.threads
    )
}

fn scaling(profile: &Profile) -> String {
    let Some(scaling) = &profile.scaling else {
        return "Scaling: unavailable: one thread is all there is.".to_owned();
    };
    let peak = scaling
        .peak_threads
        .map_or(String::new(), |peak| format!("; more than {peak:.0} threads would be slower"));
    format!(
        "Scaling by {}'s law: {:.0} a second on one thread, {:.1} % serial, κ {:.5}{peak}. It is fitted to {} counts of threads{}.",
        scaling.law,
        scaling.lambda,
        scaling.sigma * 100.0,
        scaling.kappa,
        scaling.points.len(),
        if scaling.points.len() < 3 { ", which is too few to trust beyond them" } else { "" }
    )
}

/// Where a GPU pays, if there is one; if not, what one would have to do to pay, and what it could bring at most.
fn gpu(report: &Report, profile: &Profile) -> String {
    let device = report.verify.device.as_ref();
    let device = device.filter(|device| device.unused.is_none() || !device.crossovers.is_empty());
    if let Some(device) = device {
        let of = |(scheme, crossover): (&String, &crate::device::CrossoverReport)| match crossover.signatures
        {
            Some(signatures) => format!("{scheme} from {signatures} signatures in a batch on"),
            None => format!("{scheme} nowhere"),
        };
        let all: Vec<String> = device.crossovers.iter().map(of).collect();
        return format!("GPU: it pays for {}.", all.join(", "));
    }
    let reason = profile.unavailable.iter().find_map(|line| line.strip_prefix(CUDA));
    let without: f64 = report.stages.iter().map(|stage| stage.cpu_ns_per_transaction).sum::<f64>()
        - report
            .stages
            .iter()
            .filter(|stage| stage.name == "verify")
            .map(|stage| stage.cpu_ns_per_transaction)
            .sum::<f64>();
    format!(
        "GPU: {}. One would begin to pay where it answers more than {:.0} {} signatures a second from end to end, which \
         all {} threads do here; and if signatures cost the processor nothing at all, the other stages would allow {:.0} \
         transactions a second in place of {:.0}.",
        reason.unwrap_or("unavailable"),
        profile.ceilings.signatures_alone,
        report.workload.scheme,
        report.threads,
        report.threads as f64 * 1e9 / without.max(1.0),
        report.committed_per_second,
    )
}

fn accuracy(profile: &Profile) -> String {
    let accuracy = &profile.accuracy;
    format!(
        "Accuracy: {} of {} runs ended with the root of serial execution and lost nothing.",
        accuracy.right, accuracy.runs
    )
}
