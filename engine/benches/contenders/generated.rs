//! The workloads of `pelton-workloads`, cut into blocks: what they declare is what `pelton bench` sends.

use alloy_primitives::Bytes;
use pelton_engine::codec;
use pelton_engine::transaction::Verified;
use pelton_workloads::{CHAIN_ID, Name, Pattern, Scheme, Spec, generate};

use crate::workload::{Size, Workload, environment};

/// All that consists of transactions that an executor meets: what `hostile` sends is mostly stopped before.
pub const PATTERNS: &[&str] = &[
    "transfers",
    "transfers:zipf=0.9",
    "transfers:group=50,senders=1",
    "erc20",
    "erc20:zipf=0.9",
    "erc20:extra=32",
    "erc20:undeclared=0.05",
    "erc20:undeclared=0.25",
    "erc20:undeclared=1",
    "hybrid:hot=0",
    "hybrid:hot=0.3",
    "hybrid:hot=0.9",
    "mint",
    "dex:pools=1024,greedy=0",
    "dex:pools=64",
    "dex:pools=2",
    "dex:pools=1",
    "liquidation",
    "game",
    "mix",
];

/// Makes one of them.
pub fn make(pattern: &str, size: &Size) -> Workload {
    let parsed: Pattern = pattern.parse().expect("the patterns above are well-formed");
    let count = if parsed.name() == Name::Transfers { size.transfers } else { size.calls };
    let spec = Spec {
        pattern: parsed,
        scheme: Scheme::Ed25519,
        accounts: size.keys,
        transactions: (size.blocks * count) as u64,
        seed: 1,
    };
    let made = generate(&spec, &|_| {});
    let all: Vec<Verified> =
        made.transactions.iter().zip(made.senders).map(|((wire, _), from)| of(wire, from)).collect();
    let blocks =
        (1..).zip(all.chunks(count)).map(|(height, block)| (environment(CHAIN_ID, height), block.to_vec()));
    Workload::new(pattern, made.genesis.state(), blocks.collect())
}

fn of(wire: &Bytes, sender: alloy_primitives::Address) -> Verified {
    let transaction = codec::decode(wire.clone()).expect("none of these workloads sends damaged bytes");
    Verified::new(transaction, sender)
}
