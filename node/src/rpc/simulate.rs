//! `eth_simulateV1`: blocks that might come after this one, with calls in them and with whatever is wanted to be otherwise.
//!
//! ```text
//!   request ──> plan (which blocks) ──> each: overrides, calls ──> header, results
//!                                              └── one state for all of them
//! ```
//!
//! All calls together may use as much gas as one question. After a block of Ethereum's the blocks are whole, to the root of
//! their states; after one of Pelton's own that root is zero, and the base fee stays what it is in the next block.

mod block;
mod chain;
mod transfers;
mod unsigned;

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::eip1559::{BaseFeeParams, INITIAL_BASE_FEE};
use alloy_primitives::B256;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_rpc_types_eth::simulate::SimulatePayload;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::evm::call::Calls;
use pelton_engine::state::State;
use pelton_engine::writes::WriteSet;

use super::Node;
use super::arguments::Arguments;
use super::calls::GAS_MAX;
use super::failure::{Answer, Failure};
use super::limits::Limit;
use crate::history::Entry;
use crate::import::environment;
use crate::merkle::Tree;
use block::Making;
use chain::{Planned, plan};

/// What holds for all blocks of a simulation.
struct Simulation<'a> {
    node: &'a Node,
    base: Arc<Entry>,
    validates: bool,
    shows_transfers: bool,
    is_whole: bool,
    gas_left: u64,
    /// Hashes of the blocks below the next one, its parent first.
    hashes: Vec<B256>,
    parent: Header,
    /// The state below the first block, where roots are of interest.
    state: Option<State>,
}

pub(super) fn simulate(node: &Node, arguments: &Arguments) -> Answer {
    let request: SimulatePayload<TransactionRequest> = arguments.required(0)?;
    let base = node.find_state(arguments.block(1)?)?;
    let blocks = plan(node.schedule(), base.header(), request.block_state_calls)?;
    let hashes = [&[base.hash], base.environment.block_hashes.as_slice()].concat();
    let mut calls = Calls::new(node.history().at(base.number()), &base.environment);
    let mut simulation = Simulation {
        node,
        validates: request.validation,
        shows_transfers: request.trace_transfers,
        is_whole: request.return_full_transactions,
        gas_left: GAS_MAX,
        hashes,
        parent: base.header().clone(),
        state: state_below(node, &base, blocks.len())?,
        base,
    };
    let mut shown = Vec::with_capacity(blocks.len());
    for planned in blocks {
        let environment = simulation.environment(&planned);
        let mut making = Making::new(&mut simulation, calls, &planned, environment)?;
        for request in planned.calls {
            making.run(request)?;
        }
        let (header, block, after) = making.finish();
        simulation.hashes.insert(0, header.hash_slow());
        simulation.parent = header;
        calls = after;
        shown.push(block);
    }
    Ok(shown.into())
}

/// The whole state, whose root is wanted so many times.
fn state_below(node: &Node, base: &Entry, times: usize) -> Result<Option<State>, Failure> {
    if node.is_own() {
        return Ok(None);
    }
    let max = node.limits().proof_keys_max / times.max(1);
    let writes = node.history().at(base.number()).everything(max).ok_or_else(|| {
        node.hit(Limit::Proof, format!("the state is too large to know its root after {times} blocks"))
    })?;
    let mut state = State::default();
    state.apply(&writes);
    Ok(Some(state))
}

impl Simulation<'_> {
    fn environment(&self, planned: &Planned) -> Environment {
        let schedule = self.node.schedule();
        let mut header = planned.header.clone();
        let fork = schedule.fork(&header);
        if fork >= Fork::London {
            let base_fee = header.base_fee_per_gas.unwrap_or_else(|| self.base_fee());
            header.base_fee_per_gas = Some(base_fee);
        }
        if fork >= Fork::Cancun {
            header.excess_blob_gas = Some(schedule.next_blob_excess(&self.parent, header.timestamp));
        }
        environment(schedule, &header, self.hashes.iter().take(256).copied().collect())
    }

    /// The base fee of a block that does not say one.
    fn base_fee(&self) -> u64 {
        match (self.validates, self.node.is_own()) {
            (false, _) => 0,
            (true, true) => self.base.next.base_fee,
            (true, false) => {
                let next = self.parent.next_block_base_fee(BaseFeeParams::ethereum());
                next.unwrap_or(INITIAL_BASE_FEE)
            }
        }
    }

    /// The header as far as it is known before anything ran.
    fn header_of(&self, planned: &Planned, environment: &Environment) -> Header {
        let fork = environment.fork;
        Header {
            parent_hash: self.hashes[0],
            base_fee_per_gas: (fork >= Fork::London).then_some(environment.base_fee),
            excess_blob_gas: (fork >= Fork::Cancun).then_some(environment.blob_excess_gas),
            ..planned.header.clone()
        }
    }

    fn root_after(&self, writes: &WriteSet) -> B256 {
        let Some(state) = &self.state else { return B256::ZERO };
        let mut after = state.clone();
        after.apply(writes);
        Tree::new(&after.writes()).root()
    }
}
