//! `turn`: the one loop around every stage.
//!
//! ```text
//!            ┌──────────────────────────── turn ────────────────────────────┐
//!   link ───>│ room downstream? ─no─> Blocked                               │
//!            │ take · poll · finish, timed                                  ├───> link
//!            │ count passed and rejected, assert law 2                      │
//!            └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! Rules: (1) A stage is not called while something that it passed has found no room. (2) The time of a turn is busy,
//! and its CPU time the stage's, if anything happened in it: the other turns are a driver's way of looking for work. The time between two turns is blocked if something has found no room, busy if the stage has
//! work in flight, and idle otherwise, also where input waits for a thread: a stage that is short of threads is not what
//! holds the others up, the stage that uses them is.
//! (3) A link is closed once its upstream end will send no more, so that the end of input travels down by itself.
//! (4) A stage that has finished is still polled until all have, since those further down may ask something of it: the
//! last block is repaired like any other.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::batch::Load;
use crate::clock::{Clock, Nanos};
use crate::ledger::Ledger;
use crate::link::Link;
use crate::meter::{IS_METERED, Meter, Regime};
use crate::metrics::sample::Samples;
use crate::metrics::{QUEUE_CAPACITY, QUEUE_DEPTH};
use crate::stage::{Outbox, Stage};

/// Small batches are taken several in a turn, until they make something that goes on.
const BATCHES_PER_TURN: usize = 16;

/// What drivers know of a stage.
pub trait Turnable: Send {
    /// Its name: metric label, dashboard row, `--until`.
    fn name(&self) -> &'static str;
    /// Calls the stage once, also when it is finished. Gives whether anything happened.
    fn turn(&mut self, clock: &dyn Clock) -> bool;
    /// Whether it has seen the end of its input and has nothing left.
    fn is_finished(&self) -> bool;
    /// What was counted.
    fn meter(&self) -> &Meter;
    /// The most batches that ever waited before it.
    fn queue_max(&self) -> usize;
    /// Copies out all that was counted.
    fn observe(&self, samples: &mut Samples) {
        self.meter().observe(self.name(), samples);
    }
}

/// A stage between its two links.
pub struct Runner<S: Stage> {
    name: &'static str,
    stage: S,
    input: Arc<Link<S::Input>>,
    output: Arc<Link<S::Output>>,
    ledger: Arc<Ledger>,
    undelivered: VecDeque<S::Output>,
    meter: Meter,
    regime: Regime,
    since_ns: Nanos,
    turn_cpu_ns: Nanos,
    finished: bool,
}

impl<S: Stage> Runner<S> {
    /// Puts a stage between two links.
    pub fn new(
        name: &'static str,
        stage: S,
        input: Arc<Link<S::Input>>,
        output: Arc<Link<S::Output>>,
        ledger: Arc<Ledger>,
    ) -> Runner<S> {
        Runner {
            name,
            stage,
            input,
            output,
            ledger,
            undelivered: VecDeque::new(),
            meter: Meter::default(),
            regime: Regime::Idle,
            since_ns: 0,
            turn_cpu_ns: 0,
            finished: false,
        }
    }

    /// Sends what waits; gives whether all of it went.
    fn deliver(&mut self) -> bool {
        while let Some(batch) = self.undelivered.pop_front() {
            if let Err(batch) = self.output.push(batch) {
                self.undelivered.push_front(batch);
                return false;
            }
        }
        true
    }

    /// Calls the stage and counts what it did; gives whether anything happened.
    fn work(&mut self, now_ns: Nanos, unix_ms: u64) -> bool {
        let mut outbox = Outbox::at(now_ns, unix_ms);
        let mut took = false;
        self.stage.poll(&mut outbox);
        for _ in 0..BATCHES_PER_TURN {
            if !outbox.passed.is_empty() || !self.stage.has_room() {
                break;
            }
            let Some(input) = self.input.pop() else { break };
            took = true;
            self.meter.count_taken(input.transactions(), now_ns);
            self.stage.take(input, &mut outbox);
        }
        if self.input.is_exhausted() && !self.finished {
            self.stage.finish(&mut outbox);
        }
        self.meter.taken += outbox.brought;
        self.meter.passed += outbox.delivered;
        for batch in &outbox.passed {
            self.meter.passed += batch.transactions();
        }
        for (_, reason) in &outbox.rejected {
            self.meter.count_rejected(*reason);
        }
        let happened = took || outbox.worked || !outbox.passed.is_empty() || !outbox.rejected.is_empty();
        if !outbox.rejected.is_empty() {
            self.ledger.record(self.name, outbox.rejected);
        }
        self.undelivered.extend(outbox.passed);
        happened
    }

    /// Says what this turn has passed, to who watches.
    fn tell(&self, clock: &dyn Clock) {
        let Some(watch) = self.ledger.watch().filter(|_| !self.undelivered.is_empty()) else { return };
        let now_ns = clock.now_ns();
        for batch in &self.undelivered {
            watch.passed(self.name, batch.arrivals(), now_ns);
        }
    }

    /// Whether nothing is there to be done, so that the CPU clock, a system call, need not be read.
    fn is_quiet(&self) -> bool {
        self.input.depth() == 0 && self.stage.held() == 0 && !self.stage.is_working()
    }

    fn regime_now(&self) -> Regime {
        if !self.undelivered.is_empty() {
            Regime::Blocked
        } else if self.stage.is_working() {
            Regime::Busy
        } else {
            Regime::Idle
        }
    }
}

impl<S: Stage> Turnable for Runner<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        let started_ns = clock.now_ns();
        self.meter.regime_ns[self.regime as usize] += started_ns - self.since_ns;
        self.since_ns = started_ns;
        let delivered = self.undelivered.len();
        let mut happened = false;
        if self.deliver() {
            let before_ns = (IS_METERED && !self.is_quiet()).then(|| clock.thread_cpu_ns());
            happened = self.work(started_ns, clock.unix_ms());
            self.tell(clock);
            self.deliver();
            if let Some(before_ns) = before_ns.filter(|_| happened) {
                self.turn_cpu_ns += clock.thread_cpu_ns() - before_ns;
            }
            self.meter.cpu_ns = self.turn_cpu_ns + self.stage.job_cpu_ns();
        }
        happened |= self.undelivered.len() < delivered;
        let ended_ns = if IS_METERED { clock.now_ns() } else { started_ns };
        self.meter.settle(self.name, self.stage.held(), ended_ns);
        if happened {
            self.meter.turns += 1;
            self.meter.regime_ns[Regime::Busy as usize] += ended_ns - started_ns;
            self.since_ns = ended_ns;
        }
        self.regime = self.regime_now();
        if !self.finished
            && self.input.is_exhausted()
            && self.stage.held() == 0
            && self.undelivered.is_empty()
        {
            self.finished = true;
            self.output.close();
        }
        happened
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn queue_max(&self) -> usize {
        self.input.depth_max()
    }

    fn observe(&self, samples: &mut Samples) {
        self.meter.observe(self.name, samples);
        samples.count(&QUEUE_DEPTH, [self.name], self.input.depth() as u64);
        samples.count(&QUEUE_CAPACITY, [self.name], self.input.capacity() as u64);
        self.stage.observe(samples);
    }
}
