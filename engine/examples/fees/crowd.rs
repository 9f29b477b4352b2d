//! `Crowd`: people who all want the same thing done, and wait for a price that they are ready to pay.

use std::collections::{BTreeSet, VecDeque};

use super::dice::Dice;

/// What the members of a crowd have in common.
#[derive(Clone, Copy)]
pub struct Habits {
    /// How many come before each block.
    pub arrivals: u32,
    /// Gas that each reserves.
    pub gas_limit: u64,
    /// Gas that each uses.
    pub gas_used: u64,
    /// What everyone is ready to pay at least, in wei per gas.
    pub least: u64,
    /// How much a higher price puts off: of those who would pay one price, 1 in 2 to the power of this would pay twice.
    pub elasticity: u32,
    /// Blocks that each waits before he gives up.
    pub patience: u64,
}

/// Who waits, by what they are ready to pay.
pub struct Crowd {
    pub habits: Habits,
    waiting: BTreeSet<(u64, u64)>,
    /// Everyone of a block, and when they give up.
    leaving: VecDeque<(u64, Vec<(u64, u64)>)>,
    came: u64,
}

impl Crowd {
    pub fn new(habits: Habits) -> Crowd {
        Crowd { habits, waiting: BTreeSet::new(), leaving: VecDeque::new(), came: 0 }
    }

    /// Lets people come before this block, and those go who have waited too long.
    pub fn turn(&mut self, height: u64, comes: bool, dice: &mut Dice) {
        let arrivals = if comes { self.habits.arrivals } else { 0 };
        let mut group = Vec::with_capacity(arrivals as usize);
        for _ in 0..arrivals {
            self.came += 1;
            group.push((self.bid(dice), self.came));
        }
        self.waiting.extend(&group);
        self.leaving.push_back((height + self.habits.patience, group));
        while let Some((_, group)) = self.leaving.pop_front_if(|(leaves, _)| *leaves <= height) {
            group.iter().for_each(|member| {
                self.waiting.remove(member);
            });
        }
    }

    /// The least of several bids is above a price if all of them are, so that their elasticities add up.
    fn bid(&self, dice: &mut Dice) -> u64 {
        let bids = (0..self.habits.elasticity).map(|_| dice.bid(self.habits.least));
        bids.min().expect("the elasticity is at least 1")
    }

    /// The most that anyone who waits is ready to pay.
    pub fn best(&self) -> Option<u64> {
        self.waiting.last().map(|(bid, _)| *bid)
    }

    /// Lets the one with the best bid go, served. His number tells him from the others.
    pub fn serve(&mut self) -> u64 {
        self.waiting.pop_last().expect("someone was seen waiting").1
    }
}
