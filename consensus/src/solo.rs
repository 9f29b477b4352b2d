//! A network of one validator: what it proposes is final at once.

use std::{collections::VecDeque, num::NonZeroUsize};

use crate::{BlockId, Certificate, Event, Ordering, Proposal, ProposeError};

/// Orders alone. For development, and to measure all the rest without the cost of agreement.
#[derive(Debug)]
pub struct Solo {
    last_height: u64,
    last_id: BlockId,
    waiting: VecDeque<Event>,
    waiting_max: usize,
}

impl Solo {
    /// Goes on after the block `final_id` at `final_height` (genesis, or where the last run ended), with room
    /// for `waiting_max` events between two polls.
    #[must_use]
    pub fn new(final_height: u64, final_id: BlockId, waiting_max: NonZeroUsize) -> Solo {
        Solo {
            last_height: final_height,
            last_id: final_id,
            waiting: VecDeque::new(),
            waiting_max: waiting_max.get(),
        }
    }
}

impl Ordering for Solo {
    fn propose(&mut self, proposal: Proposal) -> Result<(), ProposeError> {
        if self.last_height.checked_add(1) != Some(proposal.height) {
            return Err(ProposeError::Height { last: self.last_height, proposed: proposal.height });
        }
        if proposal.parent != self.last_id {
            return Err(ProposeError::Parent { last: self.last_id, proposed: proposal.parent });
        }
        if self.waiting.len() >= self.waiting_max {
            return Err(ProposeError::Full);
        }
        let Proposal { height, id, parent: _ } = proposal;
        self.waiting.push_back(Event::Finalized { height, id, certificate: Certificate::Solo });
        (self.last_height, self.last_id) = (height, id);
        Ok(())
    }

    fn poll(&mut self) -> Option<Event> {
        self.waiting.pop_front()
    }
}
