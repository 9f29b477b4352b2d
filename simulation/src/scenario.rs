//! `Scenario`: everything that a seed decides before a run begins.
//!
//! ```text
//!   0 ──────────────── faults, one after the other ────────────────> heals ───────── bound ─────────> end at the latest
//!     transactions come in                                             what was lost comes again
//! ```
//!
//! At most f validators of 3f + 1 misbehave. All others are honest, and any number of them may be killed, lose power, or have disks
//! that fail: what they have promised is on the disk. After the moment at which all heals nothing more goes wrong but what the
//! villains do.

use std::time::Duration;

use pelton_consensus::Timing;
use pelton_consensus::cluster::{Misdeed, Pace, Way};
use pelton_pipeline::random::Random;
use pelton_workloads::{Name, Scheme, Spec};

/// What is chosen rather than drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Validators; 4 or 7 if it is drawn.
    pub validators: Option<u32>,
    /// What the villains do, if it is not drawn.
    pub villainy: Option<Villainy>,
    /// Nothing goes wrong but what villains do.
    pub is_calm: bool,
    /// A fault that must be found.
    pub plant: Option<Plant>,
}

/// Faults that break a promise, to show that who looks for them finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The files of the chain are never synced.
    ForgottenSync,
    /// The files of consensus are never synced, so that a validator forgets how it has voted.
    ForgottenVotes,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 2] = [Plant::ForgottenSync, Plant::ForgottenVotes];

    /// Its name on command lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Plant::ForgottenSync => "forgotten-sync",
            Plant::ForgottenVotes => "forgotten-votes",
        }
    }
}

/// What a validator does that it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Villainy {
    /// Nothing.
    None,
    /// Something on the network.
    Deed(Misdeed),
    /// It proposes blocks that break the rules.
    ProposesInvalid,
}

impl Villainy {
    /// Every misdeed.
    pub const ALL: [Villainy; 6] = [
        Villainy::Deed(Misdeed::ALL[0]),
        Villainy::Deed(Misdeed::ALL[1]),
        Villainy::Deed(Misdeed::ALL[2]),
        Villainy::Deed(Misdeed::ALL[3]),
        Villainy::Deed(Misdeed::ALL[4]),
        Villainy::ProposesInvalid,
    ];

    /// Its name on command lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Villainy::None => "none",
            Villainy::Deed(Misdeed::Equivocates) => "equivocates",
            Villainy::Deed(Misdeed::VotesTwice) => "votes-twice",
            Villainy::Deed(Misdeed::Withholds) => "withholds",
            Villainy::Deed(Misdeed::Corrupts) => "corrupts",
            Villainy::Deed(Misdeed::Floods) => "floods",
            Villainy::ProposesInvalid => "proposes-invalid",
        }
    }
}

/// What befalls the cluster at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Those of one side and the rest do not hear each other.
    Part(Vec<bool>),
    /// One does not hear another.
    Deafen(usize, usize),
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
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The seed.
    pub seed: u64,
    /// Validators.
    pub validators: usize,
    /// What each does that it must not.
    pub villainy: Vec<Villainy>,
    /// Transactions and the state that they start from.
    pub workload: Spec,
    /// Every validator's clock.
    pub paces: Vec<Pace>,
    /// From each to each.
    pub ways: Vec<Vec<Way>>,
    /// How long validators wait.
    pub timing: Timing,
    /// The longest sync of the files of consensus.
    pub sync_max: Duration,
    /// Least time between blocks.
    pub block_interval: Duration,
    /// What befalls them, in order.
    pub events: Vec<(Duration, Event)>,
    /// After this nothing more goes wrong.
    pub heals: Duration,
    /// How long after that everything must be well again.
    pub bound: Duration,
    /// A fault that must be found.
    pub plant: Option<Plant>,
}

/// How long validators wait here: less than real ones, as a run is short.
const TIMING: Timing = Timing {
    leader: Duration::from_millis(300),
    certification: Duration::from_millis(600),
    retry: Duration::from_millis(400),
    skip: Duration::from_millis(3_000),
    fetch: Duration::from_millis(400),
};

