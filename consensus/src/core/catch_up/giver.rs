//! `Giver`: the end that has what others need. It answers one message at a time, and keeps nothing of who asks: how much one may
//! ask is the channel's bound.

use std::sync::Arc;

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Blocker, Receiver, Recipients, Sender};
use commonware_runtime::Metrics;
use commonware_runtime::telemetry::metrics::{Counter, MetricsExt as _};

use super::message::Message;
use super::newest::Newest;
use crate::catch_up::{PIECE_BYTES_MAX, Source};

/// See the head of this file.
pub(in crate::core) struct Giver<S, B> {
    /// None if there is nothing to give but certificates.
    source: Option<Arc<dyn Source>>,
    newest: Newest,
    sender: S,
    blocker: B,
    offered: Counter,
    given: Counter,
    bytes: Counter,
    gone: Counter,
    refused: Counter,
}

impl<S, B> Giver<S, B>
where
    S: Sender<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey>,
{
    /// Over this channel.
    pub fn new(
        context: &impl Metrics,
        source: Option<Arc<dyn Source>>,
        newest: Newest,
        (sender, blocker): (S, B),
    ) -> Giver<S, B> {
        Giver {
            source,
            newest,
            sender,
            blocker,
            offered: context.counter("offered", "offers of a state"),
            given: context.counter("given", "pieces of a state that were given"),
            bytes: context.counter("bytes", "bytes of pieces that were given"),
            gone: context.counter("gone", "questions for pieces that were not there"),
            refused: context.counter("refused", "messages that were none"),
        }
    }

    /// Until the network ends.
    pub async fn run(mut self, mut receiver: impl Receiver<PublicKey = PublicKey>) {
        while let Ok((peer, bytes)) = receiver.recv().await {
            match Message::decode(&Bytes::from(bytes)) {
                Some(message) => self.answer(&peer, message),
                None => {
                    self.refused.inc();
                    // Where it is cut off already, that is all the same.
                    let _ = self.blocker.block(peer);
                }
            }
        }
    }

    fn answer(&mut self, peer: &PublicKey, message: Message) {
        match message {
            Message::Ask(above) => {
                let (finalization, newest) = self.newest.both();
                let height = self.source.as_ref().map_or(0, |source| source.height());
                self.tell(peer, &Message::Stand { height, finalization, newest });
                let offer = self.source.as_ref().and_then(|source| source.offer(above));
                if let Some(offer) = offer.filter(|offer| offer.len() <= PIECE_BYTES_MAX) {
                    self.offered.inc();
                    self.tell(peer, &Message::Offer(offer));
                }
            }
            Message::Want(snapshot, name) => {
                let piece = self.source.as_ref().and_then(|source| source.piece(&snapshot, &name));
                match piece.filter(|piece| piece.len() <= PIECE_BYTES_MAX) {
                    Some(piece) => {
                        self.given.inc();
                        self.bytes.inc_by(piece.len() as u64);
                        self.tell(peer, &Message::Piece(snapshot, name, piece));
                    }
                    None => {
                        self.gone.inc();
                        self.tell(peer, &Message::Gone(snapshot, name));
                    }
                }
            }
            // Answers, which come late: this one has asked for nothing.
            Message::Stand { .. } | Message::Offer(_) | Message::Piece(..) | Message::Gone(..) => {}
        }
    }

    fn tell(&mut self, peer: &PublicKey, message: &Message) {
        // Who has gone, or asks for too much, is not told.
        let _ = self.sender.send(Recipients::One(peer.clone()), message.encode(), false);
    }
}
