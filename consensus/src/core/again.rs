//! `Again`: what one more view of the same block is, and who votes for it.
//!
//! ```text
//!   view 7: a   view 8: b   view 9: c      notarized, none of them final: votes to finalize came late
//!   view 10: c                             nothing can stand on c before a is final: c again
//!                                          view 10 goes well: c is final, and b and a below it
//! ```
//!
//! A header speaks of what was executed some blocks below, and only what is final is executed. Where a network is bad, views
//! follow each other that notarize a block and do not finalize it; after as many of them nobody could make a header any more,
//! for good. So a leader may propose the parent itself: the view has something to vote on, and once one goes well, all is final.
//! The consensus library does the same with the last block of an epoch, and finds a block by its digest, whichever view it is
//! final in.
//!
//! Such a proposal carries nothing that was not notarized already. So everybody votes for it who has the block, and it costs
//! the chain no more than a leader that says nothing.

use std::pin::pin;
use std::sync::Arc;

use commonware_actor::Feedback;
use commonware_consensus::marshal::core::{DigestFallback, Mailbox};
use commonware_consensus::marshal::standard::Standard;
use commonware_consensus::simplex::scheme::Scheme;
use commonware_consensus::simplex::types::Context;
use commonware_consensus::types::{Epocher as _, FixedEpocher, Round};
use commonware_consensus::{
    Automaton, CertifiableAutomaton, Epochable as _, Handoff, Heightable as _, Relay, Reporter,
};
use commonware_cryptography::certificate::Verifier;
use commonware_cryptography::ed25519::PublicKey;
use commonware_utils::channel::oneshot;
use futures_util::future::{Either, select};

use super::Runtime;
use super::bridge::Bridge;
use super::envelope::{Digest, Envelope};

/// See the head of this file. All else is what it wraps.
pub(super) struct Again<E, I, S: Scheme<Digest>> {
    context: Arc<E>,
    inner: I,
    bridge: Bridge<S>,
    marshal: Mailbox<S, Standard<Envelope>>,
    epochs: FixedEpocher,
}

impl<E, I: Clone, S: Scheme<Digest>> Clone for Again<E, I, S> {
    fn clone(&self) -> Again<E, I, S> {
        Again {
            context: self.context.clone(),
            inner: self.inner.clone(),
            bridge: self.bridge.clone(),
            marshal: self.marshal.clone(),
            epochs: self.epochs.clone(),
        }
    }
}

impl<E: Runtime, I, S: Scheme<Digest>> Again<E, I, S> {
    pub fn new(
        context: E,
        inner: I,
        bridge: Bridge<S>,
        marshal: Mailbox<S, Standard<Envelope>>,
        epochs: FixedEpocher,
    ) -> Again<E, I, S> {
        Again { context: Arc::new(context), inner, bridge, marshal, epochs }
    }
}

impl<E, I, S> Automaton for Again<E, I, S>
where
    E: Runtime,
    I: Automaton<Context = Context<Digest, PublicKey>, Digest = Digest> + Sync,
    S: Scheme<Digest> + Verifier<PublicKey = PublicKey>,
{
    type Context = Context<Digest, PublicKey>;
    type Digest = Digest;

    async fn propose(&mut self, context: Self::Context) -> oneshot::Receiver<Digest> {
        let (round, parent) = (context.round, context.parent.1);
        let made = self.inner.propose(context).await;
        let (mut sender, receiver) = oneshot::channel();
        let bridge = self.bridge.clone();
        self.context.child("again_propose").spawn(move |_| async move {
            let made = match select(pin!(sender.closed()), made).await {
                Either::Left(_) => return,
                Either::Right((made, _)) => made,
            };
            if let Some(digest) = made.ok().or_else(|| bridge.is_again(round).then_some(parent)) {
                // If nobody waits any more, the view is over.
                let _ = sender.send(digest);
            }
        });
        receiver
    }

    async fn verify(&mut self, context: Self::Context, digest: Digest) -> oneshot::Receiver<bool> {
        let (parent_view, parent) = context.parent;
        if digest != parent {
            return self.inner.verify(context, digest).await;
        }
        let (mut sender, receiver) = oneshot::channel();
        let round = Round::new(context.epoch(), parent_view);
        let block = self.marshal.subscribe_by_digest(digest, DigestFallback::FetchByRound { round });
        let (marshal, epochs) = (self.marshal.clone(), self.epochs.clone());
        self.context.child("again_verify").spawn(move |_| async move {
            let block = match select(pin!(sender.closed()), block).await {
                Either::Right((Ok(block), _)) => block,
                _ => return,
            };
            // What lies below the first block of an epoch was for others to make final.
            let is_own = epochs.first(context.epoch()).is_some_and(|first| block.height() >= first)
                && block.height().get() > 0;
            if !is_own || marshal.verified(context.round, block).await {
                let _ = sender.send(is_own);
            }
        });
        receiver
    }
}

impl<E, I, S> CertifiableAutomaton for Again<E, I, S>
where
    E: Runtime,
    I: CertifiableAutomaton<Context = Context<Digest, PublicKey>, Digest = Digest> + Sync,
    S: Scheme<Digest> + Verifier<PublicKey = PublicKey>,
{
    async fn prepare(&mut self, context: Self::Context) -> oneshot::Receiver<Handoff<Digest>> {
        self.inner.prepare(context).await
    }

    async fn certify(&mut self, round: Round, digest: Digest) -> oneshot::Receiver<bool> {
        // A block that was verified here is looked for, and found.
        self.inner.certify(round, digest).await
    }
}

impl<E: Runtime, I: Relay, S: Scheme<Digest>> Relay for Again<E, I, S> {
    type Digest = I::Digest;
    type PublicKey = I::PublicKey;
    type Plan = I::Plan;

    fn broadcast(&mut self, payload: Self::Digest, plan: Self::Plan) -> Feedback {
        self.inner.broadcast(payload, plan)
    }
}

impl<E: Runtime, I: Reporter, S: Scheme<Digest>> Reporter for Again<E, I, S> {
    type Activity = I::Activity;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        self.inner.report(activity)
    }
}
