//! `Ahead`: the block after the one that runs, while it is found out what its transactions will probably touch.
//!
//! ```text
//! block ──> stretches, a job each ──simulate──> predictions ──the last one──> Plan
//! ```
//!
//! Simulating costs about as much as running, so it pays where threads would have nothing to do otherwise: where there are
//! more than two, and a block has enough calls that neither promise nor list anything. They are simulated upon the newest state, most
//! often that below the block that runs; what has changed since makes a prediction less good, and nothing wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::plan::Plan;
use pelton_engine::prediction::{Prediction, STRETCH};
use pelton_engine::transaction::Verified;
use pelton_kernels::Spawn;

use crate::chain::Chain;
use crate::jobs::Jobs;

/// On fewer threads nothing is simulated.
const THREADS_MIN: usize = 3;
/// For fewer calls nothing is simulated: they take less than a millisecond.
const CALLS_MIN: usize = 256;

/// Whether blocks are looked into ahead of their turn on so many threads.
pub(super) fn is_worth(threads: usize) -> bool {
    threads >= THREADS_MIN
}

/// A block that is being looked into.
pub(super) struct Ahead {
    chain: Arc<Chain>,
    environment: Environment,
    transactions: Arc<[Verified]>,
    stretches: Box<[OnceLock<Vec<Option<Prediction>>>]>,
    left: AtomicUsize,
    planned: Mutex<Option<Foreseen>>,
}

/// What came of it.
pub(super) struct Foreseen {
    pub(super) plan: Plan,
    /// Transactions of which it is predicted what they touch.
    pub(super) predicted: usize,
}

impl Ahead {
    /// Sends the jobs for a block, if it has enough calls of which nothing is known.
    pub(super) fn begin(
        chain: &Arc<Chain>,
        environment: &Environment,
        transactions: &Arc<[Verified]>,
        jobs: &Jobs,
    ) -> Option<Arc<Ahead>> {
        let is_open = |one: &&Verified| Prediction::is_wanted(one) && one.fields().writes.is_empty();
        if transactions.iter().filter(is_open).count() < CALLS_MIN {
            return None;
        }
        let stretches = transactions.len().div_ceil(STRETCH);
        let ahead = Arc::new(Ahead {
            chain: chain.clone(),
            environment: environment.clone(),
            transactions: transactions.clone(),
            stretches: (0..stretches).map(|_| OnceLock::new()).collect(),
            left: AtomicUsize::new(stretches),
            planned: Mutex::default(),
        });
        for number in 0..stretches {
            let ahead = ahead.clone();
            jobs.spawn(Box::new(move || ahead.simulate(number)));
        }
        Some(ahead)
    }

    /// What came of it, once, when all jobs are through.
    pub(super) fn take(&self) -> Option<Foreseen> {
        self.planned.lock().take()
    }

    fn simulate(&self, number: usize) {
        let stretch = self.transactions.chunks(STRETCH).nth(number).expect("each job has its stretch");
        let found = Prediction::of_stretch(&self.chain.state(), &self.environment, stretch);
        self.stretches[number].set(found).expect("each stretch has one job");
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.plan();
        }
    }

    fn plan(&self) {
        let all = self.stretches.iter().flat_map(|found| found.get().expect("this was the last job"));
        let predictions: Vec<Option<Prediction>> = all.cloned().collect();
        let predicted = predictions.iter().flatten().count();
        let transactions = self.transactions.clone();
        let (state, beneficiary) = (self.chain.state(), self.environment.beneficiary);
        let plan = Plan::predicted(&state, Fork::OWN, beneficiary, transactions, &predictions);
        *self.planned.lock() = Some(Foreseen { plan, predicted });
    }
}
