//! Contenders that run the same blocks in turn.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::time::{Duration, Instant};

use alloy_primitives::{Address, U256};
use pelton_engine::state::Account;
use rustix::time::{ClockId, clock_gettime};

use crate::workload::Workload;
use crate::{graph, model, ours, revm_loop};

/// What a contender leaves behind, to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    executed: u64,
    succeeded: u64,
    gas_used: u64,
    /// BLAKE3 over all accounts and slots.
    state: blake3::Hash,
}

impl Trace {
    /// Of transactions that ran, by success and gas, and of all accounts and slots that there are, in any order.
    pub fn of(
        ran: impl Iterator<Item = (bool, u64)>,
        mut accounts: Vec<(Address, Account)>,
        mut slots: Vec<((Address, U256), U256)>,
    ) -> Trace {
        accounts.sort_unstable_by_key(|(address, _)| *address);
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        let mut hash = blake3::Hasher::new();
        for (address, Account { nonce, balance, code_hash }) in accounts {
            hash.update(address.as_slice()).update(&nonce.to_be_bytes());
            hash.update(&balance.to_be_bytes::<32>()).update(code_hash.as_slice());
        }
        for ((address, slot), value) in slots {
            hash.update(address.as_slice())
                .update(&slot.to_be_bytes::<32>())
                .update(&value.to_be_bytes::<32>());
        }
        let mut trace = Trace { executed: 0, succeeded: 0, gas_used: 0, state: hash.finalize() };
        for (success, gas_used) in ran {
            trace.executed += 1;
            trace.succeeded += u64::from(success);
            trace.gas_used += gas_used;
        }
        trace
    }
}

/// One way to run all blocks of a workload. Preparation is not measured; what it gives is run once.
pub struct Contender {
    pub name: &'static str,
    pub threads: usize,
    /// Whether it leaves what the others leave.
    pub executes: bool,
    pub prepare: fn(&Workload, threads: usize) -> Box<dyn FnOnce() -> Ended + Send>,
}

/// A run that is over; what it holds is dropped and looked at outside the measurement.
pub type Ended = Box<dyn FnOnce() -> Trace + Send>;

/// All of them; the last runs on as many threads as the machine has cores.
fn contenders(workload: &Workload) -> Vec<Contender> {
    let one = |name, prepare| Contender { name, threads: 1, executes: true, prepare };
    let ours = |threads| Contender { threads, ..one("plan and execute", ours::prepare_execute) };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = vec![
        one("revm, transact_commit", revm_loop::prepare),
        one("serial, the oracle", ours::prepare_serial),
        ours(1),
        ours(2),
    ];
    all.extend([4, 8, 16].into_iter().filter(|threads| *threads <= cores).map(ours));
    let part = |name, prepare| Contender { executes: false, ..one(name, prepare) };
    if workload.is_hinted() {
        all.push(part("of that, beforehand: prediction", ours::prepare_predict));
    } else {
        all.push(part("of that: link and hand out", graph::prepare));
    }
    all
}

/// A workload that all contenders run.
pub struct Contest(pub Workload);

/// What one contender needs.
pub struct Figure {
    pub workload: String,
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
    /// Lets every contender run once, and compares what they leave.
    pub fn check(&self) {
        let mut expected = None;
        for contender in contenders(&self.0) {
            let found = (contender.prepare)(&self.0, contender.threads)()();
            if !contender.executes {
                continue;
            }
            let expected = *expected.get_or_insert(found);
            assert_eq!(found, expected, "{}: {}, {} threads", self.0.name, contender.name, contender.threads);
        }
    }

    /// Measures all contenders, in about this time.
    pub fn measure(&self, time: Duration, only: &str) -> Vec<Figure> {
        let chosen: Vec<Contender> = contenders(&self.0)
            .into_iter()
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
        let count = self.0.transactions() as f64;
        let mut figures: Vec<Figure> = chosen
            .iter()
            .zip(&turns)
            .map(|(contender, turns)| Figure {
                workload: self.0.name.clone(),
                contender: contender.name,
                threads: contender.threads,
                cpu_nanoseconds_per_transaction: median(turns.iter().map(|turn| turn.0)) / count,
                transactions_per_second: count * 1e9 / median(turns.iter().map(|turn| turn.1)),
            })
            .collect();
        if self.0.is_hinted() {
            figures.extend(self.ideals(&figures));
        }
        figures
    }

    /// What our best serial run would come to if it could be shared out among cores as well as the model says.
    fn ideals(&self, figures: &[Figure]) -> Vec<Figure> {
        let ours = figures.iter().filter(|figure| figure.contender == "plan and execute");
        let models = revm_loop::models(&self.0);
        let Some(serial) = ours.clone().find(|figure| figure.threads == 1) else { return Vec::new() };
        let at = |threads: usize| Figure {
            workload: self.0.name.clone(),
            contender: "the ideal of slots and credits",
            threads,
            cpu_nanoseconds_per_transaction: serial.cpu_nanoseconds_per_transaction,
            transactions_per_second: serial.transactions_per_second * model::ideal(&models, threads),
        };
        ours.map(|figure| figure.threads).filter(|threads| *threads > 1).map(at).collect()
    }

    /// Nanoseconds of CPU time and of wall time.
    fn turn(&self, contender: &Contender) -> (f64, f64) {
        let run = (contender.prepare)(&self.0, contender.threads);
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
