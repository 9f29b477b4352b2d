//! `Clients`: they hand in signed transactions at random moments, to some validators each, and hand in again what is in no block
//! after a while.

use std::time::Duration;

use alloy_primitives::{B256, Bytes, keccak256};
use pelton_pipeline::random::Random;
use pelton_workloads::{Expectation, Workload};

/// How soon what is in no block is handed in again, once all is well.
const AGAIN: Duration = Duration::from_millis(400);

/// See the head of this file.
pub struct Clients {
    /// In the order of the workload: when each is due, and its bytes.
    due: Vec<(Duration, Bytes)>,
    next: usize,
    /// Those that must be executed, by id.
    wanted: Vec<(B256, Bytes)>,
    again_at: Duration,
}

impl Clients {
    /// They hand all of it in before this.
    pub fn new(workload: &Workload, random: &mut Random, until: Duration) -> Clients {
        let mut moments: Vec<u64> = workload
            .transactions
            .iter()
            .map(|_| 50_000 + random.below((until.as_micros() as u64).saturating_sub(50_000).max(1)))
            .collect();
        moments.sort_unstable();
        let due = moments.into_iter().zip(&workload.transactions);
        let due = due.map(|(at, (wire, _))| (Duration::from_micros(at), wire.clone())).collect();
        let is_wanted = |expectation: &Expectation| !matches!(expectation, Expectation::Reject(_));
        let wanted = workload.transactions.iter().filter(|(_, expectation)| is_wanted(expectation));
        let wanted = wanted.map(|(wire, _)| (keccak256(wire), wire.clone())).collect();
        Clients { due, next: 0, wanted, again_at: until }
    }

    /// What is handed in for the first time now.
    pub fn first(&mut self, now: Duration) -> Vec<Bytes> {
        let count = self.due[self.next..].iter().take_while(|(at, _)| *at <= now).count();
        let from = self.next;
        self.next += count;
        self.due[from..self.next].iter().map(|(_, wire)| wire.clone()).collect()
    }

    /// What is handed in again, where this says what is in a block.
    pub fn again(&mut self, now: Duration, is_done: impl Fn(&B256) -> bool) -> Vec<Bytes> {
        if now < self.again_at + AGAIN {
            return Vec::new();
        }
        self.again_at = now;
        self.wanted.iter().filter(|(id, _)| !is_done(id)).map(|(_, wire)| wire.clone()).collect()
    }

    /// Those that must be executed and are not.
    pub fn missing(&self, is_done: impl Fn(&B256) -> bool) -> Vec<B256> {
        self.wanted.iter().map(|(id, _)| *id).filter(|id| !is_done(id)).collect()
    }
}
