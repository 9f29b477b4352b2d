//! Whole clusters from seeds: they keep their promises, and what a seed has shown it shows again.

use pelton_simulation::scenario::{Event, Plant, Villainy};
use pelton_simulation::{Failure, Options, Scenario, simulate};

/// Runs these seeds, none of which may find anything wrong, and gives the sum of what this counts.
fn check(
    seeds: std::ops::Range<u64>,
    options: &Options,
    count: impl Fn(&pelton_simulation::Report) -> u64,
) -> u64 {
    let mut sum = 0;
    for seed in seeds {
        let verdict = simulate(seed, options);
        assert_eq!(verdict.failure, None, "seed {seed} of {options:?}");
        assert!(verdict.report.heights > 2 && verdict.report.transactions > 0, "seed {seed}: {verdict:?}");
        sum += count(&verdict.report);
    }
    sum
}

#[test]
fn clusters_in_which_everything_goes_wrong_keep_their_promises() {
    let troubles = check(0..6, &Options::default(), |report| {
        report.counts.kills + report.counts.disk_deaths + report.counts.lost
    });
    assert!(troubles > 0, "something went wrong");
}

#[test]
fn a_chain_of_blocks_that_are_not_final_ends_once_votes_come_through() {
    let loses_finality = |seed: &u64| {
        let events = Scenario::draw(*seed, &Options::default()).events;
        events.iter().any(|(_, event)| *event == Event::LoseFinality)
    };
    for seed in (0..).filter(loses_finality).take(3) {
        check(seed..seed + 1, &Options::default(), |_| 0);
    }
}

#[test]
fn the_same_seed_is_the_same_run_to_the_last_event() {
    let seed = 3;
    let (one, other) = (simulate(seed, &Options::default()), simulate(seed, &Options::default()));
    assert_eq!(one, other);
    assert_ne!(one.report.hash, simulate(seed + 1, &Options::default()).report.hash);
}

#[test]
fn every_misdeed_is_harmless_while_fewer_than_a_third_do_it() {
    for villainy in Villainy::ALL {
        for validators in [4, 7] {
            let options = Options {
                validators: Some(validators),
                villainy: Some(villainy),
                is_calm: true,
                ..Options::default()
            };
            let misdeeds = check(100..101, &options, |report| report.counts.misdeeds);
            assert!(misdeeds > 0, "{villainy:?} of {validators} was done");
        }
    }
}

#[test]
fn villains_are_different_ones_and_as_many_as_a_committee_bears() {
    for (validators, most) in [(4, 1), (7, 2)] {
        for villainy in Villainy::ALL {
            let options = Options {
                validators: Some(validators),
                villainy: Some(villainy),
                is_calm: true,
                ..Options::default()
            };
            for seed in 0..50 {
                let scenario = Scenario::draw(seed, &options);
                let villains = (0..validators as usize).filter(|member| !scenario.is_honest(*member));
                assert_eq!(villains.count(), most, "{villainy:?} of {validators}, seed {seed}");
            }
        }
    }
}

/// The first seed that finds something, where this is planted, and what.
fn first(plant: Plant, validators: Option<u32>) -> (u64, Failure) {
    let options = Options { plant: Some(plant), validators, ..Options::default() };
    let found = (0..20).find_map(|seed| simulate(seed, &options).failure.map(|failure| (seed, failure)));
    found.unwrap_or_else(|| panic!("{plant:?} is not found"))
}

#[test]
fn a_fault_that_was_planted_is_found() {
    let (_, found) = first(Plant::ForgottenSync, None);
    assert!(matches!(found, Failure::Safety { property: "durability", .. }), "{found:?}");
    let (_, found) = first(Plant::ForgottenVotes, None);
    assert!(matches!(found, Failure::Crash(_) | Failure::Safety { property: "votes", .. }), "{found:?}");
    let (_, found) = first(Plant::FaultIsAVerdict, None);
    assert!(matches!(found, Failure::Safety { property: "verdicts", .. }), "{found:?}");
    let (_, found) = first(Plant::UnquestionedDevices, None);
    assert!(matches!(found, Failure::Safety { .. } | Failure::Liveness(_)), "{found:?}");
}

#[test]
fn one_villain_too_many_breaks_agreement_and_that_is_seen() {
    for validators in [4, 7] {
        let (seed, found) = first(Plant::TooManyVillains, Some(validators));
        assert_eq!(seed, 0, "it takes no luck");
        assert!(matches!(found, Failure::Safety { property: "agreement", .. }), "{found:?}");
    }
}
