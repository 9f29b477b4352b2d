//! What a plain transfer costs the disk where its block is kept: the bytes that are handed to it, by file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256};
use pelton_engine::archive::{self, Settings};
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::codec;
use pelton_engine::environment::Environment;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{PriceList, Rule, Table};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::store::files::{File, FileError, Files};
use pelton_engine::store::record::Tip;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{self, StateStore};
use pelton_engine::transaction::Verified;
use pelton_engine::trie::Trie;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, generate};

const LIMITS: Limits = Limits::standard(CHAIN_ID);
const TRANSFERS: usize = 10_000;
/// In a block.
const TOGETHER: usize = 2_500;

/// Bytes written, by the first letters of a file's name.
type Written = Arc<Mutex<BTreeMap<String, u64>>>;

/// A disk that counts.
struct Counting {
    files: Arc<dyn Files>,
    written: Written,
}

struct CountingFile {
    file: Box<dyn File>,
    kind: String,
    written: Written,
}

impl Counting {
    fn counted(&self, name: &str, file: Box<dyn File>) -> Box<dyn File> {
        let kind = name.split(['-', '.']).next().unwrap_or_default().to_owned();
        Box::new(CountingFile { file, kind, written: self.written.clone() })
    }
}

impl Files for Counting {
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        Ok(self.counted(name, self.files.create(name)?))
    }

    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        Ok(self.counted(name, self.files.open(name)?))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.files.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.files.remove(name)
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        self.files.list()
    }

    fn sync_directory(&self) -> Result<(), FileError> {
        self.files.sync_directory()
    }
}

impl File for CountingFile {
    fn length(&self) -> Result<u64, FileError> {
        self.file.length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        self.file.read_at(offset, into)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        // Zeros are written ahead of a log: in the long run as many as there are other bytes in it.
        if bytes.iter().any(|byte| *byte != 0) {
            let mut written = self.written.lock().expect("nobody panics");
            *written.entry(self.kind.clone()).or_default() += bytes.len() as u64;
        }
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync()
    }
}

/// Bytes written for each transfer, by kind of file, and those of a transfer itself.
fn written(scheme: Scheme) -> (BTreeMap<String, f64>, f64) {
    let (pattern, transactions) = (Name::Transfers.into(), TRANSFERS as u64);
    let workload = generate(&Spec { pattern, scheme, accounts: 20_000, transactions, seed: 1 }, &|_| ());
    let verified =
        workload.transactions.iter().zip(&workload.senders).map(|((wire, _), sender)| {
            Verified::new(codec::decode(wire.clone()).expect("it is good"), *sender)
        });
    let verified: Vec<Verified> = verified.collect();
    let own =
        workload.transactions.iter().map(|(wire, _)| wire.len()).sum::<usize>() as f64 / TRANSFERS as f64;

    let genesis = workload.genesis.writes();
    let (mut state, mut trie) = (State::default(), Trie::new());
    state.apply(&genesis);
    let root = B256::from(trie.apply(&genesis.trie_updates()));
    let mut parent = Parent::genesis(root, &LIMITS);
    let origin = Tip { height: 0, id: parent.id, gas_used: 0, root: Some(root) };
    let counts = Written::default();
    let files: Arc<dyn Files> =
        Arc::new(Counting { files: SimulatedDisk::new(1).files(), written: counts.clone() });
    let settings = store::Settings::standard();
    StateStore::create(&files, &settings, origin, genesis).expect("it is new");
    let (mut store, _) = StateStore::recover(&files, &settings).expect("it is whole").expect("it is there");
    // So short that every block but the last, which is empty, is in a full one and has its index.
    let keeps = Settings { segment_bytes: 1, ..Settings::standard() };
    let mut writer = archive::open(&files, &keeps, origin.id, &origin).expect("it is new");
    counts.lock().expect("nobody panics").clear();
    for body in verified.chunks(TOGETHER).chain([&[][..]]) {
        let height = (parent.height + 1).saturating_sub(LIMITS.root_lag);
        let executed = Summary { height, gas_used: 0, state_root: B256::ZERO, prices: B256::ZERO };
        let block =
            Block::seal(&parent, executed, Address::ZERO, parent.timestamp_ms + 1, body.to_vec(), &LIMITS);
        let prices = PriceList::new(&Table::default(), block.header().base_fee, &Rule::new(&LIMITS));
        let environment = Environment::of(block.header(), Arc::new(prices), &LIMITS);
        let done = serial(&mut state, &environment, body);
        assert!(done.outcomes.iter().all(|outcome| outcome.receipt().is_some_and(|receipt| receipt.success)));
        let root = B256::from(trie.apply(&done.writes.trie_updates()));
        let below = parent.id;
        parent = block.as_parent();
        writer.push(&block, &root, &[], &done.outcomes);
        writer.sync().expect("the disk is good");
        let tip = Tip { height: parent.height, id: parent.id, gas_used: done.gas_used, root: Some(root) };
        store.push(tip, below, &[0; 300], &done.writes);
        store.sync().expect("the disk is good");
        while writer.step().expect("the disk is good") {}
    }
    let counts = counts.lock().expect("nobody panics");
    (counts.iter().map(|(kind, bytes)| (kind.clone(), *bytes as f64 / TRANSFERS as f64)).collect(), own)
}

#[test]
fn a_plain_transfer_costs_the_disk_what_it_is_said_to() {
    // As in docs/durability.md: its own bytes and those of its outcome, its entry in the index, and its record, with as many
    // zeros that were written ahead.
    for (scheme, said) in [(Scheme::Secp256k1, 285.0), (Scheme::Ed25519, 325.0)] {
        let (written, own) = written(scheme);
        let all = written.values().sum::<f64>() + written["log"];
        eprintln!("{scheme:?}: {all:.1} bytes, {own:.1} of them its own: {written:.1?}");
        assert!((said - 25.0..said).contains(&all), "{scheme:?}: {all:.1} bytes, said are {said}");
    }
}
