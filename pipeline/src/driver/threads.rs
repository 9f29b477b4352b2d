//! Any number of threads that rotate over all stages and run jobs in between.
//!
//! No job ever competes with a stage for a core: a thread turns every stage that no other thread is turning, then runs
//! one job, an urgent one if there is one and else the oldest in bulk, and begins again. A thread that found nothing
//! to do in several rounds sleeps, briefly, and somewhat longer when nothing has come for a while. The threads are those of a rayon pool, for what is parallel within a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_queue::SegQueue;
use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::clock::Clock;
use crate::jobs::Pools;
use crate::turn::Turnable;

const ROUNDS_BEFORE_SLEEP: u32 = 4;
const SLEEP: Duration = Duration::from_micros(50);
/// After so many quiet rounds, some tens of milliseconds, nobody seems to be there. A thread then looks less often.
const ROUNDS_BEFORE_REST: u32 = 500;
const REST: Duration = Duration::from_millis(1);

/// A pool of threads that runs jobs, and pipelines.
#[derive(Clone)]
pub struct Threads {
    pool: Arc<ThreadPool>,
    urgent: Queue,
    bulk: Queue,
}

/// Jobs that wait for a thread, oldest first. Their number is bounded by those who send them.
#[derive(Clone, Default)]
struct Queue(Arc<SegQueue<Job>>);

impl Spawn for Queue {
    fn spawn(&self, job: Job) {
        self.0.push(job);
    }
}

impl Threads {
    /// Starts this many threads.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start(threads: usize) -> Result<Threads, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("pelton-{index}"))
            .build()?;
        Ok(Threads { pool: Arc::new(pool), urgent: Queue::default(), bulk: Queue::default() })
    }

    /// Where to send jobs. They run while a pipeline does.
    pub fn pools(&self) -> Pools {
        Pools { urgent: Arc::new(self.urgent.clone()), bulk: Arc::new(self.bulk.clone()) }
    }

    /// Runs jobs at once on these threads, for whoever has work for them while no pipeline runs.
    pub fn workers(&self) -> Arc<dyn Spawn> {
        let pool = self.pool.clone();
        Arc::new(move |job: Job| pool.spawn(job))
    }

    /// Runs a pipeline until every stage is finished or `stop` is set; gives the stages back, with their meters.
    pub fn run(
        &self,
        stages: Vec<Box<dyn Turnable>>,
        clock: &Arc<dyn Clock>,
        stop: &AtomicBool,
    ) -> Vec<Box<dyn Turnable>> {
        let stages: Vec<_> = stages.into_iter().map(Mutex::new).collect();
        self.pool.broadcast(|_| self.rotate(&stages, clock.as_ref(), stop));
        stages.into_iter().map(Mutex::into_inner).collect()
    }

    /// One thread's life.
    #[expect(clippy::disallowed_methods, reason = "a driver is what may sleep")]
    fn rotate(&self, stages: &[Mutex<Box<dyn Turnable>>], clock: &dyn Clock, stop: &AtomicBool) {
        // If a stage panics, the others must not turn on without it: its thread sets this while it unwinds.
        let panicking = PanicFlag(stop);
        let mut quiet_rounds = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            let mut happened = false;
            let mut all_finished = true;
            for stage in stages {
                let Some(mut stage) = stage.try_lock() else {
                    all_finished = false;
                    continue;
                };
                happened |= stage.turn(clock);
                all_finished &= stage.is_finished();
            }
            if all_finished {
                break;
            }
            if let Some(job) = self.urgent.0.pop().or_else(|| self.bulk.0.pop()) {
                job();
                happened = true;
            }
            quiet_rounds = if happened { 0 } else { quiet_rounds.saturating_add(1) };
            if quiet_rounds > ROUNDS_BEFORE_SLEEP {
                std::thread::sleep(if quiet_rounds > ROUNDS_BEFORE_REST { REST } else { SLEEP });
            }
        }
        drop(panicking);
    }
}

struct PanicFlag<'a>(&'a AtomicBool);

impl Drop for PanicFlag<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
