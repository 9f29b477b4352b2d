//! `Crowd`: who deals with whom.
//!
//! ```text
//! accounts  0 1 2 3 │ 4 5 6 7 │ 8 9            group = 4: two groups; who is left over takes no part
//! group       0         1
//! ```
//!
//! Groups take turns. Within a group, the sender is one of the first so many, the recipient any other one; under Zipf's
//! law the first of a group is the busiest.

use crate::dice::Dice;
use crate::parameter::Parameter;
use crate::spec::Spec;
use crate::zipf::Zipf;

/// Accounts, and how often each takes part.
pub(crate) struct Crowd {
    /// Accounts in a group.
    size: u32,
    groups: u32,
    senders: Ranks,
    all: Ranks,
    /// Whose turn it is.
    group: u32,
}

/// Places in a group.
enum Ranks {
    Even(u32),
    Zipf(Zipf),
}

impl Ranks {
    fn new(count: u32, exponent: u32) -> Ranks {
        if exponent == 0 { Ranks::Even(count) } else { Ranks::Zipf(Zipf::new(count, exponent)) }
    }

    fn any(&self, dice: &mut Dice) -> u32 {
        match self {
            Ranks::Even(count) => dice.below((*count).into()) as u32,
            Ranks::Zipf(zipf) => zipf.throw(dice),
        }
    }

    /// Any but this one.
    fn other(&self, than: u32, dice: &mut Dice) -> u32 {
        match self {
            Ranks::Even(count) => dice.other(u64::from(*count), than),
            Ranks::Zipf(zipf) => loop {
                let rank = zipf.throw(dice);
                if rank != than {
                    return rank;
                }
            },
        }
    }
}

impl Crowd {
    /// The crowd of a workload that has the parameters for one.
    pub(crate) fn new(spec: &Spec) -> Crowd {
        let all_or = |value: u32, all: u32| if value == 0 { all } else { value.min(all) };
        let size = all_or(spec.pattern.value(Parameter::Group), spec.accounts);
        let senders = all_or(spec.pattern.value(Parameter::Senders), size);
        let exponent = spec.pattern.value(Parameter::Zipf);
        Crowd {
            size,
            groups: spec.accounts / size,
            senders: Ranks::new(senders, exponent),
            all: Ranks::new(size, exponent),
            group: 0,
        }
    }

    /// A sender and another account.
    pub(crate) fn pair(&mut self, dice: &mut Dice) -> (u32, u32) {
        let first = self.group * self.size;
        self.group = (self.group + 1) % self.groups;
        let sender = self.senders.any(dice);
        (first + sender, first + self.all.other(sender, dice))
    }
}
