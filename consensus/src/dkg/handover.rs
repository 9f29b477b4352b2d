//! `Handover`: a later round, in which those who hold shares hand the key on to others, and a chain says whose logs count.
//!
//! ```text
//!   old member ──dealing──> new member            again and again, until it has acknowledged
//!       │      <────ack────
//!       └── log ──> a block ──> final ──> every one includes it, in the order of the chain
//!                                         last block of the epoch: the same committee for all, with the same key
//! ```
//!
//! 1. A dealing begins with the dealer's old share, and the old committee's polynomial says with which: so what the new
//!    shares add up to is the same key, and nobody has to believe anybody.
//! 2. The first log of a dealer in the chain counts. What stands in blocks and is no log of this round counts for nothing.
//! 3. Where fewer than a quorum of the old members have a usable log in the chain, nothing changes hands, and they go on.
//! 4. Old shares and new ones do not fit together: less than a quorum of the old and less than one of the new make nothing.

use std::num::NonZeroU32;

use bytes::Bytes;
use commonware_cryptography::Signer as _;
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};
use commonware_utils::ordered::Set;

use super::ceremony::Effect;
use super::message::Message;
use super::outcome::{identity_of, key_of, public_of};
use super::{Change, Failed, Outcome, Round};
use crate::committee::{Committee, Secret};

/// Who takes part.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// One who holds a share.
    Member(&'a Secret),
    /// One who is to hold a share, with this secret key of ed25519.
    Newcomer([u8; 32]),
}

/// One member's part; see the head of this file.
pub struct Handover {
    number: u64,
    round: Round,
    size: NonZeroU32,
}

impl Handover {
    /// From this committee to these members, whose keys are given in any order. Nobody else may ever know the seed, and each
    /// round has another.
    ///
    /// # Errors
    /// [`Failed::Unfit`] if there can be no such committee, or this part is in neither of them.
    pub fn new(
        number: u64,
        from: &Committee,
        to: &[[u8; 32]],
        part: Part<'_>,
        seed: [u8; 32],
    ) -> Result<Handover, Failed> {
        let keys = to.iter().map(public_of).collect::<Option<Vec<PublicKey>>>();
        let keys = keys.ok_or_else(|| Failed::Unfit("a member's key is no key of ed25519".into()))?;
        let players = Set::from_iter_dedup(keys);
        if players.len() != to.len() {
            return Err(Failed::Unfit("a member is named twice".into()));
        }
        let size = u32::try_from(players.len()).ok().and_then(NonZeroU32::new);
        let size = size.ok_or_else(|| Failed::Unfit("there is no member".into()))?;
        let (identity, share): (PrivateKey, _) = match part {
            Part::Member(secret) => (secret.identity.clone(), Some(secret.share.clone())),
            Part::Newcomer(identity) => (identity_of(&identity), None),
        };
        let change = Change { number, from: Some(from.clone()), players };
        let mut handover = Handover { number, round: Round::new(change, identity, share, seed)?, size };
        handover.deal_to_itself();
        Ok(handover)
    }

    fn deal_to_itself(&mut self) {
        let me = self.round.identity().public_key();
        if let Some((commitment, point)) = self.round.dealing_for(&me) {
            let ack = self.round.take_dealing(&me, commitment, point).expect("its own dealing is good");
            assert!(self.round.take_ack(&me, ack), "its own ack is good");
        }
    }

    /// What this member deals to those who have not acknowledged it. To be called a few times a second.
    pub fn tick(&self) -> Vec<Effect> {
        let Some(acked) = self.round.acked() else { return Vec::new() };
        let rest = self.round.players().iter().filter(|player| !acked.contains(*player));
        let dealt = rest.filter_map(|player| {
            let (commitment, point) = self.round.dealing_for(player)?;
            let bytes = Message::Dealing(commitment, point).encode(self.number);
            Some(Effect::Send(key_of(player), bytes))
        });
        dealt.collect()
    }

    /// Takes what somebody with this key has sent. None if that is no message, or none that this round has.
    pub fn hear(&mut self, from: [u8; 32], bytes: &Bytes) -> Option<Vec<Effect>> {
        let sender = public_of(&from)?;
        match Message::decode(bytes, self.size)? {
            (number, _) if number != self.number => Some(Vec::new()),
            (_, Message::Dealing(commitment, point)) => {
                // One that is wrong is left without an ack.
                let ack = self.round.take_dealing(&sender, commitment, point);
                let answer = |ack| Effect::Send(from, Message::Ack(ack).encode(self.number));
                Some(ack.map(answer).into_iter().collect())
            }
            (_, Message::Ack(ack)) => {
                self.round.take_ack(&sender, ack);
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// Closes this member's log, for a block: the points of who did not acknowledge are in it. None if it was closed before,
    /// or this member has nothing to hand on.
    pub fn close(&mut self) -> Option<Bytes> {
        let log = self.round.close()?;
        Some(Message::Log(Box::new(log)).encode(self.number))
    }

    /// Takes what stands in a final block, in the order of the chain; whether it counts.
    pub fn include(&mut self, log: &Bytes) -> bool {
        match Message::decode(log, self.size) {
            Some((number, Message::Log(log))) if number == self.number => {
                let count = self.round.logs().len();
                self.round.take_log(*log).is_some() && self.round.logs().len() > count
            }
            _ => false,
        }
    }

    /// What the included logs come to.
    ///
    /// # Errors
    /// [`Failed`] if nothing changes hands.
    pub fn finish(self) -> Result<Outcome, Failed> {
        self.round.finish(|_| true)
    }
}
