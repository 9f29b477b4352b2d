//! The program of `cuda/bench`, on few signatures: each figure is there, and a wrong verdict ends it.

use crate::sizes::Sizes;
use crate::stand_in::{Misdeed, tell};
use crate::table::Table;
use crate::{bls_bench, ends, forged, gpu};

const TINY: Sizes =
    Sizes { rounds: 1, times: 1, different: 16, batch: 40, seconds: 0.02, checked: 200, with_cpu: false };

pub fn whole() {
    let mut table = Table::default();
    gpu::measure(&TINY, &mut table).expect("the stand-in has a GPU");
    ends::measure(&TINY, &mut table).expect("all are valid");
    forged::measure(&TINY, &mut table).expect("all verdicts are right");
    let table = table.to_string();
    for part in [
        "Stand-in",
        "IMAD.WIDE",
        "IADD3",
        "DFMA",
        "copy to the GPU",
        "% of its floor",
        "pelton_ed25519_windows",
        "pelton_secp256k1_known_end",
        "end to end, GPU alone",
        "µJ",
        "wanted 2.00 ms at most",
        "a batch of 1000, without graphs",
        "recorded, of short batches",
        "one by one; ",
        "one in a thousand forged",
    ] {
        assert!(
            table.contains(part) || part == "µJ" && table.contains("unknown"),
            "{part} is missing: {table}"
        );
    }
    assert_eq!(table.matches("right; ").count(), 5, "{table}");
}

pub fn wrong() {
    tell(Misdeed::Liar);
    let mut table = Table::default();
    let lied = gpu::measure(&TINY, &mut table).expect_err("valid signatures were refused");
    assert_eq!(lied, "ed25519, one by one: a valid signature was refused");
    assert!(forged::measure(&TINY, &mut table).is_err());
}

pub fn bls() {
    let mut table = Table::default();
    bls_bench::measure(&Sizes { different: 6, batch: 12, ..TINY }, &mut table)
        .expect("all verdicts are right");
    bls_bench::beside_all_threads(&Sizes { different: 4, batch: 4, ..TINY }, &mut table)
        .expect("all verdicts are right");
    let table = table.to_string();
    for part in [
        "% of its floor",
        "wanted 5.00 M/s",
        "wanted 500.00 K/s",
        "12 verdicts are right",
        "a batch of 48",
        "BLS, two pairings each, crossover with all threads",
    ] {
        assert!(table.contains(part), "{part} is missing: {table}");
    }
    tell(Misdeed::Liar);
    let lied = bls_bench::measure(&TINY, &mut Table::default()).expect_err("the known answers are wrong");
    assert_eq!(lied, "cuda: it gave a wrong answer to a known signature");
}
