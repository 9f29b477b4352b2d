//! `Replay`: the final blocks executed again, one transaction after the other, from genesis.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::block::{Block, Header, Parent};
use pelton_engine::environment::Environment;
use pelton_engine::executed::Executed;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Table, Tables};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::stateless::{Below, Unprovable, make};
use pelton_engine::trie::Trie;

/// See the head of this file.
pub struct Replay<'a> {
    limits: &'a Limits,
    state: State,
    trie: Trie,
    tables: Tables,
    /// Header of the newest block.
    parent: Option<Header>,
    parent_id: B256,
}

impl<'a> Replay<'a> {
    /// At genesis.
    pub fn new(genesis: &Genesis, limits: &'a Limits) -> Replay<'a> {
        let mut trie = Trie::new();
        let root = B256::from(trie.apply(&genesis.writes().trie_updates()));
        let parent_id = Parent::genesis(root, limits).id;
        Replay { limits, state: genesis.state(), trie, tables: Tables::new(limits), parent: None, parent_id }
    }

    /// Root of the state after the newest block.
    pub fn root(&self) -> B256 {
        self.trie.root().into()
    }

    /// Id of the newest block.
    pub fn newest_id(&self) -> B256 {
        self.parent_id
    }

    /// Whether the prices that the next header speaks of are those of this chain.
    pub fn knows_prices(&self, header: &Header) -> bool {
        self.hot_keys(header).is_some_and(|table| table.digest() == header.executed.prices)
    }

    /// Executes the next block. One whose header speaks of unknown prices has none.
    pub fn execute(&mut self, block: &Block) -> Executed {
        let header = block.header();
        let prices = self.tables.list(header.executed.height, header.base_fee).unwrap_or_default();
        let environment = Environment::of(header, Arc::new(prices), self.limits);
        let executed = serial(&mut self.state, &environment, block.transactions());
        self.tables.push(block.transactions(), &executed.outcomes);
        self.trie.apply(&executed.writes.trie_updates());
        (self.parent, self.parent_id) = (Some(*header), block.id());
        executed
    }

    /// The bytes of the next block with its witness and the headers above it; it is not executed for that.
    ///
    /// # Errors
    /// [`Unprovable`].
    ///
    /// # Panics
    /// If its prices are [not known](Replay::knows_prices).
    pub fn witness(&self, block: &Block, above: &[Header]) -> Result<Vec<u8>, Unprovable> {
        let Replay { state, trie, limits, .. } = self;
        let hot_keys = self.hot_keys(block.header()).expect("its prices are known");
        make(&Below { state, trie, parent: self.parent.as_ref(), hot_keys }, block, above, limits)
    }

    fn hot_keys(&self, header: &Header) -> Option<&Table> {
        self.tables.after(header.executed.height).map(Arc::as_ref)
    }
}
