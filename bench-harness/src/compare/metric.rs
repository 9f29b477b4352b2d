//! What is compared, and below what difference nobody would act.

use crate::compare::Verdict;
use crate::compare::interval::median;
use crate::compare::runs::{Run, RunStage};

/// Floors, as shares. Latency at full speed is the length of the queues, which wobbles more than what they carry.
const FLOOR_RATE: f64 = 0.02;
const FLOOR_LATENCY: f64 = 0.10;
const FLOOR_STAGE: f64 = 0.03;
/// A stage's growth below this share of all stages' CPU time is nobody's concern, however large a share of its own.
const FLOOR_OF_WHOLE: f64 = 0.01;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Of rates.
    Higher,
    /// Of times.
    Lower,
}

/// One metric of all runs.
#[derive(Clone, Debug)]
pub struct Metric {
    /// What it is called.
    pub name: String,
    /// The stage that it is of.
    pub stage: Option<String>,
    /// Its unit.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// The floor, as a share.
    pub floor: f64,
    /// Of the first set.
    pub a: Vec<f64>,
    /// Of the second.
    pub b: Vec<f64>,
}

impl Metric {
    /// What a ratio means whose interval, at the confidence that is asked for, is this.
    pub fn verdict(&self, ratio: f64, low: f64, high: f64) -> Verdict {
        let is_certain = low > 1.0 || high < 1.0;
        // So that half and double are equally far from 1.
        let difference = ratio.max(1.0 / ratio) - 1.0;
        if !is_certain || difference < self.floor {
            return Verdict::WithinNoise;
        }
        let is_better = (ratio > 1.0) == (self.better == Better::Higher);
        if is_better { Verdict::Better } else { Verdict::Worse }
    }
}

/// All metrics of two sets of runs.
pub fn metrics(a: &[Run], b: &[Run]) -> Vec<Metric> {
    let whole = |name: &str, unit, better, floor, of: &dyn Fn(&Run) -> f64| Metric {
        name: name.to_owned(),
        stage: None,
        unit,
        better,
        floor,
        a: a.iter().map(of).collect(),
        b: b.iter().map(of).collect(),
    };
    let mut all = vec![
        whole("throughput", "transactions/s", Better::Higher, FLOOR_RATE, &Run::per_second),
        whole("CPU time", "ns/transaction", Better::Lower, FLOOR_RATE, &Run::cpu_ns),
        whole("latency p50", "ns", Better::Lower, FLOOR_LATENCY, &|run| run.latency_ns.p50 as f64),
        whole("latency p99", "ns", Better::Lower, FLOOR_LATENCY, &|run| run.latency_ns.p99 as f64),
    ];
    let names = a.first().into_iter().flat_map(|run| &run.stages).map(|stage| stage.name.clone());
    for name in names {
        all.extend(stage("CPU time", &name, &|stage| Some(stage.cpu_ns_per_transaction), a, b));
        let undisturbed = |stage: &RunStage| stage.undisturbed_cpu_ns_per_transaction;
        all.extend(stage("undisturbed CPU time", &name, &undisturbed, a, b));
    }
    all
}

/// What a stage costs, where that is in every run.
fn stage(
    kind: &str,
    name: &str,
    of: &dyn Fn(&RunStage) -> Option<f64>,
    a: &[Run],
    b: &[Run],
) -> Option<Metric> {
    let one = |run: &Run| of(run.stages.iter().find(|stage| stage.name == name)?);
    let all = |runs: &[Run]| runs.iter().map(one).collect::<Option<Vec<f64>>>();
    let (a_values, b_values) = (all(a)?, all(b)?);
    let whole = median(&a.iter().map(Run::cpu_ns).collect::<Vec<f64>>());
    let own = median(&a_values).max(f64::MIN_POSITIVE);
    Some(Metric {
        name: format!("{kind} of {name}"),
        stage: Some(name.to_owned()),
        unit: "ns/transaction",
        better: Better::Lower,
        floor: FLOOR_STAGE.max(FLOOR_OF_WHOLE * whole / own),
        a: a_values,
        b: b_values,
    })
}
