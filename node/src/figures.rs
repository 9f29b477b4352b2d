//! `Figures`: what the stages have counted, readable while they run.
//!
//! Each stage is wrapped: now and then, after a turn in which something happened, its counts are copied out.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_pipeline::meter::{Meter, Regime};
use pelton_pipeline::turn::Turnable;
use serde_json::{Value, json};

/// How old figures may be while a stage is at work.
const REFRESH_NS: Nanos = 50_000_000;

/// The newest counts of each stage, in order.
#[derive(Clone, Default)]
pub struct Figures(Arc<Mutex<Vec<(&'static str, Value)>>>);

impl Figures {
    /// Watches these stages.
    pub fn watch(&self, stages: Vec<Box<dyn Turnable>>) -> Vec<Box<dyn Turnable>> {
        let mut shown = self.0.lock();
        let wrap = |stage: Box<dyn Turnable>| -> Box<dyn Turnable> {
            shown.push((stage.name(), figures_of(stage.as_ref())));
            Box::new(Shown {
                stage,
                figures: self.clone(),
                at: shown.len() - 1,
                shown_ns: 0,
                is_stale: false,
            })
        };
        stages.into_iter().map(wrap).collect()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Value> {
        self.0.lock().iter().map(|(_, figures)| figures.clone()).collect()
    }
}

/// A stage whose counts are copied out.
struct Shown {
    stage: Box<dyn Turnable>,
    figures: Figures,
    at: usize,
    shown_ns: Nanos,
    is_stale: bool,
}

impl Turnable for Shown {
    fn name(&self) -> &'static str {
        self.stage.name()
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        let happened = self.stage.turn(clock);
        self.is_stale |= happened;
        if self.is_stale && clock.now_ns().saturating_sub(self.shown_ns) >= REFRESH_NS {
            (self.shown_ns, self.is_stale) = (clock.now_ns(), false);
            self.figures.0.lock()[self.at].1 = figures_of(self.stage.as_ref());
        }
        happened
    }

    fn is_finished(&self) -> bool {
        self.stage.is_finished()
    }

    fn meter(&self) -> &Meter {
        self.stage.meter()
    }

    fn queue_max(&self) -> usize {
        self.stage.queue_max()
    }
}

fn figures_of(stage: &dyn Turnable) -> Value {
    let meter = stage.meter();
    let rejected = meter.rejected.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count)));
    json!({
        "name": stage.name(),
        "taken": meter.taken,
        "passed": meter.passed,
        "held": meter.held,
        "rejected": rejected.collect::<serde_json::Map<_, _>>(),
        "idleNs": meter.time_in(Regime::Idle),
        "busyNs": meter.time_in(Regime::Busy),
        "blockedNs": meter.time_in(Regime::Blocked),
        "cpuNs": meter.cpu_ns,
        "p50Ns": meter.service_ns.value_at_quantile(0.5),
        "p99Ns": meter.service_ns.value_at_quantile(0.99),
        "queueMax": stage.queue_max(),
    })
}
