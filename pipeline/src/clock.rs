//! Time as the pipeline sees it, and the only file in it that reads a clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds since the pipeline was started.
pub type Nanos = u64;

/// Where drivers read time; stages are told it.
pub trait Clock: Send + Sync {
    /// Nanoseconds since the start; never falls.
    fn now_ns(&self) -> Nanos;
    /// Milliseconds since 1970, for block timestamps.
    fn unix_ms(&self) -> u64;
    /// CPU time of the calling thread in nanoseconds; 0 where it is simulated.
    fn thread_cpu_ns(&self) -> u64;
}

/// Real time.
#[derive(Debug)]
pub struct WallClock {
    start: Instant,
}

impl WallClock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    #[expect(clippy::new_without_default, reason = "a clock that starts by default would hide when")]
    pub fn new() -> WallClock {
        WallClock { start: Instant::now() }
    }
}

impl Clock for WallClock {
    fn now_ns(&self) -> Nanos {
        self.start.elapsed().as_nanos() as u64
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn unix_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    fn thread_cpu_ns(&self) -> u64 {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32).as_nanos() as u64
    }
}

/// Time that stands still until it is moved.
#[derive(Debug, Default)]
pub struct SimulatedClock {
    now_ns: AtomicU64,
}

impl SimulatedClock {
    /// Moves time on.
    pub fn advance(&self, by_ns: Nanos) {
        self.now_ns.fetch_add(by_ns, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now_ns(&self) -> Nanos {
        self.now_ns.load(Ordering::Relaxed)
    }

    fn unix_ms(&self) -> u64 {
        self.now_ns() / 1_000_000
    }

    fn thread_cpu_ns(&self) -> u64 {
        0
    }
}
