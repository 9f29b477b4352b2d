//! Which keys get a place, who keeps it, and that nobody is sent to one that is being written.

use std::sync::Arc;

use super::ids::{Secrets, id};
use super::{Answer, Places, Plan, Scheme};
use crate::signatures::{NO_CLAIM, Signatures};

const NONE: [u8; 20] = NO_CLAIM;

/// A batch by these accounts, as keys of ed25519 or as claims.
fn batch(scheme: Scheme, accounts: &[u8]) -> Signatures {
    let mut batch = Signatures::new(scheme);
    for account in accounts {
        match scheme {
            Scheme::Ed25519 => batch.push_ed25519(b"", &[0; 64], &[*account; 32]),
            Scheme::Secp256k1 => batch.push_secp256k1(b"", &[0; 64], 0, Some(&[*account; 20])),
        }
    }
    batch
}

/// All of them are valid, and by these accounts.
fn valid(accounts: &[u8]) -> Vec<Answer> {
    let answer = |account: &u8| {
        let mut answer = [0; 32];
        answer[0] = 1;
        answer[1..21].fill(*account);
        answer
    };
    accounts.iter().map(answer).collect()
}

/// What is to be done with two batches, which are looked up in so many parts.
fn planned_in(places: &mut Places, [first, second]: [&Signatures; 2], parts: usize) -> Plan {
    let (look, count) = (places.look(), first.len() + second.len());
    let range = |part: usize| part * count / parts..(part + 1) * count / parts;
    let found: Vec<_> = (0..parts).map(|part| look.up(first, second, range(part))).collect();
    places.plan(look.batch, first.len(), &found)
}

fn planned(places: &mut Places, scheme: Scheme, accounts: &[u8]) -> Plan {
    planned_in(places, [&Signatures::new(scheme), &batch(scheme, accounts)], 1)
}

/// Plans a batch, of which all are valid, and gives how many keys were known and how many came.
fn answered(places: &mut Places, scheme: Scheme, accounts: &[u8]) -> (usize, usize) {
    let plan = planned(places, scheme, accounts);
    places.learn(&plan, &valid(accounts));
    (plan.known, plan.new)
}

#[test]
fn a_key_is_known_from_its_third_valid_signature_on() {
    for scheme in [Scheme::Ed25519, Scheme::Secp256k1] {
        let mut places = Places::new(scheme, 4);
        assert_eq!(answered(&mut places, scheme, &[7, 8]), (0, 0));
        assert_eq!(answered(&mut places, scheme, &[7, 9]), (0, 1));
        let plan = planned(&mut places, scheme, &[9, 7, 8, 7]);
        assert_eq!((plan.known, plan.new), (2, 1), "one in four may bring a key");
        assert_eq!(plan.tasks.iter().map(|task| task.signature).collect::<Vec<_>>(), [1, 3, 0, 2]);
        assert!(plan.tasks[0].place == plan.tasks[1].place && plan.tasks[2].place != plan.tasks[0].place);
    }
}

#[test]
fn a_key_that_is_still_being_written_is_known_to_nobody() {
    let mut places = Places::new(Scheme::Ed25519, 4);
    answered(&mut places, Scheme::Ed25519, &[7]);
    let coming = planned(&mut places, Scheme::Ed25519, &[7]);
    let beside = planned(&mut places, Scheme::Ed25519, &[7]);
    assert_eq!((coming.new, beside.known, beside.new), (1, 0, 0));
    places.learn(&beside, &valid(&[7]));
    assert_eq!(planned(&mut places, Scheme::Ed25519, &[7]).known, 0);
    places.learn(&coming, &valid(&[7]));
    assert_eq!(planned(&mut places, Scheme::Ed25519, &[7]).known, 1);
}

#[test]
fn what_proves_invalid_gets_no_place_and_a_false_claim_gives_nobody_one() {
    for (scheme, wrong) in [(Scheme::Ed25519, [0; 32]), (Scheme::Secp256k1, valid(&[8])[0])] {
        let mut places = Places::new(scheme, 4);
        for _ in 0..3 {
            let plan = planned(&mut places, scheme, &[7]);
            assert_eq!(plan.new, 0, "only a valid one counts");
            places.learn(&plan, &[wrong]);
        }
        answered(&mut places, scheme, &[7]);
        let plan = planned(&mut places, scheme, &[7]);
        assert_eq!(plan.new, 1);
        places.learn(&plan, &[wrong]);
        assert_eq!(places.len(), 0);
        assert_eq!(answered(&mut places, scheme, &[7]), (0, 1), "its place was free again");
    }
}

#[test]
fn a_place_is_not_given_away_while_a_batch_uses_it() {
    let mut places = Places::new(Scheme::Ed25519, 1);
    for _ in 0..2 {
        answered(&mut places, Scheme::Ed25519, &[7]);
    }
    let using = planned(&mut places, Scheme::Ed25519, &[7]);
    assert_eq!(using.known, 1);
    for _ in 0..20 {
        assert_eq!(answered(&mut places, Scheme::Ed25519, &[8]), (0, 0));
    }
    places.learn(&using, &valid(&[7]));
    let came: usize = (0..20).map(|_| answered(&mut places, Scheme::Ed25519, &[8]).1).sum();
    assert_eq!(came, 1, "once its use is over");
    assert_eq!(planned(&mut places, Scheme::Ed25519, &[7, 8]).known, 1);
}

