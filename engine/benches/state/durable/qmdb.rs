//! QMDB, as commonware-storage has it: a log of operations under a Merkle mountain belt, with an index of it in memory. Its
//! root is over the operations in their order, not over the state, so it is worked out after each block and compared with
//! nobody's.

use std::num::{NonZeroU16, NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use alloy_primitives::{Address, U256};
use commonware_cryptography::Blake3;
use commonware_parallel::Rayon;
use commonware_runtime::buffer::paged::{CacheRef, page_size};
use commonware_runtime::tokio::{Config, Context, Runner};
use commonware_runtime::{BLOB_PAGE_SIZE, Runner as _, Strategizer as _, Supervisor as _};
use commonware_storage::journal::contiguous::fixed;
use commonware_storage::merkle::{full, mmb};
use commonware_storage::qmdb::any::FixedConfig;
use commonware_storage::qmdb::any::unordered::fixed::Db;
use commonware_storage::qmdb::floor::Proportional;
use commonware_storage::translator::EightCap;
use commonware_utils::sequence::FixedBytes;
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

use super::contender::{Contender, account, value};

type Key = FixedBytes<20>;
type Value = FixedBytes<40>;
type Database = Db<mmb::Family, Context, Key, Value, Blake3, EightCap, Rayon>;

const PAGE: NonZeroU16 = page_size(BLOB_PAGE_SIZE);
/// 128 MiB.
const CACHE_PAGES: NonZeroUsize = NonZeroUsize::new(1 << 15).expect("it is not zero");
const BUFFER: NonZeroUsize = NonZeroUsize::new(1 << 21).expect("it is not zero");
const BLOB_ITEMS: NonZeroU64 = NonZeroU64::new(10_000_000).expect("it is not zero");

/// What its thread is asked.
enum Asked {
    Commit(Vec<(Key, Value)>, SyncSender<()>),
    Read(Vec<Key>, SyncSender<Vec<Option<Value>>>),
}

/// The database lives in a runtime of its own, which begins and ends with its thread.
pub struct Qmdb {
    asked: Sender<Asked>,
    threads: usize,
}

impl Qmdb {
    pub fn new(folder: &Path, threads: usize) -> Qmdb {
        let (asked, asks) = channel();
        let config = Config::new().with_worker_threads(threads).with_storage_directory(folder);
        let serve = move || Runner::new(config).start(|context| serve(context, threads, asks));
        std::thread::Builder::new().spawn(serve).expect("a thread can be started");
        Qmdb { asked, threads }
    }

    fn ask<T>(&self, make: impl FnOnce(SyncSender<T>) -> Asked) -> T {
        let (answer, answered) = sync_channel(1);
        self.asked.send(make(answer)).expect("its thread runs");
        answered.recv().expect("its thread runs")
    }
}

async fn serve(context: Context, threads: usize, asks: Receiver<Asked>) {
    let config = config(&context, NonZeroUsize::new(threads).expect("there is a thread"));
    let opened = Database::init(context.child("qmdb"), config, None).await;
    let mut database = opened.expect("the disk is good");
    while let Ok(asked) = asks.recv() {
        // Whoever asked waits, and if it does not nobody minds.
        match asked {
            Asked::Commit(changes, answer) => {
                let empty = database.new_batch();
                let batch =
                    changes.into_iter().fold(empty, |batch, (key, value)| batch.write(key, Some(value)));
                let hashed = batch.merkleize(&database, None, &mut Proportional).await;
                let applied = database.apply_batch(hashed.expect("the disk is good")).await;
                database = applied.expect("the disk is good").commit().await.expect("the disk is good");
                let _ = answer.send(());
            }
            Asked::Read(keys, answer) => {
                let keys: Vec<&Key> = keys.iter().collect();
                let _ = answer.send(database.get_many(&keys).await.expect("the disk is good"));
            }
        }
    }
}

fn config(context: &Context, threads: NonZeroUsize) -> FixedConfig<EightCap, Rayon> {
    let page_cache = CacheRef::new(PAGE, CACHE_PAGES);
    FixedConfig {
        merkle_config: full::Config {
            journal_partition: "nodes".to_owned(),
            metadata_partition: "metadata".to_owned(),
            items_per_blob: BLOB_ITEMS,
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
            strategy: context.strategy(threads),
            page_cache: page_cache.clone(),
        },
        journal_config: fixed::Config {
            partition: "operations".to_owned(),
            items_per_blob: BLOB_ITEMS,
            page_cache,
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
        },
        translator: EightCap,
        init_cache: None,
        init_buffer: BUFFER,
        init_concurrency: (),
    }
}

impl Contender for Qmdb {
    fn name(&self) -> &'static str {
        "qmdb, with a root of its log"
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn commit(&mut self, writes: &WriteSet) -> Option<Root> {
        let change = |(address, account): &(Address, Option<Account>)| {
            (Key::new(address.0.0), Value::new(value(account.as_ref())))
        };
        let changes = writes.accounts.iter().map(change).collect();
        self.ask(|answer| Asked::Commit(changes, answer));
        None
    }

    fn account(&self, address: &Address) -> Option<Account> {
        let found = self.ask(|answer| Asked::Read(vec![Key::new(address.0.0)], answer));
        found.into_iter().flatten().next().map(|value| account(&value))
    }

    /// All at once, as it reads best.
    fn nonces(&self, addresses: &[Address]) -> (u64, U256) {
        let keys = addresses.iter().map(|address| Key::new(address.0.0)).collect();
        let found = self.ask(|answer| Asked::Read(keys, answer));
        let accounts = found.into_iter().flatten().map(|value| account(&value));
        accounts.fold((0, U256::ZERO), |sum, account| (sum.0 + account.nonce, sum.1 + account.balance))
    }
}
