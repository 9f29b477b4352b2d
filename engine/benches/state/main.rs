//! What it costs to keep a state under a root and on a disk, beside databases that do the same: updates, witnesses, what
//! a verifier does with them, reads, and how soon all of it is there again; and what it costs to keep blocks and receipts.
//!
//! ```text
//! cargo bench -p pelton-engine --bench state                 the tables, and target/state.json: 4,000,000 accounts
//! cargo bench -p pelton-engine --bench state -- --quick      the same with 200,000 accounts
//! cargo bench -p pelton-engine --bench state -- updates      some tables only
//! cargo test  -p pelton-engine --bench state                 every contender but qmdb is right about a few accounts
//! ```
//!
//! One file for each table. Contenders of one table take turns, batch by batch, so that whatever else the machine does
//! strikes all alike, and each figure is the median over all batches. CPU time is that of the whole process: it does not
//! grow when others are busy, as wall time does.

mod accounts;
mod archive;
mod durable;
mod keys;
mod meter;
mod restart;
mod updates;
mod witness;

use std::path::Path;
use std::process::ExitCode;

use meter::Figure;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Size {
    /// Accounts in the state.
    pub accounts: u64,
    /// Updates, or keys of the biggest witness, in a batch.
    pub batch: usize,
    /// Batches of each contender.
    pub batches: usize,
}

const WHOLE: Size = Size { accounts: 4_000_000, batch: 10_000, batches: 100 };
const QUICK: Size = Size { accounts: 200_000, batch: 10_000, batches: 20 };
/// Enough to fill lanes and shards, and to be done by several threads.
const IN_TEST: Size = Size { accounts: 3_000, batch: 700, batches: 3 };

/// A table by name, and what it takes to fill it.
type Table = (&'static str, fn(Size) -> Vec<Figure>);
const TABLES: [Table; 6] = [
    ("keys", keys::measure),
    ("updates", updates::measure),
    ("witness", witness::measure),
    ("durable", durable::measure),
    ("restart", restart::measure),
    ("archive", archive::measure),
];

const EXPLANATION: &str = "\
items/s   how many items are done in a second of wall time: the median over all batches; more is better
CPU ns    nanoseconds of CPU time, of all threads together, for one item: the median; less is better
worst ms  wall time of the slowest batch
bytes     resident memory for an account, caches of databases included; of a witness, its length for a key;
          of an archive, its length for a transfer";

fn main() -> ExitCode {
    let (flags, filters): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    // Cargo says --bench where it measures. In a test, flags are meant for other tests that run with this one.
    let measure = has("--bench") && !has("--test");
    if let Some(unknown) =
        flags.iter().find(|flag| measure && !["--bench", "--quick"].contains(&flag.as_str()))
    {
        eprintln!("unknown flag '{unknown}'; there are --quick, --test, and names of tables");
        return ExitCode::from(2);
    }
    let size = match (measure, has("--quick")) {
        (true, false) => WHOLE,
        (true, true) => QUICK,
        (false, _) => IN_TEST,
    };
    let chosen =
        |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    if measure {
        explain();
    }
    let figures: Vec<(&str, Vec<Figure>)> = TABLES
        .iter()
        .filter(|(name, _)| !measure || chosen(name))
        .map(|(name, fill)| (*name, fill(size)))
        .inspect(|(name, figures)| {
            if measure {
                print(name, size, figures)
            }
        })
        .collect();
    if measure && filters.is_empty() {
        write(size, &figures);
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn explain() {
    println!("{EXPLANATION}");
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn print(name: &str, size: Size, figures: &[Figure]) {
    println!("\n{name}: {} accounts, batches of {}", size.accounts, size.batch);
    println!(
        "  {:44} {:>7} {:>11} {:>8} {:>9} {:>7}  result",
        "contender", "threads", "items/s", "CPU ns", "worst ms", "bytes"
    );
    for figure in figures {
        println!("  {figure}");
    }
}

/// Writes all figures where programs that compare find them.
#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn write(size: Size, figures: &[(&str, Vec<Figure>)]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("state.json");
    let rows = figures.iter().flat_map(|(table, figures)| figures.iter().map(|figure| figure.json(table)));
    let all = serde_json::json!({
        "accounts": size.accounts,
        "batch": size.batch,
        "batches": size.batches,
        "figures": rows.collect::<serde_json::Value>(),
    });
    std::fs::write(&path, format!("{all:#}\n"))
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    println!("\nwritten to {}", path.display());
}