#[test]
fn keys_in_use_stay_while_others_come_and_there_are_never_more_than_allowed() {
    let mut places = Places::new(Scheme::Ed25519, 8);
    for _ in 0..3 {
        answered(&mut places, Scheme::Ed25519, &[200]);
    }
    for stranger in 0..100_u8 {
        for _ in 0..2 {
            answered(&mut places, Scheme::Ed25519, &[stranger]);
        }
        assert_eq!(answered(&mut places, Scheme::Ed25519, &[200]).0, 1, "after {stranger}");
        assert!(places.places.len() <= 8 && places.len() <= 8);
        assert!(places.waiting.len() <= 1 && places.coming.is_empty() && places.in_flight.is_empty());
    }
    let mut none = Places::new(Scheme::Ed25519, 0);
    (0..5).for_each(|_| assert_eq!(answered(&mut none, Scheme::Ed25519, &[7]), (0, 0)));
}

#[test]
fn claims_are_not_followed_where_most_of_them_prove_false_and_are_again_when_they_are_true() {
    let mut places = Places::new(Scheme::Secp256k1, 4);
    for _ in 0..2 {
        answered(&mut places, Scheme::Secp256k1, &[7]);
    }
    let mut follow = |by: u8| {
        let plan = planned(&mut places, Scheme::Secp256k1, &[7; 64]);
        places.learn(&plan, &valid(&[by; 64]));
        plan.known == 64
    };
    assert!((0..10).all(|_| follow(7)));
    for _ in 0..60 {
        follow(8);
    }
    assert!(!follow(8), "they cost more than they spare");
    for _ in 0..60 {
        follow(7);
    }
    assert!(follow(7));
}

#[test]
fn without_a_claim_there_is_no_key_and_the_first_known_answers_are_found_without_one() {
    let mut nobody = Signatures::new(Scheme::Secp256k1);
    nobody.push_secp256k1(b"", &[0; 64], 0, None);
    assert_eq!((id(&nobody, 0), nobody.claims()[0]), (None, NONE));
    let mut places = Places::new(Scheme::Ed25519, 4);
    let (first, second) = (batch(Scheme::Ed25519, &[7; 4]), batch(Scheme::Ed25519, &[7]));
    for (known, apart) in [(0, &[0, 1, 2, 3][..]), (0, &[0, 1, 3]), (3, &[0, 1])] {
        let plan = planned_in(&mut places, [&first, &second], 1);
        assert_eq!(plan.known, known);
        let first = plan.tasks[plan.known..][..plan.first].iter().map(|task| task.signature);
        assert_eq!(first.collect::<Vec<_>>(), apart, "and they stand apart");
        places.learn(&plan, &valid(&[7; 5]));
    }
}

#[test]
fn a_batch_that_is_looked_up_in_parts_is_planned_like_one_that_is_not() {
    for scheme in [Scheme::Ed25519, Scheme::Secp256k1] {
        let secrets = Secrets::new();
        let plans = [1, 2, 7].map(|parts| {
            let mut places = Places::new(scheme, 16);
            Arc::get_mut(&mut places.index).expect("nobody looks anything up").secrets = secrets.clone();
            let first = batch(scheme, &[99; 4]);
            let mut plan = Plan::without_keys(0);
            for round in 0..6_u8 {
                let accounts: Vec<_> = (0..40).map(|index| index * (round + 1) % 23).collect();
                plan = planned_in(&mut places, [&first, &batch(scheme, &accounts)], parts);
                let all = [&[99; 4], &accounts[..]].concat();
                places.learn(&plan, &valid(&all));
            }
            (plan.known, plan.first, plan.new, plan.tasks)
        });
        assert!(plans[0].0 > 10 && plans[0].3.len() == 44, "{scheme:?}: {}", plans[0].0);
        assert!(plans[1..].iter().all(|plan| *plan == plans[0]), "{scheme:?}");
    }
}

#[test]
fn a_key_that_lost_its_place_is_found_no_more_and_its_place_waits_for_who_may_have_found_it() {
    let mut places = Places::new(Scheme::Ed25519, 1);
    (0..2).for_each(|come| assert_eq!(answered(&mut places, Scheme::Ed25519, &[7]), (0, come)));
    let looking = places.look();
    // Others come and take the place away, while a thread has not yet looked up what it is to.
    (0..20).for_each(|_| assert_eq!(answered(&mut places, Scheme::Ed25519, &[8]).1, 0));
    let (none, late) = (Signatures::new(Scheme::Ed25519), batch(Scheme::Ed25519, &[7]));
    let plan = places.plan(looking.batch, 0, &[looking.up(&none, &late, 0..1)]);
    assert_eq!((plan.known, plan.new), (0, 0));
    assert_eq!(answered(&mut places, Scheme::Ed25519, &[8]), (0, 0), "it still waits");
    places.learn(&plan, &valid(&[7]));
    assert_eq!(answered(&mut places, Scheme::Ed25519, &[8]), (0, 1));
}
