//! `History`: the final blocks that a node still knows, and the state after each.
//!
//! ```text
//!   commit ──> push ──> blocks, by height, hash and transaction ──> whoever asks
//!                 └───> States ──────────────────────────────────> At (the state at a height)
//! ```
//!
//! Whoever reads takes the lock for single accounts and slots, never for a whole call: what it reads at a height stays
//! the same however many blocks come meanwhile. Only so many blocks and transactions are kept in memory; the oldest are
//! forgotten, with the states before them. Where blocks are kept on disk too, what is not in memory is read there; states
//! are not: those from before a start are gone.

mod entry;
mod kept;
mod pieces;
mod states;

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use foldhash::{HashMap, HashMapExt};
use parking_lot::RwLock;
use pelton_engine::archive::Term;
use pelton_engine::evm::Code;
use pelton_engine::evm::call::Reads;
use pelton_engine::state::{Account, State};
use pelton_engine::store::error::StoreError;
use pelton_engine::writes::WriteSet;

pub use entry::{Entry, Included, Next};
pub use kept::Kept;
pub use pieces::Read;
use states::States;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Blocks.
    pub blocks: usize,
    /// Transactions in them. The newest block is kept in any case.
    pub transactions: usize,
}

impl Keep {
    /// Some hundred megabytes of plain transactions.
    pub const STANDARD: Keep = Keep { blocks: 1 << 17, transactions: 1 << 19 };
    /// Nothing is forgotten.
    pub const ALL: Keep = Keep { blocks: usize::MAX, transactions: usize::MAX };

    /// The lesser of both, of blocks and of transactions.
    pub fn no_more_than(self, other: Keep) -> Keep {
        Keep {
            blocks: self.blocks.min(other.blocks),
            transactions: self.transactions.min(other.transactions),
        }
    }
}

/// What ran in all blocks after the one that the history began with, also in those that are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Transactions that did what they should.
    pub committed: u64,
    /// Those that were charged and did nothing else.
    pub failed: u64,
    /// Gas of all of them.
    pub gas_used: u64,
}

/// Final blocks and their states.
pub struct History {
    keep: Keep,
    known: RwLock<Known>,
    /// Blocks on disk: those in memory, and older ones.
    kept: Option<Kept>,
    /// Height of a block of which only the header is known.
    headless: Option<u64>,
}

struct Known {
    blocks: VecDeque<Arc<Entry>>,
    heights: HashMap<B256, u64>,
    /// Height and index of each transaction.
    places: HashMap<B256, (u64, usize)>,
    states: States,
    ran: Ran,
}

impl History {
    /// A history that begins with this block and the state after it.
    pub fn new(first: Entry, state: State, keep: Keep) -> History {
        let known = Known {
            blocks: VecDeque::new(),
            heights: HashMap::new(),
            places: HashMap::new(),
            states: States::new(state),
            ran: Ran::default(),
        };
        let history = History { keep, known: RwLock::new(known), kept: None, headless: None };
        history.push(Arc::new(first), &WriteSet::default());
        // Where a chain is taken up on disk, its newest block ran in another process.
        history.known.write().ran = Ran::default();
        history
    }

    /// The same, which reads on disk what it has not in memory.
    pub fn with_kept(self, kept: Kept) -> History {
        History { kept: Some(kept), ..self }
    }

    /// Appends a block that made these writes.
    pub fn push(&self, entry: Arc<Entry>, writes: &WriteSet) {
        let failed = entry.failed();
        let mut known = self.known.write();
        let height = entry.number();
        let newest = known.blocks.back().map(|block| block.number());
        assert!(newest.is_none_or(|newest| newest + 1 == height), "blocks are committed in order");
        known.ran.failed += failed;
        known.ran.committed += entry.transactions.len() as u64 - failed;
        known.ran.gas_used += entry.gas_used();
        known.heights.insert(entry.hash, height);
        for (index, one) in entry.transactions.iter().enumerate() {
            known.places.insert(one.receipt.id, (height, index));
        }
        known.states.apply(height, writes);
        known.blocks.push_back(entry);
        while known.blocks.len() > 1
            && (known.blocks.len() > self.keep.blocks
                || known.places.len() > self.keep.transactions
                || known.blocks.front().map(|oldest| oldest.number()) == self.headless)
        {
            known.forget_oldest();
        }
    }

    /// The same where of the first block only the header is known. It is forgotten when the next one comes.
    pub fn without_first(self) -> History {
        let first = Some(self.newest().number());
        History { headless: first, ..self }
    }

    /// A copy of the whole state after the block at this height, with codes of any height; none if that is not known. Blocks wait
    /// while memory is copied, and for nothing else.
    pub fn copy_at(&self, height: u64) -> Option<State> {
        let (mut state, back) = {
            let known = self.known.read();
            let (oldest, newest) = (known.blocks.front()?.number(), known.newest().number());
            let is_known = (oldest..=newest).contains(&height);
            is_known.then(|| (known.states.newest().clone(), known.states.back_to(height)))?
        };
        state.apply(&back);
        Some(state)
    }

