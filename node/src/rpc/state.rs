//! Accounts and slots at a height.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256};
use pelton_engine::evm::call::Reads as _;
use serde_json::Value;

use super::Node;
use super::arguments::{Arguments, slot};
use super::failure::{Answer, Failure, answer};
use crate::history::At;

/// Slots that one request may ask for.
const SLOTS_MAX: usize = 1_024;

impl Node {
    /// The state that the parameter at this index asks for.
    fn state(&self, arguments: &Arguments, index: usize) -> Result<At, Failure> {
        let entry = self.find_state(arguments.block(index)?)?;
        Ok(self.history().at(entry.number()))
    }
}

pub(super) fn balance(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let account = node.state(arguments, 1)?.account(&address);
    answer(account.map_or(U256::ZERO, |account| account.balance))
}

/// With "pending", what waits in the pool counts too.
pub(super) fn nonce(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let nonce = node.state(arguments, 1)?.account(&address).map_or(0, |account| account.nonce);
    let is_pending = arguments.value(1).and_then(Value::as_str) == Some("pending");
    let way = node.way().filter(|_| is_pending);
    answer(U64::from(way.map_or(nonce, |way| way.mempool.next_nonce(&address, nonce))))
}

pub(super) fn code(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let state = node.state(arguments, 1)?;
    let hash = state.account(&address).map(|account| account.code_hash);
    let code = hash.filter(|hash| *hash != KECCAK256_EMPTY).and_then(|hash| state.code(&hash));
    answer(code.map_or_else(Bytes::new, |code| code.bytes()))
}

pub(super) fn storage(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let slot = arguments.slot(1)?;
    answer(B256::from(node.state(arguments, 2)?.slot(&address, &slot)))
}

/// Several slots of several accounts at once.
pub(super) fn storage_values(node: &Node, arguments: &Arguments) -> Answer {
    let wanted: BTreeMap<Address, Vec<String>> = arguments.required(0)?;
    let count: usize = wanted.values().map(Vec::len).sum();
    if count == 0 {
        return Err(Failure::params("empty request"));
    }
    if count > SLOTS_MAX {
        return Err(Failure::params(format!("too many slots (max {SLOTS_MAX})")));
    }
    let state = node.state(arguments, 1)?;
    let mut values = BTreeMap::<Address, Vec<B256>>::new();
    for (address, slots) in wanted {
        let read = |text: &String| Ok(B256::from(state.slot(&address, &slot(text)?)));
        values.insert(address, slots.iter().map(read).collect::<Result<_, Failure>>()?);
    }
    answer(values)
}
