//! `Final`: what is kept of a final block until the run is over.
//!
//! A node forgets a block that is final. What is kept here is little beside it: its bytes, which can be opened again, and one
//! hash of all its outcomes. Whatever were kept besides would be memory that the pipeline takes anew, where a node uses the same
//! again, which costs as much as many a stage.

use alloy_primitives::{Address, B256, Bytes, U256};
use pelton_engine::block::{Block, Header, split};
use pelton_engine::codec;
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::transaction::Verified;

/// A block that became final and what came of it.
#[derive(Debug)]
pub struct Final {
    /// Its header.
    pub header: Header,
    /// Header and body.
    bytes: Bytes,
    /// One for each of its transactions.
    senders: Vec<Address>,
    /// Of all outcomes, in order.
    pub outcomes: B256,
    /// Transactions that were executed with success.
    pub succeeded: u64,
    /// Transactions that were executed and failed.
    pub failed: u64,
    /// Wei burnt by it.
    pub burnt: U256,
    /// Root of the state after it.
    pub state_root: B256,
}

impl Final {
    /// What is kept of this block.
    pub fn of(block: &Block, executed: &Executed, state_root: B256) -> Final {
        let receipts = || executed.outcomes.iter().filter_map(Outcome::receipt);
        let succeeded = receipts().filter(|receipt| receipt.success).count() as u64;
        Final {
            header: *block.header(),
            bytes: block.bytes().clone(),
            senders: block.transactions().iter().map(Verified::sender).collect(),
            outcomes: executed.digest(),
            succeeded,
            failed: receipts().count() as u64 - succeeded,
            burnt: executed.burnt,
            state_root,
        }
    }

    /// The block once more.
    pub fn block(&self) -> Block {
        let (header, wires) = split(&self.bytes).expect("these bytes were sealed");
        let verified = wires.into_iter().zip(&self.senders).map(|(wire, sender)| {
            Verified::new(codec::decode(wire).expect("what is sealed was decoded"), *sender)
        });
        Block::open(self.bytes.clone(), header, verified.collect::<Vec<_>>())
    }
}
