//! What reading the clock costs: the loop around the stages reads it twice a turn.

use pelton_pipeline::clock::{Clock as _, WallClock};

use crate::doctor::host::Host;
use crate::doctor::{Check, Loss};

/// A clock that is read without a system call takes less than this.
const READ_NS_MAX: f64 = 150.0;
/// Turns a second of a busy thread, as runs show.
const TURNS_PER_SECOND: f64 = 50_000.0;

/// The source of the time.
pub fn clock(host: &Host) -> Check {
    let name = "clock";
    let path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = host.read(path).unwrap_or_else(|| "an unknown source".to_owned());
    let read_ns = read_ns();
    let found = format!("{source}, {read_ns:.0} ns a reading");
    if read_ns <= READ_NS_MAX {
        return Check::good(name, found);
    }
    let loss = Loss::measured((2.0 * read_ns * TURNS_PER_SECOND / 1e9).min(1.0));
    Check::costs(
        name,
        found,
        loss,
        "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource",
    )
}

fn read_ns() -> f64 {
    const READS: u32 = 20_000;
    let clock = WallClock::new();
    let once = || {
        let start_ns = clock.now_ns();
        (0..READS).for_each(|_| {
            std::hint::black_box(clock.now_ns());
        });
        (clock.now_ns() - start_ns) as f64 / f64::from(READS)
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}