    /// Whether there are blocks on disk.
    pub fn has_disk(&self) -> bool {
        self.kept.is_some()
    }

    /// Whether the block or the transaction with this hash is in memory.
    pub fn remembers(&self, hash: &B256) -> bool {
        let known = self.known.read();
        known.places.contains_key(hash) || known.heights.contains_key(hash)
    }

    /// The newest block.
    pub fn newest(&self) -> Arc<Entry> {
        self.known.read().newest().clone()
    }

    /// The height of the oldest block that is still known.
    pub fn oldest(&self) -> u64 {
        let oldest = self.oldest_state();
        self.kept.as_ref().map_or(oldest, |kept| kept.oldest().min(oldest))
    }

    /// The height of the oldest block after which the state is still known.
    pub fn oldest_state(&self) -> u64 {
        self.known.read().first()
    }

    /// What ran so far.
    pub fn ran(&self) -> Ran {
        self.known.read().ran
    }

    /// The block at a height, if it is known.
    ///
    /// # Errors
    /// If it is on disk and cannot be read; as with all below.
    pub fn block(&self, height: u64) -> Result<Option<Arc<Entry>>, StoreError> {
        let (first, found) = {
            let known = self.known.read();
            (known.first(), known.block(height).cloned())
        };
        match &self.kept {
            Some(kept) if height < first => kept.entry(height),
            _ => Ok(found),
        }
    }

    /// The height of the block with this hash.
    ///
    /// # Errors
    /// As [`History::block`].
    pub fn height_of(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        if let Some(height) = self.known.read().heights.get(hash) {
            return Ok(Some(*height));
        }
        let found = self.kept.as_ref().map_or(Ok(None), |kept| kept.height_of(hash))?;
        Ok(found.filter(|height| self.is_old(*height)))
    }

    /// The block of a transaction, and its index in it.
    ///
    /// # Errors
    /// As [`History::block`].
    pub fn transaction(&self, id: &B256) -> Result<Option<(Arc<Entry>, usize)>, StoreError> {
        {
            let known = self.known.read();
            if let Some((height, index)) = known.places.get(id) {
                return Ok(known.block(*height).map(|entry| (entry.clone(), *index)));
            }
        }
        let below = self.oldest_state();
        self.kept.as_ref().map_or(Ok(None), |kept| kept.transaction(id, below))
    }

    /// Heights of a range whose blocks may have logs that fulfil all conditions, each by one of its terms. Of what is in
    /// memory these are all.
    ///
    /// # Errors
    /// As [`History::block`].
    pub fn with_logs(
        &self,
        range: RangeInclusive<u64>,
        conditions: &[Vec<Term>],
    ) -> Result<Vec<u64>, StoreError> {
        let first = self.oldest_state();
        let (start, end) = range.into_inner();
        let mut heights = match &self.kept {
            Some(kept) if start < first => kept.with_logs(start..=end.min(first - 1), conditions)?,
            _ => Vec::new(),
        };
        heights.extend(start.max(first)..=end);
        Ok(heights)
    }

    /// Whether a block is not in memory any more. What an archive has above that was told to nobody yet.
    fn is_old(&self, height: u64) -> bool {
        height < self.oldest_state()
    }

    /// How many blocks are kept.
    pub fn blocks_max(&self) -> u64 {
        self.keep.blocks as u64
    }

    /// Runs this with the newest state.
    pub fn with_newest_state<T>(&self, run: impl FnOnce(&State) -> T) -> T {
        run(self.known.read().states.newest())
    }

    /// The state after the block at this height, which is known.
    pub fn at(self: &Arc<History>, height: u64) -> At {
        At { history: self.clone(), height }
    }
}

impl Known {
    fn newest(&self) -> &Arc<Entry> {
        self.blocks.back().expect("the newest block is always kept")
    }

    fn first(&self) -> u64 {
        self.newest().number() + 1 - self.blocks.len() as u64
    }

    fn block(&self, height: u64) -> Option<&Arc<Entry>> {
        let index = height.checked_sub(self.first())?;
        self.blocks.get(usize::try_from(index).ok()?)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.blocks.pop_front() else { return };
        self.heights.remove(&oldest.hash);
        for one in &oldest.transactions {
            self.places.remove(&one.receipt.id);
        }
        self.states.forget_below(oldest.number() + 1);
    }
}

/// The state after a block.
#[derive(Clone)]
pub struct At {
    history: Arc<History>,
    height: u64,
}

impl At {
    /// The whole state as changes to the empty one; none if it has more accounts and slots than so many.
    pub fn everything(&self, keys_max: usize) -> Option<WriteSet> {
        self.history.known.read().states.everything(self.height, keys_max)
    }
}

impl Reads for At {
    fn account(&self, address: &Address) -> Option<Account> {
        self.history.known.read().states.account(self.height, address)
    }

    fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.history.known.read().states.slot(self.height, address, slot)
    }

    fn code(&self, hash: &B256) -> Option<Code> {
        self.history.known.read().states.code(hash)
    }

    fn slots_of(&self, address: &Address) -> Vec<U256> {
        self.history.known.read().states.slots_of(self.height, address)
    }
}
