//! A small run of declared transfers that nobody watches.

use std::path::Path;

use pelton_bench_harness::bench::{Length, Options, Progress};
use pelton_bench_harness::pipeline::Rate;

/// Says nothing of how far a run is.
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
}

/// What is run, with workloads kept in `cache`.
pub fn options(cache: &Path, transactions: u64) -> Options {
    Options {
        workload: "transfers".parse().expect("it is a workload"),
        scheme: "ed25519".parse().expect("it is a scheme"),
        length: Length::Transactions(transactions),
        rate: Rate::Max,
        accounts: 100,
        seed: 1,
        threads: 2,
        backend: "cpu".to_owned(),
        claim_senders: false,
        until: None,
        cache: cache.to_owned(),
        data_dir: None,
        witness: None,
        metrics: None,
    }
}
