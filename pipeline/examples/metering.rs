//! What measuring costs: CPU time of a turn of a stage that does nothing but pass its batch on, and of a transaction at the
//! end, where latency is noted for each.
//!
//! ```text
//! cargo run --release -p pelton-pipeline --example metering
//! cargo run --release -p pelton-pipeline --example metering --features unmetered
//! ```
//!
//! The difference of the two is the cost of all that is measured. docs/observability.md sets it against a whole run.

use std::sync::Arc;

use pelton_pipeline::batch::Batch;
use pelton_pipeline::clock::{Clock, WallClock};
use pelton_pipeline::ledger::Ledger;
use pelton_pipeline::link::Link;
use pelton_pipeline::metrics::board::Board;
use pelton_pipeline::stage::{Outbox, Stage};
use pelton_pipeline::stages::sink::Sink;
use pelton_pipeline::turn::{Runner, Turnable};

/// As many as the load puts in a batch.
const BATCH: usize = 256;
const TURNS: usize = 20_000;
const ROUNDS: usize = 9;

/// Passes on what it takes.
struct Idler;

impl Stage for Idler {
    type Input = Batch<()>;
    type Output = Batch<()>;

    fn take(&mut self, input: Batch<()>, outbox: &mut Outbox<Batch<()>>) {
        outbox.pass(input);
    }
}

fn batch(now_ns: u64) -> Batch<()> {
    (0..BATCH).map(|_| ((), now_ns)).collect()
}

/// The median of several rounds of this, in nanoseconds of CPU time for each of its turns.
fn median_ns(clock: &dyn Clock, mut round: impl FnMut()) -> f64 {
    let mut each: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before_ns = clock.thread_cpu_ns();
            round();
            (clock.thread_cpu_ns() - before_ns) as f64 / TURNS as f64
        })
        .collect();
    each.sort_by(f64::total_cmp);
    each[ROUNDS / 2]
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn main() {
    let clock = WallClock::new();
    let ledger = Arc::new(Ledger::new(1));
    let (input, output) = (Arc::new(Link::new(1)), Arc::new(Link::new(1)));
    let mut stage = Runner::new("idler", Idler, input.clone(), output.clone(), ledger.clone());
    let mut pending = Some(batch(0));
    let turn_ns = median_ns(&clock, || {
        for _ in 0..TURNS {
            input.push(pending.take().expect("it came back")).expect("there is room");
            stage.turn(&clock);
            pending = output.pop();
        }
    });
    let quiet_ns = median_ns(&clock, || {
        (0..TURNS).for_each(|_| {
            stage.turn(&clock);
        });
    });

    let (last, end) = (Arc::new(Link::new(1)), Arc::new(Link::new(1)));
    let mut sink = Runner::new("sink", Sink::new(Box::new(|_, _| ())), last.clone(), end, ledger);
    let fill_ns = median_ns(&clock, || (0..TURNS).for_each(|_| drop(std::hint::black_box(batch(1)))));
    let sink_ns = median_ns(&clock, || {
        for _ in 0..TURNS {
            last.push(batch(1)).expect("there is room");
            sink.turn(&clock);
        }
    });
    let (board, _watched) = Board::watch(vec![Box::new(stage)], Vec::new());
    let text_ns = median_ns(&clock, || drop(std::hint::black_box(board.text()))) * TURNS as f64;
    println!("turn with a batch      {turn_ns:8.0} ns");
    println!("turn with nothing      {quiet_ns:8.0} ns");
    println!("sink, each transaction {:8.1} ns", (sink_ns - fill_ns) / BATCH as f64);
    println!("text of one stage      {text_ns:8.0} ns");
}
