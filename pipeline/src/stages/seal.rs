//! seal: gives a plan its header, and so its id and its bytes.

use std::sync::Arc;

use alloy_primitives::Address;
use pelton_engine::block::{Block, Parent};
use pelton_engine::limits::Limits;
use pelton_engine::plan::Plan;

use crate::batch::Load;
use crate::clock::Nanos;
use crate::stage::{Outbox, Stage};
use crate::stages::schedule::Planned;

/// A sealed block on its way, with what its own node knows of it besides.
#[derive(Debug)]
pub struct Sealed {
    /// The block.
    pub block: Arc<Block>,
    /// Who waits for whom in it.
    pub plan: Plan,
    /// When each transaction came in.
    pub arrivals: Vec<Nanos>,
}

impl Load for Sealed {
    fn arrivals(&self) -> &[Nanos] {
        &self.arrivals
    }
}

/// The stage.
pub struct Seal {
    limits: Limits,
    beneficiary: Address,
    parent: Parent,
}

impl Seal {
    /// A stage that seals on top of this block.
    pub fn new(limits: Limits, beneficiary: Address, parent: Parent) -> Seal {
        Seal { limits, beneficiary, parent }
    }
}

impl Stage for Seal {
    type Input = Planned;
    type Output = Sealed;

    fn take(&mut self, input: Planned, outbox: &mut Outbox<Sealed>) {
        let Planned { plan, executed, base_fee, arrivals } = input;
        let transactions = plan.transactions().clone();
        let block =
            Block::seal(&self.parent, executed, self.beneficiary, outbox.unix_ms, transactions, &self.limits);
        assert_eq!(block.header().base_fee, base_fee, "the block has the base fee that it was filled for");
        self.parent = block.as_parent();
        outbox.pass(Sealed { block: Arc::new(block), plan, arrivals });
    }
}
