//! Numbers and points in lanes against blst.
#![expect(unsafe_code, reason = "calls of blst, and of code for a processor that has these instructions")]

mod numbers;
mod points;

use super::Ifma;

fn with_ifma(test: impl FnOnce(Ifma)) {
    match Ifma::detect() {
        Some(ifma) => test(ifma),
        None => eprintln!("skipped: this processor has no 52-bit multiplier"),
    }
}

/// 64 bits that look random and are the same in each run.
fn word(what: &str, index: usize) -> u64 {
    let hash = blake3::hash(format!("{what} {index}").as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"))
}
