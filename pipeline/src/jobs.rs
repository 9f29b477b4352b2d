//! Jobs: work of a stage that is parallel by nature, run on the threads of the driver, and charged to the stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_kernels::{Job, Spawn};

use crate::clock::{Clock, Nanos};

/// Where jobs run.
#[derive(Clone)]
pub struct Pools {
    /// For jobs that others wait for.
    pub urgent: Arc<dyn Spawn>,
    /// For jobs that come in large numbers.
    pub bulk: Arc<dyn Spawn>,
}

impl Pools {
    /// One pool for all jobs.
    pub fn one(pool: Arc<dyn Spawn>) -> Pools {
        Pools { urgent: pool.clone(), bulk: pool }
    }
}

/// Runs jobs somewhere else and adds their CPU time up. A clone adds to the same sum.
#[derive(Clone)]
pub struct Jobs {
    pool: Arc<dyn Spawn>,
    clock: Arc<dyn Clock>,
    cpu_ns: Arc<AtomicU64>,
}

impl Jobs {
    /// Jobs of one stage on a pool that it shares with others.
    pub fn new(pool: Arc<dyn Spawn>, clock: Arc<dyn Clock>) -> Jobs {
        Jobs { pool, clock, cpu_ns: Arc::default() }
    }

    /// CPU time of all jobs that have ended.
    pub fn cpu_ns(&self) -> Nanos {
        self.cpu_ns.load(Ordering::Relaxed)
    }
}

impl Spawn for Jobs {
    fn spawn(&self, job: Job) {
        let (clock, cpu_ns) = (self.clock.clone(), self.cpu_ns.clone());
        self.pool.spawn(Box::new(move || {
            let started_ns = clock.thread_cpu_ns();
            job();
            cpu_ns.fetch_add(clock.thread_cpu_ns() - started_ns, Ordering::Relaxed);
        }));
    }
}
