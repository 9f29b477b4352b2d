//! `Event`: what befalls a cluster, and when.

use std::time::Duration;

use pelton_pipeline::random::Random;

use super::millis;
use crate::device::Ailment;

/// What befalls the cluster at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Those of one side and the rest do not hear each other.
    Part(Vec<bool>),
    /// One does not hear another.
    Deafen(usize, usize),
    /// Votes to finalize are lost, all of them and nothing else, until all heals.
    LoseFinality,
    /// All ways are open again.
    Join,
    /// A validator dies, with or without its power, and comes back so much later.
    Kill(usize, bool, Duration),
    /// So many of a thousand operations on a validator's disk fail, until it has died of it.
    Fail(usize, u64),
    /// A validator's disk has room for so many bytes more, until it has died of it.
    Fill(usize, u64),
    /// A validator dies, and bits of its chain's files have changed when it comes back so much later.
    Rot(usize, Duration),
    /// A validator dies, and bits of the files of its core have changed when it comes back: of the newest votes, or of any.
    RotCore(usize, bool, Duration),
    /// Something ails a validator's device, or nothing any more.
    Ail(usize, Option<Ailment>),
}

/// What goes wrong before all heals, in order.
pub(super) fn events(random: &mut Random, validators: usize, heals: Duration) -> Vec<(Duration, Event)> {
    let count = random.below(6);
    let mut events: Vec<_> = (0..count)
        .map(|_| (millis(random, 100, heals.as_millis() as u64), event(random, validators)))
        .collect();
    if random.below(16) == 0 {
        // The power goes for all of them at once.
        let at = millis(random, 200, heals.as_millis() as u64);
        events.extend((0..validators).map(|member| (at, Event::Kill(member, true, millis(random, 10, 600)))));
    }
    events
}

fn event(random: &mut Random, validators: usize) -> Event {
    let one = random.below(validators as u64) as usize;
    match random.below(11) {
        0 | 1 => Event::Part((0..validators).map(|_| random.below(2) == 0).collect()),
        2 => Event::Deafen(one, random.below(validators as u64) as usize),
        3 | 4 => Event::Join,
        5 | 6 => Event::Kill(one, true, millis(random, 1, 900)),
        7 => Event::Kill(one, false, millis(random, 1, 900)),
        8 => Event::Fail(one, 1 + random.below(60)),
        9 => Event::Fill(one, random.below(20_000)),
        _ => Event::Rot(one, millis(random, 1, 500)),
    }
}

/// What ails the devices of those who have one.
pub(super) fn ailments(random: &mut Random, devices: &[bool], heals: Duration) -> Vec<(Duration, Event)> {
    let mut events = Vec::new();
    for member in (0..devices.len()).filter(|member| devices[*member]) {
        for _ in 0..random.below(4) {
            let drawn = Ailment::ALL[random.below(Ailment::ALL.len() as u64) as usize];
            let ailment = (random.below(4) > 0).then_some(drawn);
            events.push((millis(random, 0, heals.as_millis() as u64), Event::Ail(member, ailment)));
        }
    }
    events
}

/// Bits of the files of this one's core change.
pub(super) fn rot_of_core(random: &mut Random, member: usize, heals: Duration) -> (Duration, Event) {
    let at = millis(random, 100, heals.as_millis() as u64);
    (at, Event::RotCore(member, random.below(2) == 0, millis(random, 0, 200)))
}

/// In one run of six, votes to finalize are lost for a while.
pub(super) fn loss_of_finality(random: &mut Random, heals: Duration) -> Option<(Duration, Event)> {
    let at = millis(random, 100, heals.as_millis() as u64);
    (random.below(6) == 0).then_some((at, Event::LoseFinality))
}
