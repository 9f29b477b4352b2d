//! What becomes of a pipeline that is offered more than it can take, and of honest clients beside floods.
//!
//! ```text
//! cargo run --release -p pelton-bench-harness --example overload              # 2 s a round, secp256k1
//! cargo run --release -p pelton-bench-harness --example overload -- 5 ed25519 # 5 s a round, ed25519
//! ```
//!
//! Ends with 1 where a load commits less than nine tenths of the peak, or a flood costs honest clients a hundredth of
//! what they send.

use std::process::ExitCode;

use pelton_bench_harness::overload::{Kind, Measured, Settings, Table, measure};

const GOODPUT_MIN: f64 = 0.9;
const HONEST_MIN: f64 = 0.99;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(2.0), |text| text.parse());
    let scheme = arguments.next().map_or("secp256k1".parse(), |text| text.parse());
    let (Ok(seconds), Ok(scheme)) = (seconds, scheme) else {
        eprintln!("usage: overload [SECONDS [secp256k1 | ed25519]]");
        return ExitCode::from(2);
    };
    let settings = Settings {
        scheme,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        backend: "auto".to_owned(),
        seconds,
        loads: vec![0.5, 1.0, 2.0, 5.0, 10.0],
        floods: Kind::ALL.to_vec(),
        seed: 1,
    };
    match measure(&settings, &|step| eprintln!("{step}")) {
        Ok(measured) => judge(&measured),
        Err(error) => {
            eprintln!("pelton: {error}");
            ExitCode::FAILURE
        }
    }
}

fn judge(measured: &Measured) -> ExitCode {
    print(&Table(measured).to_string());
    let keeps_up = |round| measured.share_of_peak(round) >= GOODPUT_MIN;
    let holds = measured.loads.iter().all(|(_, round)| keeps_up(round))
        && measured.floods.iter().all(|(_, round)| round.honest_share() >= HONEST_MIN);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn print(table: &str) {
    print!("{table}");
}
