//! Any number of threads that rotate over all stages and run jobs in between.
//!
//! No job ever competes with a stage for a core: a thread turns every stage that no other thread is turning, then runs
//! one job, an urgent one if there is one and else the oldest in bulk, and begins again. A thread that found nothing
//! to do in several rounds sleeps, briefly, and longer when nothing has come for a while; where a bell is promised to be rung
//! for all that comes from outside, sooner and longer still. Each job rings it, too. The threads are those of a rayon pool,
//! for what is parallel within a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_queue::SegQueue;
use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::bell::Bell;
use crate::clock::Clock;
use crate::jobs::Pools;
use crate::turn::Turnable;

const ROUNDS_BEFORE_SLEEP: u32 = 4;
const SLEEP: Duration = Duration::from_micros(50);
/// After so many quiet rounds, some tens of milliseconds, nobody seems to be there. A thread then looks less often.
const ROUNDS_BEFORE_REST: u32 = 500;
const REST: Duration = Duration::from_millis(1);
/// Where a bell is rung, some 2 ms of quiet rounds are enough to rest, and after 100 ms more only what time alone brings is
/// looked for.
const ROUNDS_BEFORE_REST_RUNG: u32 = 24;
const ROUNDS_BEFORE_SLUMBER: u32 = 124;
const SLUMBER: Duration = Duration::from_millis(20);

/// For how long a thread sleeps after so many quiet rounds, if at all.
fn rest(quiet_rounds: u32, is_rung: bool) -> Option<Duration> {
    let before_rest = if is_rung { ROUNDS_BEFORE_REST_RUNG } else { ROUNDS_BEFORE_REST };
    match quiet_rounds {
        0..=ROUNDS_BEFORE_SLEEP => None,
        rounds if rounds <= before_rest => Some(SLEEP),
        rounds if rounds <= ROUNDS_BEFORE_SLUMBER || !is_rung => Some(REST),
        _ => Some(SLUMBER),
    }
}

/// A pool of threads that runs jobs, and pipelines.
#[derive(Clone)]
pub struct Threads {
    pool: Arc<ThreadPool>,
    urgent: Queue,
    bulk: Queue,
    bell: Arc<Bell>,
}

/// Jobs that wait for a thread, oldest first. Their number is bounded by those who send them.
#[derive(Clone, Default)]
struct Queue {
    jobs: Arc<SegQueue<Job>>,
    bell: Arc<Bell>,
}

impl Spawn for Queue {
    fn spawn(&self, job: Job) {
        self.jobs.push(job);
        self.bell.ring();
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
        let bell = Arc::<Bell>::default();
        let queue = || Queue { jobs: Arc::default(), bell: bell.clone() };
        Ok(Threads { pool: Arc::new(pool), urgent: queue(), bulk: queue(), bell: bell.clone() })
    }

    /// What wakes threads that rest.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.bell
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
    fn rotate(&self, stages: &[Mutex<Box<dyn Turnable>>], clock: &dyn Clock, stop: &AtomicBool) {
        // If a stage panics, the others must not turn on without it: its thread sets this while it unwinds.
        let panicking = PanicFlag(stop);
        let (mut quiet_rounds, sleeper) = (0_u32, self.bell.sleeper());
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
            if let Some(job) = self.urgent.jobs.pop().or_else(|| self.bulk.jobs.pop()) {
                job();
                happened = true;
            }
            if happened {
                if quiet_rounds > ROUNDS_BEFORE_SLEEP {
                    sleeper.end();
                }
                quiet_rounds = 0;
                continue;
            }
            quiet_rounds = quiet_rounds.saturating_add(1);
            if let Some(time) = rest(quiet_rounds, self.bell.is_promised())
                && sleeper.begin()
            {
                sleeper.sleep(time);
            }
        }
        drop(panicking);
        // Nobody else need wait for its time to be over.
        while self.bell.ring() {}
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
