//! Keys that nobody has ever held, made by members of whom some are absent, deal wrongly or say two things.

#[path = "dkg/handover.rs"]
mod handover;
#[path = "dkg/terms.rs"]
mod terms;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use pelton_consensus::dkg::ceremony::{Ceremony, Effect, Terms};
use pelton_consensus::dkg::{Failed, Outcome, public_key};
use pelton_consensus::formats::certify;
use pelton_consensus::{BlockId, verify_certificate};

const TICK: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(5);
const ID: BlockId = BlockId([0x33; 32]);
/// First byte of a message behind the number of its round.
const DEALING: u8 = 0;
const ACK: u8 = 1;
const LOG: u8 = 2;

/// What comes of a message that one of these sends to the other.
type Bend = dyn Fn(&[u8; 32], &[u8; 32], Bytes) -> Option<Bytes>;

/// Members around a table, some of whom are there twice.
struct Table {
    terms: Terms,
    /// By key and by copy.
    seats: Vec<([u8; 32], Ceremony)>,
    kept: BTreeMap<[u8; 32], Vec<Vec<u8>>>,
    now: Duration,
    noise: u64,
    lost_per_hundred: u64,
    /// This seat hears no ack of that member.
    deaf: Option<(usize, [u8; 32])>,
}

fn identity(index: u8) -> [u8; 32] {
    [index + 1; 32]
}

fn terms(members: u8, absent_max: usize) -> Terms {
    let members = (0..members).map(|index| public_key(&identity(index))).collect();
    Terms { members, number: 3, absent_max, patience: PATIENCE }
}

impl Table {
    /// With these of the members.
    fn new(members: u8, absent_max: usize, present: impl Iterator<Item = u8>) -> Table {
        let terms = terms(members, absent_max);
        let mut table = Table {
            terms,
            seats: Vec::new(),
            kept: BTreeMap::new(),
            now: Duration::ZERO,
            noise: 0x2545_f491_4f6c_dd1d,
            lost_per_hundred: 10,
            deaf: None,
        };
        present.for_each(|index| table.seat(index));
        table
    }

    fn seat(&mut self, index: u8) {
        let key = public_key(&identity(index));
        let kept = self.kept.get(&key).cloned().unwrap_or_default();
        let ceremony = Ceremony::new(self.terms.clone(), identity(index), [index + 100; 32], &kept);
        self.seats.push((key, ceremony.expect("it is a member")));
    }

    fn noise(&mut self, below: u64) -> u64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        (self.noise >> 20) % below
    }

    /// One tick of all, and all messages that come of it.
    fn turn(&mut self, bend: &Bend) {
        self.now += TICK;
        let mut under_way = Vec::new();
        for seat in 0..self.seats.len() {
            let effects = self.seats[seat].1.tick(self.now);
            self.apply(seat, effects, &mut under_way, bend);
        }
        while !under_way.is_empty() {
            let next = self.noise(under_way.len() as u64) as usize;
            let (from, to, bytes) = under_way.swap_remove(next);
            if self.noise(100) < self.lost_per_hundred {
                continue;
            }
            let to: Vec<usize> = (0..self.seats.len()).filter(|seat| self.seats[*seat].0 == to).collect();
            for seat in to {
                if bytes[8] == ACK && self.deaf == Some((seat, from)) {
                    continue;
                }
                let effects = self.seats[seat].1.hear(from, &bytes).expect("members send messages");
                self.apply(seat, effects, &mut under_way, bend);
            }
        }
    }

    fn apply(
        &mut self,
        seat: usize,
        effects: Vec<Effect>,
        under_way: &mut Vec<([u8; 32], [u8; 32], Bytes)>,
        bend: &Bend,
    ) {
        let me = self.seats[seat].0;
        for effect in effects {
            match effect {
                Effect::Keep(bytes) => self.kept.entry(me).or_default().push(bytes.to_vec()),
                Effect::Send(to, bytes) => {
                    under_way.extend(bend(&me, &to, bytes).map(|bytes| (me, to, bytes)));
                }
            }
        }
    }

    /// Until so many are done, which takes that many turns at most.
    fn until_done(&mut self, count: usize, turns: u32, bend: &Bend) {
        for _ in 0..turns {
            if self.seats.iter().filter(|(_, one)| one.is_agreed()).count() >= count {
                return;
            }
            self.turn(bend);
        }
        let standing: Vec<_> = self.seats.iter().map(|(_, one)| one.standing()).collect();
        panic!("not done after {turns} turns: {standing:?}");
    }

    fn outcomes(self) -> Vec<Outcome> {
        let finish =
            |(_, one): ([u8; 32], Ceremony)| one.finish().map(|done| done.expect("it can be finished"));
        self.seats.into_iter().filter_map(finish).collect()
    }
}

fn straight(_: &[u8; 32], _: &[u8; 32], bytes: Bytes) -> Option<Bytes> {
    Some(bytes)
}

/// That all have the same key, whose certificates any quorum of their shares makes and fewer do not.
fn check(outcomes: &[Outcome]) {
    let committee = &outcomes[0].committee;
    assert!(outcomes.iter().all(|one| one.committee == *committee), "one key");
    let secrets: Vec<_> = outcomes.iter().map(|one| one.secret.clone().expect("a share")).collect();
    assert!(secrets.iter().all(|secret| committee.index_of(secret).is_some()), "shares of that key");
    let quorum = committee.quorum();
    for some in [&secrets[..quorum], &secrets[secrets.len() - quorum..]] {
        let certificate = certify(committee, some, ID).expect("they are a quorum");
        let certified = verify_certificate(b"", &committee.group_key(), &certificate);
        assert_eq!(certified.expect("the group has signed").id, ID);
    }
    assert_eq!(certify(committee, &secrets[..quorum - 1], ID), None, "fewer make nothing");
}

