//! The core of one validator, through the interface that every core has.

use std::num::NonZeroUsize;

use pelton_consensus::{BlockId, Certificate, Event, Ordering, Proposal, ProposeError, Solo};

fn id(number: u64) -> BlockId {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    BlockId(bytes)
}

/// A core that goes on after block 7 at height 7, with room for two events.
fn core() -> Box<dyn Ordering> {
    Box::new(Solo::new(7, id(7), NonZeroUsize::new(2).expect("two is not zero")))
}

fn block(height: u64) -> Proposal {
    Proposal { height, id: id(height), parent: id(height - 1) }
}

fn finalized(height: u64) -> Option<Event> {
    Some(Event::Finalized { height, id: id(height), certificate: Certificate::Solo })
}

#[test]
fn what_is_proposed_becomes_final_in_order_each_height_once() {
    let mut core = core();
    assert_eq!(core.poll(), None);
    for height in 8..1000 {
        assert_eq!(core.propose(block(height)), Ok(()));
        if height % 2 == 1 {
            assert_eq!(core.poll(), finalized(height - 1));
            assert_eq!(core.poll(), finalized(height));
            assert_eq!(core.poll(), None);
        }
    }
}

#[test]
fn a_height_that_does_not_follow_the_last_is_refused() {
    let mut core = core();
    assert_eq!(core.propose(block(8)), Ok(()));
    for proposed in [0, 7, 8, 10, u64::MAX] {
        let proposal = Proposal { height: proposed, id: id(1), parent: id(8) };
        assert_eq!(core.propose(proposal), Err(ProposeError::Height { last: 8, proposed }));
    }
    assert_eq!(core.propose(block(9)), Ok(()));
}

#[test]
fn nothing_follows_the_greatest_height() {
    let mut core = Solo::new(u64::MAX, id(1), NonZeroUsize::MIN);
    let proposal = Proposal { height: 0, id: id(2), parent: id(1) };
    assert_eq!(core.propose(proposal), Err(ProposeError::Height { last: u64::MAX, proposed: 0 }));
}

#[test]
fn a_parent_that_is_not_the_last_block_is_refused() {
    let mut core = core();
    let proposal = Proposal { height: 8, id: id(8), parent: id(6) };
    assert_eq!(core.propose(proposal), Err(ProposeError::Parent { last: id(7), proposed: id(6) }));
    assert_eq!(core.poll(), None);
}

#[test]
fn a_full_queue_refuses_until_it_is_polled_and_loses_nothing() {
    let mut core = core();
    assert_eq!(core.propose(block(8)), Ok(()));
    assert_eq!(core.propose(block(9)), Ok(()));
    assert_eq!(core.propose(block(10)), Err(ProposeError::Full));
    assert_eq!(core.poll(), finalized(8));
    assert_eq!(core.propose(block(10)), Ok(()));
    assert_eq!(core.poll(), finalized(9));
    assert_eq!(core.poll(), finalized(10));
}

#[test]
fn an_id_is_printed_whole() {
    assert_eq!(id(0xab).to_string(), format!("0x{}ab", "0".repeat(62)));
}
