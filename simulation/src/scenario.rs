//! `Scenario`: everything that a seed decides before a run begins.
//!
//! ```text
//!   0 ──────────────── faults, one after the other ────────────────> heals ───────── bound ─────────> end at the latest
//!     transactions come in                                             what was lost comes again
//! ```
//!
//! At most f validators of 3f + 1 misbehave. All others are honest, and any number of them may be killed, lose power, or have disks
//! and devices that fail: what they have promised is on the disk. One whose core's files rot counts as one that misbehaves, since
//! it may have forgotten how it voted. After the moment at which all heals nothing more goes wrong but what the villains do.

mod event;
mod plant;
mod villainy;

use std::time::Duration;

use pelton_consensus::Timing;
use pelton_consensus::cluster::{Pace, Way};
use pelton_pipeline::random::Random;
use pelton_workloads::{Name, Scheme, Spec};

pub use self::event::Event;
pub use self::plant::Plant;
pub use self::villainy::Villainy;
use crate::device::Honesty;

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

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The seed.
    pub seed: u64,
    /// Validators.
    pub validators: usize,
    /// What each does that it must not.
    pub villainy: Vec<Villainy>,
    /// Whose core's files rot, if anybody's.
    pub frail: Option<usize>,
    /// Who has a device that verifies.
    pub devices: Vec<bool>,
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
        let villainy = villainy::villains(random, validators, options);
        let is_calm = options.is_calm || options.plant == Some(Plant::TooManyVillains);
        let heals = if is_calm { Duration::from_millis(800) } else { millis(random, 1_200, 3_000) };
        let mut events = if is_calm { Vec::new() } else { event::events(random, validators, heals) };
        let name = [Name::Transfers, Name::Transfers, Name::Hostile, Name::Erc20][random.below(4) as usize];
        let scheme = Scheme::ALL[random.below(2) as usize];
        let workload = Spec {
            pattern: name.into(),
            scheme,
            accounts: 8 + random.below(8) as u32,
            transactions: 20 + random.below(30),
            seed: random.next_u64(),
        };
        let paces = (0..validators).map(|_| pace(random)).collect();
        let ways = match options.plant {
            Some(Plant::TooManyVillains) => stories(&villainy),
            _ => ways(random, validators, is_calm),
        };
        let frail = if is_calm { None } else { frail(random, &villainy) };
        let devices = devices(random, validators, options);
        if !is_calm {
            events.extend(frail.map(|member| event::rot_of_core(random, member, heals)));
            events.extend(event::ailments(random, &devices, heals));
            // Drawn apart, so that a seed's other events are what they were.
            events.extend(event::loss_of_finality(&mut Random::new(seed ^ 0xf1a1_1055), heals));
        }
        events.sort_by_key(|(at, _)| *at);
        Scenario {
            seed,
            validators,
            villainy,
            frail,
            devices,
            workload,
            paces,
            ways,
            timing: TIMING,
            sync_max: millis(random, 0, 8),
            block_interval: millis(random, 10, 60),
            events,
            heals,
            bound: Duration::from_secs(30),
            plant: options.plant,
        }
    }

    /// Whether a validator keeps the rules, and has its wits about it.
    pub fn is_honest(&self, member: usize) -> bool {
        self.villainy[member] == Villainy::None && self.frail != Some(member)
    }

    /// What the device of a validator says where nobody knows better, if it has one.
    pub fn honesty(&self, member: usize) -> Option<Honesty> {
        match (self.villainy[member], self.plant) {
            (_, Some(Plant::UnquestionedDevices)) => Some(Honesty::LiesOfAll),
            (Villainy::LyingDevice, _) => Some(Honesty::LiesOfOne),
            _ => self.devices[member].then_some(Honesty::Honest),
        }
    }
}

/// One whose core's files rot, in one run of six, where there is room for one more that may misbehave.
fn frail(random: &mut Random, villainy: &[Villainy]) -> Option<usize> {
    let honest: Vec<usize> = (0..villainy.len()).filter(|at| villainy[*at] == Villainy::None).collect();
    let is_room = villainy.len() - honest.len() < villainy::most(villainy.len());
    let drawn = honest[random.below(honest.len() as u64) as usize];
    (is_room && random.below(6) == 0).then_some(drawn)
}

/// Who has a device: nobody in half of all runs, three of four in the others.
fn devices(random: &mut Random, validators: usize, options: &Options) -> Vec<bool> {
    let is_planted = options.plant.is_some_and(Plant::is_of_devices);
    let some = random.below(2) == 0 && !options.is_calm;
    (0..validators).map(|_| is_planted || (some && random.below(4) > 0)).collect()
}

/// Villains are near to everybody, and those who are told one story are far from those who are told the other.
fn stories(villainy: &[Villainy]) -> Vec<Vec<Way>> {
    let way = |from: usize, to: usize| {
        let is_apart = [from, to].iter().all(|at| villainy[*at] == Villainy::None) && from % 2 != to % 2;
        let delay = Duration::from_millis(if is_apart { 200 } else { 2 });
        Way { is_open: true, delay, jitter: Duration::ZERO, lost_per_mille: 0, doubled_per_mille: 0 }
    };
    let count = villainy.len();
    (0..count).map(|from| (0..count).map(|to| way(from, to)).collect()).collect()
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
