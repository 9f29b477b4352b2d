//! What the workloads promise, checked against the engine and plain signature libraries.

mod contracts;
mod declared;
mod encoding;
mod files;
mod generators;
mod node;
mod patterns;

use pelton_workloads::{Name, Pattern, Scheme, Spec};

/// Parameters that change what is made.
const PATTERNS: [&str; 14] = [
    "transfers:zipf=0.9",
    "transfers:senders=1",
    "transfers:group=2",
    "erc20:zipf=1.2,group=4,senders=3",
    "erc20:undeclared=0.25",
    "erc20:undeclared=1",
    "erc20:extra=3",
    "hybrid:hot=0,pools=1",
    "hybrid:hot=0.9,pools=2",
    "mint:supply=0.1,background=0",
    "dex:pools=64,greedy=0.5",
    "liquidation:racers=2,positions=3",
    "liquidation:racers=100,positions=1",
    "game:every=5,reads=256,watch=0.5",
];

/// Every workload, as it is unless told otherwise and in other ways, under every scheme.
fn all(accounts: u32, transactions: u64) -> impl Iterator<Item = Spec> {
    let named = Name::ALL.into_iter().map(Pattern::from);
    let others = PATTERNS.into_iter().map(|text| text.parse().expect("it is a pattern"));
    let patterns: Vec<Pattern> = named.chain(others).collect();
    Scheme::ALL.into_iter().flat_map(move |scheme| {
        let spec =
            move |pattern: &Pattern| Spec { pattern: *pattern, scheme, accounts, transactions, seed: 7 };
        patterns.iter().map(spec).collect::<Vec<_>>()
    })
}

/// A workload as it is unless told otherwise.
fn plain(name: Name, scheme: Scheme, accounts: u32, transactions: u64, seed: u64) -> Spec {
    Spec { pattern: name.into(), scheme, accounts, transactions, seed }
}
