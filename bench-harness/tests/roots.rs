//! Three engines, one root: Pelton's trie in memory, nomt on a disk and nomt-core over the whole set agree after every block
//! of every workload.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use nomt::hasher::Blake3Hasher;
use nomt::{KeyReadWrite, Nomt, Options, SessionParams};
use nomt_core::update::build_trie;
use pelton_bench_harness::replay::Replay;
use pelton_bench_harness::run::{Plan, run};
use pelton_engine::limits::Limits;
use pelton_engine::state::Account;
use pelton_engine::writes::{WriteSet, account_key, slot_key};
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::stages::load::Rate;
use pelton_workloads::{CHAIN_ID, Scheme, Spec, Workload, generate};

type Key = [u8; 32];

/// What a write set says by hashed key, in the bytes that docs/state.md gives; without a value, the key is deleted.
fn entries(writes: &WriteSet) -> BTreeMap<Key, Option<Vec<u8>>> {
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        bytes
    };
    let account = |account: &Account| {
        let Account { nonce, balance, code_hash } = account;
        padded([&nonce.to_be_bytes()[..], &balance.to_be_bytes::<32>()[..], code_hash.as_slice()].concat())
    };
    let accounts =
        writes.accounts.iter().map(|(address, now)| (account_key(address), now.as_ref().map(account)));
    let slots = writes.slots.iter().map(|((address, slot), value)| {
        let bytes = (!value.is_zero()).then(|| padded(value.to_be_bytes::<32>().to_vec()));
        (slot_key(address, slot), bytes)
    });
    accounts.chain(slots).collect()
}

/// The other two engines.
struct Others {
    nomt: Nomt<Blake3Hasher>,
    set: BTreeMap<Key, Key>,
    _folder: tempfile::TempDir,
}

impl Others {
    fn new() -> Others {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = Options::new();
        options.path(folder.path());
        options.hashtable_buckets(4_096);
        options.preallocate_ht(false);
        let nomt = Nomt::open(options).expect("the folder is empty");
        Others { nomt, set: BTreeMap::new(), _folder: folder }
    }

    /// The root of each after these changes.
    fn apply(&mut self, writes: &WriteSet) -> [B256; 2] {
        let entries = entries(writes);
        for (key, value) in &entries {
            match value {
                Some(value) => self.set.insert(*key, *blake3::hash(value).as_bytes()),
                None => self.set.remove(key),
            };
        }
        let session = self.nomt.begin_session(SessionParams::default());
        let changes = entries.into_iter().map(|(key, value)| (key, KeyReadWrite::Write(value)));
        let finished = session.finish(changes.collect()).expect("the disk is good");
        finished.commit(&self.nomt).expect("the disk is good");
        let whole = build_trie::<Blake3Hasher>(0, self.set.iter().map(|(key, value)| (*key, *value)), |_| {});
        [self.nomt.root().into_inner().into(), whole.into()]
    }
}

/// Runs a workload, and gives its blocks a second time to all engines; says how many keys it touched after genesis.
fn check(workload: &Workload) -> usize {
    let limits = Limits::standard(CHAIN_ID);
    let backend = pelton_kernels::open("cpu", [7; 32]).expect("it is always there");
    let plan = Plan {
        threads: 2,
        rate: Rate::Max,
        offer_ns: Nanos::MAX,
        claim_senders: false,
        until: None,
        choice: backend.into(),
        log: |line| panic!("no device takes part: {line}"),
        data_dir: None,
        around: None,
        exporter: None,
        keeps_metrics: false,
    };
    let outcomes = run(workload, &limits, &plan).expect("the system gives threads");
    let mut others = Others::new();
    let mut replay = Replay::new(&workload.genesis, &limits);
    assert_eq!(others.apply(&workload.genesis.writes()), [replay.root(); 2], "genesis");
    let mut touched = 0;
    for one in &outcomes.blocks {
        let executed = replay.execute(&one.block());
        touched += executed.writes.len();
        assert_eq!(replay.root(), one.state_root);
        let height = one.header.height;
        assert_eq!(
            others.apply(&executed.writes),
            [one.state_root; 2],
            "{}, {height}",
            workload.spec.pattern
        );
    }
    touched
}

#[test]
fn all_engines_agree_on_the_root_after_every_block_of_every_workload() {
    for name in [
        "transfers",
        "hot-account",
        "erc20",
        "mix",
        "hostile",
        "hybrid",
        "mint",
        "dex",
        "liquidation",
        "game",
    ] {
        let pattern = name.parse().expect("it is a pattern");
        let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts: 100, transactions: 1_500, seed: 2 };
        let touched = check(&generate(&spec, &|_| {}));
        assert!(touched > 100, "{name}: {touched} keys");
    }
}
