//! `Carrier`: brings proposed blocks to the other validators, in few words where they know most of what is in them.
//!
//! ```text
//!   proposer                          another validator
//!   block ──brief──────────────────>  restore ──┬─ nothing is lacking ─────────────────────> block
//!     │   <────────────────lacks────            └─ something is:       ┌─ all is there ────> block
//!     └─── parts ──────────────────>             restore with parts  ──┴─ it does not fit: ┐
//!          <──────────lacks all──────────────────────────────────────────────────────────  ┘
//!     └─── whole ──────────────────>  read ────────────────────────────────────────────────> block
//! ```
//!
//! 1. What comes out is the block itself, with its id, whatever way it came: votes, certificates and files know nothing of
//!    few words.
//! 2. A peer has eight blocks here, and eight that are being restored; a new one takes the place of its oldest.
//! 3. It is asked twice for a block, the second time for all of it. It is told of a block twice, then no more.
//! 4. Who sends what is no message, or no block, is cut off. Who does not answer is left alone: a block that does not come
//!    this way is asked for elsewhere, once it has a certificate.

pub(crate) mod message;
mod shelf;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use commonware_consensus::marshal::core::Buffer;
use commonware_consensus::marshal::standard::Standard;
use commonware_consensus::types::Round;
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Digested, Digestible as _};
use commonware_p2p::{Blocker, Receiver, Recipients, Sender};
use commonware_runtime::Metrics;
use commonware_runtime::telemetry::metrics::{Counter, MetricsExt as _};
use commonware_utils::channel::oneshot;
use commonware_utils::futures::Pool;
use futures_util::future::{Either, select};
use parking_lot::Mutex;

use self::message::Message;
use self::shelf::Shelf;
use super::envelope::{Digest, Envelope, digest_of};
use crate::application::{Application, Block, Reply, Restored};
use crate::ordering::BlockId;

/// Blocks of one peer that are being restored at a time.
const OPEN_OF_PEER_MAX: usize = 8;

/// See the head of this file. This end takes blocks, and gives those that are there.
#[derive(Clone)]
pub(super) struct Carrier<S> {
    me: PublicKey,
    application: Arc<dyn Application>,
    shelf: Arc<Mutex<Shelf>>,
    sender: S,
}

impl<S: Sender<PublicKey = PublicKey>> Carrier<S> {
    /// Over this channel.
    pub fn new(me: PublicKey, application: Arc<dyn Application>, sender: S) -> Carrier<S> {
        Carrier { me, application, shelf: Arc::default(), sender }
    }

    fn tell(&mut self, peer: &PublicKey, message: &Message) {
        // Who has gone is not told.
        let _ = self.sender.send(Recipients::One(peer.clone()), message.encode(), false);
    }

    /// Tells a peer what it lacks of a block: all of it, if the parts would be longer. None if it asks for what is not there.
    fn answer(&self, block: &Block, lacks: &[u8]) -> Option<Message> {
        if lacks.is_empty() {
            return Some(Message::Whole(block.bytes.clone()));
        }
        let parts = self.application.parts(block, lacks)?;
        let is_shorter = parts.len() < block.bytes.len();
        Some(if is_shorter {
            Message::Parts(block.link.id, parts)
        } else {
            Message::Whole(block.bytes.clone())
        })
    }
}

impl<S: Sender<PublicKey = PublicKey>> Buffer<Standard<Envelope>> for Carrier<S> {
    type PublicKey = PublicKey;

    async fn find_by_digest(&self, digest: Digest) -> Option<Digested<Envelope>> {
        self.shelf.lock().get(&digest)
    }

    async fn find_by_commitment(&self, digest: Digest) -> Option<Digested<Envelope>> {
        self.shelf.lock().get(&digest)
    }

    fn subscribe_by_digest(&self, digest: Digest) -> Option<oneshot::Receiver<Digested<Envelope>>> {
        Some(self.shelf.lock().subscribe(digest))
    }

    fn subscribe_by_commitment(&self, digest: Digest) -> Option<oneshot::Receiver<Digested<Envelope>>> {
        self.subscribe_by_digest(digest)
    }

    fn send(&self, _round: Round, block: Digested<Envelope>, recipients: Recipients<PublicKey>) {
        self.shelf.lock().insert(&self.me, &block);
        let block = &block.inner().0;
        let message = match self.application.brief(block) {
            Some(brief) => Message::Brief(brief),
            None => Message::Whole(block.bytes.clone()),
        };
        // Who is away asks for it later.
        let _ = self.sender.clone().send(recipients, message.encode(), false);
    }
}

/// What came in and what became of it.
struct Counts {
    whole: Counter,
    brief: Counter,
    /// Of these, those of which nothing was lacking.
    complete: Counter,
    asked: Counter,
    answered: Counter,
    refused: Counter,
}

/// A block that is being restored.
struct Open {
    from: PublicKey,
    id: BlockId,
    brief: Bytes,
    /// Times that its sender was asked.
    asked: usize,
}

/// A block's id and who sent it, with what the application has made of it.
type Answered = (PublicKey, BlockId, Option<Restored>);

/// The end that hears what others send.
pub(super) struct Hearer<S, B> {
    carrier: Carrier<S>,
    bytes_max: usize,
    blocker: B,
    open: VecDeque<Open>,
    answers: Pool<'static, Answered>,
    counts: Counts,
}

