//! What each implementation needs for one item, on one core, measured side by side.
//!
//! ```text
//! cargo bench -p pelton-kernels --bench contenders                 the table, and target/contenders.json
//! cargo bench -p pelton-kernels --bench contenders -- --quick      the same in less time, less steady
//! cargo bench -p pelton-kernels --bench contenders -- keccak       the table of some kernels only
//! cargo test  -p pelton-kernels --bench contenders                 every contender is right about a few items
//! ```
//!
//! Two contenders for ed25519 are measured only where the whole build is for a processor with AVX-512 IFMA: `ed25519-simd`
//! can be compiled for no other, and `commonware-cryptography-curve25519`, which looks for it when it runs, brings two
//! hundred crates along. Such a build is best kept apart from the others:
//!
//! ```text
//! CARGO_TARGET_DIR=target/native RUSTFLAGS='-C target-cpu=native' cargo bench -p pelton-kernels --bench contenders
//! ```
//!
//! One file for each kernel, which holds one [`Contest`] or more. A contender is a name, a batch size and a function
//! that does the whole work from bytes to answers for a range of items and says whether all answers are right; all items are
//! valid unless a contest says that some are forged. Contenders of one contest take turns, so that whatever else the machine does strikes all alike, and each
//! figure is the median over all turns.

mod bls;
mod contest;
mod ed25519;
mod keccak;
mod secp256k1;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use contest::{Contest, Figure};

/// The items of a measurement: the greatest batch, at the least.
const ITEMS: usize = 256;

/// The items of a test: more than the lanes of any kernel, and no multiple of them.
const ITEMS_IN_TEST: usize = 19;

const STEADY_PER_CONTENDER: Duration = Duration::from_millis(2000);
const QUICK_PER_CONTENDER: Duration = Duration::from_millis(160);

const EXPLANATION: &str = "\
ns/item  nanoseconds of CPU time for one item on one core, the median of all turns; less is better
ratio    how many times as fast as the first contender of the kernel
batch    how many items the contender is given at once; latency grows with it";

fn main() -> ExitCode {
    let (flags, filters): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    // Cargo says --bench where it measures. In a test, flags are meant for other tests that run with this one.
    let measure = has("--bench") && !has("--test");
    if let Some(unknown) =
        flags.iter().find(|flag| measure && !["--bench", "--quick"].contains(&flag.as_str()))
    {
        eprintln!("unknown flag '{unknown}'; there are --quick, --test, and parts of the names of kernels");
        return ExitCode::from(2);
    }
    let chosen = |contest: &Contest| {
        filters.is_empty() || filters.iter().any(|filter| contest.kernel.contains(filter.as_str()))
    };
    let contests = contests(if measure { ITEMS } else { ITEMS_IN_TEST }).into_iter().filter(chosen);
    if measure {
        let figures =
            report(contests, if has("--quick") { QUICK_PER_CONTENDER } else { STEADY_PER_CONTENDER });
        if filters.is_empty() {
            write(&figures);
        }
    } else {
        contests.for_each(|mut contest| contest.check());
    }
    ExitCode::SUCCESS
}

fn contests(items: usize) -> Vec<Contest> {
    let mut contests = keccak::contests(items);
    contests.extend(ed25519::contests(items));
    contests.extend(secp256k1::contests(items));
    contests.extend(bls::contests(items));
    contests
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn report(contests: impl Iterator<Item = Contest>, per_contender: Duration) -> Vec<Figure> {
    let mut all = Vec::new();
    println!("{EXPLANATION}");
    for mut contest in contests {
        println!("\n{}: {}", contest.kernel, contest.item);
        println!("  {:44} {:>5} {:>10} {:>6}", "contender", "batch", "ns/item", "ratio");
        let figures = contest.measure(per_contender);
        for figure in &figures {
            let ratio = figures[0].nanoseconds_per_item / figure.nanoseconds_per_item;
            println!(
                "  {:44} {:>5} {:>10.1} {:>6.2}",
                figure.contender, figure.batch, figure.nanoseconds_per_item, ratio
            );
        }
        all.extend(figures);
    }
    all
}

/// Writes the figures of all kernels where programs that compare find them.
#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn write(figures: &[Figure]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("contenders.json");
    let text = format!("{:#}\n", figures.iter().map(Figure::json).collect::<serde_json::Value>());
    std::fs::write(&path, text)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    println!("\nwritten to {}", path.display());
}
