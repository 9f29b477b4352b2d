//! Blocks that consensus has notarized and not made final, one on top of the other.

use super::judged::pair_too_dear;
use super::restarted::Alone;
use super::{limits, start_of};

#[test]
fn a_leader_proposes_the_parent_again_while_nothing_can_stand_on_top_of_it() {
    let (genesis, _) = pair_too_dear();
    let mut leader = Alone::with(limits(2), &start_of(&genesis), start_of(&genesis));
    let first = leader.propose(&Default::default());
    let second = leader.propose(first.bytes());
    assert_eq!((first.header().height, second.header().height), (1, 2));
    // The third would have to speak of the first.
    let third = leader.propose(second.bytes());
    assert_eq!(third.id(), second.id());
    leader.finalize(first.bytes());
    let third = leader.propose(second.bytes());
    assert_eq!((third.header().height, third.header().executed.height), (3, 1));
}
