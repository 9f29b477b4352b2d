//! `Taker`: the end that needs what others have.
//!
//! ```text
//!  look around ──> far behind? ──> choose an offer ──> fetch pieces ──> finish ──> votes lost? wait for a view above ──> over
//!       │ nobody answers     │ no       ^                   │ nobody has them any more     │ no               ^
//!       └────────────────────┴──────────┼───────────────────┘                              └──────────────────┘
//!                                       └── until somebody offers something, or it has taken too long
//! ```
//!
//! It also answers those who come at the same time, so that validators which start together do not wait for each other.

mod steps;

use std::collections::BTreeMap;
use std::io;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use commonware_codec::Decode as _;
use commonware_consensus::Viewable as _;
use commonware_consensus::simplex::types::{Certificate, Finalization};
use commonware_cryptography::Signer as _;
use commonware_cryptography::certificate::Verifier as _;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_parallel::Sequential;
use commonware_utils::ordered::Quorum as _;
use futures_util::future::{Either, select};

use super::super::envelope::Digest;
use super::super::{Runtime, Settings, Voting};
use super::message::Message;
use super::peer::{Peer, Stand};
use crate::catch_up::{Outcome, Sink, SnapshotId, Verdict};

/// How often it looks at the time.
const TICK: Duration = Duration::from_millis(50);

/// See the head of this file.
pub(crate) struct Taker<V: Voting, E, S> {
    context: E,
    scheme: V::Scheme,
    quorum: usize,
    sink: Box<dyn Sink>,
    sender: S,
    peers: BTreeMap<PublicKey, Peer>,
    /// The state that is gone for.
    chosen: Option<SnapshotId>,
    outcome: Outcome,
    voting: PhantomData<fn() -> V>,
}

