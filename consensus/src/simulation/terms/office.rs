//! What validators order whose committee changes: blocks with the logs of those who hand the key on.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Hasher as _, Sha256};
use commonware_utils::channel::mpsc;
use parking_lot::Mutex;

use super::{InOffice, Terms};
use crate::application::{Application, Block, Done, Link, Reply};
use crate::committee::{Committee, Secret};
use crate::core::Timing;
use crate::dkg::ceremony::Effect;
use crate::dkg::outcome::key_of;
use crate::dkg::{Handover, Part};
use crate::ordering::BlockId;
use crate::simulation::application::{GENESIS, HEAD_BYTES, Recorder, block_above, read};

/// Who is to be in office, and who has been.
pub(super) struct Script {
    pub epoch_blocks: NonZeroU64,
    pub timing: Timing,
    next: Vec<Vec<[u8; 32]>>,
    identities: Vec<[u8; 32]>,
    seen: Mutex<Vec<Vec<Committee>>>,
}

impl Script {
    pub fn new(terms: &Terms, secrets: &[Secret]) -> Script {
        let keys =
            |members: &Vec<usize>| members.iter().map(|member| secrets[*member].public_key()).collect();
        Script {
            epoch_blocks: terms.epoch_blocks,
            timing: terms.scenario.timing,
            next: terms.next.iter().map(keys).collect(),
            identities: secrets.iter().map(Secret::identity).collect(),
            seen: Mutex::new(vec![Vec::new(); secrets.len()]),
        }
    }

    pub fn committees(&self) -> Vec<Vec<Committee>> {
        self.seen.lock().clone()
    }
}

/// One validator's application.
pub(super) struct Office<C> {
    index: usize,
    script: Arc<Script>,
    recorder: Arc<Recorder>,
    clock: C,
    in_office: mpsc::UnboundedSender<InOffice>,
    state: Mutex<State>,
}

struct State {
    epoch: u64,
    committee: Committee,
    secret: Option<Secret>,
    handover: Option<Handover>,
    /// Closed, and in no final block yet.
    log: Option<Bytes>,
}

impl<C: Fn() -> Duration> Office<C> {
    pub fn new(
        index: usize,
        (secret, committee): (Secret, &Committee),
        script: Arc<Script>,
        recorder: Arc<Recorder>,
        (clock, in_office): (C, mpsc::UnboundedSender<InOffice>),
    ) -> Office<C> {
        let secret = committee.index_of(&secret).map(|_| secret);
        let state = State { epoch: 0, committee: committee.clone(), secret, handover: None, log: None };
        let office = Office { index, script, recorder, clock, in_office, state: Mutex::new(state) };
        office.begin(&mut office.state.lock(), GENESIS);
        office
    }

    /// Begins an epoch above this block.
    fn begin(&self, state: &mut State, below: BlockId) {
        let State { epoch, committee, secret, .. } = state;
        self.script.seen.lock()[self.index].push(committee.clone());
        let in_office =
            InOffice { epoch: *epoch, committee: committee.clone(), secret: secret.clone(), below };
        self.in_office.send(in_office).expect("somebody runs the engines");
        let next = &self.script.next;
        let to = &next[(*epoch as usize).min(next.len() - 1)];
        let part = match secret {
            Some(secret) => Part::Member(secret),
            None => Part::Newcomer(self.script.identities[self.index]),
        };
        let seed = Sha256::hash(&[&[self.index as u8], &epoch.to_be_bytes()[..]]).0;
        // Who has no part in the change goes without.
        state.handover = Handover::new(*epoch, committee, to, part, seed).ok();
        state.log = None;
    }

    pub fn tick(&self) -> Vec<Effect> {
        self.state.lock().handover.as_ref().map_or(Vec::new(), Handover::tick)
    }

    pub fn hear(&self, from: &PublicKey, bytes: &Bytes) -> Vec<Effect> {
        let mut state = self.state.lock();
        let heard = state.handover.as_mut().and_then(|handover| handover.hear(key_of(from), bytes));
        heard.unwrap_or_default()
    }

    fn take(&self, block: &Block) {
        let state = &mut *self.state.lock();
        let length = self.script.epoch_blocks.get();
        let Link { id, height, .. } = block.link;
        let log = block.bytes.slice(HEAD_BYTES..);
        if state.log.as_ref() == Some(&log) {
            state.log = None;
        }
        let Some(handover) = state.handover.as_mut() else { return };
        if !log.is_empty() {
            handover.include(&log);
        }
        if height % length == length / 2 {
            state.log = handover.close();
        }
        if height % length == length - 1 {
            if let Some(Ok(outcome)) = state.handover.take().map(Handover::finish) {
                (state.committee, state.secret) = (outcome.committee, outcome.secret);
            }
            state.epoch += 1;
            self.begin(state, id);
        }
    }
}

impl<C: Fn() -> Duration + Send + Sync + 'static> Application for Office<C> {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        read(bytes).filter(|_| bytes.len() >= HEAD_BYTES)
    }

    fn propose(&self, parent: Block, reply: Reply<Block>) {
        let block = {
            let state = self.state.lock();
            block_above(&parent.link, self.index, state.log.as_deref().unwrap_or_default())
        };
        self.recorder.proposed(block.link.id, (self.clock)());
        reply.give(block);
    }

    fn verify(&self, _block: Block, _parent: Block, reply: Reply<bool>) {
        reply.give(true);
    }

    fn finalized(&self, block: Block, certificate: Option<Vec<u8>>, done: Done) {
        self.take(&block);
        self.recorder.told(self.index, &block, (self.clock)(), certificate);
        done.tell();
    }
}
