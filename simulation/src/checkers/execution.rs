//! Execution: every block's outcomes, state and prices are those of executing its transactions one after the other from genesis.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::environment::Environment;
use pelton_engine::prices::Tables;
use pelton_engine::serial::serial;
use pelton_engine::trie::Trie;

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let limits = &record.limits;
    let (mut state, mut trie, mut tables) = (record.genesis.state(), Trie::new(), Tables::new(limits));
    trie.apply(&record.genesis.writes().trie_updates());
    for (height, (block, executed)) in &record.chain {
        let header = block.header();
        let list = tables.list(header.executed.height, header.base_fee);
        let list = list.ok_or_else(|| format!("block {height} speaks of another than it must"))?;
        let environment = Environment::of(header, Arc::new(list), limits);
        let wanted = serial(&mut state, &environment, block.transactions());
        expect(wanted.outcomes == executed.outcomes, || {
            format!("block {height}: outcomes {:?}, serially {:?}", executed.outcomes, wanted.outcomes)
        })?;
        tables.push(block.transactions(), &wanted.outcomes);
        let root = B256::from(trie.apply(&wanted.writes.trie_updates()));
        let prices = tables.newest().digest();
        let told = record.told.iter().flatten().find(|told| told.height == *height);
        let told = told.ok_or_else(|| format!("nobody told of block {height}"))?;
        expect(told.state_root == root && told.prices == prices, || {
            format!("block {height}: {told:?}, serially root {root} and prices {prices}")
        })?;
    }
    Ok(())
}
