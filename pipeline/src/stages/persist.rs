//! persist: makes blocks durable before anybody is told of them.
//!
//! ```text
//!               waiting                 on the thread of the disk
//! committed ──> blocks ──all of them──> write sets ──> log, one sync ──> passed on
//!                                       else a step of a checkpoint
//! ```
//!
//! 1. A block is passed on after the sync that covers it, and after no other.
//! 2. Whatever came in during a sync is made durable by the next one, together.
//! 3. One job is under way at most; after each sync a checkpoint gets a step before the next sync, if one is due, so that
//!    the log stays short also when the disk can hardly keep up.
//! 4. After an error nothing is passed on any more. What is held then was never acknowledged.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_kernels::Spawn;

use crate::batch::Load;
use crate::clock::Nanos;
use crate::durability::Durability;
use crate::jobs::Jobs;
use crate::metrics::sample::Samples;
use crate::metrics::{
    DURABLE_CHECKPOINTS, DURABLE_FAULT, DURABLE_HEIGHT, DURABLE_LAG, DURABLE_LOG, DURABLE_SYNCS,
};
use crate::stage::{Outbox, Stage};
use crate::stages::commit::Committed;

/// Blocks that wait at most, so that a slow disk holds up the stages before.
const WAITING_MAX: usize = 32;

/// The stage.
pub struct Persist {
    durability: Arc<Durability>,
    jobs: Jobs,
    waiting: Vec<Committed>,
    job: Option<UnderWay>,
    /// A checkpoint may have something to do.
    step_due: bool,
    /// The last job was a sync.
    has_synced: bool,
}

/// A job, and what it holds.
struct UnderWay {
    ended: Arc<Mutex<Option<Ended>>>,
    blocks: u64,
    transactions: u64,
}

/// What a job has done. One that met an error leaves nothing.
struct Ended {
    durable: Vec<Committed>,
    step_due: bool,
}

impl Persist {
    /// A stage that sends its jobs to the thread of a disk.
    pub fn new(durability: Arc<Durability>, jobs: Jobs) -> Persist {
        let waiting = Vec::new();
        Persist { durability, jobs, waiting, job: None, step_due: true, has_synced: false }
    }

    /// Begins what is to be done next, if anything is.
    fn begin(&mut self) {
        let has_blocks = !self.waiting.is_empty();
        if has_blocks && !(self.step_due && self.has_synced) {
            let blocks = std::mem::take(&mut self.waiting);
            self.has_synced = true;
            self.send(blocks, |durability, blocks| {
                let () = durability.persist(&blocks)?;
                Some(Ended { durable: blocks, step_due: true })
            });
        } else if self.step_due {
            self.has_synced = false;
            self.send(Vec::new(), |durability, durable| {
                let step_due = durability.step()?;
                Some(Ended { durable, step_due })
            });
        }
    }

    fn send(
        &mut self,
        blocks: Vec<Committed>,
        work: impl FnOnce(&Durability, Vec<Committed>) -> Option<Ended> + Send + 'static,
    ) {
        let ended = Arc::default();
        let transactions = blocks.iter().map(Load::transactions).sum();
        self.job = Some(UnderWay { ended: Arc::clone(&ended), blocks: blocks.len() as u64, transactions });
        let durability = self.durability.clone();
        self.jobs.spawn(Box::new(move || {
            let done = work(&durability, blocks);
            *ended.lock() = done;
        }));
    }

    /// Takes what a job has done, if it has ended well.
    fn end(&mut self, outbox: &mut Outbox<Committed>) {
        let Some(job) = &self.job else { return };
        // Asked before: a job that ends in between has left what it did, and is seen at the next turn.
        let is_gone = Arc::strong_count(&job.ended) == 1;
        let Some(Ended { durable, step_due }) = job.ended.lock().take() else {
            assert!(!is_gone || self.durability.fault().is_some(), "a job of the disk panicked");
            return;
        };
        self.job = None;
        self.step_due = step_due;
        outbox.note_work();
        durable.into_iter().for_each(|block| outbox.pass(block));
    }
}

impl Stage for Persist {
    type Input = Committed;
    type Output = Committed;

    fn take(&mut self, input: Committed, _outbox: &mut Outbox<Committed>) {
        self.waiting.push(input);
    }

    fn poll(&mut self, outbox: &mut Outbox<Committed>) {
        self.end(outbox);
        if self.job.is_none() {
            self.begin();
        }
        let under_way = self.job.as_ref().map_or(0, |job| job.blocks);
        self.durability.set_lag(under_way + self.waiting.len() as u64);
    }

    fn held(&self) -> u64 {
        let under_way = self.job.as_ref().map_or(0, |job| job.transactions);
        under_way + self.waiting.iter().map(Load::transactions).sum::<u64>()
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    fn is_working(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.blocks > 0)
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }

    fn observe(&self, samples: &mut Samples) {
        let gauges = self.durability.gauges();
        samples.count(&DURABLE_HEIGHT, [], gauges.height);
        samples.count(&DURABLE_LAG, [], gauges.lag_blocks);
        samples.count(&DURABLE_SYNCS, [], gauges.syncs);
        samples.count(&DURABLE_LOG, [], gauges.log_bytes);
        samples.count(&DURABLE_CHECKPOINTS, [], gauges.checkpoints);
        samples.count(&DURABLE_FAULT, [], u64::from(self.durability.fault().is_some()));
    }
}
