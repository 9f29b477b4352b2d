//! fjall: a log-structured merge tree; one batch a block, durable when its journal is synced.

use std::path::Path;

use alloy_primitives::Address;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

use super::contender::{Contender, account, value};

pub struct Fjall {
    database: Database,
    accounts: Keyspace,
}

impl Fjall {
    pub fn new(folder: &Path) -> Fjall {
        let database = Database::builder(folder).open().expect("the disk is good");
        let accounts =
            database.keyspace("accounts", KeyspaceCreateOptions::default).expect("the disk is good");
        Fjall { database, accounts }
    }
}

impl Contender for Fjall {
    fn name(&self) -> &'static str {
        "fjall, without a root"
    }

    fn threads(&self) -> usize {
        1
    }

    fn commit(&mut self, writes: &WriteSet) -> Option<Root> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (address, account) in &writes.accounts {
            batch.insert(&self.accounts, address.as_slice(), value(account.as_ref()));
        }
        batch.commit().expect("the disk is good");
        None
    }

    fn account(&self, address: &Address) -> Option<Account> {
        let found = self.accounts.get(address.as_slice()).expect("the disk is good");
        found.map(|found| account(&found))
    }
}
