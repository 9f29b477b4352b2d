//! Contenders that do the same work in turn.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::ops::Range;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A turn lasts at least this long: short enough that most turns are not interrupted.
const TURN: Duration = Duration::from_millis(1);

/// One kernel, and all that can do its work.
pub struct Contest {
    /// What figures are filed under.
    pub kernel: String,
    /// What one item is, and what is done to it.
    pub item: &'static str,
    items: usize,
    contenders: Vec<Contender>,
}

struct Contender {
    name: String,
    batch: usize,
    work: Box<dyn FnMut(Range<usize>) -> bool>,
}

/// What one contender needs.
pub struct Figure {
    kernel: String,
    pub contender: String,
    pub batch: usize,
    pub nanoseconds_per_item: f64,
}

impl Figure {
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "kernel": self.kernel,
            "contender": self.contender,
            "batch": self.batch,
            "nanoseconds_per_item": self.nanoseconds_per_item,
        })
    }
}

impl Contest {
    /// A contest over `items` items, numbered from zero.
    pub fn new(kernel: impl Into<String>, item: &'static str, items: usize) -> Self {
        Self { kernel: kernel.into(), item, items, contenders: Vec::new() }
    }

    /// Adds a contender that is given ranges of `batch` items and answers whether all of them are right. The first one
    /// is what the others are compared with.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        batch: usize,
        work: impl FnMut(Range<usize>) -> bool + 'static,
    ) {
        self.contenders.push(Contender { name: name.into(), batch, work: Box::new(work) });
    }

    /// Lets every contender answer once for all items.
    pub fn check(&mut self) {
        for contender in &mut self.contenders {
            contender.pass(&self.kernel, self.items);
        }
    }

    /// Measures all contenders, for `per_contender` each on average.
    pub fn measure(&mut self, per_contender: Duration) -> Vec<Figure> {
        self.check();
        let count = u32::try_from(self.contenders.len()).expect("a few contenders");
        let end = Instant::now() + per_contender * count;
        let mut turns = vec![Vec::new(); self.contenders.len()];
        while Instant::now() < end || turns[0].len() < 3 {
            for (contender, turns) in self.contenders.iter_mut().zip(&mut turns) {
                turns.push(contender.turn(&self.kernel, self.items));
            }
        }
        let figures = self.contenders.iter().zip(&mut turns).map(|(contender, turns)| Figure {
            kernel: self.kernel.clone(),
            contender: contender.name.clone(),
            batch: contender.batch,
            nanoseconds_per_item: median(turns),
        });
        figures.collect()
    }
}

impl Contender {
    /// Nanoseconds of this thread's CPU time for each item: what else the machine runs meanwhile does not count.
    fn turn(&mut self, kernel: &str, items: usize) -> f64 {
        let start = thread_cpu();
        let mut passes = 0.0;
        loop {
            self.pass(kernel, items);
            passes += 1.0;
            let elapsed = thread_cpu() - start;
            if elapsed >= TURN {
                return elapsed.as_nanos() as f64 / passes / items as f64;
            }
        }
    }

    fn pass(&mut self, kernel: &str, items: usize) {
        for first in (0..items).step_by(self.batch) {
            let range = first..(first + self.batch).min(items);
            assert!((self.work)(range.clone()), "{kernel}: {} is wrong about items {range:?}", self.name);
        }
    }
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn median(turns: &mut [f64]) -> f64 {
    turns.sort_by(f64::total_cmp);
    turns[turns.len() / 2]
}
