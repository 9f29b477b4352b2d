//! `txpool_*`: what waits. "pending" can run now, "queued" waits for an earlier nonce.

use alloy_primitives::{Address, U64};
use pelton_engine::evm::call::Reads as _;
use pelton_engine::transaction::Verified;
use serde_json::{Map, Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::Answer;

impl Node {
    /// What waits of each sender (or of one), split into what can run and what cannot yet.
    fn split_waiting(&self, of: Option<Address>) -> Vec<(Address, Vec<Verified>, Vec<Verified>)> {
        let Some(way) = self.way() else { return Vec::new() };
        let state = self.history().at(self.history().newest().number());
        let split = |(sender, waiting): (Address, Vec<Verified>)| {
            let next = state.account(&sender).map_or(0, |account| account.nonce);
            let end = way.mempool.next_nonce(&sender, next);
            let (pending, queued) = waiting.into_iter().partition(|one| one.fields().nonce < end);
            (sender, pending, queued)
        };
        way.mempool.all(of).into_iter().map(split).collect()
    }

    fn show_waiting(&self, of: Option<Address>, show: impl Fn(&Verified) -> Value) -> Value {
        let by_nonce = |waiting: &[Verified]| -> Map<String, Value> {
            waiting.iter().map(|one| (one.fields().nonce.to_string(), show(one))).collect()
        };
        let (mut pending, mut queued) = (Map::new(), Map::new());
        for (sender, now, later) in self.split_waiting(of) {
            for (group, waiting) in [(&mut pending, now), (&mut queued, later)] {
                if !waiting.is_empty() {
                    group.insert(sender.to_checksum(None), by_nonce(&waiting).into());
                }
            }
        }
        json!({ "pending": pending, "queued": queued })
    }
}

pub(super) fn status(node: &Node, _: &Arguments) -> Answer {
    let split = node.split_waiting(None);
    let pending: usize = split.iter().map(|(_, now, _)| now.len()).sum();
    let queued: usize = split.iter().map(|(_, _, later)| later.len()).sum();
    Ok(json!({ "pending": U64::from(pending), "queued": U64::from(queued) }))
}

pub(super) fn content(node: &Node, _: &Arguments) -> Answer {
    Ok(node.show_waiting(None, |one| node.waiting(one)))
}

pub(super) fn content_from(node: &Node, arguments: &Arguments) -> Answer {
    let sender: Address = arguments.required(0)?;
    let all = node.show_waiting(Some(sender), |one| node.waiting(one));
    let own = |group: &str| all[group].get(sender.to_checksum(None)).cloned().unwrap_or(json!({}));
    Ok(json!({ "pending": own("pending"), "queued": own("queued") }))
}

pub(super) fn inspect(node: &Node, _: &Arguments) -> Answer {
    Ok(node.show_waiting(None, |one| {
        let fields = one.fields();
        let to = fields.to.map_or("contract creation".to_owned(), |to| to.to_checksum(None));
        let (value, gas, price) = (fields.value, fields.gas_limit, fields.max_fee_per_gas);
        json!(format!("{to}: {value} wei + {gas} gas × {price} wei"))
    }))
}
