//! `Wrapped`: a stage with something around its turns, and all else as it is.

use crate::clock::Clock;
use crate::meter::Meter;
use crate::metrics::sample::Samples;
use crate::turn::Turnable;

/// What goes on around the turns of one stage.
pub trait Wrap: Send {
    /// Turns the stage once, and gives what that gave.
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool;
}

/// See the head of this file.
pub struct Wrapped<W> {
    stage: Box<dyn Turnable>,
    wrap: W,
}

impl<W: Wrap + 'static> Wrapped<W> {
    /// Puts `wrap` around a stage.
    pub fn around(stage: Box<dyn Turnable>, wrap: W) -> Box<dyn Turnable> {
        Box::new(Wrapped { stage, wrap })
    }
}

impl<W: Wrap> Turnable for Wrapped<W> {
    fn name(&self) -> &'static str {
        self.stage.name()
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        self.wrap.turn(self.stage.as_mut(), clock)
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
