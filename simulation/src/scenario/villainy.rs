//! `Villainy`: what a validator does that it must not, and who does.

use pelton_consensus::cluster::Misdeed;
use pelton_pipeline::random::Random;

use super::{Options, Plant};

/// What a validator does that it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Villainy {
    /// Nothing.
    None,
    /// Something on the network.
    Deed(Misdeed),
    /// It proposes blocks that break the rules.
    ProposesInvalid,
    /// It believes a device that lies, and can never be found out.
    LyingDevice,
}

impl Villainy {
    /// Every misdeed.
    pub const ALL: [Villainy; 7] = [
        Villainy::Deed(Misdeed::ALL[0]),
        Villainy::Deed(Misdeed::ALL[1]),
        Villainy::Deed(Misdeed::ALL[2]),
        Villainy::Deed(Misdeed::ALL[3]),
        Villainy::Deed(Misdeed::ALL[4]),
        Villainy::ProposesInvalid,
        Villainy::LyingDevice,
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
            Villainy::LyingDevice => "lying-device",
        }
    }
}

/// How many may misbehave, of so many.
pub(super) fn most(validators: usize) -> usize {
    (validators - 1) / 3
}

/// Up to f different validators of 3f + 1 that misbehave, in two of three runs.
pub(super) fn villains(random: &mut Random, validators: usize, options: &Options) -> Vec<Villainy> {
    if options.plant == Some(Plant::TooManyVillains) {
        return too_many(validators);
    }
    let most = most(validators);
    let count = match options.villainy {
        None if random.below(3) == 0 => 0,
        None => 1 + random.below(most as u64) as usize,
        Some(Villainy::None) => 0,
        Some(_) => most,
    };
    let mut villainy = vec![Villainy::None; validators];
    let mut others: Vec<usize> = (0..validators).collect();
    for _ in 0..count {
        let member = others.swap_remove(random.below(others.len() as u64) as usize);
        let drawn = Villainy::ALL[random.below(Villainy::ALL.len() as u64) as usize];
        villainy[member] = options.villainy.unwrap_or(drawn);
    }
    villainy
}

/// f + 1 of 3f + 1 who tell two stories, such that f honest ones are told each.
fn too_many(validators: usize) -> Vec<Villainy> {
    let most = most(validators);
    let is_honest = |member: usize| member / 2 < most;
    let of = |member| if is_honest(member) { Villainy::None } else { Villainy::Deed(Misdeed::Equivocates) };
    (0..validators).map(of).collect()
}
