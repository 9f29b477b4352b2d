//! What a `Taker` does, one step after the other.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};

use super::super::super::{Runtime, Voting};
use super::super::message::Message;
use super::super::peer::Peer;
use super::Taker;
use crate::catch_up::{Offered, SnapshotId};

/// Between two questions to everybody.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long it waits for others to answer at all.
const ALONE_AFTER: Duration = Duration::from_secs(3);
/// How long for offers of others, once there is one.
const OFFERS_AFTER: Duration = Duration::from_secs(2);
/// How long for a first one. To make one, a validator writes its state to the disk and reads it.
const NO_OFFER_AFTER: Duration = Duration::from_secs(60);
/// How long for a piece.
const LATE_AFTER: Duration = Duration::from_secs(5);
/// Between two questions whether there are more who have the same state.
const MORE_EVERY: Duration = Duration::from_secs(5);
/// Missing pieces that are looked at for each peer.
const WANTED_PER_PEER: usize = 8;
/// A validator may be in the second view above the newest certificate that others have seen, and has voted in none above.
const VIEWS_AHEAD: u64 = 3;
/// How often it says that it waits.
const SAY_EVERY: Duration = Duration::from_secs(10);

impl<V, E, S> Taker<V, E, S>
where
    V: Voting,
    E: Runtime,
    S: Sender<PublicKey = PublicKey>,
{
    /// Until so many have said where they stand that with this one they are a quorum, or others do not answer.
    pub(super) async fn look_around(
        &mut self,
        receiver: &mut impl Receiver<PublicKey = PublicKey>,
    ) -> io::Result<()> {
        let over = self.now() + ALONE_AFTER;
        let mut ask_at = self.now();
        while self.now() < over {
            let answered = self.peers.values().filter(|peer| peer.stand.is_some()).count();
            if answered + 1 >= self.quorum {
                break;
            }
            if self.now() >= ask_at {
                self.ask();
                ask_at = self.now() + ASK_EVERY;
            }
            self.listen(receiver).await?;
        }
        Ok(())
    }

    /// Whether more say so than may be faulty.
    pub(super) fn is_far_behind(&self) -> bool {
        let above = self.sink.height().saturating_add(self.sink.behind_min());
        let stands = self.peers.values().filter_map(|peer| peer.stand.as_ref());
        let faulty_max = self.peers.len() + 1 - self.quorum;
        stands.filter(|stand| stand.height >= above).count() > faulty_max
    }

    /// Gets a state. Gives whether there is one: where nobody offers any, blocks are fetched one by one.
    pub(super) async fn fetch(
        &mut self,
        receiver: &mut impl Receiver<PublicKey = PublicKey>,
    ) -> io::Result<bool> {
        loop {
            let Some((offered, offer)) = self.choose(receiver).await? else { return Ok(false) };
            let from = self.holders(offered.snapshot).count();
            self.sink.note(&format!("taking the state of block {} from {from} validators", offered.height));
            self.sink.begin(&offer)?;
            self.chosen = Some(offered.snapshot);
            if self.gather(offered.snapshot, receiver).await? {
                return Ok(true);
            }
            self.sink.note("nobody has that state any more");
            self.chosen = None;
            self.peers.values_mut().for_each(Peer::forget);
        }
    }

    /// The offer that most make; the one that was begun, if anybody makes that.
    async fn choose(
        &mut self,
        receiver: &mut impl Receiver<PublicKey = PublicKey>,
    ) -> io::Result<Option<(Offered, Bytes)>> {
        let over = self.now() + NO_OFFER_AFTER;
        let (mut ask_at, mut first_at) = (self.now(), None);
        while self.now() < over {
            let own = self.sink.height();
            let offers = self.peers.values().filter_map(|peer| peer.offer.as_ref());
            let offers = offers.filter(|(offered, _)| offered.height > own);
            let best = offers.max_by_key(|(offered, _)| {
                let is_begun = self.sink.begun() == Some(offered.snapshot);
                (is_begun, self.holders(offered.snapshot).count(), offered.height)
            });
            if let Some((offered, offer)) = best {
                let first_at = *first_at.get_or_insert(self.now());
                let is_enough = self.holders(offered.snapshot).count() + 1 >= self.quorum;
                if is_enough || self.now() >= first_at + OFFERS_AFTER {
                    return Ok(Some((*offered, offer.clone())));
                }
            }
            if self.now() >= ask_at {
                self.ask();
                ask_at = self.now() + ASK_EVERY;
            }
            self.listen(receiver).await?;
        }
        Ok(None)
    }

    /// Asks for pieces until none is missing; gives false if nobody has them.
    async fn gather(
        &mut self,
        snapshot: SnapshotId,
        receiver: &mut impl Receiver<PublicKey = PublicKey>,
    ) -> io::Result<bool> {
        let mut ask_at = self.now() + MORE_EVERY;
        while !self.sink.is_complete() {
            if self.holders(snapshot).next().is_none() {
                return Ok(false);
            }
            let now = self.now();
            self.outcome.late += self.peers.values_mut().map(|peer| peer.expire(now)).sum::<u64>();
            self.hand_out(snapshot);
            if now >= ask_at {
                self.ask();
                ask_at = now + MORE_EVERY;
            }
            self.listen(receiver).await?;
        }
        Ok(true)
    }

    /// Asks for what is missing and not under way, each piece of whoever has least to do.
    fn hand_out(&mut self, snapshot: SnapshotId) {
        let now = self.now();
        let holders: Vec<PublicKey> = self.holders(snapshot).cloned().collect();
        for name in self.sink.wanted(WANTED_PER_PEER * holders.len()) {
            if self.peers.values().any(|peer| peer.is_asked(&name)) {
                continue;
            }
            let free = holders.iter().filter(|key| self.peers[*key].has_room(now));
            let Some(key) = free.min_by_key(|key| self.peers[*key].under_way()).cloned() else { return };
            self.peer(&key).ask(name, now + LATE_AFTER);
            self.tell(Recipients::One(key), &Message::Want(snapshot, name));
        }
    }

    /// Those who offer this state.
    fn holders(&self, snapshot: SnapshotId) -> impl Iterator<Item = &PublicKey> {
        let has = move |peer: &Peer| {
            !peer.is_liar && peer.offer.as_ref().is_some_and(|(offered, _)| offered.snapshot == snapshot)
        };
        self.peers.iter().filter(move |(_, peer)| has(peer)).map(|(key, _)| key)
    }

    /// The certificate of a block that became final in a view above all in which this validator may have voted.
    pub(super) async fn wait_for_view_above(
        &mut self,
        view: u64,
        receiver: &mut impl Receiver<PublicKey = PublicKey>,
    ) -> io::Result<Vec<u8>> {
        let (mut ask_at, mut say_at) = (self.now(), self.now() + SAY_EVERY);
        loop {
            let stands = self.peers.values().filter_map(|peer| peer.stand.as_ref());
            let newest = stands.filter_map(|stand| stand.finalization.as_ref()).max_by_key(|(view, _)| *view);
            if let Some((_, certificate)) = newest.filter(|(final_in, _)| *final_in >= view + VIEWS_AHEAD) {
                return Ok(certificate.to_vec());
            }
            if self.now() >= ask_at {
                self.ask();
                ask_at = self.now() + ASK_EVERY;
            }
            if self.now() >= say_at {
                let text = format!("its votes are lost; waiting for a final block above view {view}");
                self.sink.note(&text);
                say_at = self.now() + SAY_EVERY;
            }
            self.listen(receiver).await?;
        }
    }
}
