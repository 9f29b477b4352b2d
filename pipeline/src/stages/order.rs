//! order: puts blocks before consensus and passes those that are final, in order of height.

use std::collections::VecDeque;

use alloy_primitives::B256;

use crate::batch::Load;
use crate::metrics::sample::Samples;
use crate::metrics::{BLOCKS_FINAL, BLOCKS_PROPOSED, BLOCKS_UNDECIDED};
use crate::stage::{Outbox, Stage};
use crate::stages::seal::Sealed;

/// What the pipeline asks of consensus: an order of opaque block ids.
pub trait Ordering: Send {
    /// Proposes a block; gives false if consensus takes no more for the moment.
    fn propose(&mut self, height: u64, id: B256, parent: B256) -> bool;

    /// The next final block, in order of height.
    fn next_final(&mut self) -> Option<B256>;
}

/// The stage.
pub struct Order {
    ordering: Box<dyn Ordering>,
    unproposed: VecDeque<Sealed>,
    proposed: VecDeque<Sealed>,
    proposed_count: u64,
}

impl Order {
    /// A stage before this consensus.
    pub fn new(ordering: Box<dyn Ordering>) -> Order {
        Order { ordering, unproposed: VecDeque::new(), proposed: VecDeque::new(), proposed_count: 0 }
    }

    fn propose(&mut self) {
        while let Some(sealed) = self.unproposed.pop_front() {
            let (header, id) = (sealed.block.header(), sealed.block.id());
            if !self.ordering.propose(header.height, id, header.parent) {
                self.unproposed.push_front(sealed);
                return;
            }
            self.proposed.push_back(sealed);
            self.proposed_count += 1;
        }
    }
}

impl Stage for Order {
    type Input = Sealed;
    type Output = Sealed;

    fn take(&mut self, input: Sealed, outbox: &mut Outbox<Sealed>) {
        self.unproposed.push_back(input);
        self.poll(outbox);
    }

    fn poll(&mut self, outbox: &mut Outbox<Sealed>) {
        self.propose();
        while let Some(id) = self.ordering.next_final() {
            let sealed = self.proposed.pop_front().expect("only what was proposed becomes final");
            assert_eq!(sealed.block.id(), id, "blocks become final in the order of their heights");
            outbox.pass(sealed);
        }
    }

    fn held(&self) -> u64 {
        self.unproposed.iter().chain(&self.proposed).map(Load::transactions).sum()
    }

    fn has_room(&self) -> bool {
        self.unproposed.is_empty()
    }

    fn observe(&self, samples: &mut Samples) {
        let undecided = self.proposed.len() as u64;
        samples.count(&BLOCKS_PROPOSED, [], self.proposed_count);
        samples.count(&BLOCKS_FINAL, [], self.proposed_count - undecided);
        samples.count(&BLOCKS_UNDECIDED, [], undecided);
    }
}
