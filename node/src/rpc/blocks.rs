//! Blocks, their transactions and receipts.

use std::sync::Arc;

use alloy_primitives::{B256, U64};
use serde_json::{Value, json};

use super::Node;
use super::arguments::{Arguments, BlockName};
use super::failure::{Answer, Failure, answer};
use crate::history::Entry;
use crate::json;

impl Node {
    /// The block of this name, if there is one.
    ///
    /// # Errors
    /// If it is forgotten.
    pub(super) fn find(&self, name: BlockName) -> Result<Option<Arc<Entry>>, Failure> {
        let history = self.history();
        let height = match name {
            BlockName::Newest => return Ok(Some(history.newest())),
            BlockName::Earliest => history.oldest(),
            BlockName::Height(height) => height,
            BlockName::Hash(hash) => match history.height_of(&hash)? {
                Some(height) => height,
                None => return Ok(None),
            },
        };
        let found = history.block(height)?;
        if found.is_none() && height < history.oldest() {
            return Err(Failure::new(Failure::PRUNED, "pruned history unavailable"));
        }
        Ok(found)
    }

    /// Whether nothing that these parameters can name has to be looked for on disk. A slot may look like a hash, and is
    /// looked for in vain.
    pub(super) fn is_near(&self, arguments: &Arguments) -> bool {
        let (history, waiting) = (self.history(), self.way().map(|way| &way.mempool));
        let is_waiting = |id: &B256| waiting.is_some_and(|pool| pool.transaction(id).is_some());
        !history.has_disk()
            || arguments.names().all(|name| match name {
                BlockName::Newest => true,
                BlockName::Earliest => false,
                BlockName::Height(height) => height >= history.oldest_state(),
                BlockName::Hash(hash) => history.remembers(&hash) || is_waiting(&hash),
            })
    }

    /// The block whose state is asked for.
    ///
    /// # Errors
    /// If there is none, or none any more.
    pub(super) fn find_state(&self, name: BlockName) -> Result<Arc<Entry>, Failure> {
        let entry = self.find(name)?.ok_or_else(|| Failure::server("header not found"))?;
        self.check_state(entry.number())?;
        Ok(entry)
    }

    /// # Errors
    /// If the state after the block at this height is not known any more, though the block may be.
    pub(super) fn check_state(&self, height: u64) -> Result<(), Failure> {
        let is_known = height >= self.history().oldest_state();
        is_known.then_some(()).ok_or_else(|| Failure::new(Failure::PRUNED, "historical state unavailable"))
    }
}

pub(super) fn number(node: &Node, _: &Arguments) -> Answer {
    answer(U64::from(node.history().newest().number()))
}

pub(super) fn by_name(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    let whole = arguments.optional(1)?.unwrap_or(false);
    Ok(node.find(arguments.block(0)?)?.map_or(Value::Null, |entry| json::block(&entry, whole)))
}

pub(super) fn by_hash(node: &Node, arguments: &Arguments) -> Answer {
    let hash = arguments.hash(0)?;
    let whole = arguments.optional(1)?.unwrap_or(false);
    Ok(node.find(BlockName::Hash(hash))?.map_or(Value::Null, |entry| json::block(&entry, whole)))
}

pub(super) fn header_by_name(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    Ok(node.find(arguments.block(0)?)?.map_or(Value::Null, |entry| json::header(&entry).into()))
}

pub(super) fn transaction_count(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    let found = node.find(arguments.block(0)?)?;
    answer(found.map(|entry| U64::from(entry.transactions.len())))
}

/// Only Ethereum's older blocks have uncles.
pub(super) fn uncle_count(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    answer(node.find(arguments.block(0)?)?.map(|entry| U64::from(entry.uncles.len())))
}

pub(super) fn no_uncle(_: &Node, _: &Arguments) -> Answer {
    Ok(Value::Null)
}

pub(super) fn receipts(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    let found = node.find(arguments.block(0)?)?;
    let all = |entry: &Arc<Entry>| (0..entry.transactions.len()).map(|at| json::receipt(entry, at)).collect();
    Ok(found.as_ref().map_or(Value::Null, all))
}

pub(super) fn transaction_at(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    let index: U64 = arguments.required(1)?;
    let index = usize::try_from(index.to::<u64>()).unwrap_or(usize::MAX);
    let found = node.find(arguments.block(0)?)?.filter(|entry| index < entry.transactions.len());
    Ok(found.map_or(Value::Null, |entry| json::transaction(&entry, index)))
}

pub(super) fn transaction(node: &Node, arguments: &Arguments) -> Answer {
    let id = arguments.hash(0)?;
    if let Some((entry, index)) = node.history().transaction(&id)? {
        return Ok(json::transaction(&entry, index));
    }
    let waiting = node.way().and_then(|way| way.mempool.transaction(&id));
    Ok(waiting.map_or(Value::Null, |one| node.waiting(&one)))
}

pub(super) fn receipt(node: &Node, arguments: &Arguments) -> Answer {
    let id = arguments.hash(0)?;
    let found = node.history().transaction(&id)?;
    Ok(found.map_or(Value::Null, |(entry, index)| json::receipt(&entry, index)))
}

pub(super) fn raw_transaction(node: &Node, arguments: &Arguments) -> Answer {
    let id = arguments.hash(0)?;
    let found = node.history().transaction(&id)?;
    let mined = found.map(|(entry, index)| entry.transactions[index].wire.clone());
    let waiting = || node.way()?.mempool.transaction(&id).map(|one| one.transaction().wire().clone());
    Ok(mined.or_else(waiting).map_or(json!(null), |wire| json!(wire)))
}
