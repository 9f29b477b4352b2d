//! What each implementation encodes and decodes in a second on one core, measured side by side.
//!
//! ```text
//! cargo bench -p pelton-kernels --bench erasure                 the table, and target/erasure.json
//! cargo bench -p pelton-kernels --bench erasure -- --quick      the same in less time, less steady
//! cargo test  -p pelton-kernels --bench erasure                 every contender is right
//! ```
//!
//! To decode is to rebuild all data that is lost, at worst: with more parity than data all of it, and otherwise as much as
//! there is parity. Where the pattern is new, what depends on it is computed each time too.
//!
//! Contenders take turns, so that whatever else the machine does strikes all alike, and each figure is the median over
//! all turns. All codes here are Reed-Solomon; `reed-solomon-simd` computes in GF(2^16) and so gives other parities.

#[path = "../contenders/contest.rs"]
mod contest;
mod ours;
mod shape;
mod theirs;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use contest::Contest;
use shape::Shape;

const STEADY_PER_CONTENDER: Duration = Duration::from_millis(2000);
const QUICK_PER_CONTENDER: Duration = Duration::from_millis(200);

const EXPLANATION: &str = "\
GB/s     10^9 bytes of data in a second of CPU time on one core, the median of all turns; more is better
ratio    how many times as fast as the first contender";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|given| given == flag);
    // Cargo says --bench where it measures. In a test, arguments are meant for other tests that run with this one.
    let measure = has("--bench") && !has("--test");
    if let Some(unknown) =
        arguments.iter().find(|argument| measure && !["--bench", "--quick"].contains(&argument.as_str()))
    {
        eprintln!("unknown argument '{unknown}'; there are --quick and --test");
        return ExitCode::from(2);
    }
    if measure {
        report(if has("--quick") { QUICK_PER_CONTENDER } else { STEADY_PER_CONTENDER });
    } else {
        for shape in Shape::ALL {
            contests(shape).into_iter().for_each(|mut contest| contest.check());
        }
    }
    ExitCode::SUCCESS
}

fn contests(shape: Shape) -> [Contest; 2] {
    let mut encode = Contest::new(format!("encode {shape}"), "all parity of one block", 1);
    theirs::encode(&mut encode, shape);
    ours::encode(&mut encode, shape);
    let mut decode = Contest::new(format!("decode {shape}"), "all that is lost at worst", 1);
    theirs::decode(&mut decode, shape);
    ours::decode(&mut decode, shape);
    [encode, decode]
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn report(per_contender: Duration) {
    println!("{EXPLANATION}");
    let mut all = Vec::new();
    for shape in Shape::ALL {
        for mut contest in contests(shape) {
            println!("\n{}: {}", contest.kernel, contest.item);
            println!("  {:44} {:>7} {:>6}", "contender", "GB/s", "ratio");
            let figures = contest.measure(per_contender);
            for figure in &figures {
                let rate = shape.data_bytes() as f64 / figure.nanoseconds_per_item;
                let ratio = figures[0].nanoseconds_per_item / figure.nanoseconds_per_item;
                println!("  {:44} {rate:>7.2} {ratio:>6.2}", figure.contender);
                let mut record = figure.json();
                record["gigabytes_per_second"] = rate.into();
                all.push(record);
            }
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("erasure.json");
    std::fs::write(&path, format!("{:#}\n", serde_json::Value::from(all)))
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    println!("\nwritten to {}", path.display());
}
