//! redb: a copy-on-write B+ tree; one transaction a block, durable when it is committed.

use std::path::Path;

use alloy_primitives::Address;
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use super::contender::{Contender, account, value};

const ACCOUNTS: TableDefinition<&[u8; 20], &[u8; 40]> = TableDefinition::new("accounts");

pub struct Redb(Database);

impl Redb {
    pub fn new(folder: &Path) -> Redb {
        std::fs::create_dir(folder).expect("the folder is new");
        Redb(Database::create(folder.join("data")).expect("the disk is good"))
    }
}

impl Contender for Redb {
    fn name(&self) -> &'static str {
        "redb, without a root"
    }

    fn threads(&self) -> usize {
        1
    }

    fn commit(&mut self, writes: &WriteSet) -> Option<Root> {
        let mut transaction = self.0.begin_write().expect("there is one writer");
        transaction.set_durability(Durability::Immediate).expect("it is the first thing said");
        {
            let mut table = transaction.open_table(ACCOUNTS).expect("its types are the same");
            for (address, account) in &writes.accounts {
                table.insert(&address.0.0, &value(account.as_ref())).expect("the disk is good");
            }
        }
        transaction.commit().expect("the disk is good");
        None
    }

    fn account(&self, address: &Address) -> Option<Account> {
        let transaction = self.0.begin_read().expect("the disk is good");
        let table = transaction.open_table(ACCOUNTS).expect("it is there");
        let found = table.get(&address.0.0).expect("the disk is good");
        found.map(|found| account(found.value()))
    }
}
