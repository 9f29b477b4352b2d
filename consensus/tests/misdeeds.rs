//! Three validators and one that does what it must not: they go on, and see who it was.

use std::time::Duration;

use pelton_consensus::misdeeds::{Misdeed, Outcome, run};

const TIME: Duration = Duration::from_secs(6);

/// The sum of a counter over all validators.
fn counted(outcome: &Outcome, name: &str) -> u64 {
    let name = format!("{name}_total");
    let lines = outcome.report.lines().filter(|line| !line.starts_with('#'));
    let of = lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(series, _)| series.split('{').next().is_some_and(|series| series.ends_with(&name)));
    of.map(|(_, value)| value.parse::<u64>().expect("a counter is a number")).sum()
}

/// What three validators have made final, who are three of four: some views pass without a block.
fn check(misdeed: Misdeed) -> Outcome {
    let outcome = run(misdeed, TIME);
    let finals: Vec<_> = outcome.seen.iter().map(|seen| &seen.finals).collect();
    let common = finals.iter().map(|finals| finals.len()).min().expect("there are three");
    assert!(common > 10, "{misdeed:?}: {common} blocks in {TIME:?}");
    assert!(finals.iter().all(|one| one[..common] == finals[0][..common]), "one chain");
    outcome
}

#[test]
fn blocks_travel_in_few_words_and_what_is_lacking_is_asked_for() {
    let outcome = check(Misdeed::Silence);
    let of = |kind: &str| counted(&outcome, &format!("_carrier_{kind}"));
    assert!(of("brief") > 30, "{}", of("brief"));
    assert!(of("complete") > 3 && of("asked") > 3, "some lack nothing, most lack some");
    // Three of four know all of their own block, and every block is put together of parts by the rest.
    assert!(of("brief") <= of("complete") + of("asked") + 8, "each was complete or asked for");
    assert_eq!((of("whole"), of("refused")), (0, 0));
    assert!(outcome.seen.iter().all(|seen| seen.conflicts.is_empty()));
}

#[test]
fn who_votes_twice_is_named_and_counted() {
    let outcome = check(Misdeed::TwoVotes);
    for seen in &outcome.seen {
        assert!(!seen.conflicts.is_empty(), "each of the others has seen it");
        assert!(seen.conflicts.iter().all(|(member, _)| *member == outcome.liar), "and nobody else");
    }
    let told: usize = outcome.seen.iter().map(|seen| seen.conflicts.len()).sum();
    assert_eq!(counted(&outcome, "_witness_conflicts"), told as u64);
}

#[test]
fn who_sends_what_is_no_block_is_cut_off() {
    let outcome = check(Misdeed::Garbage);
    let refused = counted(&outcome, "_carrier_refused");
    assert!((3..30).contains(&refused), "it is not heard for long: {refused}");
}

#[test]
fn who_sends_words_of_no_block_is_asked_twice_and_no_more() {
    let outcome = check(Misdeed::EmptyWords);
    let of = |kind: &str| counted(&outcome, &format!("_carrier_{kind}"));
    assert_eq!((of("whole"), of("refused")), (0, 0));
    assert!(of("asked") < 3 * of("brief"), "{} questions for {} blocks", of("asked"), of("brief"));
}
