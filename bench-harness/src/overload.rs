//! What becomes of a pipeline that is offered more than it can take, and of honest clients beside a flood.
//!
//! ```text
//!   clients, a source each ─────┐
//!                               ├─> door ──> the whole pipeline ──> blocks: whose, how many, how late
//!   flood, sources of its own ──┘    │full
//!                                 refused
//! ```
//!
//! First the capacity: what is committed a second while there is always more to be had. Then multiples of it are offered,
//! and then a share of it by honest clients beside each kind of flood. Every round begins at genesis with a pipeline of its
//! own, and is real: threads, verification, shreds over sockets, execution, roots. What clients and flood cost themselves
//! is told apart, since they share the machine.
//!
//! On a machine that others use, too, a second has less in it. Goodput is given for each second in which the threads could
//! run: what the kernel says that they were ready and were given no core is taken off.

mod flood;
mod offer;
mod peaks;
mod round;
mod table;
mod traffic;

pub use flood::Kind;
pub use round::Round;
pub use table::Table;

use pelton_pipeline::verifying::choose;
use pelton_workloads::Scheme;

use crate::bench::BenchError;
use flood::Flood;
use offer::{Beside, Rate};
use round::{Ground, play};
use traffic::Clients;

/// Honest clients offer this share of the capacity beside a flood.
pub const HONEST_SHARE: f64 = 0.25;
/// A flood offers so many times the capacity.
pub const FLOOD_LOAD: f64 = 10.0;
/// Transactions of the round that tells how many will be needed.
const FIRST: u64 = 8_192;

/// What was offered, and what came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fate {
    /// Attempts, or transactions of patient clients.
    pub offered: u64,
    /// Those that the door took.
    pub taken: u64,
    /// Those that came into blocks.
    pub committed: u64,
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How transactions are signed.
    pub scheme: Scheme,
    /// Threads of the pipeline.
    pub threads: usize,
    /// What verifies, one of [`crate::kernels::CHOICES`].
    pub backend: String,
    /// How long each round offers.
    pub seconds: f64,
    /// Multiples of the capacity that are offered.
    pub loads: Vec<f64>,
    /// Floods that honest clients stand beside.
    pub floods: Vec<Kind>,
    /// What keys and choices follow from.
    pub seed: u64,
}

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    /// How it was.
    pub settings: Settings,
    /// With always more to be had.
    pub capacity: Round,
    /// By multiple of the capacity.
    pub loads: Vec<(f64, Round)>,
    /// Honest clients by themselves, what floods are compared with.
    pub alone: Round,
    /// By flood.
    pub floods: Vec<(Kind, Round)>,
}

impl Measured {
    /// The most that any round of honest clients committed a second.
    pub fn peak(&self) -> f64 {
        let loads = self.loads.iter().map(|(_, round)| round);
        loads.chain([&self.capacity]).map(Round::goodput).fold(0.0, f64::max)
    }

    /// What a load committed, as a share of what it could have: of the peak, or of all that was offered if that is less.
    pub fn share_of_peak(&self, round: &Round) -> f64 {
        let share_of_offer = round.honest.committed as f64 / round.honest.offered.max(1) as f64;
        (round.goodput() / self.peak()).max(share_of_offer)
    }
}

/// Measures capacity, loads and floods, telling `say` what it is at.
///
/// # Errors
/// [`BenchError`] where there are no threads, no sockets or no such back-end.
pub fn measure(settings: &Settings, say: &dyn Fn(&str)) -> Result<Measured, BenchError> {
    let choice = choose(&settings.backend, settings.threads)?;
    say("looking how fast it is about");
    let few = Clients::sign(settings.scheme, settings.seed, FIRST);
    let ground = |clients| Ground { settings, choice: &choice, clients };
    let first = play(&ground(&few), Rate::Max, Beside::Nobody)?;
    let count = (first.pace_of_all() * settings.seconds * 2.0) as u64 + FIRST;
    say(&format!("signing {count} transactions"));
    let clients = Clients::sign(settings.scheme, settings.seed, count);
    let ground = ground(&clients);
    say("capacity");
    let capacity = play(&ground, Rate::Max, Beside::Nobody)?;
    let per_second = capacity.pace();
    let mut loads = Vec::new();
    for load in &settings.loads {
        say(&format!("{load} times the capacity"));
        loads.push((*load, play(&ground, Rate::Attempts(load * per_second), Beside::Nobody)?));
    }
    let honest = Rate::Patient(HONEST_SHARE * per_second);
    say("honest clients alone");
    let alone = play(&ground, honest, Beside::Nobody)?;
    let mut floods = Vec::new();
    for kind in &settings.floods {
        say(&format!("beside a flood: {kind}"));
        let flood = Flood::prepare(*kind, settings, (per_second * settings.seconds * 1.2) as u64);
        let beside = Beside::Flood { flood: &flood, per_second: FLOOD_LOAD * per_second };
        floods.push((*kind, play(&ground, honest, beside)?));
    }
    Ok(Measured { settings: settings.clone(), capacity, loads, alone, floods })
}
