//! Wall time, CPU time and memory of the same work, many times.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::fmt;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// What one contender needs.
pub struct Figure {
    pub contender: String,
    pub threads: usize,
    pub items_per_second: f64,
    pub cpu_nanoseconds_per_item: f64,
    pub worst_milliseconds: f64,
    /// Where it says something.
    pub bytes: Option<f64>,
    /// What came of all of it, to be compared with others.
    pub result: String,
}

impl Figure {
    pub fn json(&self, table: &str) -> serde_json::Value {
        serde_json::json!({
            "table": table,
            "contender": self.contender,
            "threads": self.threads,
            "items_per_second": self.items_per_second,
            "cpu_nanoseconds_per_item": self.cpu_nanoseconds_per_item,
            "worst_milliseconds": self.worst_milliseconds,
            "bytes": self.bytes,
            "result": self.result,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.map(|bytes| format!("{bytes:.0}")).unwrap_or_default();
        write!(
            out,
            "{:44} {:>7} {:>11.0} {:>8.1} {:>9.2} {:>7}  {:.16}",
            self.contender,
            self.threads,
            self.items_per_second,
            self.cpu_nanoseconds_per_item,
            self.worst_milliseconds,
            bytes,
            self.result,
        )
    }
}

/// The times of one contender, in nanoseconds.
#[derive(Default)]
pub struct Meter {
    wall_per_item: Vec<f64>,
    cpu_per_item: Vec<f64>,
    worst: f64,
}

impl Meter {
    /// Does some work on this many items and takes its time.
    pub fn take<T>(&mut self, items: usize, work: impl FnOnce() -> T) -> T {
        let (wall, cpu) = (Instant::now(), cpu_nanoseconds());
        let result = work();
        let (wall, cpu) = (wall.elapsed().as_nanos() as f64, cpu_nanoseconds() - cpu);
        self.wall_per_item.push(wall / items as f64);
        self.cpu_per_item.push(cpu / items as f64);
        self.worst = self.worst.max(wall);
        result
    }

    /// The figure of what was taken.
    pub fn figure(
        mut self,
        contender: impl Into<String>,
        threads: usize,
        result: impl AsRef<[u8]>,
    ) -> Figure {
        Figure {
            contender: contender.into(),
            threads,
            items_per_second: 1e9 / median(&mut self.wall_per_item),
            cpu_nanoseconds_per_item: median(&mut self.cpu_per_item),
            worst_milliseconds: self.worst / 1e6,
            bytes: None,
            result: result.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// CPU time of all threads of this process so far.
fn cpu_nanoseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Memory of this process that is resident now, where the system tells.
pub fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}
