//! The engine's own schedule, phases and cells on real threads, for ThreadSanitizer: `enemies/sanitizers/run` builds this.
//!
//! Cells are plain memory. That no two threads are at one of them at once rests on the counters of the schedule alone, and on how
//! each is released and acquired. Here blocks are made at random, each transaction reads some cells and changes others, and the
//! graph has an edge wherever two of them must not meet; ThreadSanitizer sees every touch, and whether something orders it
//! after those before. What comes of a block is compared with doing it in order.
//!
//! Nothing stands here between threads that the sanitizer does not see: no lock that waits inside the standard library, which is not
//! built for it, and no scope, but threads that are joined.
//!
//! ```text
//! schedule [SECONDS [SEED]]
//! ```

#[path = "../../engine/src/execute/cells.rs"]
mod cells;
#[path = "../../engine/src/execute/payments/phases.rs"]
mod phases;
#[path = "../../engine/src/execute/schedule.rs"]
mod schedule;
#[path = "../../engine/src/plan/touch.rs"]
mod touch;

/// What the schedule shares; its lock spins, since one that sleeps does so inside the standard library.
mod sync {
    pub use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
    use std::sync::{LockResult, MutexGuard, TryLockError};

    #[derive(Debug)]
    pub struct Mutex<T>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T> {
            Mutex(std::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            loop {
                match self.0.try_lock() {
                    Ok(guard) => return Ok(guard),
                    Err(TryLockError::Poisoned(error)) => return Err(error),
                    Err(TryLockError::WouldBlock) => std::thread::yield_now(),
                }
            }
        }
    }
}

/// As much of a plan as the schedule and the cells look at.
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
        pub transactions: Vec<Vec<crate::Touched>>,
        pub classes: Vec<Class>,
        pub graph: Graph,
    }
}

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cells::{Cells, Turn};
use phases::Phases;
use plan::{Class, Graph, Plan, Rows};
use schedule::Schedule;
use sync::Mutex;

const WORKERS: usize = 3;
const CELLS: u32 = 24;

/// A cell, and whether it is changed.
#[derive(Clone, Copy)]
pub struct Touched {
    cell: u32,
    changes: bool,
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 33) * u64::from(bound)) >> 31) as u32
    }
}

/// A block at random, with an edge from whoever touches a cell to whoever does so next, unless both only read it.
fn plan(dice: &mut Dice) -> Plan {
    let count = 1 + dice.below(300);
    let (mut transactions, mut edges) = (Vec::new(), Vec::new());
    let mut changed: Vec<Option<u32>> = vec![None; CELLS as usize];
    let mut read: Vec<Vec<u32>> = vec![Vec::new(); CELLS as usize];
    for position in 0..count {
        let mut cells: Vec<u32> = (0..1 + dice.below(4)).map(|_| dice.below(CELLS)).collect();
        cells.sort_unstable();
        cells.dedup();
        let touches: Vec<Touched> =
            cells.into_iter().map(|cell| Touched { cell, changes: dice.below(3) == 0 }).collect();
        for Touched { cell, changes } in &touches {
            let (changed, read) = (&mut changed[*cell as usize], &mut read[*cell as usize]);
            edges.extend(changed.map(|earlier| (earlier, position)));
            if *changes {
                edges.extend(read.drain(..).map(|earlier| (earlier, position)));
                *changed = Some(position);
            } else {
                read.push(position);
            }
        }
        transactions.push(touches);
    }
    edges.sort_unstable();
    edges.dedup();
    let mut waits = vec![0; count as usize];
    edges.iter().for_each(|(_, later)| waits[*later as usize] += 1);
    let class = |dice: &mut Dice| if dice.below(2) == 0 { Class::Transfer } else { Class::Call };
    let classes = (0..count).map(|_| class(dice)).collect();
    Plan { transactions, classes, graph: Graph { waits, successors: Rows::of_pairs(count as usize, &edges) } }
}

