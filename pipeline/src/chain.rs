//! `Chain`: what the end of the pipeline tells its beginning.
//!
//! Sealing needs to know what accounts hold, which blocks have been executed, and which transactions are through.
//! All of it is about blocks that every node has executed, never about timing.
//!
//! Others may read too, from any thread, at the newest block and a few below it: see [`View`](crate::view::View).

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{Address, U256};
use crossbeam_queue::SegQueue;
use parking_lot::{MappedRwLockReadGuard, Mutex, RwLock, RwLockReadGuard};
use pelton_engine::block::Summary;
use pelton_engine::execute::Finished;
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{PriceList, Tables};
use pelton_engine::state::State;
use pelton_engine::store::views::{Views, replaced};
use pelton_engine::transaction::Verified;

/// A transaction that was sealed and is through, executed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Who sent it.
    pub sender: Address,
    /// What had been set aside for it, in wei.
    pub cost_max: U256,
    /// Whether it was executed, and so has used its nonce.
    pub executed: bool,
}

/// The newest executed state, and what it was before. They change together.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) views: Views,
}

/// The executed chain, as seen by the stages that seal.
#[derive(Debug)]
pub struct Chain {
    limits: Limits,
    standing: RwLock<Standing>,
    summaries: Mutex<VecDeque<Summary>>,
    tables: Mutex<Tables>,
    /// The newest price list, and the block that it is for.
    list: Mutex<(u64, Arc<PriceList>)>,
    settled: SegQueue<Settled>,
    is_cut: bool,
}

impl Chain {
    /// A chain at its genesis. One that is cut is never told of executed blocks.
    pub fn new(limits: Limits, genesis: State, summary: Summary, is_cut: bool) -> Chain {
        let tables = Tables::new(&limits);
        Chain::standing(limits, genesis, vec![summary], tables, is_cut)
    }

    /// A chain that stands at the last of these blocks, which rise, and has this state and these tables of hot keys.
    pub fn standing(
        limits: Limits,
        state: State,
        summaries: Vec<Summary>,
        tables: Tables,
        is_cut: bool,
    ) -> Chain {
        assert!(limits.root_lag > 0, "a header cannot speak of its own block");
        let height = summaries.last().expect("a chain stands at a block").height;
        let standing = Standing { state, views: Views::new(height, 0) };
        Chain {
            tables: Mutex::new(tables),
            list: Mutex::default(),
            limits,
            is_cut,
            standing: RwLock::new(standing),
            summaries: Mutex::new(summaries.into()),
            settled: SegQueue::new(),
        }
    }

    /// The same chain, which can be read at so many heights below the newest, as blocks come. Each costs what its block has
    /// changed.
    pub fn with_views(mut self, blocks_max: usize) -> Chain {
        let Standing { views, .. } = self.standing.get_mut();
        *views = Views::new(views.highest(), blocks_max);
        self
    }

    /// What all nodes hold in common.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether nothing will ever be said of what is sealed.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The newest executed state, to read. Not to be kept beyond a turn or a job.
    pub fn state(&self) -> MappedRwLockReadGuard<'_, State> {
        RwLockReadGuard::map(self.standing.read(), |standing| &standing.state)
    }

    /// The same with what it was before.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Standing> {
        self.standing.read()
    }

    /// Brings the state up to date with the next block. Only the stage that executes does so.
    pub fn advance(&self, finished: Finished) -> Executed {
        // Nobody else changes the state, so what it replaces can be found out while others read.
        let replaced = {
            let Standing { state, views } = &*self.read();
            (views.blocks_max() > 0).then(|| replaced(state, finished.writes()))
        };
        let Standing { state, views } = &mut *self.standing.write();
        views.push(replaced.unwrap_or_default());
        finished.apply(state)
    }

    /// Adds the table of hot keys after the next block, of which this came.
    pub fn push_outcomes(&self, transactions: &[Verified], outcomes: &[Outcome]) -> Tables {
        let mut tables = self.tables.lock();
        tables.push(transactions, outcomes);
        tables.clone()
    }

    /// What hot keys cost in the block of this height, whose base fee this is.
    ///
    /// # Panics
    /// When the block that its header speaks of has not been executed, or is long gone.
    pub fn prices(&self, height: u64, base_fee: u64) -> Arc<PriceList> {
        let mut newest = self.list.lock();
        if newest.0 != height {
            let spoken_of = height.saturating_sub(self.limits.root_lag);
            let list = self.tables.lock().list(spoken_of, base_fee);
            *newest = (height, Arc::new(list.expect("prices follow from a block that all have executed")));
        }
        newest.1.clone()
    }

    /// Adds the summary of the next block. As many are kept as a header can speak of.
    pub fn push_summary(&self, summary: Summary) {
        let mut summaries = self.summaries.lock();
        let newest = summaries.back().expect("genesis stands in the list until a block replaces it").height;
        assert_eq!(summary.height, newest + 1, "blocks are executed in order");
        summaries.push_back(summary);
        while summaries.len() as u64 > self.limits.root_lag + 1 {
            summaries.pop_front();
        }
    }

    /// Height of the newest block with a state root.
    pub fn height(&self) -> u64 {
        self.summaries.lock().back().expect("a chain stands at a block").height
    }

    /// The summary that the header of this height speaks of, if that block has been executed.
    pub fn summary_for(&self, height: u64) -> Option<Summary> {
        let wanted = height.saturating_sub(self.limits.root_lag);
        self.summaries.lock().iter().find(|summary| summary.height == wanted).copied()
    }

    /// Says that these transactions are through, and what came of each.
    pub fn settle(&self, transactions: &[Verified], outcomes: &[Outcome]) {
        for (transaction, outcome) in transactions.iter().zip(outcomes) {
            let cost_max = transaction.fields().cost_max().unwrap_or(U256::MAX);
            let executed = outcome.receipt().is_some();
            self.settled.push(Settled { sender: transaction.sender(), cost_max, executed });
        }
    }

    /// The next transaction that is through and was not asked for yet.
    pub fn next_settled(&self) -> Option<Settled> {
        self.settled.pop()
    }
}
