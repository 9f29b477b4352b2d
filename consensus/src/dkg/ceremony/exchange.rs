//! How members of a ceremony come by what they lack.

use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_cryptography::{Hasher as _, Sha256};

use super::{Ceremony, Effect};
use crate::dkg::Log;
use crate::dkg::message::{Confirmation, Have, Message, Print};
use crate::dkg::outcome::key_of;

/// Logs and confirmations that are sent at a time to one who lacks them. Whoever lacks more, says so again.
const LOGS_AT_A_TIME: usize = 4;
const CONFIRMATIONS_AT_A_TIME: usize = 64;
/// The print of who has signed two logs: the sender has both.
const DOUBLE: Print = [0xff; 8];
const NONE: Print = [0; 8];

impl Ceremony {
    /// Takes what the member with this key has sent. None if that is no message, or from no member.
    pub fn hear(&mut self, from: [u8; 32], bytes: &Bytes) -> Option<Vec<Effect>> {
        let from = self.members.iter().position(|member| key_of(member) == from)?;
        let (number, message) = Message::decode(bytes, self.size())?;
        if number != self.terms.number {
            // Somebody is in another round already, or not in this one yet.
            return Some(Vec::new());
        }
        let sender = self.members[from].clone();
        match message {
            // A wrong dealing is looked at once: it is not cheap.
            Message::Dealing(..) if self.wrong.contains(&from) => {}
            Message::Dealing(commitment, point) => {
                let Some(ack) = self.round.take_dealing(&sender, commitment, point) else {
                    self.wrong.insert(from);
                    return Some(Vec::new());
                };
                return Some(vec![self.send(from, Message::Ack(ack).encode(number))]);
            }
            Message::Ack(ack) => {
                self.round.take_ack(&sender, ack);
            }
            Message::Log(log) => self.take_log(*log)?,
            Message::Confirmation(one) => self.take_confirmation(*one)?,
            Message::Have(have) => {
                let effects = if self.answered.insert(from) { self.answer(from, &have) } else { Vec::new() };
                self.others.insert(from, have);
                return Some(effects);
            }
        }
        Some(Vec::new())
    }

    fn take_log(&mut self, log: Log) -> Option<()> {
        let (dealer, is_double) = self.round.take_log(log.clone())?;
        if is_double {
            let dealer = self.members.iter().position(|one| *one == dealer);
            self.doubles.entry(dealer.expect("members deal")).or_insert(log);
        }
        Some(())
    }

    fn take_confirmation(&mut self, one: Confirmation) -> Option<()> {
        let member = self.members.iter().position(|member| *member == one.member)?;
        match self.confirmations.get(&member) {
            Some(known) if known.choice == one.choice => {}
            _ if !one.is_signed() => return None,
            Some(_) => {
                self.wrong.insert(member);
            }
            None => {
                self.confirmations.insert(member, one);
            }
        }
        Some(())
    }

    /// What this member has.
    pub(super) fn have(&self) -> Have {
        let all = 0..self.members.len();
        Have {
            dealings: self.members.iter().map(|member| self.round.has_dealing(member)).collect(),
            logs: all.clone().map(|at| self.print(at)).collect(),
            confirmations: all.map(|at| self.confirmations.contains_key(&at)).collect(),
        }
    }

    fn print(&self, at: usize) -> Print {
        match self.round.logs().get(&self.members[at]) {
            _ if self.doubles.contains_key(&at) => DOUBLE,
            Some(log) => {
                let hash = Sha256::hash(&[&log.encode()]).0;
                *hash.first_chunk().expect("a hash is longer")
            }
            None => NONE,
        }
    }

    /// Whether the others have said that they have the logs that this member has.
    pub(super) fn all_have_the_same_logs(&self) -> bool {
        let own = self.have().logs;
        self.others.len() + 1 == self.members.len() && self.others.values().all(|have| have.logs == own)
    }

    /// What a member lacks that has this.
    fn answer(&self, to: usize, have: &Have) -> Vec<Effect> {
        let number = self.terms.number;
        let member = &self.members[to];
        let mut messages = Vec::new();
        let has_acked = self.round.acked().is_none_or(|acked| acked.contains(member));
        if !have.dealings[self.me] || !has_acked {
            let dealing = self.round.dealing_for(member);
            messages.extend(dealing.map(|(commitment, point)| Message::Dealing(commitment, point)));
        }
        let lacking = (0..self.members.len())
            .filter(|at| have.logs[*at] != DOUBLE && have.logs[*at] != self.print(*at));
        let logs = lacking.flat_map(|at| {
            let known = self.round.logs().get(&self.members[at]).cloned();
            known.into_iter().chain(self.doubles.get(&at).cloned())
        });
        messages.extend(logs.take(LOGS_AT_A_TIME).map(|log| Message::Log(Box::new(log))));
        let lacking = self.confirmations.iter().filter(|(at, _)| !have.confirmations[**at]);
        let lacking = lacking.take(CONFIRMATIONS_AT_A_TIME);
        messages.extend(lacking.map(|(_, one)| Message::Confirmation(Box::new(one.clone()))));
        messages.iter().map(|message| self.send(to, message.encode(number))).collect()
    }

    pub(super) fn send(&self, to: usize, bytes: Bytes) -> Effect {
        Effect::Send(key_of(&self.members[to]), bytes)
    }
}
