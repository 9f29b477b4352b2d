//! `Peaks`: the most transactions that each stage ever held.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pelton_pipeline::clock::Clock;
use pelton_pipeline::turn::Turnable;
use pelton_pipeline::wrapped::{Wrap, Wrapped};

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
        Wrapped::around(stage, Peaked { peaks: self.clone(), most: 0 })
    }
}

struct Peaked {
    peaks: Peaks,
    most: u64,
}

impl Wrap for Peaked {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let happened = stage.turn(clock);
        let held = stage.meter().held;
        if held > self.most {
            self.most = held;
            self.peaks.0.lock().insert(stage.name(), held);
        }
        happened
    }
}
