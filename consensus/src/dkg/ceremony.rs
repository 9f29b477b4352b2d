//! `Ceremony`: the first round, among those who have no chain yet to agree with.
//!
//! ```text
//!   dealing ──> all have acknowledged ──> log ──> everybody's logs are here ──> confirmation ──> a quorum confirms the same
//!               or enough, for long               or enough, for long
//! ```
//!
//! 1. Every member says again and again what it has, and is given what it lacks by whoever has it; only dealings come from
//!    their dealer alone. So messages may be lost, and members started one after another.
//! 2. A dealer reveals the points of at most `absent_max` members, and waits for the acks of the rest however long it takes.
//!    Unless the operators want it otherwise nothing is ever revealed.
//! 3. Who has signed two logs is found out by all who see both, and takes no part in the key.
//! 4. A member confirms one result in a round, and takes the one that a quorum confirms, be it another than its own. Quorums
//!    share an honest member: no two members ever leave with different keys. Where members see different logs for too long,
//!    there may be no quorum; then nobody leaves with a key, and the next round is begun.
//! 5. What was signed is kept before it is sent, and the dealings follow from the seed. So a member may be started again.

mod exchange;
mod standing;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Hasher as _, Sha256, Signer as _, Verifier as _};
use commonware_utils::N3f1;
use commonware_utils::ordered::{Quorum as _, Set};

use super::message::{Choice, Confirmation, Have, Message, bytes_max};
use super::outcome::{identity_of, public_of};
use super::{Change, Failed, Log, Outcome, Output, Round};
use crate::committee::MEMBERS_MAX;
pub use standing::Standing;
pub use terms::{Effect, Terms};

/// What a confirmation is bound to.
const NAMESPACE: &[u8] = b"pelton-dkg-confirmation-1";

/// One member's part; see the head of this file. Times count from anywhere, and never go back.
pub struct Ceremony {
    terms: Terms,
    round: Round,
    members: Vec<PublicKey>,
    me: usize,
    /// Since when enough have acknowledged, and since when enough logs are here.
    enough_acks: Option<Duration>,
    enough_logs: Option<Duration>,
    /// Second logs of those who have signed two.
    doubles: BTreeMap<usize, Log>,
    /// Who has dealt wrongly to this member, or confirmed two results.
    wrong: BTreeSet<usize>,
    /// Logs, and second ones, that came to nothing when they were tried.
    tried: usize,
    confirmations: BTreeMap<usize, Confirmation>,
    /// What the others had when they said so last.
    others: BTreeMap<usize, Have>,
    /// Who was answered since the last tick.
    answered: BTreeSet<usize>,
    agreed: Option<Choice>,
}

impl Ceremony {
    /// The part of the member with this secret key of ed25519. Nobody else may ever know the seed; a member that is started
    /// again has to have the same.
    ///
    /// # Errors
    /// [`Failed::Unfit`] if these are no terms, or the member is none of theirs.
    pub fn new(
        terms: Terms,
        identity: [u8; 32],
        seed: [u8; 32],
        kept: &[Vec<u8>],
    ) -> Result<Ceremony, Failed> {
        let unfit = |words: &str| Failed::Unfit(words.to_owned());
        let identity = identity_of(&identity);
        let members = terms.members.iter().map(public_of).collect::<Option<Vec<_>>>();
        let members = members.ok_or_else(|| unfit("a member's key is no key of ed25519"))?;
        let players = Set::from_iter_dedup(members);
        if players.len() != terms.members.len() {
            return Err(unfit("a member is named twice"));
        }
        if players.is_empty() || players.len() > MEMBERS_MAX as usize {
            return Err(Failed::Unfit(format!("there are 1 to {MEMBERS_MAX} members")));
        }
        let faulty_max = players.max_faults::<N3f1>() as usize;
        if terms.absent_max > faulty_max {
            let size = players.len();
            return Err(Failed::Unfit(format!("of {size} members, {faulty_max} may be absent at most")));
        }
        let seed = Sha256::hash(&[&seed, &terms.digest()]).0;
        let me = players.position(&identity.public_key()).ok_or_else(|| unfit("this key is no member's"))?;
        let members: Vec<PublicKey> = players.iter().cloned().collect();
        let change = Change { number: terms.number, from: None, players };
        let mut ceremony = Ceremony {
            terms,
            round: Round::new(change, identity, None, seed)?,
            members,
            me,
            enough_acks: None,
            enough_logs: None,
            doubles: BTreeMap::new(),
            wrong: BTreeSet::new(),
            tried: 0,
            confirmations: BTreeMap::new(),
            others: BTreeMap::new(),
            answered: BTreeSet::new(),
            agreed: None,
        };
        for bytes in kept {
            ceremony
                .restore(&Bytes::copy_from_slice(bytes))
                .ok_or_else(|| unfit("what was kept is of something else"))?;
        }
        ceremony.deal_to_itself();
        Ok(ceremony)
    }

    fn restore(&mut self, bytes: &Bytes) -> Option<()> {
        let (number, message) = Message::decode(bytes, self.size())?;
        match message {
            Message::Log(log) if number == self.terms.number => {
                let (dealer, is_double) = self.round.take_log(*log)?;
                (dealer == self.members[self.me] && !is_double).then_some(())
            }
            Message::Confirmation(one) if number == self.terms.number => {
                (one.member == self.members[self.me] && one.is_signed()).then(|| {
                    self.confirmations.insert(self.me, *one);
                })
            }
            _ => None,
        }
    }

