//! `Figures`: what the stages have counted, readable while they run.
//!
//! Each stage is wrapped: now and then, after a turn in which something happened, its counts are copied out.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_pipeline::meter::Regime;
use pelton_pipeline::turn::Turnable;
use pelton_pipeline::wrapped::{Wrap, Wrapped};
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
        let wrap = |stage: Box<dyn Turnable>| {
            shown.push((stage.name(), figures_of(stage.as_ref())));
            let at = shown.len() - 1;
            Wrapped::around(stage, Shown { figures: self.clone(), at, shown_ns: 0, is_stale: false })
        };
        stages.into_iter().map(wrap).collect()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Value> {
        self.0.lock().iter().map(|(_, figures)| figures.clone()).collect()
    }
}

/// Copies a stage's counts out.
struct Shown {
    figures: Figures,
    at: usize,
    shown_ns: Nanos,
    is_stale: bool,
}

impl Wrap for Shown {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let happened = stage.turn(clock);
        self.is_stale |= happened;
        if self.is_stale && clock.now_ns().saturating_sub(self.shown_ns) >= REFRESH_NS {
            (self.shown_ns, self.is_stale) = (clock.now_ns(), false);
            self.figures.0.lock()[self.at].1 = figures_of(stage);
        }
        happened
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
