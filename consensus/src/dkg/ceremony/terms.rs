//! `Terms`: what the members of a ceremony have agreed on, and `Effect`: what a member wants done.

use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::{Hasher as _, Sha256};

/// What the operators have agreed on beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The members' public keys, in any order.
    pub members: Vec<[u8; 32]>,
    /// Counts the rounds, also those that came to nothing.
    pub number: u64,
    /// How many members may be absent or faulty, at most a third. Their shares will be known to all.
    pub absent_max: usize,
    /// How long the rest wait for them, each time.
    pub patience: Duration,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This is to be on disk before anything else is sent, and given back when the member is started again.
    Keep(Bytes),
    /// This is for the member with this key, over a channel that is its own and encrypted.
    Send([u8; 32], Bytes),
}

impl Terms {
    /// What members with the same terms have in common. How patient each is, and with how many, is its own affair.
    pub(in crate::dkg) fn digest(&self) -> [u8; 32] {
        let mut members = self.members.clone();
        members.sort_unstable();
        Sha256::hash(&[&self.number.to_be_bytes()[..], members.as_flattened()]).0
    }
}
