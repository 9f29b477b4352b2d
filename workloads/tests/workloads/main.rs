//! What the workloads promise, checked against the engine and plain signature libraries.

mod contracts;
mod encoding;
mod files;
mod generators;
mod node;

use pelton_workloads::{Name, Scheme, Spec};

/// Every workload under every scheme.
fn all(accounts: u32, transactions: u64) -> impl Iterator<Item = Spec> {
    Scheme::ALL.into_iter().flat_map(move |scheme| {
        Name::ALL.into_iter().map(move |name| Spec { name, scheme, accounts, transactions, seed: 7 })
    })
}
