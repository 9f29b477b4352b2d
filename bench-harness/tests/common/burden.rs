//! A burden on one stage of a run: time that is lost inside its turns, and measured there like its own.
//!
//! It comes in through the clock that a turn reads. Where something happened in a turn, `turn` reads the CPU clock a
//! second time after the stage's work: what is owed is paid just before that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pelton_bench_harness::around::Around;
use pelton_bench_harness::pipeline::{Clock, Nanos, Turnable, Wrap, Wrapped};

/// Loses so many nanoseconds in a stage for each transaction, on the CPU or asleep: half when it is taken, half when it is
/// passed on, since a stage may pass all on in its last turn.
pub fn burden(stage: &str, each_ns: f64, asleep: bool) -> Arc<dyn Around> {
    Arc::new(Burden { stage: stage.to_owned(), each_ns, asleep })
}

struct Burden {
    stage: String,
    each_ns: f64,
    asleep: bool,
}

impl Around for Burden {
    fn stage(&self, stage: Box<dyn Turnable>) -> Box<dyn Turnable> {
        if stage.name() != self.stage {
            return stage;
        }
        Wrapped::around(stage, Slow { each_ns: self.each_ns, asleep: self.asleep, owed_ns: 0.0 })
    }
}

struct Slow {
    each_ns: f64,
    asleep: bool,
    owed_ns: f64,
}

/// Transactions taken and passed on so far.
fn moved(stage: &dyn Turnable) -> u64 {
    stage.meter().taken + stage.meter().passed
}

impl Wrap for Slow {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let before = moved(stage);
        let owed_ns = self.owed_ns as Nanos;
        let slow = SlowClock { clock, owed_ns, cpu_reads: AtomicU32::new(0), asleep: self.asleep };
        let happened = stage.turn(&slow);
        if slow.cpu_reads.into_inner() >= 2 {
            self.owed_ns = 0.0;
        }
        self.owed_ns += (moved(stage) - before) as f64 / 2.0 * self.each_ns;
        happened
    }
}

/// The clock as one turn of a burdened stage sees it.
struct SlowClock<'a> {
    clock: &'a dyn Clock,
    owed_ns: Nanos,
    cpu_reads: AtomicU32,
    asleep: bool,
}

impl SlowClock<'_> {
    #[expect(clippy::disallowed_methods, reason = "to lose time is what it is for")]
    fn pay(&self) {
        if self.asleep {
            return std::thread::sleep(Duration::from_nanos(self.owed_ns));
        }
        let until_ns = self.clock.thread_cpu_ns() + self.owed_ns;
        while self.clock.thread_cpu_ns() < until_ns {
            std::hint::spin_loop();
        }
    }
}

impl Clock for SlowClock<'_> {
    fn now_ns(&self) -> Nanos {
        self.clock.now_ns()
    }

    fn unix_ms(&self) -> u64 {
        self.clock.unix_ms()
    }

    fn thread_cpu_ns(&self) -> u64 {
        if self.cpu_reads.fetch_add(1, Ordering::Relaxed) == 1 {
            self.pay();
        }
        self.clock.thread_cpu_ns()
    }
}
