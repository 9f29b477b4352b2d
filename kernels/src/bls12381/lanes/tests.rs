//! Numbers and points in lanes against blst.
#![expect(unsafe_code, reason = "calls of blst, and of code for a processor that has these instructions")]

mod numbers;
mod points;

use super::Lanes;
use crate::level::Level;

fn with_lanes(test: impl FnOnce(Lanes)) {
    match Level::best().ifma() {
        Some(proof) => test(Lanes::new(proof, &[1; 32])),
        None => eprintln!("skipped: this processor has no 52-bit multiplier"),
    }
}

/// 64 bits that look random and are the same in each run.
fn word(what: &str, index: usize) -> u64 {
    let hash = blake3::hash(format!("{what} {index}").as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"))
}
