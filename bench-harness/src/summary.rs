//! From what a run left behind to its report.

use std::collections::BTreeMap;

use pelton_engine::limits::Limits;
use pelton_kernels::choice::Found;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::durability::Gauges;
use pelton_pipeline::meter::{Meter, Regime};
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::turn::Turnable;
use pelton_workloads::Workload;

use crate::audit::audit;
use crate::bench::Options;
use crate::device::DeviceReport;
use crate::durable::Durable;
use crate::load::LoadReport;
use crate::machine::Machine;
use crate::probe::Probe;
use crate::report::{
    Durability, Latency, Limit, Losses, RegimeSeconds, Report, SCHEMA, Service, StageReport, VerifyReport,
    WorkloadInfo,
};
use crate::run::Outcomes;

/// A load that was blocked for less of its time than this was itself the limit.
const BLOCKED_SHARE_OF_A_LIMIT: f64 = 0.02;

/// Audits a run and sums it up.
pub fn summary(
    options: &Options,
    workload: &Workload,
    limits: &Limits,
    outcomes: &Outcomes,
    probe: &Probe,
    found: Option<&Found>,
) -> Report {
    let offered = outcomes.stages[0].meter().passed;
    let committed = outcomes.blocks.iter().map(|block| block.succeeded).sum();
    let seconds = outcomes.elapsed_ns as f64 / 1e9;
    let mut rejected = BTreeMap::new();
    for (reason, count) in outcomes.inner().iter().flat_map(|stage| &stage.meter().rejected) {
        *rejected.entry(reason.name().to_owned()).or_default() += count;
    }
    Report {
        schema: SCHEMA.to_owned(),
        workload: WorkloadInfo {
            name: options.workload.to_string(),
            seed: options.seed,
            digest: workload.digest.to_string(),
            transactions: workload.transactions.len() as u64,
            scheme: options.scheme.to_string(),
            accounts: options.accounts,
        },
        machine: Machine::detect(),
        commit: env!("PELTON_COMMIT").to_owned(),
        threads: options.threads,
        until: options.until.clone(),
        rate: match options.rate {
            Rate::Max => None,
            Rate::PerSecond(rate) | Rate::Poisson { per_second: rate, .. } => Some(rate),
        },
        arrivals: match options.rate {
            Rate::Max => "at once",
            Rate::PerSecond(_) => "evenly",
            Rate::Poisson { .. } => "poisson",
        }
        .to_owned(),
        offered,
        committed,
        failed: outcomes.blocks.iter().map(|block| block.failed).sum(),
        passed: outcomes.passed,
        rejected,
        seconds,
        committed_per_second: committed as f64 / seconds,
        passed_per_second: outcomes.passed as f64 / seconds,
        latency_ns: latency(outcomes),
        stages: outcomes.inner().iter().map(|stage| stage_report(stage.as_ref(), probe)).collect(),
        load: LoadReport::of(outcomes.stages[0].meter(), outcomes.elapsed_ns),
        limit: limit(options, outcomes),
        verify: VerifyReport {
            requested: options.backend.clone(),
            senders_claimed: options.claim_senders,
            backends: outcomes
                .verify
                .answered
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect(),
            device: found.map(DeviceReport::of),
            faults: outcomes.verify.faults,
            last_fault: outcomes.verify.last_fault.as_ref().map(ToString::to_string),
        },
        efficiency: Some(outcomes.came_out() / seconds * probe.total_ns / 1e9 / options.threads as f64),
        losses: Some(losses(options, outcomes, probe)),
        durability: outcomes.durable.map(|durable| durability(&durable, outcomes)),
        audit: options.until.is_none().then(|| audit(workload, limits, outcomes, offered)),
    }
}

fn durability(durable: &Durable, outcomes: &Outcomes) -> Durability {
    let Gauges { height, lag_blocks_max, syncs, log_bytes, checkpoints, .. } = durable.gauges;
    let each = |bytes: u64| bytes as f64 / outcomes.came_out().max(1.0);
    Durability {
        height,
        block_syncs: syncs,
        syncs: durable.syncs,
        checkpoints,
        lag_blocks_max,
        log_bytes_per_transaction: each(log_bytes),
        written_bytes_per_transaction: each(durable.written_bytes),
        recovery_seconds: durable.recovery_ns as f64 / 1e9,
        recovered_height: durable.height,
        recovered_state_root: durable.state_root.to_string(),
    }
}

fn latency(outcomes: &Outcomes) -> Latency {
    let histogram = &outcomes.latency_ns;
    let at = |quantile| histogram.value_at_quantile(quantile);
    Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.max() }
}

fn stage_report(stage: &dyn Turnable, probe: &Probe) -> StageReport {
    let meter = stage.meter();
    let seconds = |regime| meter.time_in(regime) as f64 / 1e9;
    StageReport {
        name: stage.name().to_owned(),
        taken: meter.taken,
        passed: meter.passed,
        rejected: meter.rejected_total(),
        held: meter.held,
        regime_seconds: RegimeSeconds {
            idle: seconds(Regime::Idle),
            busy: seconds(Regime::Busy),
            blocked: seconds(Regime::Blocked),
        },
        cpu_ns_per_transaction: meter.cpu_ns_per_transaction(),
        undisturbed_cpu_ns_per_transaction: meter.stretches.undisturbed_ns(),
        isolated_cpu_ns_per_transaction: probe.cpu_ns.get(stage.name()).copied(),
        service_ns: Service {
            p50: meter.service_ns.value_at_quantile(0.5),
            p99: meter.service_ns.value_at_quantile(0.99),
        },
        queue_max: stage.queue_max(),
    }
}

fn share(meter: &Meter, regime: Regime) -> f64 {
    meter.time_in(regime) as f64 / meter.regime_ns.iter().sum::<Nanos>().max(1) as f64
}

fn limit(options: &Options, outcomes: &Outcomes) -> Limit {
    let busiest = outcomes
        .inner()
        .iter()
        .map(|stage| (stage.name(), share(stage.meter(), Regime::Busy)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .expect("a pipeline has a stage");
    let load = outcomes.stages[0].meter();
    let waited_for_load =
        options.rate != Rate::Max && share(load, Regime::Blocked) < BLOCKED_SHARE_OF_A_LIMIT;
    let was_limit = LoadReport::of(load, outcomes.elapsed_ns).was_limit;
    let stage = if waited_for_load || was_limit { "load" } else { busiest.0 };
    Limit { stage: stage.to_owned(), busy_share: busiest.1 }
}

fn losses(options: &Options, outcomes: &Outcomes, probe: &Probe) -> Losses {
    let whole_ns = outcomes.driven_ns as f64 * options.threads as f64;
    let stages_ns = outcomes.stages.iter().map(|stage| stage.meter().cpu_ns as f64).sum::<f64>();
    let alone_ns = outcomes.came_out() * probe.total_ns;
    let process_ns = outcomes.process_cpu_ns as f64;
    let starved_ns = outcomes.starved_ns as f64;
    Losses {
        starved: starved_ns / whole_ns,
        waiting: (whole_ns - process_ns - starved_ns).max(0.0) / whole_ns,
        driving: (process_ns - stages_ns) / whole_ns,
        interference: (stages_ns - alone_ns) / whole_ns,
    }
}
