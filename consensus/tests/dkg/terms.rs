//! A chain of which validators leave and join, in simulated time.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::time::Duration;

use pelton_consensus::simulation::{Scenario, Terms, simulate_terms};
use pelton_consensus::verify_certificate;

const EPOCH_BLOCKS: u64 = 20;

fn terms(seed: u64) -> Terms {
    let scenario = Scenario::quiet(4, Duration::from_millis(20), Duration::from_millis(4_500));
    Terms {
        scenario: Scenario { seed, ..scenario },
        newcomers: 1,
        epoch_blocks: NonZeroU64::new(EPOCH_BLOCKS).expect("it is not zero"),
        // The first leaves for the newcomer, and comes back for the second.
        next: vec![vec![1, 2, 3, 4], vec![0, 2, 3, 4]],
    }
}

#[test]
fn the_chain_goes_on_under_one_key_while_a_validator_leaves_and_another_joins() {
    let (outcome, seen) = simulate_terms(&terms(1));
    outcome.assert_one_chain();
    assert!(
        outcome.finals.iter().all(|one| one.len() as u64 > 2 * EPOCH_BLOCKS + 4),
        "all are told of it all"
    );
    let members: Vec<BTreeSet<[u8; 32]>> = seen[0].iter().map(|one| one.members().collect()).collect();
    assert!(members.len() >= 3 && members[0] != members[1] && members[1] != members[2]);
    for committees in &seen {
        assert_eq!(committees[..3], seen[0][..3], "all know who is in office");
        assert!(committees.iter().all(|one| one.group_key() == outcome.committee.group_key()), "one key");
        assert!(committees[..3].windows(2).all(|pair| pair[0] != pair[1]), "other shares");
    }
    // A stranger who knows the group's key from the beginning follows through all of it.
    let (namespace, key) = (outcome.committee.namespace(), outcome.committee.group_key());
    let told = outcome.finals.iter().flatten().filter_map(|told| Some((told, told.certificate.as_ref()?)));
    let mut epochs = BTreeSet::new();
    for (told, certificate) in told {
        let certified = verify_certificate(namespace, &key, certificate).expect("the group has signed");
        assert_eq!((certified.id, certified.epoch), (told.id, told.height / EPOCH_BLOCKS));
        epochs.insert(certified.epoch);
    }
    assert!(epochs.is_superset(&BTreeSet::from([0, 1, 2])), "{epochs:?}");
}
