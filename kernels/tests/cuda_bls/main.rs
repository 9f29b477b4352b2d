//! The arithmetic of the CUDA kernels for BLS signatures, compiled for this machine and compared with oracles: `ruint` for
//! numbers, `blst` for points, pairings and verdicts. See `tests/cuda` and `cuda/host/bls.cpp`.

#[path = "../bls12381/cases.rs"]
#[expect(dead_code, reason = "only what makes signatures is needed of it")]
mod cases;
mod encodings;
mod equations;
#[path = "../common/expanded.rs"]
mod expanded;
mod field;
mod floors;
mod hashes;
#[path = "../cuda/host.rs"]
mod host;
#[path = "../common/levels.rs"]
mod levels;
#[path = "../common/numbers.rs"]
mod numbers;
mod pairings;
#[path = "../common/points.rs"]
mod points;
mod questions;
mod sums;

/// The program of `cuda/host` that is asked.
const PROGRAM: &str = "bls";
