//! `Peaks`: the most transactions that each stage ever held.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pelton_pipeline::clock::Clock;
use pelton_pipeline::meter::Meter;
use pelton_pipeline::metrics::sample::Samples;
use pelton_pipeline::turn::Turnable;

use crate::around::Around;

/// By stage.
#[derive(Clone, Default)]
pub(super) struct Peaks(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Peaks {
    /// The peaks so far.
    pub(super) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().clone()
    }
}

impl Around for Peaks {
    fn stage(&self, stage: Box<dyn Turnable>) -> Box<dyn Turnable> {
        Box::new(Peaked { stage, peaks: self.clone(), most: 0 })
    }
}

struct Peaked {
    stage: Box<dyn Turnable>,
    peaks: Peaks,
    most: u64,
}

impl Turnable for Peaked {
    fn name(&self) -> &'static str {
        self.stage.name()
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        let happened = self.stage.turn(clock);
        let held = self.stage.meter().held;
        if held > self.most {
            self.most = held;
            self.peaks.0.lock().insert(self.stage.name(), held);
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

    fn observe(&self, samples: &mut Samples) {
        self.stage.observe(samples);
    }
}