fn millis(random: &mut Random, from: u64, to: u64) -> Duration {
    Duration::from_micros(1_000 * from + random.below(1_000 * (to - from) + 1))
}

impl Scenario {
    /// Draws it.
    pub fn draw(seed: u64, options: &Options) -> Scenario {
        let random = &mut Random::new(seed ^ 0x70e1_7030);
        let drawn = if random.below(4) == 0 { 7 } else { 4 };
        let validators = options.validators.unwrap_or(drawn) as usize;
        let villainy = villains(random, validators, options);
        let heals = if options.is_calm { Duration::from_millis(800) } else { millis(random, 1_200, 3_000) };
        let events = if options.is_calm { Vec::new() } else { events(random, validators, heals) };
        let name = [Name::Transfers, Name::Transfers, Name::Hostile, Name::Erc20][random.below(4) as usize];
        let scheme = Scheme::ALL[random.below(2) as usize];
        let workload = Spec {
            pattern: name.into(),
            scheme,
            accounts: 8 + random.below(8) as u32,
            transactions: 20 + random.below(30),
            seed: random.next_u64(),
        };
        Scenario {
            seed,
            validators,
            villainy,
            workload,
            paces: (0..validators).map(|_| pace(random)).collect(),
            ways: ways(random, validators, options.is_calm),
            timing: TIMING,
            sync_max: millis(random, 0, 8),
            block_interval: millis(random, 10, 60),
            events,
            heals,
            bound: Duration::from_secs(30),
            plant: options.plant,
        }
    }

    /// Whether a validator keeps the rules.
    pub fn is_honest(&self, member: usize) -> bool {
        self.villainy[member] == Villainy::None
    }
}

/// Up to f validators of 3f + 1 that misbehave, in two of three runs.
fn villains(random: &mut Random, validators: usize, options: &Options) -> Vec<Villainy> {
    let mut villainy = vec![Villainy::None; validators];
    let most = (validators as u64 - 1) / 3;
    let count = match options.villainy {
        None if random.below(3) == 0 => 0,
        None => 1 + random.below(most),
        Some(Villainy::None) => 0,
        Some(_) => most,
    };
    for _ in 0..count {
        let drawn = Villainy::ALL[random.below(Villainy::ALL.len() as u64) as usize];
        villainy[random.below(validators as u64) as usize] = options.villainy.unwrap_or(drawn);
    }
    villainy
}

/// A clock that is up to 400 ms off, and gains or loses up to 2 %.
fn pace(random: &mut Random) -> Pace {
    let from = Duration::from_millis(10_000 + random.below(400));
    Pace { from, per_second_us: 980_000 + random.below(40_001) as u32 }
}

fn ways(random: &mut Random, validators: usize, is_calm: bool) -> Vec<Vec<Way>> {
    let (delay, jitter) = (millis(random, 2, 40), millis(random, 0, 60));
    let is_lossy = !is_calm && random.below(2) == 0;
    let lost_per_mille = if is_lossy { random.below(60) as u32 } else { 0 };
    let doubled_per_mille = if random.below(2) == 0 { random.below(200) as u32 } else { 0 };
    let way = Way { is_open: true, delay, jitter, lost_per_mille, doubled_per_mille };
    let mut ways = vec![vec![way; validators]; validators];
    // One of them is further away than the others.
    let far = random.below(validators as u64) as usize;
    let more = millis(random, 0, 40);
    ways[far].iter_mut().for_each(|way| way.delay += more);
    ways.iter_mut().for_each(|ways| ways[far].delay += more);
    ways
}

fn events(random: &mut Random, validators: usize, heals: Duration) -> Vec<(Duration, Event)> {
    let count = random.below(6);
    let mut events: Vec<_> = (0..count)
        .map(|_| (millis(random, 100, heals.as_millis() as u64), event(random, validators)))
        .collect();
    if random.below(16) == 0 {
        // The power goes for all of them at once.
        let at = millis(random, 200, heals.as_millis() as u64);
        events.extend((0..validators).map(|member| (at, Event::Kill(member, true, millis(random, 10, 600)))));
    }
    events.sort_by_key(|(at, _)| *at);
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