impl<S, B> Hearer<S, B>
where
    S: Sender<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey>,
{
    /// For this carrier, of blocks up to this length.
    pub fn new(context: &impl Metrics, carrier: Carrier<S>, bytes_max: usize, blocker: B) -> Hearer<S, B> {
        let counts = Counts {
            whole: context.counter("whole", "blocks that came whole"),
            brief: context.counter("brief", "blocks that came in few words"),
            complete: context.counter("complete", "blocks in few words of which nothing was lacking"),
            asked: context.counter("asked", "questions for what was lacking"),
            answered: context.counter("answered", "answers to such questions"),
            refused: context.counter("refused", "messages that were none"),
        };
        Hearer { carrier, bytes_max, blocker, open: VecDeque::new(), answers: Pool::default(), counts }
    }

    /// Until the network ends.
    pub async fn run(mut self, mut receiver: impl Receiver<PublicKey = PublicKey>) {
        loop {
            let next = {
                let (heard, answered) = (Box::pin(receiver.recv()), self.answers.next_completed());
                match select(heard, answered).await {
                    Either::Left((heard, _)) => Either::Left(heard),
                    Either::Right((answered, _)) => Either::Right(answered),
                }
            };
            match next {
                Either::Left(Ok((peer, bytes))) => {
                    if self.hear(&peer, &Bytes::from(bytes)).is_none() {
                        self.counts.refused.inc();
                        // Where it is cut off already, that is all the same.
                        let _ = self.blocker.block(peer);
                    }
                }
                Either::Left(Err(_)) => return,
                Either::Right((peer, id, answer)) => self.restored(peer, id, answer),
            }
        }
    }

    /// Takes a message; gives nothing if it is none.
    fn hear(&mut self, peer: &PublicKey, bytes: &Bytes) -> Option<()> {
        match Message::decode(bytes)? {
            Message::Whole(bytes) => {
                let link = self.carrier.application.read(&bytes);
                let link = link.filter(|link| link.height > 0 && bytes.len() <= self.bytes_max)?;
                self.counts.whole.inc();
                self.keep(peer, Block { link, bytes });
            }
            Message::Brief(brief) => {
                let link = self.carrier.application.read_brief(&brief).filter(|link| link.height > 0)?;
                self.counts.brief.inc();
                self.begin(peer, link.id, brief);
            }
            Message::Lacks(id, lacks) => {
                let block = self.carrier.shelf.lock().get_for(&digest_of(id), peer);
                // Who asks for what is long gone is late, and who asks time and again is not answered.
                let Some(block) = block else { return Some(()) };
                let answer = self.carrier.answer(&block.inner().0, &lacks)?;
                self.counts.answered.inc();
                self.carrier.tell(peer, &answer);
            }
            Message::Parts(id, parts) => {
                let open = self.open.iter().find(|open| open.is(peer, id) && open.asked > 0);
                // It may have come from somebody else meanwhile.
                let Some(brief) = open.map(|open| open.brief.clone()) else { return Some(()) };
                self.restore(peer, id, brief, parts);
            }
        }
        Some(())
    }

    fn begin(&mut self, peer: &PublicKey, id: BlockId, brief: Bytes) {
        let known = self.carrier.shelf.lock().get(&digest_of(id));
        if let Some(known) = known {
            self.carrier.shelf.lock().insert(peer, &known);
            return;
        }
        if self.open.iter().any(|open| open.is(peer, id)) {
            return;
        }
        let of_peer = self.open.iter().filter(|open| open.from == *peer).count();
        if of_peer >= OPEN_OF_PEER_MAX {
            let oldest = self.open.iter().position(|open| open.from == *peer).expect("there are some");
            self.open.remove(oldest);
        }
        self.open.push_back(Open { from: peer.clone(), id, brief: brief.clone(), asked: 0 });
        self.restore(peer, id, brief, Bytes::new());
    }

    fn restore(&mut self, peer: &PublicKey, id: BlockId, brief: Bytes, parts: Bytes) {
        let (reply, answer) = Reply::new();
        self.carrier.application.restore(brief, parts, reply);
        let peer = peer.clone();
        self.answers.push(async move { (peer, id, answer.await.ok()) });
    }

    /// Goes on with what the application has made of few words.
    fn restored(&mut self, peer: PublicKey, id: BlockId, answer: Option<Restored>) {
        let Some(at) = self.open.iter().position(|open| open.is(&peer, id)) else { return };
        match answer {
            Some(Restored::Whole(block)) if block.link.id == id => {
                if self.open[at].asked == 0 {
                    self.counts.complete.inc();
                }
                self.keep(&peer, block);
            }
            // The application is about to end.
            None => drop(self.open.remove(at)),
            Some(answer) => {
                let lacks = match (answer, self.open[at].asked) {
                    (Restored::Lacks(lacks), 0) => lacks,
                    (_, 0 | 1) => Bytes::new(),
                    _ => return drop(self.open.remove(at)),
                };
                self.open[at].asked += if lacks.is_empty() { 2 } else { 1 };
                self.counts.asked.inc();
                self.carrier.tell(&peer, &Message::Lacks(id, lacks));
            }
        }
    }

    fn keep(&mut self, peer: &PublicKey, block: Block) {
        self.open.retain(|open| open.id != block.link.id);
        let envelope = Envelope(block);
        let digest = envelope.digest();
        self.carrier.shelf.lock().insert(peer, &Digested::precomputed(envelope, digest));
    }
}

impl Open {
    fn is(&self, peer: &PublicKey, id: BlockId) -> bool {
        self.from == *peer && self.id == id
    }
}
