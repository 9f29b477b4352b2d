//! The schedule under a model checker: its own source, on atomics and locks that shuttle interleaves.
//!
//! Each run makes a small graph at random and lets workers loose on it as the executor does, some of whose transactions stop.
//! Whatever the interleaving, each transaction is handed out at most once, after all that it waits for, and when the last
//! worker leaves none is left that could run.

#[path = "../src/execute/payments/phases.rs"]
#[expect(dead_code, reason = "whoever deals a block out asks for more")]
mod phases;
#[path = "../src/execute/schedule.rs"]
mod schedule;
#[path = "../src/plan/touch.rs"]
#[expect(dead_code, reason = "the schedule needs rows alone")]
mod touch;

mod sync {
    pub use shuttle::sync::Mutex;
    pub use shuttle::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
}

/// As much of a plan as the schedule looks at.
mod plan {
    pub(crate) use crate::touch::Rows;

    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Class {
        Transfer,
        Call,
        Alone,
    }

    impl Class {
        pub fn weight(self) -> u32 {
            if self == Class::Transfer { 1 } else { 16 }
        }
    }

    pub struct Graph {
        pub waits: Vec<u32>,
        pub(crate) successors: Rows<u32>,
    }

    pub struct Plan {
        pub classes: Vec<Class>,
        pub graph: Graph,
    }
}

use phases::Phases;
use plan::{Class, Graph, Plan, Rows};
use schedule::Schedule;
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread::{self, JoinHandle};

const WORKERS: usize = 3;

