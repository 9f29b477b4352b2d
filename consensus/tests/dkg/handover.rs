//! A key that is handed on while members leave and join, as logs in a chain would have it.

use std::num::NonZeroU32;

use bytes::Bytes;
use pelton_consensus::dkg::ceremony::Effect;
use pelton_consensus::dkg::{Failed, Handover, Outcome, Part, public_key};
use pelton_consensus::formats::certify;
use pelton_consensus::{Committee, Secret, deal, verify_certificate};

use super::{DEALING, ID, identity};

/// Those who take part, by key.
type Parts = Vec<([u8; 32], Handover)>;

fn dealt(members: u32) -> (Committee, Vec<Secret>) {
    deal([9; 32], b"a chain", NonZeroU32::new(members).expect("there are members"))
}

fn keys(of: &[Secret], newcomers: &[u8]) -> Vec<[u8; 32]> {
    let newcomers = newcomers.iter().map(|index| public_key(&identity(*index)));
    of.iter().map(Secret::public_key).chain(newcomers).collect()
}

/// Those who hold these shares, and those who are new.
fn parts(number: u64, from: &Committee, secrets: &[Secret], to: &[[u8; 32]], newcomers: &[u8]) -> Parts {
    let members = secrets.iter().map(|secret| (secret.public_key(), Part::Member(secret)));
    let newcomers = newcomers.iter().map(|index| identity(*index));
    let newcomers = newcomers.map(|identity| (public_key(&identity), Part::Newcomer(identity)));
    let part = |(at, (key, part)): (usize, ([u8; 32], Part<'_>))| {
        let seed = [(16 * number) as u8 + at as u8; 32];
        (key, Handover::new(number, from, to, part, seed).expect("it has a part"))
    };
    members.chain(newcomers).enumerate().map(part).collect()
}

fn sent(effects: Vec<Effect>) -> impl Iterator<Item = ([u8; 32], Bytes)> {
    effects.into_iter().map(|effect| match effect {
        Effect::Send(to, bytes) => (to, bytes),
        Effect::Keep(_) => panic!("nothing is to be kept here"),
    })
}

/// Lets them deal, of which a third is lost, and gives their logs.
fn logs(parts: &mut Parts, bend: &dyn Fn(&[u8; 32], Bytes) -> Bytes) -> Vec<Bytes> {
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    for dealer in (0..16).flat_map(|_| 0..parts.len()).collect::<Vec<_>>() {
        let from = parts[dealer].0;
        for (to, bytes) in sent(parts[dealer].1.tick()) {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            let player = parts.iter().position(|(key, _)| *key == to);
            let Some(player) = player.filter(|_| !(noise >> 20).is_multiple_of(3)) else { continue };
            let answers = parts[player].1.hear(from, &bend(&from, bytes)).expect("it is a message");
            for (back, ack) in sent(answers) {
                assert_eq!((back, parts[dealer].1.hear(to, &ack)), (from, Some(Vec::new())));
            }
        }
    }
    parts.iter_mut().filter_map(|(_, one)| one.close()).collect()
}

fn straight(_: &[u8; 32], bytes: Bytes) -> Bytes {
    bytes
}

/// All include the same chain, and come to the same.
fn finish(mut parts: Parts, chain: &[Bytes]) -> Vec<Result<Outcome, Failed>> {
    let mut counted: Vec<Vec<bool>> = Vec::new();
    for (_, one) in &mut parts {
        counted.push(chain.iter().map(|log| one.include(log)).collect());
    }
    assert!(counted.iter().all(|one| *one == counted[0]), "what counts is the same for all");
    parts.into_iter().map(|(_, one)| one.finish()).collect()
}

/// That all have the same committee, with the key of before, and gives it with the secrets of its members.
fn check(before: &Committee, done: Vec<Result<Outcome, Failed>>) -> (Committee, Vec<Secret>) {
    let outcomes: Vec<Outcome> = done.into_iter().map(|one| one.expect("the key is handed on")).collect();
    let committee = outcomes[0].committee.clone();
    assert!(outcomes.iter().all(|one| one.committee == committee), "one committee");
    assert_eq!(committee.group_key(), before.group_key());
    assert_eq!(committee.namespace(), before.namespace());
    let mut secrets: Vec<Secret> = outcomes.into_iter().filter_map(|one| one.secret).collect();
    secrets.sort_by_key(|secret| committee.index_of(secret).expect("a share of this committee"));
    let certificate = certify(&committee, &secrets[..committee.quorum()], ID).expect("they are a quorum");
    let certified = verify_certificate(b"a chain", &before.group_key(), &certificate);
    assert_eq!(certified.expect("the group has signed").id, ID);
    assert_eq!(certify(&committee, &secrets[..committee.quorum() - 1], ID), None);
    (committee, secrets)
}

#[test]
fn members_leave_and_join_and_the_key_stays() {
    let (first, mut secrets) = dealt(4);
    let mut committee = first.clone();
    // One leaves for one who joins; then three join; then three leave for one who joins.
    for (number, (leave, join)) in [(1, &[20][..]), (0, &[21, 22, 23]), (3, &[24])].into_iter().enumerate() {
        let to = keys(&secrets[leave..], join);
        let mut parts = parts(number as u64, &committee, &secrets, &to, join);
        let chain = logs(&mut parts, &straight);
        assert_eq!(chain.len(), secrets.len(), "each of the old has a log, and none of the new");
        let (next, new_secrets) = check(&committee, finish(parts, &chain));
        assert_eq!(next.size(), to.len());
        assert!(
            secrets.iter().all(|old| next.index_of(old).is_none()),
            "old shares are none of the new ones"
        );
        committee = next;
        secrets = new_secrets;
    }
    assert_eq!((committee.group_key(), committee.size()), (first.group_key(), 5));
}

#[test]
fn a_quorum_of_old_and_new_shares_together_signs_nothing() {
    let (old, old_secrets) = dealt(4);
    let to = keys(&old_secrets, &[]);
    let mut parts = parts(1, &old, &old_secrets, &to, &[]);
    let chain = logs(&mut parts, &straight);
    let (new, new_secrets) = check(&old, finish(parts, &chain));
    let mixed = [old_secrets[0].clone(), new_secrets[1].clone(), new_secrets[2].clone()];
    for committee in [&old, &new] {
        let made = certify(committee, &mixed, ID);
        let key = old.group_key();
        assert!(made.is_none_or(|made| verify_certificate(b"a chain", &key, &made).is_err()));
    }
}

#[test]
fn a_minority_that_is_silent_or_deals_wrongly_keeps_nobody_from_it() {
    for members in [4, 7] {
        let (old, secrets) = dealt(members);
        let faulty = (members as usize - 1) / 3;
        let to = keys(&secrets[1..], &[30]);
        // The last are away.
        let mut silent = parts(1, &old, &secrets[..secrets.len() - faulty], &to, &[30]);
        let chain = logs(&mut silent, &straight);
        check(&old, finish(silent, &chain));
        // The last deal wrongly: to the others, points that do not lie where they say.
        let wrong = keys(&secrets[secrets.len() - faulty..], &[]);
        let bend = move |from: &[u8; 32], bytes: Bytes| {
            let mut bytes = bytes.to_vec();
            if bytes[8] == DEALING && wrong.contains(from) {
                *bytes.last_mut().expect("it has bytes") ^= 1;
            }
            bytes.into()
        };
        let mut all = parts(1, &old, &secrets, &to, &[30]);
        let chain = logs(&mut all, &bend);
        check(&old, finish(all, &chain));
    }
}

#[test]
fn too_few_logs_change_nothing_and_other_bytes_in_the_chain_count_for_nothing() {
    let (old, secrets) = dealt(4);
    let to = keys(&secrets[1..], &[30]);
    let mut all = parts(1, &old, &secrets, &to, &[30]);
    let mut chain = logs(&mut all, &straight);
    let mut others = parts(2, &old, &secrets, &to, &[30]);
    let of_another_round = logs(&mut others, &straight);
    let is_too_few =
        |one: &Result<Outcome, Failed>| matches!(one, Err(Failed::TooFew { required: 3, found: 2, .. }));
    let few = finish(others, &of_another_round[..2]);
    assert!(few.iter().all(is_too_few), "{few:?}");

    let cut = chain[0].slice(..chain[0].len() - 1);
    chain.splice(0..0, of_another_round.into_iter().chain([Bytes::new(), cut, chain[1].clone()]));
    check(&old, finish(all, &chain));
}

#[test]
fn who_has_no_part_is_told_so() {
    let (old, secrets) = dealt(4);
    let stranger = Handover::new(1, &old, &keys(&secrets, &[]), Part::Newcomer(identity(40)), [0; 32]);
    assert!(matches!(stranger.err(), Some(Failed::Unfit(_))));
    let twice = [secrets[0].public_key(); 2];
    let part = Part::Member(&secrets[0]);
    assert!(matches!(Handover::new(1, &old, &twice, part, [0; 32]).err(), Some(Failed::Unfit(_))));
    assert!(matches!(Handover::new(1, &old, &[], part, [0; 32]).err(), Some(Failed::Unfit(_))));
}