/// A block while it runs.
struct World {
    schedule: Schedule,
    plan: Plan,
    cells: Cells<u64>,
    found: Cells<u64>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl World {
    fn new(plan: Plan) -> World {
        let schedule = Schedule::new(&plan, WORKERS);
        let (cells, found) = (Cells::new(CELLS as usize), Cells::new(plan.transactions.len()));
        World { schedule, plan, cells, found, threads: Mutex::new(Vec::new()) }
    }

    fn send(self: &Arc<World>, workers: usize) {
        for _ in 0..workers {
            let world = self.clone();
            let thread = thread::spawn(move || world.work());
            self.threads.lock().expect("no holder panics").push(thread);
        }
    }

    /// What the engine's `Run::work` does.
    fn work(self: &Arc<World>) {
        let mut hand = self.schedule.enter();
        while let Some(position) = hand.next(|_| {}) {
            let mut next = Some(position);
            while let Some(position) = next.take() {
                self.run(position);
                next = hand.release(self.plan.graph.successors.row(position), &|| self.send(1));
            }
        }
        hand.leave();
    }

    /// Reads what it may read, and leaves what follows from that in what it may change.
    fn run(&self, position: u32) {
        let mut turn = Turn::of(position);
        let touches = &self.plan.transactions[position as usize];
        let mix = |sum: u64, value: u64| (sum ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let mut sum = u64::from(position);
        for touched in touches {
            sum = mix(sum, *self.cells.read(&turn, touched.cell));
        }
        for touched in touches.iter().filter(|touched| touched.changes) {
            *self.cells.write(&mut turn, touched.cell) = sum;
        }
        *self.found.write(&mut turn, position) = sum;
    }

    /// What all have found, and what is left in the cells.
    fn results(self) -> Vec<u64> {
        self.found.into_values().chain(self.cells.into_values()).collect()
    }
}

/// Joins all, also those that the last ones have started.
fn join(threads: &Mutex<Vec<JoinHandle<()>>>) {
    loop {
        let Some(thread) = threads.lock().expect("no holder panics").pop() else { break };
        thread.join().expect("a worker that fails fails the run");
    }
}

/// Runs the block that a seed makes by several workers and in order; how many transactions it had.
fn block(seed: u64) -> usize {
    let world = Arc::new(World::new(plan(&mut Dice(seed))));
    let started = world.schedule.start();
    world.send(started);
    join(&world.threads);
    let parallel = Arc::into_inner(world).expect("all threads have ended").results();
    let serial = World::new(plan(&mut Dice(seed)));
    let count = serial.plan.transactions.len();
    (0..count as u32).for_each(|position| serial.run(position));
    assert_eq!(parallel, serial.results(), "seed {seed}");
    count
}

/// A block that is dealt out: slices leave something behind in plain memory, and shards gather all of it.
struct Deal {
    phases: Phases,
    slices: Cells<u64>,
    shards: Cells<u64>,
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
            *self.slices.write(&mut Turn::of(number as u32), number as u32) = number as u64 + 1;
        };
        let shard = |number: usize| {
            // A later turn than that of any slice.
            let mut turn = Turn::of((self.phases.parts() + number) as u32);
            let sum = (0..self.phases.parts() as u32).map(|at| *self.slices.read(&turn, at)).sum();
            *self.shards.write(&mut turn, number as u32) = sum;
        };
        self.phases.work(slice, shard, || self.send(WORKERS - 1));
    }
}

/// Deals so many parts out.
fn deal(parts: usize) {
    let (slices, shards) = (Cells::new(parts), Cells::new(parts));
    let deal = Arc::new(Deal { phases: Phases::new(parts), slices, shards, threads: Mutex::new(Vec::new()) });
    deal.send(WORKERS);
    join(&deal.threads);
    assert!(deal.phases.are_through(), "nothing is left");
    let Deal { shards, .. } = Arc::into_inner(deal).expect("all threads have ended");
    let sum = (1..=parts as u64).sum::<u64>();
    assert!(shards.into_values().all(|found| found == sum), "every shard has found all slices");
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let seconds = arguments.next().unwrap_or(10);
    let first = arguments.next().unwrap_or(1);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut seed, mut transactions) = (first, 0);
    while Instant::now() < until {
        transactions += block(seed);
        deal(1 + (seed % 9) as usize);
        seed += 1;
    }
    println!("{} blocks of {transactions} transactions, seeds {first} to {}", seed - first, seed - 1);
}
