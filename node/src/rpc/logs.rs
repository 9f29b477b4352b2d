//! Logs of a range of blocks, and filters that are asked again and again.
//!
//! A filter remembers where it was last asked up to. One that nobody asks is forgotten after some minutes, and only so
//! many are kept.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::Filter;
use foldhash::HashMap;
use parking_lot::Mutex;
use pelton_engine::archive::Term;
use pelton_engine::transaction::Verified;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::Node;
use super::arguments::{Arguments, BlockName, block_name};
use super::failure::{Answer, Failure, answer};
use super::limits::Limit;
use crate::history::Entry;
use crate::json;

/// Filters that are kept.
const FILTERS_MAX: usize = 1_024;
/// One that nobody asks for so long is forgotten.
const UNUSED: Duration = Duration::from_secs(300);

/// Filters that clients have made, by number.
#[derive(Default)]
pub struct Filters(Mutex<HashMap<u64, Kept>>);

struct Kept {
    what: What,
    asked_at: Instant,
}

enum What {
    /// Logs from this height on.
    Logs(Box<Filter>, u64),
    /// Hashes of blocks from this height on.
    Blocks(u64),
    /// Transactions that begin to wait.
    Waiting(broadcast::Receiver<Verified>),
}

pub(super) fn logs(node: &Node, arguments: &Arguments) -> Answer {
    let filter = read(arguments)?;
    matching(node, &filter).map(Value::Array)
}

/// The filter of a request.
pub(super) fn read(arguments: &Arguments) -> Result<Filter, Failure> {
    let fields: Value = arguments.required(0)?;
    let has = |name| fields.get(name).is_some_and(|value| !value.is_null());
    if has("blockHash") && (has("fromBlock") || has("toBlock")) {
        let words = "invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other";
        return Err(Failure::params(words));
    }
    arguments.required(0)
}

/// All logs that a filter asks for.
fn matching(node: &Node, filter: &Filter) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    if let Some(hash) = filter.get_block_hash() {
        let entry = node.find(BlockName::Hash(hash))?.ok_or_else(|| Failure::server("unknown block"))?;
        collect(node, &entry, filter, &mut found)?;
        return Ok(found);
    }
    let (first, last) = range(node, filter)?;
    search(node, first..=last, filter, &mut found)?;
    Ok(found)
}

/// Adds the logs of a range of blocks that a filter asks for.
fn search(
    node: &Node,
    range: RangeInclusive<u64>,
    filter: &Filter,
    found: &mut Vec<Value>,
) -> Result<(), Failure> {
    for height in node.history().with_logs(range, &conditions(filter))? {
        if let Some(entry) = node.history().block(height)? {
            collect(node, &entry, filter, found)?;
        }
    }
    Ok(())
}

/// What a block's logs must have, each by one of its terms, to fulfil a filter.
fn conditions(filter: &Filter) -> Vec<Vec<Term>> {
    let addresses = filter.address.iter().map(|address| Term::Address(*address)).collect();
    let topics = (0..).zip(&filter.topics);
    let topics =
        topics.map(|(place, topics)| topics.iter().map(|topic| Term::Topic(place, *topic)).collect());
    [addresses].into_iter().chain(topics).filter(|terms: &Vec<Term>| !terms.is_empty()).collect()
}

/// The first and the last height of a filter; without a range it is about the newest block.
fn range(node: &Node, filter: &Filter) -> Result<(u64, u64), Failure> {
    let newest = node.history().newest().number();
    let oldest = node.history().oldest();
    let fields = serde_json::to_value(filter).unwrap_or_default();
    let height = |name: &str| -> Result<u64, Failure> {
        let value = fields.get(name).filter(|value| !value.is_null());
        Ok(match value.map(block_name).transpose().map_err(Failure::params)? {
            Some(BlockName::Height(height)) => height,
            Some(BlockName::Earliest) => oldest,
            Some(BlockName::Newest | BlockName::Hash(_)) | None => newest,
        })
    };
    let (first, last) = (height("fromBlock")?, height("toBlock")?);
    if first > last {
        return Err(Failure::params("invalid block range params"));
    }
    if last > newest {
        return Err(Failure::params("block range extends beyond current head block"));
    }
    if first < oldest {
        return Err(Failure::new(Failure::PRUNED, "pruned history unavailable"));
    }
    let max = node.limits().log_blocks_max;
    if last - first >= max {
        return Err(node.hit(Limit::LogRange, format!("block range exceeds the limit of {max}")));
    }
    Ok((first, last))
}

