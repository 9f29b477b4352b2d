//! `Jobs`: jobs of one validator, which run when the cluster says so, in an order drawn from the seed.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};
use pelton_pipeline::random::Random;

/// See the head of this file. Clones are the same.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<Vec<Job>>>);

impl Spawn for Jobs {
    fn spawn(&self, job: Job) {
        self.0.lock().push(job);
    }
}

impl Jobs {
    /// Runs one of those that wait; gives whether there was one.
    pub fn run_one(&self, random: &mut Random) -> bool {
        let job = {
            let mut jobs = self.0.lock();
            if jobs.is_empty() {
                return false;
            }
            let at = random.below(jobs.len() as u64) as usize;
            jobs.swap_remove(at)
        };
        job();
        true
    }
}