fn largest_minority(members: u8) -> u8 {
    (members - 1) / 3
}

#[test]
fn members_who_all_do_as_they_should_share_a_key_and_reveal_nothing() {
    for members in [1, 4, 7] {
        let mut table = Table::new(members, 0, 0..members);
        table.until_done(members.into(), 60, &straight);
        let outcomes = table.outcomes();
        check(&outcomes);
        assert!(outcomes.iter().all(|one| one.revealed.is_empty()));
        assert_eq!(outcomes[0].dealers.len(), outcomes[0].committee.quorum());
    }
}

#[test]
fn a_minority_may_be_absent_if_that_was_agreed_on() {
    for members in [4, 7, 16] {
        let faulty = largest_minority(members);
        let mut table = Table::new(members, faulty.into(), 0..members - faulty);
        table.until_done((members - faulty).into(), 120, &straight);
        let outcomes = table.outcomes();
        check(&outcomes);
        // Nobody has acknowledged for them, so everybody knows their shares.
        assert_eq!(outcomes[0].revealed.len(), usize::from(faulty));
    }
}

#[test]
fn without_such_an_agreement_all_wait_for_the_absent_one_and_nothing_is_signed() {
    let mut table = Table::new(4, 0, 0..3);
    (0..200).for_each(|_| table.turn(&straight));
    assert!(table.kept.is_empty(), "no log, no confirmation");
    let absent = public_key(&identity(3));
    assert!(table.seats.iter().all(|(_, one)| one.standing().absent == [absent]));
    table.seat(3);
    table.until_done(4, 60, &straight);
    check(&table.outcomes());
}

#[test]
fn who_deals_wrongly_is_found_out_and_takes_no_part_in_the_key() {
    for members in [4, 7, 16] {
        let faulty = largest_minority(members);
        let wrong: Vec<_> = (0..faulty).map(|index| public_key(&identity(index))).collect();
        let dealers = wrong.clone();
        // The last byte of a dealing is one of the point.
        let bend = move |from: &[u8; 32], _: &[u8; 32], bytes: Bytes| {
            let mut bytes = bytes.to_vec();
            if bytes[8] == DEALING && dealers.contains(from) {
                *bytes.last_mut().expect("it has bytes") ^= 1;
            }
            Some(bytes.into())
        };
        let mut table = Table::new(members, faulty.into(), 0..members);
        table.until_done(members.into(), 120, &bend);
        for (key, one) in &table.seats {
            assert!(wrong.iter().filter(|one| *one != key).all(|key| one.standing().wrong.contains(key)));
        }
        let outcomes = table.outcomes();
        check(&outcomes);
        assert!(outcomes[0].dealers.iter().all(|dealer| !wrong.contains(dealer)));
        assert!(outcomes[0].revealed.is_empty(), "those who acknowledge keep their shares to themselves");
    }
}

#[test]
fn who_signs_two_logs_is_found_out_and_takes_no_part_in_the_key() {
    let double = public_key(&identity(1));
    let mut table = Table::new(4, 1, 0..4);
    // A copy of the same member deals the same, and misses an ack, so that it closes another log.
    table.seat(1);
    table.deaf = Some((4, public_key(&identity(0))));
    let no_logs = |_: &[u8; 32], _: &[u8; 32], bytes: Bytes| (bytes[8] != LOG).then_some(bytes);
    (0..40).for_each(|_| table.turn(&no_logs));
    table.until_done(5, 100, &straight);
    for (key, one) in &table.seats {
        assert!(*key == double || one.standing().wrong == [double], "both of its logs are known");
    }
    table.seats.retain(|(key, _)| *key != double);
    let outcomes = table.outcomes();
    check(&outcomes);
    assert!(!outcomes[0].dealers.contains(&double));
}

#[test]
fn a_member_that_is_started_again_at_any_time_gets_the_same_share() {
    for after in 1..12 {
        let mut table = Table::new(4, 0, 0..4);
        (0..after).for_each(|_| table.turn(&straight));
        let at = table.seats.iter().position(|(key, _)| *key == public_key(&identity(2)));
        drop(table.seats.remove(at.expect("it is there")));
        table.seat(2);
        table.until_done(4, 100, &straight);
        let outcomes = table.outcomes();
        check(&outcomes);
        assert!(outcomes.iter().all(|one| one.revealed.is_empty()));
    }
}

#[test]
fn what_is_no_message_or_from_no_member_is_refused() {
    let mut table = Table::new(4, 0, 0..4);
    let member = public_key(&identity(1));
    let one = &mut table.seats[0].1;
    for bytes in [&[][..], &[0; 8], &[0; 9], &[9; 9], &[0; 200]] {
        assert_eq!(one.hear(member, &Bytes::copy_from_slice(bytes)), None);
    }
    let Some(Effect::Send(_, said)) = one.tick(TICK).pop() else { panic!("it says what it has") };
    assert_eq!(one.hear(public_key(&[77; 32]), &said), None);
    assert!(one.hear(member, &said).is_some());
}

#[test]
fn terms_that_cannot_be_are_refused_in_words() {
    let refused = |terms: Terms, index: u8| match Ceremony::new(terms, identity(index), [0; 32], &[]) {
        Err(Failed::Unfit(words)) => words,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(refused(terms(4, 2), 0), "of 4 members, 1 may be absent at most");
    assert_eq!(refused(terms(4, 0), 9), "this key is no member's");
    let twice = Terms { members: vec![public_key(&identity(0)); 2], ..terms(4, 0) };
    assert_eq!(refused(twice, 0), "a member is named twice");
}
