//! nomt: a Merkle trie on disk, with the node rules of Pelton's own.

use std::path::Path;

use alloy_primitives::Address;
use nomt::hasher::Blake3Hasher;
use nomt::{KeyReadWrite, Options, SessionParams};
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::Account;
use pelton_engine::writes::{WriteSet, account_key};

use super::contender::{Contender, account};

pub struct Nomt {
    database: nomt::Nomt<Blake3Hasher>,
    threads: usize,
}

impl Nomt {
    pub fn new(folder: &Path, threads: usize, accounts: u64) -> Nomt {
        let mut options = Options::new();
        options.path(folder);
        options.commit_concurrency(threads);
        // Never to grow: there are fewer pages than that.
        options.hashtable_buckets(u32::try_from(accounts / 2).expect("the bench has fewer").max(64_000));
        options.preallocate_ht(false);
        Nomt { database: nomt::Nomt::open(options).expect("the disk is good"), threads }
    }
}

/// The bytes of an account under a root, as `pelton_engine::writes` hashes them.
fn value(account: &Account) -> Vec<u8> {
    let Account { nonce, balance, code_hash } = account;
    let mut value =
        [&nonce.to_be_bytes()[..], &balance.to_be_bytes::<32>()[..], code_hash.as_slice()].concat();
    value.resize(128, 0);
    value
}

impl Contender for Nomt {
    fn name(&self) -> &'static str {
        "nomt"
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn commit(&mut self, writes: &WriteSet) -> Option<Root> {
        let session = self.database.begin_session(SessionParams::default());
        let mut changes: Vec<_> = writes
            .accounts
            .iter()
            .map(|(address, account)| {
                let value = account.as_ref().map(value);
                (account_key(address), KeyReadWrite::Write(value))
            })
            .collect();
        changes.sort_unstable_by_key(|change| change.0);
        changes.iter().for_each(|(key, _)| session.warm_up(*key));
        let finished = session.finish(changes).expect("the disk is good");
        finished.commit(&self.database).expect("the disk is good");
        Some(self.database.root().into_inner())
    }

    fn account(&self, address: &Address) -> Option<Account> {
        let value = self.database.read(account_key(address)).expect("the disk is good");
        value.map(|value| account(&value))
    }
}
