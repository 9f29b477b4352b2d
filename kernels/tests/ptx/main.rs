//! What NVIDIA's compiler made of the kernels, run instruction by instruction: so the inline assembly of `cuda/carry.cuh`,
//! which no C++ compiler sees, is held to the same oracles as the arithmetic around it.
//!
//! `cuda/build.sh` writes the text beside the compiled kernels, from the same sources by the same compiler; the text of
//! the whole is what drivers compile for GPUs that are newer than the newest we name.

mod bls;
#[path = "../bls12381/cases.rs"]
#[expect(dead_code, reason = "only what makes signatures is needed of it")]
mod cases;
#[path = "../common/expanded.rs"]
mod expanded;
mod f381;
mod fields;
#[path = "../common/levels.rs"]
mod levels;
mod machine;
#[path = "../common/numbers.rs"]
mod numbers;
#[path = "../common/points.rs"]
#[expect(dead_code, reason = "only points that go in are needed of it")]
mod points;
mod program;
mod verification;

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// The text of this name.
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda").join(name);
    let file = std::fs::File::open(path).expect("it is part of the repository");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("it is text, compressed");
    text
}