/// A block while it runs.
struct World {
    schedule: Schedule,
    plan: Plan,
    /// Whom each transaction waits for.
    before: Vec<Vec<u32>>,
    stops: Vec<bool>,
    ran: Vec<AtomicBool>,
    through: Vec<AtomicBool>,
    running: AtomicUsize,
    last: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl World {
    fn random(count: u32) -> World {
        let mut dice = thread_rng();
        let before: Vec<Vec<u32>> =
            (0..count).map(|later| (0..later).filter(|_| dice.gen_bool(0.25)).collect()).collect();
        let edges =
            (0..).zip(&before).flat_map(|(later, all)| all.iter().map(move |earlier| (*earlier, later)));
        let edges: Vec<(u32, u32)> = edges.collect();
        let classes = [Class::Transfer, Class::Call, Class::Call, Class::Call, Class::Alone];
        let plan = Plan {
            // The first is never alone, so that there is something to do: shuttle asks for that.
            classes: (0..count)
                .map(|at| classes[dice.gen_range(0..classes.len()) * usize::from(at > 0)])
                .collect(),
            graph: Graph {
                waits: before.iter().map(|all| all.len() as u32).collect(),
                successors: Rows::of_pairs(count as usize, &edges),
            },
        };
        let flags = || (0..count).map(|_| AtomicBool::new(false)).collect();
        World {
            schedule: Schedule::new(&plan, WORKERS),
            plan,
            before,
            stops: (0..count).map(|_| dice.gen_bool(0.1)).collect(),
            ran: flags(),
            through: flags(),
            running: AtomicUsize::new(0),
            last: AtomicUsize::new(0),
            threads: Mutex::new(Vec::new()),
        }
    }

    fn send(self: &Arc<World>, workers: usize) {
        for _ in 0..workers {
            let world = self.clone();
            let thread = thread::spawn(move || world.work());
            self.threads.lock().expect("no holder panics").push(thread);
        }
    }

    /// What [`Run::work`](pelton_engine::execute::Run::work) does.
    fn work(self: &Arc<World>) {
        let mut hand = self.schedule.enter();
        assert!(self.running.fetch_add(1, Ordering::SeqCst) < WORKERS, "no more workers than were allowed");
        while let Some(position) = hand.next(|_| {}) {
            let mut next = Some(position);
            while let Some(position) = next.take() {
                if self.run(position as usize) {
                    let wake = || self.send(1);
                    next = hand.release(self.plan.graph.successors.row(position), &wake);
                }
            }
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        if hand.leave() {
            self.last.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn run(&self, position: usize) -> bool {
        assert!(!self.ran[position].swap(true, Ordering::SeqCst), "{position} is handed out once");
        assert!(self.plan.classes[position] != Class::Alone, "{position} runs when the workers are done");
        for earlier in &self.before[position] {
            assert!(self.through[*earlier as usize].load(Ordering::SeqCst), "{position} waits for {earlier}");
        }
        self.through[position].store(!self.stops[position], Ordering::SeqCst);
        !self.stops[position]
    }

    /// Runs all, and asserts that nothing is left that could have run.
    fn check(self: &Arc<World>) {
        let started = self.schedule.start();
        self.send(started);
        loop {
            let Some(thread) = self.threads.lock().expect("no holder panics").pop() else { break };
            thread.join().expect("a worker that fails fails the test");
        }
        assert_eq!(self.last.load(Ordering::SeqCst), usize::from(started > 0), "one worker is the last");
        for (position, before) in self.before.iter().enumerate() {
            let is_free = before.iter().all(|earlier| self.through[*earlier as usize].load(Ordering::SeqCst));
            let could_run = is_free && self.plan.classes[position] != Class::Alone;
            assert_eq!(self.ran[position].load(Ordering::SeqCst), could_run, "{position} of {before:?}");
        }
    }
}

/// A block that is dealt out while it runs.
struct Deal {
    phases: Phases,
    slices: Vec<AtomicBool>,
    shards: Vec<AtomicBool>,
    last: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Deal {
    fn send(self: &Arc<Deal>, workers: usize) {
        for _ in 0..workers {
            let deal = self.clone();
            let thread = thread::spawn(move || deal.work());
            self.threads.lock().expect("no holder panics").push(thread);
        }
    }

    fn work(self: &Arc<Deal>) {
        let slice = |number: usize| {
            assert!(!self.slices[number].swap(true, Ordering::Relaxed), "slice {number} is done once");
        };
        let shard = |number: usize| {
            assert!(!self.shards[number].swap(true, Ordering::Relaxed), "shard {number} is done once");
            let are_done = self.slices.iter().all(|slice| slice.load(Ordering::Relaxed));
            assert!(are_done, "shard {number} finds all slices done");
        };
        if self.phases.work(slice, shard, || self.send(WORKERS - 1)) {
            assert!(self.shards.iter().all(|shard| shard.load(Ordering::Relaxed)), "the last one knows");
            self.last.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn check(self: &Arc<Deal>) {
        self.send(WORKERS);
        loop {
            let Some(thread) = self.threads.lock().expect("no holder panics").pop() else { break };
            thread.join().expect("a worker that fails fails the test");
        }
        assert!(
            self.phases.are_through() && self.last.load(Ordering::Relaxed) == 1,
            "one worker is the last"
        );
    }
}

fn one_deal() {
    let parts = thread_rng().gen_range(1..6);
    let flags = || (0..parts).map(|_| AtomicBool::new(false)).collect();
    let (last, threads) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    Arc::new(Deal { phases: Phases::new(parts), slices: flags(), shards: flags(), last, threads }).check();
}

#[test]
fn no_shard_is_settled_before_all_slices_are_dealt_out() {
    shuttle::check_random(one_deal, 10_000);
    shuttle::check_pct(one_deal, 10_000, 3);
}

fn one_block() {
    let count = thread_rng().gen_range(1..14);
    Arc::new(World::random(count)).check();
}

#[test]
fn every_transaction_runs_once_and_after_all_that_it_waits_for_in_random_interleavings() {
    shuttle::check_random(one_block, 10_000);
}

#[test]
fn the_same_holds_where_few_switches_are_placed_badly() {
    shuttle::check_pct(one_block, 10_000, 3);
}
