use super::prices::signed;
use crate::secp256k1::{Keys, KnownKey};

fn keys(count: usize) -> Vec<KnownKey> {
    signed(count).into_iter().map(|(_, _, _, key)| key).collect()
}

#[test]
fn known_keys_stay_within_their_bound_and_are_found_by_their_own_address() {
    let all = keys(120);
    for keys_max in [0, 1, 2, 7, 8, 9, 50, 1000] {
        let known = Keys::new(keys_max);
        assert!(known.is_empty());
        for key in all.iter().chain(&all) {
            known.insert(*key);
            assert!(known.len() <= keys_max);
        }
        assert!(known.len() >= keys_max.min(120) / 2, "{} of {keys_max}", known.len());
        let found =
            all.iter().filter_map(|key| known.get(&key.address()).inspect(|found| assert_eq!(found, key)));
        assert_eq!(found.count(), known.len());
    }
}

#[test]
fn a_key_that_is_asked_for_outlives_a_flood_of_others_and_one_that_is_not_gives_way() {
    let all = keys(200);
    let known = Keys::new(8); // one set
    known.insert(all[0]);
    for (index, key) in all[1..].iter().enumerate() {
        if index.is_multiple_of(8) {
            assert_eq!(known.get(&all[0].address()), Some(all[0]), "after {index} others");
        }
        known.insert(*key);
    }
    for _ in 0..100 {
        assert_eq!(known.get(&all[0].address()), Some(all[0]));
    }
    for key in &all[100..] {
        known.insert(*key);
    }
    assert_eq!(known.get(&all[0].address()), None, "however often it was asked for before");
}
