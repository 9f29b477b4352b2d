//! What keys and signed transactions cost on one core. Run with `--release`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark prints times")]

use std::time::Instant;

use pelton_workloads::wallet::Account;
use pelton_workloads::{Name, Scheme, Spec, generate};

fn main() {
    let accounts = 10_000;
    let transactions = 50_000;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be had");
    for scheme in Scheme::ALL {
        let start = Instant::now();
        pool.install(|| Account::derive_all(1, scheme, 0..accounts));
        println!("{scheme} key: {:.1} µs", start.elapsed().as_secs_f64() * 1e6 / accounts as f64);
        for name in Name::ALL {
            let base =
                Spec { pattern: name.into(), scheme, accounts: accounts as u32, transactions: 0, seed: 1 };
            let start = Instant::now();
            pool.install(|| generate(&base, &|_| {}));
            let fixed = start.elapsed();
            let start = Instant::now();
            let made = pool.install(|| generate(&Spec { transactions, ..base }, &|_| {}));
            let each = start.elapsed().saturating_sub(fixed).as_secs_f64() * 1e6 / transactions as f64;
            println!(
                "{scheme} {name}: {each:.1} µs per transaction, genesis {:.0} ms, {}",
                fixed.as_secs_f64() * 1e3,
                made.digest
            );
        }
    }
}
