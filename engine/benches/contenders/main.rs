//! What each executor needs for one transaction, measured side by side on the same blocks.
//!
//! ```text
//! cargo bench -p pelton-engine --bench contenders                  the table, and target/execution.json
//! cargo bench -p pelton-engine --bench contenders -- --quick       the same in less time, less steady
//! cargo bench -p pelton-engine --bench contenders -- transfers     the table of some workloads only
//! cargo bench -p pelton-engine --bench contenders -- --only=revm   and of some contenders, to look at with a profiler
//! cargo test  -p pelton-engine --bench contenders                  all contenders agree about a few small blocks
//! ```
//!
//! A workload is a genesis state and some blocks on top of it. A contender runs all of them, one after the other, from
//! transactions whose senders are known to receipts and a state that is up to date. Contenders take turns, so that
//! whatever else the machine does strikes all alike, and each figure is the median over all turns. Every contender must
//! leave the same accounts and slots, run the same number of transactions well and badly, and use the same gas.
//!
//! Names such as "ERC-20, a chain" are blocks of one kind, made here; the others are those of `pelton-workloads`, whose
//! transactions declare what they touch unless the name says otherwise.
//!
//! Under some tables stand parts of the work, and bounds:
//!
//! | row | what is measured |
//! | --- | --- |
//! | link and hand out | who waits for whom, and handing all out in that order; keys are numbered, nothing runs |
//! | prediction | running real blocks beforehand, to see what they touch; one thread, when transactions come in |
//! | the ideal of slots and credits | one thread's time, divided as the model in `model.rs` allows |

#[path = "../../tests/parallel_equals_serial/transactions.rs"]
mod transactions;

#[path = "../../tests/conformance/json.rs"]
#[expect(dead_code, reason = "tests need more of it")]
mod json;

mod contest;
mod generated;
mod graph;
mod mainnet;
mod model;
mod ours;
mod plain;
mod revm_loop;
mod workload;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use contest::{Contest, Figure};
use workload::{Size, Workload};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STEADY_PER_WORKLOAD: Duration = Duration::from_secs(8);
const QUICK_PER_WORKLOAD: Duration = Duration::from_millis(700);

const EXPLANATION: &str = "\
cpu ns   CPU time for one transaction, of all threads together, the median of all turns; less is better
tx/s     transactions in a second of wall time, the median of all turns
ratio    how many times as many tx/s as the revm loop";

fn main() -> ExitCode {
    let (flags, filters): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let only = flags.iter().find_map(|flag| flag.strip_prefix("--only=")).unwrap_or_default();
    // Cargo says --bench where it measures. In a test, flags are meant for other tests that run with this one.
    let measure = has("--bench") && !has("--test");
    if let Some(unknown) = flags.iter().find(|flag| {
        measure && !["--bench", "--quick"].contains(&flag.as_str()) && !flag.starts_with("--only=")
    }) {
        eprintln!(
            "unknown flag '{unknown}'; there are --quick, --only=, --test, and parts of the names of workloads"
        );
        return ExitCode::from(2);
    }
    let size = match (measure, has("--quick")) {
        (false, _) => Size::TEST,
        (true, true) => Size::QUICK,
        (true, false) => Size::FULL,
    };
    let chosen =
        |name: &&str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let contests = workloads(&size, chosen).map(Contest);
    if measure {
        let per_workload = if has("--quick") { QUICK_PER_WORKLOAD } else { STEADY_PER_WORKLOAD };
        let figures = report(contests, per_workload, only);
        if filters.is_empty() && only.is_empty() {
            write(&figures);
        }
    } else {
        contests.for_each(|contest| contest.check());
    }
    ExitCode::SUCCESS
}

/// Those of all workloads that are chosen by name, each made when its turn comes.
fn workloads(size: &Size, chosen: impl Fn(&&str) -> bool + Copy) -> impl Iterator<Item = Workload> {
    let plain = plain::NAMES.iter().copied().filter(chosen).map(|name| plain::make(name, size));
    let generated = generated::PATTERNS.iter().copied().filter(chosen);
    let mainnet = mainnet::names().filter(chosen).map(mainnet::make);
    plain.chain(generated.map(|pattern| generated::make(pattern, size))).chain(mainnet)
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn report(contests: impl Iterator<Item = Contest>, per_workload: Duration, only: &str) -> Vec<Figure> {
    let mut all = Vec::new();
    println!("{EXPLANATION}");
    for contest in contests {
        println!("\n{}", contest.0.name);
        println!("  {:34} {:>7} {:>9} {:>12} {:>6}", "contender", "threads", "cpu ns", "tx/s", "ratio");
        let figures = contest.measure(per_workload, only);
        for figure in &figures {
            let ratio = figure.transactions_per_second / figures[0].transactions_per_second;
            println!(
                "  {:34} {:>7} {:>9.0} {:>12.0} {:>6.2}",
                figure.contender,
                figure.threads,
                figure.cpu_nanoseconds_per_transaction,
                figure.transactions_per_second,
                ratio
            );
        }
        all.extend(figures);
    }
    all
}

/// Writes the figures of all workloads where programs that compare find them.
#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn write(figures: &[Figure]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("execution.json");
    let text = format!("{:#}\n", figures.iter().map(Figure::json).collect::<serde_json::Value>());
    std::fs::write(&path, text)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    println!("\nwritten to {}", path.display());
}
