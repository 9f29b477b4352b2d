//! `Kept`: blocks on disk, as clients see them.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use alloy_primitives::B256;
use parking_lot::Mutex;
use pelton_engine::archive::record::Record;
use pelton_engine::archive::{Archive, Term};
use pelton_engine::block::Header;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{PriceList, Rule, Table};
use pelton_engine::store::error::StoreError;

use super::{Entry, Next};

/// Blocks that were read last, since whoever asks for one often asks for more of it.
const READ_MAX: usize = 16;

/// See the head of this file.
pub struct Kept {
    archive: Archive,
    /// The point below the first block, which no archive has.
    genesis: Arc<Entry>,
    limits: Limits,
    rule: Rule,
    read: Mutex<VecDeque<Arc<Entry>>>,
}

impl Kept {
    /// The blocks above this point.
    pub fn new(archive: Archive, genesis: Entry, limits: &Limits) -> Kept {
        let (genesis, rule, limits) = (Arc::new(genesis), Rule::new(limits), limits.clone());
        Kept { archive, genesis, limits, rule, read: Mutex::default() }
    }

    /// Height of the oldest block.
    pub fn oldest(&self) -> u64 {
        match self.archive.oldest() {
            // Nothing is forgotten where the first block is there.
            1 => 0,
            oldest => oldest,
        }
    }

    /// The block at a height, if it is kept; that of the newest one does not say what comes next.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn entry(&self, height: u64) -> Result<Option<Arc<Entry>>, StoreError> {
        if height == 0 {
            return Ok((self.oldest() == 0).then(|| self.genesis.clone()));
        }
        if let Some(read) = self.read.lock().iter().find(|entry| entry.number() == height) {
            return Ok(Some(read.clone()));
        }
        let Some(record) = self.archive.block(height)? else { return Ok(None) };
        let next = match self.archive.head(height + 1)? {
            Some((header, notes)) => {
                Next { base_fee: header.base_fee, table: Arc::new(self.table(&header, &notes)?) }
            }
            None => Next::default(),
        };
        let entry = Arc::new(self.shown(record, next)?);
        let mut read = self.read.lock();
        read.push_front(entry.clone());
        read.truncate(READ_MAX);
        Ok(Some(entry))
    }

    /// The newest block, of which somebody knows what comes next.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn newest(&self, next: Next) -> Result<Option<Entry>, StoreError> {
        self.archive.block(self.archive.newest())?.map(|record| self.shown(record, next)).transpose()
    }

    /// The height of the block with this hash, if it is kept.
    ///
    /// # Errors
    /// If blocks cannot be read.
    pub fn height_of(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        if *hash == self.genesis.hash { Ok(Some(0)) } else { self.archive.height_of(hash) }
    }

    /// The block of a transaction below a height, if it is kept, and the transaction's index in it.
    ///
    /// # Errors
    /// If blocks cannot be read.
    pub fn transaction(&self, id: &B256, below: u64) -> Result<Option<(Arc<Entry>, usize)>, StoreError> {
        let candidates = self.archive.candidates(&Term::Transaction(*id))?;
        for (height, index) in candidates.filter(|(height, _)| *height < below) {
            let (Some(entry), index) = (self.entry(height)?, index as usize) else { continue };
            if entry.transactions.get(index).is_some_and(|one| one.receipt.id == *id) {
                return Ok(Some((entry, index)));
            }
        }
        Ok(None)
    }

    /// Heights of a range whose blocks may have logs that fulfil all conditions, each by one of its terms.
    ///
    /// # Errors
    /// If indexes cannot be read.
    pub fn with_logs(
        &self,
        range: RangeInclusive<u64>,
        conditions: &[Vec<Term>],
    ) -> Result<Vec<u64>, StoreError> {
        self.archive.heights(range, conditions)
    }

    fn shown(&self, record: Record, next: Next) -> Result<Entry, StoreError> {
        let table = self.table(&record.header, &record.notes)?;
        let prices = PriceList::new(&table, record.header.base_fee, &self.rule);
        Ok(Entry::kept(record, prices, next, &self.limits))
    }

    /// The hot keys that a block was priced by.
    fn table(&self, header: &Header, notes: &[u8]) -> Result<Table, StoreError> {
        Table::decode(notes, &self.rule).ok_or_else(|| StoreError::Damaged {
            file: format!("block {}", header.height),
            offset: 0,
            what: "its notes are no table of hot keys",
        })
    }
}
