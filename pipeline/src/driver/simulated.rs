//! One thread that turns stages and runs jobs in an order drawn from a seed, under a clock of its own.
//!
//! Equal seeds give equal runs, and the hash over all that happened says so: it folds, for every turn in which
//! something happened, the stage and its counts. A run that differs anywhere differs in its hash.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};

use crate::clock::{Clock, SimulatedClock};
use crate::random::Random;
use crate::turn::Turnable;

/// Jobs that wait for the driver to pick them.
#[derive(Clone, Default)]
pub struct SimulatedPool {
    jobs: Arc<Mutex<Vec<Job>>>,
}

impl Spawn for SimulatedPool {
    fn spawn(&self, job: Job) {
        self.jobs.lock().push(job);
    }
}

/// How a simulation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Hash over all that happened.
    pub hash: [u8; 32],
    /// Turns and jobs that were drawn.
    pub steps: u64,
    /// Whether every stage finished.
    pub finished: bool,
}

/// Runs a pipeline until every stage is finished, or for this many steps at most.
pub fn run(
    stages: &mut [Box<dyn Turnable>],
    pool: &SimulatedPool,
    clock: &SimulatedClock,
    seed: u64,
    steps_max: u64,
) -> Audit {
    let mut random = Random::new(seed);
    let mut hash = blake3::Hasher::new();
    for step in 0..steps_max {
        if stages.iter().all(|stage| stage.is_finished()) {
            return Audit { hash: *hash.finalize().as_bytes(), steps: step, finished: true };
        }
        clock.advance(1 + random.below(20_000));
        let waiting = pool.jobs.lock().len() as u64;
        let choice = random.below(stages.len() as u64 + waiting) as usize;
        match stages.get_mut(choice) {
            Some(stage) => {
                if stage.turn(clock) {
                    fold(&mut hash, choice, stage.as_ref(), clock);
                }
            }
            None => {
                let job = pool.jobs.lock().swap_remove(choice - stages.len());
                job();
            }
        }
    }
    Audit { hash: *hash.finalize().as_bytes(), steps: steps_max, finished: false }
}

fn fold(hash: &mut blake3::Hasher, index: usize, stage: &dyn Turnable, clock: &SimulatedClock) {
    let meter = stage.meter();
    for value in [index as u64, clock.now_ns(), meter.taken, meter.passed, meter.held] {
        hash.update(&value.to_le_bytes());
    }
    for (reason, count) in &meter.rejected {
        hash.update(&[*reason as u8]).update(&count.to_le_bytes());
    }
}
