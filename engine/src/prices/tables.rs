//! `Tables`: the tables of hot keys after the newest blocks, as far back as a header can speak of.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Key, PriceList, Rule, Table, Usage};
use crate::executed::Outcome;
use crate::limits::Limits;
use crate::transaction::Verified;

/// The tables after the newest executed block and after those below it down to `root_lag`.
#[derive(Clone, Debug)]
pub struct Tables {
    rule: Rule,
    kept_max: usize,
    /// Height of the newest.
    height: u64,
    /// The newest last.
    tables: VecDeque<Arc<Table>>,
}

impl Tables {
    /// Of a chain at its genesis, where no key is hot.
    pub fn new(limits: &Limits) -> Tables {
        let kept_max = usize::try_from(limits.root_lag).unwrap_or(usize::MAX).saturating_add(1);
        Tables { rule: Rule::new(limits), kept_max, height: 0, tables: VecDeque::from([Arc::default()]) }
    }

    /// Adds the table after the next block, of which this came, and gives it.
    pub fn push(&mut self, transactions: &[Verified], outcomes: &[Outcome]) -> &Arc<Table> {
        let usage = Usage::of(transactions, outcomes, self.newest(), &self.rule);
        self.push_usage(&usage)
    }

    /// The same, where the usage is known.
    pub fn push_usage(&mut self, usage: &Usage) -> &Arc<Table> {
        let mut table = Table::clone(self.newest());
        table.update(usage, &self.rule);
        self.height += 1;
        if self.tables.len() == self.kept_max {
            self.tables.pop_front();
        }
        self.tables.push_back(Arc::new(table));
        self.newest()
    }

    /// The table after the newest block.
    pub fn newest(&self) -> &Arc<Table> {
        self.tables.back().expect("the newest is always kept")
    }

    /// The table after the block of this height, if it is one of those kept.
    pub fn after(&self, height: u64) -> Option<&Arc<Table>> {
        let behind = usize::try_from(self.height.checked_sub(height)?).ok()?;
        self.tables.get(self.tables.len().checked_sub(behind + 1)?)
    }

    /// The prices of a block with this base fee whose header speaks of that height, if its table is kept.
    pub fn list(&self, height: u64, base_fee: u64) -> Option<PriceList> {
        Some(PriceList::new(self.after(height)?, base_fee, &self.rule))
    }

    /// `height u64 ‖ count u32`, and of each table, the newest last, `count u32` and its entries as in its digest.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.height.to_be_bytes().to_vec();
        let put_count = |bytes: &mut Vec<u8>, count: usize| {
            bytes.extend(u32::try_from(count).expect("tables are few and bounded").to_be_bytes());
        };
        put_count(&mut bytes, self.tables.len());
        for table in &self.tables {
            put_count(&mut bytes, table.len());
            bytes.extend(table.encode());
        }
        bytes
    }

    /// What [`Tables::encode`] made; none of any other bytes.
    pub fn decode(mut bytes: &[u8], limits: &Limits) -> Option<Tables> {
        let mut decoded = Tables::new(limits);
        let rest = &mut bytes;
        decoded.height = u64::from_be_bytes(take(rest)?);
        let count = u32::from_be_bytes(take(rest)?) as usize;
        if count == 0 || count > decoded.kept_max {
            return None;
        }
        decoded.tables.clear();
        for _ in 0..count {
            let entries = u32::from_be_bytes(take(rest)?);
            let mut excesses = Vec::new();
            for _ in 0..entries {
                excesses.push((Key::decode(&take(rest)?)?, u64::from_be_bytes(take(rest)?)));
            }
            decoded.tables.push_back(Arc::new(Table::from_ascending(excesses, &decoded.rule)?));
        }
        rest.is_empty().then_some(decoded)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
