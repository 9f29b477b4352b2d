//! A validator that comes late, to three whose chain goes on: it takes the state from them and then takes part.

use std::time::Duration;

use pelton_consensus::catch_up::Outcome;
use pelton_consensus::simulation::catch_up::{Joined, Lie, join_late};

const LIAR: usize = 2;

/// That it came to the state of the others, and that they cannot go on without it in the end, and do.
fn check(joined: &Joined) -> &Outcome {
    let outcome = joined.outcomes.last().and_then(Option::as_ref).expect("the last start ends");
    assert!(outcome.has_state && outcome.votes_above.is_some(), "{outcome:?}");
    let floor = joined.floor.as_ref().expect("a state has a floor");
    let [first, .., late] = &joined.finals[..] else { panic!("there are four") };
    let told: Vec<u64> = late.iter().map(|told| told.height).collect();
    assert!(
        told.iter().copied().eq(floor.height..floor.height + told.len() as u64),
        "from {floor:?}: {told:?}"
    );
    for told in late {
        let same = first.iter().find(|own| own.height == told.height);
        assert!(same.is_none_or(|own| own.id == told.id), "a fork at {}", told.height);
    }
    let (began, before) = joined.heights;
    assert!(floor.height < began && before > began + 4, "the chain goes on meanwhile: {began}, {before}");
    let newest = told.last().copied().unwrap_or(0);
    assert!(
        newest > before + 4,
        "at {newest}: it votes, since without its votes nothing is final above {before}"
    );
    outcome
}

#[test]
fn one_that_has_nothing_takes_the_state_of_several_and_takes_part() {
    let joined = join_late(Lie::None, None);
    let outcome = check(&joined);
    assert!(outcome.liars.is_empty() && outcome.late == 0, "{outcome:?}");
    assert_eq!(joined.given.iter().sum::<u64>(), 60, "each piece is asked for once");
    assert!(joined.given.iter().filter(|given| **given > 10).count() >= 2, "{:?}", joined.given);
}

#[test]
fn one_that_lies_about_pieces_or_states_is_found_out_and_not_asked_again() {
    for lie in [Lie::Pieces, Lie::Offer] {
        let joined = join_late(lie, None);
        assert_eq!(check(&joined).liars, [LIAR], "{lie:?}");
        assert!(joined.given[LIAR] <= 4, "{lie:?}: {:?}", joined.given);
    }
}

#[test]
fn one_that_has_nothing_or_is_silent_keeps_nobody_from_the_state() {
    check(&join_late(Lie::Denial, None));
    let joined = join_late(Lie::Silence, None);
    let outcome = check(&joined);
    assert!(outcome.liars.is_empty() && outcome.late > 0, "to be away is no lie: {outcome:?}");
}

#[test]
fn a_start_that_was_cut_off_is_gone_on_with() {
    let joined = join_late(Lie::None, Some(Duration::from_millis(450)));
    check(&joined);
    assert!(joined.found[1] > 0, "{:?}", joined.found);
    assert!(joined.given.iter().sum::<u64>() < 60 + 15, "{:?}: what is there is not asked for", joined.given);
}
