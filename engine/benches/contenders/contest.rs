//! Contenders that run the same blocks in turn.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::workloads::{Size, Workload};
use crate::{ours, revm_loop};

/// What a contender leaves behind, to compare: gas used, and a sum over all balances and slots that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    pub gas_used: u64,
    pub balances: [u8; 32],
}

/// One way to run all blocks of a workload. Preparation is not measured; what it gives is run once.
pub struct Contender {
    pub name: &'static str,
    pub threads: usize,
    pub prepare: fn(&Workload, threads: usize) -> Box<dyn FnOnce() -> Ended + Send>,
}

/// A run that is over; what it holds is dropped and looked at outside the measurement.
pub type Ended = Box<dyn FnOnce() -> Trace + Send>;

const CONTENDERS: &[Contender] = &[
    Contender { name: "revm, transact_commit", threads: 1, prepare: revm_loop::prepare },
    Contender { name: "serial, the oracle", threads: 1, prepare: ours::prepare_serial },
    Contender { name: "plan and execute", threads: 1, prepare: ours::prepare_execute },
    Contender { name: "plan and execute", threads: 2, prepare: ours::prepare_execute },
];

pub struct Contest {
    pub workload: &'static str,
    blocks: Workload,
}

/// What one contender needs.
pub struct Figure {
    workload: &'static str,
    pub contender: &'static str,
    pub threads: usize,
    pub cpu_nanoseconds_per_transaction: f64,
    pub transactions_per_second: f64,
}

impl Figure {
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "workload": self.workload,
            "contender": self.contender,
            "threads": self.threads,
            "cpu_nanoseconds_per_transaction": self.cpu_nanoseconds_per_transaction,
            "transactions_per_second": self.transactions_per_second,
        })
    }
}

impl Contest {
    pub fn new(name: &'static str, size: &Size) -> Contest {
        Contest { workload: name, blocks: Workload::new(name, size) }
    }

    /// Lets every contender run once, and compares what they leave.
    pub fn check(&self) {
        let mut expected = None;
        for contender in CONTENDERS {
            let found = (contender.prepare)(&self.blocks, contender.threads)()();
            let expected = *expected.get_or_insert(found);
            assert_eq!(
                found, expected,
                "{}: {}, {} threads",
                self.workload, contender.name, contender.threads
            );
        }
    }

    /// Measures all contenders, in about this time.
    pub fn measure(&self, time: Duration, only: &str) -> Vec<Figure> {
        let chosen: Vec<&Contender> = CONTENDERS
            .iter()
            .filter(|contender| format!("{} {}", contender.name, contender.threads).contains(only))
            .collect();
        self.check();
        let end = Instant::now() + time;
        let mut turns = vec![Vec::new(); chosen.len()];
        while Instant::now() < end || turns[0].len() < 3 {
            for (contender, turns) in chosen.iter().zip(&mut turns) {
                turns.push(self.turn(contender));
            }
        }
        let count = self.blocks.transactions() as f64;
        let figures = chosen.iter().zip(&turns).map(|(contender, turns)| Figure {
            workload: self.workload,
            contender: contender.name,
            threads: contender.threads,
            cpu_nanoseconds_per_transaction: median(turns.iter().map(|turn| turn.0)) / count,
            transactions_per_second: count * 1e9 / median(turns.iter().map(|turn| turn.1)),
        });
        figures.collect()
    }

    /// Nanoseconds of CPU time and of wall time.
    fn turn(&self, contender: &Contender) -> (f64, f64) {
        let run = (contender.prepare)(&self.blocks, contender.threads);
        let (cpu, wall) = (cpu_time(), Instant::now());
        let ended = run();
        let (wall, cpu) = (wall.elapsed(), cpu_time() - cpu);
        drop(ended);
        (cpu.as_nanos() as f64, wall.as_nanos() as f64)
    }
}

/// CPU time of all threads so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn median(turns: impl Iterator<Item = f64>) -> f64 {
    let mut turns: Vec<f64> = turns.collect();
    turns.sort_by(f64::total_cmp);
    turns[turns.len() / 2]
}
