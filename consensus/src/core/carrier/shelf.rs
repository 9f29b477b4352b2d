//! `Shelf`: blocks that were proposed of late, and who waits for one.

use std::collections::{BTreeMap, VecDeque};

use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Digested, Digestible as _};
use commonware_utils::channel::oneshot;

use super::super::envelope::{Digest, Envelope};

/// Proposed blocks kept of each peer.
const BLOCKS_OF_PEER_MAX: usize = 8;
/// How often a peer is told the same of a block.
const TOLD_MAX: usize = 2;

/// See the head of this file.
#[derive(Default)]
pub(super) struct Shelf {
    blocks: BTreeMap<Digest, Kept>,
    /// Of each peer, the newest first.
    of_peers: BTreeMap<PublicKey, VecDeque<Digest>>,
    waiters: BTreeMap<Digest, Vec<oneshot::Sender<Digested<Envelope>>>>,
}

struct Kept {
    block: Digested<Envelope>,
    /// Peers that keep it here.
    peers: usize,
    /// Who was told what they lacked.
    told: Vec<PublicKey>,
}

impl Shelf {
    /// A block that is there.
    pub fn get(&self, digest: &Digest) -> Option<Digested<Envelope>> {
        self.blocks.get(digest).map(|kept| kept.block.clone())
    }

    /// A block that is there, to be told to a peer; not time and again.
    pub fn get_for(&mut self, digest: &Digest, peer: &PublicKey) -> Option<Digested<Envelope>> {
        let kept = self.blocks.get_mut(digest)?;
        let told = kept.told.iter().filter(|told| *told == peer).count();
        (told < TOLD_MAX).then(|| {
            kept.told.push(peer.clone());
            kept.block.clone()
        })
    }

    /// Waits for a block.
    pub fn subscribe(&mut self, digest: Digest) -> oneshot::Receiver<Digested<Envelope>> {
        let (waiter, receiver) = oneshot::channel();
        match self.get(&digest) {
            // Whoever asked may have gone.
            Some(block) => drop(waiter.send(block)),
            None => {
                self.waiters.retain(|_, waiters| {
                    waiters.retain(|waiter| !waiter.is_closed());
                    !waiters.is_empty()
                });
                self.waiters.entry(digest).or_default().push(waiter);
            }
        }
        receiver
    }

    /// Keeps a block that came from a peer; gives whether it was not there.
    pub fn insert(&mut self, peer: &PublicKey, block: &Digested<Envelope>) -> bool {
        let digest = block.digest();
        for waiter in self.waiters.remove(&digest).unwrap_or_default() {
            // Whoever asked may have gone.
            drop(waiter.send(block.clone()));
        }
        let is_new = !self.blocks.contains_key(&digest);
        let of_peer = self.of_peers.entry(peer.clone()).or_default();
        if !of_peer.contains(&digest) {
            of_peer.push_front(digest);
            let kept = || Kept { block: block.clone(), peers: 0, told: Vec::new() };
            self.blocks.entry(digest).or_insert_with(kept).peers += 1;
        }
        if of_peer.len() > BLOCKS_OF_PEER_MAX
            && let Some(oldest) = of_peer.pop_back()
        {
            self.release(&oldest);
        }
        is_new
    }

    fn release(&mut self, digest: &Digest) {
        let kept = self.blocks.get_mut(digest).expect("what a peer keeps is there");
        kept.peers -= 1;
        if kept.peers == 0 {
            self.blocks.remove(digest);
        }
    }
}
