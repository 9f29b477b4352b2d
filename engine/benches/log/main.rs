//! What it costs to keep a state on disk, beside databases that do the same, and how soon it is there again.
//!
//! ```text
//! cargo bench -p pelton-engine --bench log                        a million accounts
//! cargo bench -p pelton-engine --bench log -- --accounts 4000000  as many as asked
//! cargo bench -p pelton-engine --bench log -- restart             one of: append, restart
//! cargo test  -p pelton-engine --bench log                        all of it once, in small
//! ```
//!
//! *append*: blocks of 10,000 changed accounts, each block durable before the next; every contender can answer for every
//! account at any time: ours from the flat state in memory, with log, sync and the steps of checkpoints, a database from
//! itself. They take turns, one block each, and all end with the same accounts. *restart*: from files to state and trie.
//!
//! Databases are used as their documentation says for batches that must be durable. Figures count wall time, since a
//! sync is waiting, and CPU time of the process.

mod accounts;
mod contender;
mod fjall;
mod ours;
mod redb;
mod restart;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use accounts::Blocks;
use contender::Contender;
use rustix::time::{ClockId, clock_gettime};

/// How much is done.
#[derive(Clone, Copy)]
struct Size {
    accounts: u32,
    blocks: usize,
    changes: usize,
}

const STANDARD: Size = Size { accounts: 1_000_000, blocks: 200, changes: 10_000 };
const TEST: Size = Size { accounts: 500, blocks: 4, changes: 100 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measure = arguments.iter().any(|argument| argument == "--bench");
    let Some((size, only)) = (if measure { parse(&arguments) } else { Some((TEST, None)) }) else {
        eprintln!("give --accounts N, and append or restart for one of the two");
        return ExitCode::from(2);
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log-bench");
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let is_chosen = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if is_chosen("append") {
        append(size, &folder);
    }
    if is_chosen("restart") {
        restart::run(size, &folder);
    }
    std::fs::remove_dir_all(&folder).expect("it is ours");
    ExitCode::SUCCESS
}

fn parse(arguments: &[String]) -> Option<(Size, Option<String>)> {
    let (mut size, mut only) = (STANDARD, None);
    let mut arguments = arguments.iter().filter(|argument| *argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--accounts" => size.accounts = arguments.next()?.parse().ok()?,
            "append" | "restart" => only = Some(argument.clone()),
            _ => return None,
        }
    }
    Some((size, only))
}

/// What a contender needed for each block.
#[derive(Default)]
struct Turns {
    wall: Vec<Duration>,
    cpu: Duration,
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn append(size: Size, folder: &Path) {
    let mut blocks = Blocks::new(size.accounts, size.changes);
    let genesis = blocks.genesis();
    let mut contenders: Vec<Box<dyn Contender>> = vec![
        Box::new(ours::Ours::new(&folder.join("ours"), &genesis)),
        Box::new(fjall::Fjall::new(&folder.join("fjall"), &genesis)),
        Box::new(redb::Redb::new(&folder.join("redb"), &genesis)),
    ];
    drop(genesis);
    let mut turns: Vec<Turns> = contenders.iter().map(|_| Turns::default()).collect();
    for _ in 0..size.blocks {
        let writes = blocks.next_block();
        for (contender, turns) in contenders.iter_mut().zip(&mut turns) {
            let (wall, cpu) = (now(), process_cpu());
            contender.append(&writes);
            turns.wall.push(now() - wall);
            turns.cpu += process_cpu() - cpu;
        }
    }
    let wanted = contenders[0].sample();
    println!("append: {} accounts, blocks of {} changes, each durable", size.accounts, size.changes);
    println!(
        "  {:28} {:>12} {:>12} {:>12} {:>14}",
        "contender", "changes/s", "median", "longest", "CPU each"
    );
    for (contender, turns) in contenders.iter_mut().zip(&mut turns) {
        assert_eq!(contender.sample(), wanted, "{} holds other accounts", contender.name());
        turns.wall.sort_unstable();
        let (changes, whole) = ((size.blocks * size.changes) as f64, turns.wall.iter().sum::<Duration>());
        println!(
            "  {:28} {:>12.0} {:>9.2} ms {:>9.2} ms {:>11.0} ns",
            contender.name(),
            changes / whole.as_secs_f64(),
            turns.wall[turns.wall.len() / 2].as_secs_f64() * 1e3,
            turns.wall[turns.wall.len() - 1].as_secs_f64() * 1e3,
            turns.cpu.as_nanos() as f64 / changes,
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

/// Of all threads: databases have some of their own.
fn process_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