impl<V, E, S> Taker<V, E, S>
where
    V: Voting,
    E: Runtime,
    S: Sender<PublicKey = PublicKey>,
{
    /// For this member, over this channel.
    pub fn new(context: E, settings: &Settings, sink: Box<dyn Sink>, sender: S) -> Taker<V, E, S> {
        let me = settings.secret.identity.public_key();
        let members = &settings.committee.members;
        let others = members.iter().filter(|member| **member != me);
        let peer = |key: &PublicKey| {
            let member = members.index(key).expect("it is one of them");
            (key.clone(), Peer::new(usize::from(member)))
        };
        Taker {
            context,
            scheme: V::scheme(settings),
            quorum: settings.committee.quorum(),
            sink,
            sender,
            peers: others.map(peer).collect(),
            chosen: None,
            outcome: Outcome::default(),
            voting: PhantomData,
        }
    }

    /// Until it is where the others are, or has found that it need not or cannot get there this way.
    ///
    /// # Errors
    /// What the sink's disk says.
    pub async fn run(mut self, mut receiver: impl Receiver<PublicKey = PublicKey>) -> io::Result<Outcome> {
        self.look_around(&mut receiver).await?;
        // What views there were before this validator came: it may have voted in these.
        let seen = self.peers.values().filter_map(|peer| peer.stand.as_ref());
        let view = seen.map(|stand| stand.view).max().unwrap_or(0);
        self.outcome.answered = self.peers.values().filter(|peer| peer.stand.is_some()).count();
        if self.is_far_behind() && self.fetch(&mut receiver).await? {
            self.sink.finish()?;
            self.outcome.has_state = true;
        }
        // Where every vote is needed for a certificate, two that contradict each other take two votes of everybody.
        let needs_all = self.quorum > self.peers.len();
        if view > 0 && !self.sink.has_votes() && !needs_all {
            self.outcome.votes_above = Some(self.wait_for_view_above(view, &mut receiver).await?);
        }
        let liars = self.peers.values().filter(|peer| peer.is_liar);
        self.outcome.liars = liars.map(|peer| peer.member).collect();
        Ok(self.outcome)
    }

    /// Asks everybody.
    fn ask(&mut self) {
        let above = self.sink.height().saturating_add(self.sink.behind_min());
        let mut asked = Vec::new();
        for (key, peer) in self.peers.iter_mut().filter(|(_, peer)| !peer.is_liar) {
            (peer.stands_due, peer.offers_due) = (1, 1);
            asked.push(key.clone());
        }
        self.tell(Recipients::Some(asked), &Message::Ask(above));
    }

    fn tell(&mut self, to: Recipients<PublicKey>, message: &Message) {
        // Who is not there is asked again.
        let _ = self.sender.send(to, message.encode(), false);
    }

    /// Takes what comes for a moment.
    async fn listen(&mut self, receiver: &mut impl Receiver<PublicKey = PublicKey>) -> io::Result<()> {
        let until = self.context.current() + TICK;
        loop {
            let next = {
                let (heard, late) = (Box::pin(receiver.recv()), Box::pin(self.context.sleep_until(until)));
                match select(heard, late).await {
                    Either::Left((heard, _)) => heard,
                    Either::Right(_) => return Ok(()),
                }
            };
            let (from, bytes) = next.map_err(io::Error::other)?;
            let is_piece = self.hear(&from, &Bytes::from(bytes))?;
            if is_piece || self.context.current() >= until {
                return Ok(());
            }
        }
    }

    /// Takes a message; gives whether it has brought a piece.
    fn hear(&mut self, from: &PublicKey, bytes: &Bytes) -> io::Result<bool> {
        let Some(peer) = self.peers.get_mut(from) else { return Ok(false) };
        match Message::decode(bytes) {
            None => peer.is_liar = true,
            Some(Message::Ask(_)) => {
                let (finalization, newest) = (Bytes::new(), Bytes::new());
                let stand = Message::Stand { height: self.sink.height(), finalization, newest };
                self.tell(Recipients::One(from.clone()), &stand);
            }
            Some(Message::Want(snapshot, name)) => {
                self.tell(Recipients::One(from.clone()), &Message::Gone(snapshot, name));
            }
            Some(Message::Stand { height, finalization, newest }) if peer.stands_due > 0 => {
                peer.stands_due = 0;
                match self.stand_of(height, finalization, newest) {
                    Some(stand) => self.peer(from).stand = Some(stand),
                    None => self.accuse(from, "shows certificates that are none"),
                }
            }
            Some(Message::Offer(offer)) if peer.offers_due > 0 && !peer.is_liar => {
                peer.offers_due = 0;
                match self.sink.judge(&offer) {
                    Some(offered) => self.peer(from).offer = Some((offered, offer)),
                    None => self.accuse(from, "offers a state that is not proven"),
                }
            }
            Some(Message::Piece(snapshot, name, piece)) if self.chosen == Some(snapshot) => {
                // What comes late may be good as well, but nobody need be believed that it is.
                if peer.answers(&name) {
                    let member = peer.member;
                    if self.sink.take(member, &name, &piece)? == Verdict::Refused {
                        self.accuse(from, "sends pieces that are not of the state");
                    }
                    return Ok(true);
                }
            }
            Some(Message::Gone(snapshot, name)) if self.chosen == Some(snapshot) => {
                if peer.answers(&name) {
                    peer.forget();
                }
            }
            Some(_) => {}
        }
        Ok(false)
    }

    fn peer(&mut self, key: &PublicKey) -> &mut Peer {
        self.peers.get_mut(key).expect("it was just found")
    }

    /// Nobody asks it any more.
    fn accuse(&mut self, key: &PublicKey, words: &str) {
        let peer = self.peers.get_mut(key).expect("it was just found");
        peer.is_liar = true;
        peer.forget();
        let member = peer.member;
        self.sink.note(&format!("validator {member} {words}, and is not asked again"));
    }

    /// Where somebody stands, if its certificates are such.
    fn stand_of(&mut self, height: u64, finalization: Bytes, newest: Bytes) -> Option<Stand> {
        let config = V::Scheme::certificate_codec_config_unbounded();
        let mut stand = Stand { height, view: 0, finalization: None };
        if !finalization.is_empty() {
            let read = Finalization::<V::Scheme, Digest>::decode_cfg(finalization.clone(), &config).ok()?;
            let is_good = read.verify(&mut self.context, &self.scheme, &Sequential);
            let view = read.view().get();
            stand.finalization = is_good.then_some((view, finalization));
            stand.finalization.as_ref()?;
            stand.view = view;
        }
        if !newest.is_empty() {
            let read = Certificate::<V::Scheme, Digest>::decode_cfg(newest, &config).ok()?;
            if !read.verify(&mut self.context, &self.scheme, &Sequential) {
                return None;
            }
            stand.view = stand.view.max(read.view().get());
        }
        Some(stand)
    }

    fn now(&self) -> SystemTime {
        self.context.current()
    }
}
