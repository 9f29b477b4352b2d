//! A chain of random blocks, each with what stood below it.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::block::{Block, Header, Parent, Summary};
use pelton_engine::checks::admit;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::executed::Executed;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Table, Tables};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::stateless::{Below, Opened, Proven, Refusal, Unprovable, make};
use pelton_engine::transaction::{Transaction, Verified};
use pelton_engine::trie::Trie;

use crate::transactions::CHAIN;
use crate::world::{BENEFICIARY, Dice, Mix, block, genesis};

/// Prices of gas that the world's senders can pay, and hot keys soon.
pub const LIMITS: Limits = Limits {
    block_transactions_max: 100,
    hot_keys_max: 8,
    base_fee_min: 40,
    block_gas_target: 800_000,
    ..Limits::tiny(CHAIN)
};

/// A block, what stood below it and what came of it.
pub struct Link {
    state: State,
    trie: Trie,
    parent: Option<Header>,
    hot_keys: Arc<Table>,
    pub block: Block,
    pub executed: Executed,
    pub root: B256,
}

/// So many blocks on this genesis, each of the transactions that are made for a state.
pub fn chain(genesis: &Genesis, blocks: u64, mut make: impl FnMut(&State) -> Vec<Verified>) -> Vec<Link> {
    let mut state = genesis.state();
    let mut trie = Trie::new();
    let root = B256::from(trie.apply(&state.writes().trie_updates()));
    let mut tables = Tables::new(&LIMITS);
    let mut summaries =
        vec![Summary { height: 0, gas_used: 0, state_root: root, prices: tables.newest().digest() }];
    let mut parent = Parent::genesis(root, &LIMITS);
    let mut links: Vec<Link> = Vec::new();
    for height in 1..=blocks {
        let spoken_of = summaries[height.saturating_sub(LIMITS.root_lag) as usize];
        let transactions: Vec<Verified> =
            make(&state).into_iter().filter(|one| admit(one.transaction(), &LIMITS).is_ok()).collect();
        let block = Block::seal(&parent, spoken_of, BENEFICIARY, 1_000 * height, transactions, &LIMITS);
        parent = block.as_parent();
        let prices = tables.list(spoken_of.height, block.header().base_fee).expect("it is kept");
        let environment = Environment::of(block.header(), Arc::new(prices), &LIMITS);
        let hot_keys = tables.after(spoken_of.height).expect("it is kept").clone();
        let mut below = Trie::new();
        below.apply(&state.writes().trie_updates());
        let below = (state.clone(), below);
        let executed = serial(&mut state, &environment, block.transactions());
        tables.push(block.transactions(), &executed.outcomes);
        let root = B256::from(trie.apply(&executed.writes.trie_updates()));
        let prices = tables.newest().digest();
        summaries.push(Summary { height, gas_used: executed.gas_used, state_root: root, prices });
        let parent = links.last().map(|link| *link.block.header());
        links.push(Link { state: below.0, trie: below.1, parent, hot_keys, block, executed, root });
    }
    links
}

/// A chain of random blocks of the small world.
pub fn random(seed: u64, blocks: u64, transactions: u64) -> Vec<Link> {
    let mut dice = Dice(seed);
    let mix = Mix { transactions, senders: 30, copies: 2, wild: 2, fork: Fork::Osaka };
    chain(&genesis(), blocks, move |state| block(&mut dice, state, mix))
}

impl Link {
    /// The block with its witness, and these headers above it.
    pub fn bytes(&self, above: &[Header]) -> Result<Vec<u8>, Unprovable> {
        let Link { state, trie, hot_keys, .. } = self;
        let below = Below { state, trie, parent: self.parent.as_ref(), hot_keys };
        make(&below, &self.block, above, &LIMITS)
    }

    /// Root of the state below it.
    pub fn root_before(&self) -> B256 {
        self.trie.root().into()
    }

    /// The same trie, for other witnesses.
    pub fn trie(&self) -> &Trie {
        &self.trie
    }
}

/// Opens and executes a file. Who signed its transactions, whoever made the link knows.
pub fn prove(bytes: Vec<u8>, link: &Link) -> Result<Proven, Refusal> {
    let mut opened = Opened::open(&bytes.into(), &LIMITS)?;
    let signed = |(transaction, known): (Transaction, &Verified)| {
        assert_eq!(transaction.id(), known.id(), "another body has another hash");
        Verified::new(transaction, known.sender())
    };
    let transactions = opened.take_transactions().into_iter().zip(link.block.transactions().iter());
    let transactions: Vec<Verified> = transactions.map(signed).collect();
    opened.execute(&transactions)
}
