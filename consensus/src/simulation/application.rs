//! What the simulated validators order: height, parent and maker of a block, and filling.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use commonware_cryptography::{Hasher as _, Sha256};
use parking_lot::Mutex;

use super::Scenario;
use super::outcome::{Final, Outcome};
use crate::application::{Application, Block, Done, Link, Reply};
use crate::ordering::BlockId;

/// The block below all others.
pub(super) const GENESIS: BlockId = BlockId([0; 32]);
/// Height, parent, and index of the maker.
pub(super) const HEAD_BYTES: usize = 8 + 32 + 8;

/// How a block hangs, whose head these bytes begin with.
pub(super) fn read(bytes: &[u8]) -> Option<Link> {
    let (height, rest) = bytes.split_first_chunk()?;
    let parent = BlockId(*rest.first_chunk()?);
    let id = BlockId(Sha256::hash(&[bytes]).0);
    Some(Link { id, parent, height: u64::from_be_bytes(*height) })
}

/// The block of this validator on top of that one, with this after its head.
pub(super) fn block_above(parent: &Link, maker: usize, filling: &[u8]) -> Block {
    let height = (parent.height + 1).to_be_bytes();
    let bytes = [&height, &parent.id.0[..], &(maker as u64).to_be_bytes(), filling].concat();
    Block { link: read(&bytes).expect("it was just written"), bytes: bytes.into() }
}

/// Notes when what happened.
pub(super) struct Recorder {
    proposed: Mutex<BTreeMap<BlockId, Duration>>,
    finals: Mutex<Vec<Vec<Final>>>,
}

impl Recorder {
    pub fn new(members: usize) -> Recorder {
        Recorder { proposed: Mutex::default(), finals: Mutex::new(vec![Vec::new(); members]) }
    }

    /// Height of the newest block that a validator was told of.
    pub fn newest(&self, index: usize) -> u64 {
        self.finals.lock()[index].last().map_or(0, |told| told.height)
    }

    /// The newest block that a validator was told of and that is such a one.
    pub fn find_newest(&self, index: usize, is_it: impl Fn(&Final) -> bool) -> Option<Final> {
        self.finals.lock()[index].iter().rev().find(|told| is_it(told)).cloned()
    }

    /// This block was made, unless it was made before.
    pub fn proposed(&self, id: BlockId, now: Duration) {
        self.proposed.lock().entry(id).or_insert(now);
    }

    /// This validator is told that this block is final.
    pub fn told(&self, index: usize, block: &Block, at: Duration, certificate: Option<Vec<u8>>) {
        let Link { id, height, .. } = block.link;
        let proposed = self.proposed.lock().get(&id).copied();
        let proposed = proposed.expect("what is final was proposed by somebody");
        self.finals.lock()[index].push(Final { height, id, proposed, at, certificate });
    }

    pub fn outcome(&self, scenario: &Scenario, hash: String) -> Outcome {
        let finals = std::mem::take(&mut *self.finals.lock());
        Outcome::new(scenario.deal().0, finals, hash)
    }
}

/// One validator's application.
pub(super) struct Sketch<C> {
    index: usize,
    block_bytes: usize,
    recorder: Arc<Recorder>,
    clock: C,
}

impl<C: Fn() -> Duration> Sketch<C> {
    pub fn new(index: usize, block_bytes: usize, recorder: Arc<Recorder>, clock: C) -> Sketch<C> {
        Sketch { index, block_bytes, recorder, clock }
    }
}

impl<C: Fn() -> Duration + Send + Sync + 'static> Application for Sketch<C> {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        read(bytes)
    }

    fn propose(&self, parent: Block, reply: Reply<Block>) {
        let filling = vec![0; self.block_bytes.saturating_sub(HEAD_BYTES)];
        let block = block_above(&parent.link, self.index, &filling);
        self.recorder.proposed(block.link.id, (self.clock)());
        reply.give(block);
    }

    fn verify(&self, _block: Block, _parent: Block, reply: Reply<bool>) {
        reply.give(true);
    }

    fn finalized(&self, block: Block, certificate: Option<Vec<u8>>, done: Done) {
        self.recorder.told(self.index, &block, (self.clock)(), certificate);
        done.tell();
    }
}
