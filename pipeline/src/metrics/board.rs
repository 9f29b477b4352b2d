//! `Board`: where stages leave their samples when somebody asks for them.
//!
//! ```text
//!   who scrapes                          the thread that turns a stage
//!   ask: number += 1  ───────────────>   sees another number than last time
//!   is_answered? ... text  <──────────   copies its counters out, notes the number
//! ```
//!
//! Who asks never holds anything that a stage needs, other than for the moment in which a copy changes hands. A stage that is
//! not turned does not answer; its last samples stand until it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::sample::Samples;
use super::text::text;
use crate::clock::Clock;
use crate::turn::Turnable;
use crate::wrapped::{Wrap, Wrapped};

/// Says what is known outside of the pipeline.
pub type Source = Box<dyn Fn(&mut Samples) + Send + Sync>;

/// See the head of this file.
pub struct Board {
    asked: AtomicU64,
    places: Vec<Mutex<Place>>,
    sources: Mutex<Vec<Source>>,
}

/// What a stage has left.
#[derive(Default)]
struct Place {
    samples: Samples,
    answered: u64,
}

impl Board {
    /// A board for these stages, which are wrapped so that they answer it, and for what is known outside of them.
    pub fn watch(
        stages: Vec<Box<dyn Turnable>>,
        sources: Vec<Source>,
    ) -> (Arc<Board>, Vec<Box<dyn Turnable>>) {
        let places = stages.iter().map(|_| Mutex::default()).collect();
        let sources = Mutex::new(sources);
        let board = Arc::new(Board { asked: AtomicU64::new(0), places, sources });
        let watched = stages.into_iter().enumerate().map(|(place, stage)| {
            let mut watched = Watched { board: board.clone(), place, answered: 0, was_finished: false };
            watched.copy_out(stage.as_ref(), 0);
            Wrapped::around(stage, watched)
        });
        let watched = watched.collect();
        (board, watched)
    }

    /// Also shows what this one says from now on: who is known only after the stages were begun.
    pub fn add(&self, source: Source) {
        self.sources.lock().push(source);
    }

    /// Asks all stages for their samples.
    pub fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether every stage has answered since it was asked last.
    pub fn is_answered(&self) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        self.places.iter().all(|place| place.lock().answered == asked)
    }

    /// What was answered last, and what is known outside.
    pub fn samples(&self) -> Samples {
        let mut samples = Samples::default();
        self.sources.lock().iter().for_each(|source| source(&mut samples));
        self.places.iter().for_each(|place| samples.extend(&place.lock().samples));
        samples
    }

    /// The same as text for Prometheus.
    pub fn text(&self) -> String {
        text(&self.samples())
    }
}

/// Answers a board between a stage's turns.
struct Watched {
    board: Arc<Board>,
    place: usize,
    answered: u64,
    was_finished: bool,
}

impl Watched {
    fn copy_out(&mut self, stage: &dyn Turnable, asked: u64) {
        let mut samples = Samples::default();
        stage.observe(&mut samples);
        *self.board.places[self.place].lock() = Place { samples, answered: asked };
        self.answered = asked;
    }
}

impl Wrap for Watched {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let happened = stage.turn(clock);
        let asked = self.board.asked.load(Ordering::Relaxed);
        // What stands there in the end is what a run came to, also if nobody asks again in time.
        let has_ended = stage.is_finished() && !self.was_finished;
        if asked != self.answered || has_ended {
            self.was_finished = stage.is_finished();
            self.copy_out(stage, asked);
        }
        happened
    }
}
