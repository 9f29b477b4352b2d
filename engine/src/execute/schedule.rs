//! `Schedule`: which transaction runs next, and where.
//!
//! ```text
//! free from the start ──shares──> worker ──runs one──> successors that now wait for nobody
//!                                  ↑ ↑ │                 first: next, here    others: own queue, newest first
//!                  steal the oldest┘ └─┴── own queue <────────────────────────────┘
//! ```
//!
//! What waits for nobody is handed out in shares of some dozen transfers or a few calls. A worker that finds nothing
//! leaves: it neither spins nor sleeps. Who has more than it can run at once wakes another, as long as there are fewer
//! than allowed. A worker leaves with its own queue empty, so when the last one leaves nothing is left that could run.

use crossbeam_deque::{Steal, Stealer, Worker as Queue};

use crate::plan::{Class, Plan, Rows};
use crate::sync::{AtomicU32, AtomicUsize, Mutex, Ordering};

/// Weight of a share, counted in transfers.
const SHARE: u32 = 48;

/// What waits for whom, and what waits for nobody.
#[derive(Debug)]
pub(super) struct Schedule {
    /// How many transactions each one still waits for; one more for those that run alone.
    waits: Box<[AtomicU32]>,
    shares: Rows<u32>,
    share_count: usize,
    next_share: AtomicUsize,
    stealers: Vec<Stealer<u32>>,
    idle: Mutex<Vec<Queue<u32>>>,
    /// Workers that were started, or are about to be, and have not left.
    active: AtomicUsize,
}

/// A worker's part in it.
pub(super) struct Hand<'a> {
    schedule: &'a Schedule,
    queue: Queue<u32>,
    share: &'a [u32],
}

impl Schedule {
    /// The schedule of a plan for at most so many workers at a time.
    pub(super) fn new(plan: &Plan, workers: usize) -> Schedule {
        let wait = |(waits, class): (&u32, &Class)| AtomicU32::new(waits + u32::from(*class == Class::Alone));
        let waits: Box<[AtomicU32]> = plan.graph.waits.iter().zip(&plan.classes).map(wait).collect();
        let (mut shares, mut share_count, mut weight) = (Rows::default(), 0, 0);
        for (position, waits) in (0..).zip(&waits) {
            if waits.load(Ordering::Relaxed) > 0 {
                continue;
            }
            shares.push(position);
            weight += plan.classes[position as usize].weight();
            if weight >= SHARE {
                shares.end();
                (share_count, weight) = (share_count + 1, 0);
            }
        }
        if weight > 0 {
            shares.end();
            share_count += 1;
        }
        let queues: Vec<Queue<u32>> = (0..workers).map(|_| Queue::new_lifo()).collect();
        let stealers = queues.iter().map(Queue::stealer).collect();
        let (next_share, active) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Schedule { waits, shares, share_count, next_share, stealers, idle: Mutex::new(queues), active }
    }

    /// How many workers are of use in the beginning; they count as active from now on.
    pub(super) fn start(&self) -> usize {
        let useful = self.stealers.len().min(self.share_count);
        self.active.store(useful, Ordering::SeqCst);
        useful
    }

    /// Begins the part of a worker that counts as active.
    pub(super) fn enter(&self) -> Hand<'_> {
        let queue = self.idle.lock().expect("no holder of this lock panics").pop();
        let queue = queue.expect("there are no more workers than were allowed");
        Hand { schedule: self, queue, share: &[] }
    }
}

impl Hand<'_> {
    /// The next transaction that waits for nobody. `begin` is told of every share before it begins.
    pub(super) fn next(&mut self, begin: impl FnOnce(&[u32])) -> Option<u32> {
        // To look is cheaper than to take: a look needs no fence.
        if !self.queue.is_empty()
            && let Some(own) = self.queue.pop()
        {
            return Some(own);
        }
        if self.share.is_empty() {
            if !self.take_share() {
                return self.steal();
            }
            begin(self.share);
        }
        let (first, rest) = self.share.split_first()?;
        self.share = rest;
        Some(*first)
    }

    /// Hears that a transaction is through; gives one that waited for it alone. Wakes another worker if there are more.
    pub(super) fn release(&mut self, successors: &[u32], wake: &dyn Fn()) -> Option<u32> {
        let mut next = None;
        for successor in successors {
            if self.schedule.waits[*successor as usize].fetch_sub(1, Ordering::AcqRel) == 1 {
                match next {
                    None => next = Some(*successor),
                    Some(_) => self.queue.push(*successor),
                }
            }
        }
        if !self.queue.is_empty() {
            self.wake_another(wake);
        }
        next
    }

    /// Ends the part of this worker. Says whether it was the last one, so that nothing can run any more.
    pub(super) fn leave(self) -> bool {
        assert!(self.queue.is_empty() && self.share.is_empty(), "a worker leaves when it has nothing left");
        self.schedule.idle.lock().expect("no holder of this lock panics").push(self.queue);
        self.schedule.active.fetch_sub(1, Ordering::SeqCst) == 1
    }

    fn take_share(&mut self) -> bool {
        let schedule = self.schedule;
        if schedule.next_share.load(Ordering::Relaxed) >= schedule.share_count {
            return false;
        }
        let share = schedule.next_share.fetch_add(1, Ordering::Relaxed);
        if share < schedule.share_count {
            self.share = schedule.shares.row(share as u32);
        }
        share < schedule.share_count
    }

    fn steal(&self) -> Option<u32> {
        for stealer in &self.schedule.stealers {
            loop {
                match stealer.steal() {
                    Steal::Success(position) => return Some(position),
                    Steal::Empty => break,
                    Steal::Retry => {}
                }
            }
        }
        None
    }

    fn wake_another(&self, wake: &dyn Fn()) {
        let schedule = self.schedule;
        let most = schedule.stealers.len();
        let more = |active: usize| (active < most).then_some(active + 1);
        if schedule.active.load(Ordering::Relaxed) < most
            && schedule.active.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
        {
            wake();
        }
    }
}