fn collect(node: &Node, entry: &Entry, filter: &Filter, found: &mut Vec<Value>) -> Result<(), Failure> {
    for (index, log_index, log) in entry.logs().filter(|(_, _, log)| filter.matches(log)) {
        let max = node.limits().logs_max;
        if found.len() >= max {
            return Err(node.hit(Limit::Logs, format!("query returned more than {max} results")));
        }
        found.push(json::log_fields(entry, index, log_index, log));
    }
    Ok(())
}

/// The logs of one block that a filter asks for.
pub(super) fn of_block(entry: &Entry, filter: &Filter) -> Vec<Value> {
    let matching = entry.logs().filter(|(_, _, log)| filter.matches(log));
    matching.map(|(index, log_index, log)| json::log_fields(entry, index, log_index, log)).collect()
}

pub(super) fn new_filter(node: &Node, arguments: &Arguments) -> Answer {
    let filter = read(arguments)?;
    let next = filter.get_from_block().unwrap_or_else(|| node.history().newest().number() + 1);
    node.keep_filter(What::Logs(Box::new(filter), next))
}

pub(super) fn new_block_filter(node: &Node, _: &Arguments) -> Answer {
    node.keep_filter(What::Blocks(node.history().newest().number() + 1))
}

pub(super) fn new_waiting_filter(node: &Node, _: &Arguments) -> Answer {
    let way = node.way().ok_or_else(|| Failure::server("this chain takes no transactions"))?;
    node.keep_filter(What::Waiting(way.mempool.subscribe()))
}

pub(super) fn uninstall(node: &Node, arguments: &Arguments) -> Answer {
    let id: U64 = arguments.required(0)?;
    answer(node.filters().0.lock().remove(&id.to()).is_some())
}

pub(super) fn changes(node: &Node, arguments: &Arguments) -> Answer {
    let id: U64 = arguments.required(0)?;
    let mut filters = node.filters().0.lock();
    let kept = filters.get_mut(&id.to()).ok_or_else(|| Failure::server("filter not found"))?;
    kept.asked_at = now();
    let newest = node.history().newest().number();
    match &mut kept.what {
        What::Blocks(next) => {
            let heights = std::mem::replace(next, newest + 1)..=newest;
            let hash = |height| Ok(node.history().block(height)?.map(|entry| entry.hash));
            let hashes = heights.map(hash).filter_map(Result::transpose);
            answer(hashes.collect::<Result<Vec<B256>, Failure>>()?)
        }
        What::Logs(filter, next) => {
            let last = filter.get_to_block().map_or(newest, |last| last.min(newest));
            let mut found = Vec::new();
            search(node, (*next).max(node.history().oldest())..=last, filter, &mut found)?;
            *next = (*next).max(newest + 1);
            Ok(found.into())
        }
        What::Waiting(news) => answer(drain(news)),
    }
}

/// What has come; a filter that was asked too seldom has lost the oldest.
fn drain(news: &mut broadcast::Receiver<Verified>) -> Vec<B256> {
    let mut ids = Vec::new();
    loop {
        match news.try_recv() {
            Ok(one) => ids.push(one.id()),
            Err(broadcast::error::TryRecvError::Lagged(_)) => {}
            Err(_) => return ids,
        }
    }
}

pub(super) fn filter_logs(node: &Node, arguments: &Arguments) -> Answer {
    let id: U64 = arguments.required(0)?;
    let filter = match node.filters().0.lock().get(&id.to()).map(|kept| &kept.what) {
        Some(What::Logs(filter, _)) => filter.clone(),
        _ => return Err(Failure::server("filter not found")),
    };
    matching(node, &filter).map(Value::Array)
}

impl Node {
    fn keep_filter(&self, what: What) -> Answer {
        let mut filters = self.filters().0.lock();
        let asked_at = now();
        filters.retain(|_, kept| asked_at.duration_since(kept.asked_at) < UNUSED);
        if filters.len() >= FILTERS_MAX {
            drop(filters);
            return Err(self.hit(Limit::Filters, format!("more than {FILTERS_MAX} filters")));
        }
        let id = self.next_number();
        filters.insert(id, Kept { what, asked_at });
        Ok(json!(U64::from(id)))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a client has not asked is about clients, not about the chain"
)]
fn now() -> Instant {
    Instant::now()
}
