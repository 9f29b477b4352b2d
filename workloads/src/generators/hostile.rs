//! Good transfers among everything that a hostile network sends.
//!
//! Of every thousand transactions, this many are bad; the rest are good transfers. Bad ones have senders of their own
//! (see `cast`), but for two kinds that copy good ones: repeats, which are byte-identical and come after, and forged
//! copies, which say the same under a damaged signature and come before or after. Neither may cost the good one its
//! place.

use std::ops::Range;

use crate::action::Action;
use crate::cast::{Cast, ELDER_NONCE};
use crate::draft::{Author, Draft};
use crate::spec::Spec;
use crate::twist::Twist;

/// A repeat comes at most this many good transactions after what it repeats.
const REPEAT_WITHIN: usize = 1_024;
/// More tokens than anybody has.
const MORE_THAN_ALL: u64 = u64::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Good,
    Repeat,
    ForgedCopy,
    Forged,
    Truncated,
    UnknownType,
    Malformed,
    NonCanonical,
    Oversized,
    WrongChain,
    Stale,
    Unaffordable,
    Reverting,
    Undeclared,
}

impl Part {
    /// What is wrong with a transaction of this part.
    fn twist(self, choice: u32) -> Twist {
        match self {
            Part::Good => Twist::None,
            Part::Repeat => Twist::Repeat,
            Part::ForgedCopy | Part::Forged => Twist::Forged(choice),
            Part::Truncated => Twist::Truncated(choice),
            Part::UnknownType => Twist::UnknownType(choice),
            Part::Malformed => Twist::Malformed(choice),
            Part::NonCanonical => Twist::NonCanonical(choice),
            Part::Oversized => Twist::Oversized,
            Part::WrongChain => Twist::WrongChain,
            Part::Stale => Twist::Stale,
            Part::Unaffordable => Twist::Unaffordable,
            Part::Reverting => Twist::Reverting,
            Part::Undeclared => Twist::Undeclared(choice),
        }
    }
}

/// How many of a thousand play each bad part.
const PER_MILLE: [(Part, u64); 13] = [
    (Part::Repeat, 50),
    (Part::ForgedCopy, 50),
    (Part::Forged, 30),
    (Part::Truncated, 20),
    (Part::UnknownType, 10),
    (Part::Malformed, 20),
    (Part::NonCanonical, 20),
    (Part::Oversized, 1),
    (Part::WrongChain, 20),
    (Part::Stale, 20),
    (Part::Unaffordable, UNAFFORDABLE_PER_MILLE),
    (Part::Reverting, 20),
    (Part::Undeclared, 20),
];
const UNAFFORDABLE_PER_MILLE: u64 = 20;

/// How many senders cannot pay.
pub(crate) fn unaffordable(transactions: u64) -> u64 {
    count(transactions, UNAFFORDABLE_PER_MILLE)
}

fn count(transactions: u64, per_mille: u64) -> u64 {
    (u128::from(transactions) * u128::from(per_mille) / 1_000) as u64
}

pub(crate) fn drafts(spec: &Spec, cast: &Cast) -> Vec<Draft> {
    let mut author = Author::new(spec, cast.accounts.len());
    let parts = parts(spec.transactions, &mut author);
    let good = parts.iter().filter(|part| **part == Part::Good).count();
    let good: Vec<Draft> = (0..good).map(|_| author.transfer()).collect();
    let mut play = Play { author, cast, good, sent: 0, unaffordable: 0 };
    parts.iter().enumerate().map(|(position, part)| play.draft(*part, position as u64)).collect()
}

/// Who plays at which position: random, but that the first one is good, so that there is always something to repeat.
fn parts(transactions: u64, author: &mut Author) -> Vec<Part> {
    let mut parts = Vec::with_capacity(transactions as usize);
    for (part, per_mille) in PER_MILLE {
        parts.resize(parts.len() + count(transactions, per_mille) as usize, part);
    }
    parts.resize(transactions as usize, Part::Good);
    author.dice.shuffle(&mut parts);
    if let Some(first) = parts.iter().position(|part| *part == Part::Good) {
        parts.swap(0, first);
    }
    parts
}

struct Play<'a> {
    author: Author,
    cast: &'a Cast,
    /// All good transactions in order.
    good: Vec<Draft>,
    /// How many of them stand before the present position.
    sent: usize,
    /// How many paupers have tried.
    unaffordable: u32,
}

impl Play<'_> {
    fn draft(&mut self, part: Part, position: u64) -> Draft {
        let twist = part.twist(self.author.dice.throw() as u32);
        let draft = match part {
            Part::Good => {
                self.sent += 1;
                self.good[self.sent - 1]
            }
            Part::Repeat => {
                let back = 1 + self.author.dice.below(self.sent.min(REPEAT_WITHIN) as u64) as usize;
                self.good[self.sent - back]
            }
            Part::ForgedCopy => {
                // The next good one or the last one, whichever there is.
                let next = self.author.dice.below(2) as usize;
                self.good[(self.sent - 1 + next).min(self.good.len() - 1)]
            }
            Part::Stale => {
                let draft = self.pay(self.cast.elders.clone(), 1);
                assert!(draft.nonce < ELDER_NONCE, "an elder has used more nonces than it signs again");
                draft
            }
            Part::Unaffordable => {
                let sender = self.cast.paupers.start + self.unaffordable;
                self.unaffordable += 1;
                self.pay(sender..sender + 1, 1)
            }
            Part::Reverting => self.token(self.cast.failing.clone(), MORE_THAN_ALL),
            Part::Undeclared => self.token(self.cast.breaking.clone(), 1),
            // Turned away before anybody asks for its nonce. It would be fine but for its twist, so it has the nonce
            // that its sender really is at; the value tells it from its like.
            _ => Draft { nonce: 0, ..self.pay(self.cast.victims.clone(), 1 + position) },
        };
        Draft { twist, ..draft }
    }

    /// A transfer from one of these to an actor.
    fn pay(&mut self, senders: Range<u32>, value: u64) -> Draft {
        let sender = self.pick(senders);
        let action = Action::Pay { to: self.author.actor(), value };
        self.author.draft(sender, action)
    }

    /// A token transfer from one of these to an actor.
    fn token(&mut self, senders: Range<u32>, amount: u64) -> Draft {
        let sender = self.pick(senders);
        let action = Action::Token { to: self.author.actor(), amount, extra: 0 };
        self.author.draft(sender, action)
    }

    fn pick(&mut self, range: Range<u32>) -> u32 {
        range.start + self.author.dice.below(range.len() as u64) as u32
    }
}