    fn deal_to_itself(&mut self) {
        let me = self.members[self.me].clone();
        let (commitment, point) = self.round.dealing_for(&me).expect("every member deals to every one");
        let ack = self.round.take_dealing(&me, commitment, point).expect("its own dealing is good");
        assert!(self.round.take_ack(&me, ack), "its own ack is good");
    }

    fn size(&self) -> NonZeroU32 {
        NonZeroU32::new(self.members.len() as u32).expect("there are members")
    }

    /// How many have to confirm.
    fn quorum(&self) -> usize {
        self.round.players().quorum::<N3f1>() as usize
    }

    /// Longest message that is sent or heard, in bytes.
    pub fn message_bytes_max(&self) -> usize {
        bytes_max(self.size())
    }

    /// To be called a few times a second: goes on where time alone lets it, and says what it has.
    pub fn tick(&mut self, now: Duration) -> Vec<Effect> {
        self.answered.clear();
        let mut effects = Vec::new();
        effects.extend(self.close(now));
        effects.extend(self.confirm(now));
        self.agree();
        let have = Message::Have(self.have()).encode(self.terms.number);
        let others = (0..self.members.len()).filter(|at| *at != self.me);
        effects.extend(others.map(|at| self.send(at, have.clone())));
        effects
    }

    /// Closes this member's log, if it is time.
    fn close(&mut self, now: Duration) -> Option<Effect> {
        let acked = self.round.acked()?.len();
        let needed = self.members.len() - self.terms.absent_max;
        let is_time = acked == self.members.len()
            || acked >= needed && now >= *self.enough_acks.get_or_insert(now) + self.terms.patience;
        let was_closed = self.round.logs().contains_key(&self.members[self.me]);
        if !is_time && !was_closed {
            return None;
        }
        let log = self.round.close().filter(|_| !was_closed)?;
        let bytes = Message::Log(Box::new(log.clone())).encode(self.terms.number);
        self.round.take_log(log).expect("its own log is good");
        Some(Effect::Keep(bytes))
    }

    /// Confirms what the logs come to, if it is time.
    fn confirm(&mut self, now: Duration) -> Option<Effect> {
        let all = self.members.len();
        let usable = self.round.logs().len() - self.doubles.len();
        if self.confirmations.contains_key(&self.me) || usable < all - self.terms.absent_max {
            return None;
        }
        let waited = now >= *self.enough_logs.get_or_insert(now) + self.terms.patience;
        let found = self.round.logs().len() + self.doubles.len();
        let is_time = waited || usable == all && self.all_have_the_same_logs();
        if !is_time || self.tried == found {
            return None;
        }
        self.tried = found;
        let double: BTreeSet<PublicKey> = self.doubles.keys().map(|at| self.members[*at].clone()).collect();
        let output = self.round.observe(|dealer| !double.contains(dealer)).ok()?;
        if output.revealed().len() > self.terms.absent_max {
            return None;
        }
        let choice = self.choice(&output);
        let signature = self.round.identity().sign(NAMESPACE, &choice.encode());
        let one = Confirmation { member: self.members[self.me].clone(), choice, signature };
        let bytes = Message::Confirmation(Box::new(one.clone())).encode(self.terms.number);
        self.confirmations.insert(self.me, one);
        Some(Effect::Keep(bytes))
    }

    fn choice(&self, output: &Output) -> Choice {
        let dealers = self.members.iter().map(|member| output.dealers().position(member).is_some());
        Choice { dealers: dealers.collect(), digest: Sha256::hash(&[&output.encode()]).0 }
    }

    /// Takes what a quorum has confirmed, once this member has all that it takes.
    fn agree(&mut self) {
        if self.agreed.is_some() {
            return;
        }
        let mut tally: BTreeMap<&Choice, usize> = BTreeMap::new();
        self.confirmations.values().for_each(|one| *tally.entry(&one.choice).or_default() += 1);
        let quorum = self.quorum();
        let Some(choice) = tally.iter().find(|(_, count)| **count >= quorum).map(|(choice, _)| *choice)
        else {
            return;
        };
        let choice = choice.clone();
        let dealers = chosen(&self.members, &choice);
        let can = dealers.iter().all(|one| self.round.logs().contains_key(one) && self.round.has_point(one));
        if can && self.round.observe(|one| dealers.contains(one)).is_ok_and(|out| self.choice(&out) == choice)
        {
            self.agreed = Some(choice);
        }
    }

    /// Whether the result is here, and enough of the others know that they need nothing more from this member.
    pub fn is_over(&self) -> bool {
        let quorum = self.quorum();
        let knows = |have: &Have| have.confirmations.iter().filter(|one| **one).count() >= quorum;
        self.agreed.is_some()
            && self.others.len() + 1 == self.members.len()
            && self.others.values().all(knows)
    }

    /// Whether the result is here.
    pub fn is_agreed(&self) -> bool {
        self.agreed.is_some()
    }

    /// The result; none if it is not here.
    ///
    /// # Errors
    /// [`Failed`] if the library finds otherwise than before, which it does not.
    pub fn finish(self) -> Option<Result<Outcome, Failed>> {
        let dealers = chosen(&self.members, &self.agreed?);
        Some(self.round.finish(|one| dealers.contains(one)))
    }
}

/// The dealers of a choice.
fn chosen(members: &[PublicKey], choice: &Choice) -> BTreeSet<PublicKey> {
    let dealers = members.iter().zip(&choice.dealers).filter(|(_, is_one)| **is_one);
    dealers.map(|(dealer, _)| dealer.clone()).collect()
}

impl Confirmation {
    fn is_signed(&self) -> bool {
        self.member.verify(NAMESPACE, &self.choice.encode(), &self.signature)
    }
}
