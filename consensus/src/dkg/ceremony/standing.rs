//! `Standing`: how far a ceremony is, and who is in its way, for those who wait for it.

use std::collections::BTreeSet;

use super::Ceremony;
use crate::dkg::message::Choice;
use crate::dkg::outcome::key_of;

/// How far a ceremony is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Members.
    pub members: usize,
    /// Those that have never been heard of.
    pub absent: Vec<[u8; 32]>,
    /// How many have acknowledged; none once this member's log is closed.
    pub acks: Option<usize>,
    /// Logs that are here.
    pub logs: usize,
    /// Confirmations that are here.
    pub confirmations: usize,
    /// How many of them say the same, at most.
    pub same: usize,
    /// Those who have dealt wrongly to this member, or signed two logs, or two results.
    pub wrong: Vec<[u8; 32]>,
}

impl Ceremony {
    /// How far it is.
    pub fn standing(&self) -> Standing {
        let key = |at: usize| key_of(&self.members[at]);
        let others = (0..self.members.len()).filter(|at| *at != self.me);
        let wrong: BTreeSet<usize> = self.wrong.iter().chain(self.doubles.keys()).copied().collect();
        let choices = self.confirmations.values().map(|one| &one.choice);
        let alike = |choice: &Choice| self.confirmations.values().filter(|one| one.choice == *choice).count();
        Standing {
            members: self.members.len(),
            absent: others.filter(|at| !self.others.contains_key(at)).map(key).collect(),
            acks: self.round.acked().map(BTreeSet::len),
            logs: self.round.logs().len(),
            confirmations: self.confirmations.len(),
            same: choices.map(alike).max().unwrap_or_default(),
            wrong: wrong.into_iter().map(key).collect(),
        }
    }
}
