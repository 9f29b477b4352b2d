//! Measures a GPU: what it can do at most, what the kernels do of that, and what comes out at the end.
//!
//! ```text
//! cargo build --release -p pelton-kernels --example gpu     on any machine: needs no GPU, no driver and no CUDA toolkit
//! kernels/cuda/bench/run.sh                                 on one with a GPU: builds nothing, prints one table
//! ```
//!
//! `gpu` prints the table, `gpu --small` one of few signatures, for a checker of memory that makes everything slow, and
//! `gpu --feed` its first part, what the host takes to feed a GPU, which needs none. The exit code is 1 if a verdict was wrong or a figure could not be had, 2 if there is no GPU.

mod batches;
mod bls;
mod ends;
mod energy;
mod feed;
mod forged;
mod gpu;
mod sizes;
mod table;

use std::process::ExitCode;

use sizes::Sizes;
use table::Table;

/// 100 million signatures are checked, and a batch is as long as a slot of the device holds beside the known ones.
const WHOLE: Sizes = Sizes {
    rounds: 4_096,
    times: 21,
    different: 16_384,
    batch: (1 << 17) - 4,
    seconds: 5.0,
    checked: 100_000_000,
    with_cpu: true,
};

/// For checkers that make everything a hundred times slower.
const SMALL: Sizes = Sizes {
    rounds: 1,
    times: 1,
    different: 256,
    batch: 1_000,
    seconds: 0.1,
    checked: 3_000,
    with_cpu: false,
};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let mut table = Table::default();
    let sizes = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => WHOLE,
        ["--small"] => SMALL,
        ["--feed"] => return told(feed::measure(WHOLE.batch, &mut table), &table),
        _ => {
            eprintln!("gpu: use gpu, gpu --small or gpu --feed");
            return ExitCode::from(2);
        }
    };
    if let Some(missing) = pelton_kernels::cuda::devices([7; 32]).missing {
        eprintln!("gpu: nothing can be measured: {missing}");
        return ExitCode::from(2);
    }
    told(measure(&sizes, &mut table), &table)
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn told(measured: Result<(), String>, table: &Table) -> ExitCode {
    println!("{table}");
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("gpu: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// What feeds a GPU, then ceilings, kernels as shares of them, and what comes out at the end.
fn measure(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    if sizes.with_cpu {
        feed::measure(sizes.batch, table)?;
    }
    gpu::measure(sizes, table)?;
    ends::measure(sizes, table)?;
    forged::measure(sizes, table)?;
    bls::measure(sizes, table)
}
