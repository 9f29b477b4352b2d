//! commit: folds a block's writes into the state root and its usage into the table of hot keys, and tells the beginning of
//! the pipeline.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::block::Summary;
use pelton_engine::prices::Tables;
use pelton_engine::store::record::Tip;
use pelton_engine::trie::Trie;

use crate::batch::Load;
use crate::chain::Chain;
use crate::clock::Nanos;
use crate::metrics::sample::Samples;
use crate::metrics::{CHAIN_HEIGHT, ROOT_LAG};
use crate::stage::{Outbox, Stage};
use crate::stages::execute::Done;

/// An executed block with the root of the state after it.
#[derive(Debug)]
pub struct Committed {
    /// The block and what came of it.
    pub done: Done,
    /// Root of the state after it.
    pub state_root: B256,
    /// The tables of hot keys after it and the blocks below.
    pub tables: Tables,
}

impl Committed {
    /// What a store keeps of the block, besides its writes.
    pub fn tip(&self) -> Tip {
        let (block, gas_used) = (&self.done.block, self.done.executed.gas_used);
        Tip { height: block.header().height, id: block.id(), gas_used, root: Some(self.state_root) }
    }
}

impl Load for Committed {
    fn arrivals(&self) -> &[Nanos] {
        self.done.arrivals()
    }
}

/// The stage.
pub struct Commit {
    chain: Arc<Chain>,
    trie: Trie,
}

impl Commit {
    /// A stage that goes on from this trie.
    pub fn new(chain: Arc<Chain>, trie: Trie) -> Commit {
        Commit { chain, trie }
    }
}

impl Stage for Commit {
    type Input = Done;
    type Output = Committed;

    fn take(&mut self, done: Done, outbox: &mut Outbox<Committed>) {
        let mut updates = done.executed.writes.trie_updates();
        let state_root = B256::from(self.trie.exchange(&mut updates));
        let tables = self.chain.push_outcomes(done.block.transactions(), &done.executed.outcomes);
        self.chain.push_summary(Summary {
            height: done.block.header().height,
            gas_used: done.executed.gas_used,
            state_root,
            prices: tables.newest().digest(),
        });
        self.chain.settle(done.block.transactions(), &done.executed.outcomes);
        outbox.pass(Committed { done, state_root, tables });
    }

    fn observe(&self, samples: &mut Samples) {
        let height = self.chain.height();
        samples.count(&CHAIN_HEIGHT, [], height);
        samples.count(&ROOT_LAG, [], self.chain.read().views.highest().saturating_sub(height));
    }
}
