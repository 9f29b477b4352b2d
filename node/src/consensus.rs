//! The file where a node's pipeline meets consensus.

use alloy_primitives::B256;
use pelton_consensus::{BlockId, Event, Ordering, Proposal, ProposeError};

/// A consensus core as the pipeline asks for it.
pub struct Core<O>(pub O);

impl<O: Ordering> pelton_pipeline::stages::order::Ordering for Core<O> {
    fn propose(&mut self, height: u64, id: B256, parent: B256) -> bool {
        match self.0.propose(Proposal { height, id: BlockId(id.0), parent: BlockId(parent.0) }) {
            Ok(()) => true,
            Err(ProposeError::Full) => false,
            Err(error) => panic!("the pipeline proposes blocks in order: {error}"),
        }
    }

    fn next_final(&mut self) -> Option<B256> {
        loop {
            if let Event::Finalized { id, .. } = self.0.poll()? {
                return Some(B256::from(id.0));
            }
        }
    }
}
