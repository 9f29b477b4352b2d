//! Threads that rest while nothing comes, and the bell that wakes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use pelton_pipeline::clock::{Clock, WallClock};
use pelton_pipeline::driver::bell::Bell;
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::meter::Meter;
use pelton_pipeline::turn::Turnable;

/// Has nothing to do, ever, and counts how often somebody looks.
struct Quiet(Arc<AtomicUsize>, Meter);

impl Turnable for Quiet {
    fn name(&self) -> &'static str {
        "quiet"
    }

    fn turn(&mut self, _: &dyn Clock) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        false
    }

    fn is_finished(&self) -> bool {
        false
    }

    fn meter(&self) -> &Meter {
        &self.1
    }

    fn queue_max(&self) -> usize {
        0
    }
}

/// How often two threads look at what is quiet in this time, where a bell is promised.
#[expect(clippy::disallowed_methods, reason = "it is about what happens while nothing does")]
fn looks(within: Duration) -> usize {
    let (threads, looks) = (Threads::start(2).expect("there are threads"), Arc::default());
    threads.bell().promise();
    let (stages, stop) =
        (vec![Box::new(Quiet(Arc::clone(&looks), Meter::default())) as _], AtomicBool::new(false));
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
    std::thread::scope(|scope| {
        scope.spawn(|| threads.run(stages, &clock, &stop));
        std::thread::sleep(within);
        stop.store(true, Ordering::Relaxed);
    });
    looks.load(Ordering::Relaxed)
}

#[test]
fn where_a_bell_is_promised_nobody_looks_often_at_what_is_quiet() {
    let rung = looks(Duration::from_millis(1_500));
    // Some 130 rounds until both slumber, and 50 in each second after that.
    assert!(rung < 600, "{rung}");
}

#[test]
fn whoever_brings_something_wakes_who_rests_however_both_are_interleaved() {
    const ROUNDS: u32 = 2_000;
    let (bell, brought) = (Arc::new(Bell::default()), AtomicU32::new(0));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let sleeper = bell.sleeper();
            for round in 1..=ROUNDS {
                // Longer than any test may take: a bell that was not heard is seen.
                while brought.load(Ordering::Relaxed) < round {
                    if sleeper.begin() {
                        sleeper.sleep(Duration::from_secs(600));
                    }
                }
                sleeper.end();
                brought.store(0, Ordering::Relaxed);
            }
        });
        for round in 1..=ROUNDS {
            brought.store(round, Ordering::Relaxed);
            bell.ring();
            while brought.load(Ordering::Relaxed) != 0 {
                std::thread::yield_now();
            }
        }
    });
    assert!(!bell.ring(), "nobody is left");
}
