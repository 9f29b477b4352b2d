//! `Stage`: one step of the pipeline, and all that its author writes.
//!
//! A stage owns its state and nothing else. It never waits, reads no clock, starts no thread and opens no socket, so
//! that the same code runs in production, in a benchmark and in a simulation. What it is told and what it says goes
//! through [`Outbox`]; the loop around it is `turn`, written once.

use alloy_primitives::B256;
use pelton_engine::reject::Reject;

use crate::batch::Load;
use crate::clock::Nanos;
use crate::metrics::sample::Samples;

/// One step of the pipeline.
pub trait Stage: Send {
    /// What comes in.
    type Input: Load;
    /// What goes out.
    type Output: Load;

    /// Takes a batch. Every transaction in it is passed on, rejected, or held from now on.
    fn take(&mut self, input: Self::Input, outbox: &mut Outbox<Self::Output>);

    /// Goes on with work in flight and sends what has waited long enough. Called at every turn.
    fn poll(&mut self, _outbox: &mut Outbox<Self::Output>) {}

    /// Called at every turn once nothing more will come in, until nothing is held: sends what waits for company, and
    /// gives up what waits for something that can no longer come.
    fn finish(&mut self, _outbox: &mut Outbox<Self::Output>) {}

    /// How many transactions are inside.
    fn held(&self) -> u64 {
        0
    }

    /// Whether a batch may be taken now.
    fn has_room(&self) -> bool {
        true
    }

    /// Whether it has work in flight, as opposed to transactions that wait for something.
    fn is_working(&self) -> bool {
        false
    }

    /// CPU time that its jobs on the pool have used since the start.
    fn job_cpu_ns(&self) -> u64 {
        0
    }

    /// Copies out what only this stage counts; what the loop counts for every stage is copied by the loop.
    fn observe(&self, _samples: &mut Samples) {}
}

/// What a stage is told in a turn, and where it puts what it has done.
#[derive(Debug)]
pub struct Outbox<T> {
    /// The time of this turn.
    pub now_ns: Nanos,
    /// The same in milliseconds since 1970.
    pub unix_ms: u64,
    pub(crate) passed: Vec<T>,
    pub(crate) rejected: Vec<(B256, Reject)>,
    /// Whether something was done that is neither passed nor rejected.
    pub(crate) worked: bool,
    /// Transactions that came in here, other than through the link.
    pub(crate) brought: u64,
    /// Transactions that left the pipeline here.
    pub(crate) delivered: u64,
}

impl<T> Outbox<T> {
    /// An empty one at this time.
    pub fn at(now_ns: Nanos, unix_ms: u64) -> Outbox<T> {
        Outbox {
            now_ns,
            unix_ms,
            passed: Vec::new(),
            rejected: Vec::new(),
            worked: false,
            brought: 0,
            delivered: 0,
        }
    }

    /// Says that something was done, though nothing passed on.
    pub fn note_work(&mut self) {
        self.worked = true;
    }

    /// Passes a batch to the next stage.
    pub fn pass(&mut self, batch: T) {
        self.passed.push(batch);
    }

    /// What was passed, for who calls a stage without a loop around it.
    pub fn into_passed(self) -> Vec<T> {
        self.passed
    }

    /// Turns one transaction away.
    pub fn reject(&mut self, id: B256, reason: Reject) {
        self.rejected.push((id, reason));
    }
}
