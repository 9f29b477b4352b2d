//! `Bridge`: asks the application what the consensus library asks, and keeps the certificates that go by.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use commonware_actor::Feedback;
use commonware_codec::Encode as _;
use commonware_consensus::marshal::Update;
use commonware_consensus::marshal::ancestry::Ancestry;
use commonware_consensus::simplex::scheme::Scheme;
use commonware_consensus::simplex::types::{Activity, Attributable as _, Context};
use commonware_consensus::types::{Participant, Round, View};
use commonware_consensus::{Application as LibraryApplication, Heightable as _, Reporter, Viewable as _};
use commonware_cryptography::certificate::Verifier;
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Digested, Digestible as _};
use commonware_runtime::Metrics;
use commonware_runtime::telemetry::metrics::{CounterFamily, EncodeLabelSet, MetricsExt as _};
use commonware_utils::Acknowledgement as _;
use commonware_utils::ordered::{Quorum as _, Set};
use futures_util::StreamExt as _;
use parking_lot::Mutex;

use super::catch_up::Newest;
use super::envelope::{Digest, Envelope};
use crate::application::{Application, Done, Reply};

/// Certificates kept until their blocks are told; more than these blocks may be under way.
const CERTIFICATES_MAX: usize = 1_024;

/// Between the application and the library, whose votes are signed like this.
pub(super) struct Bridge<S> {
    application: Arc<dyn Application>,
    certificates: Arc<Mutex<BTreeMap<Round, (Digest, Bytes)>>>,
    /// Height of the newest final block that was told.
    told: Arc<AtomicU64>,
    /// The newest round in which the parent itself is to be proposed.
    again: Arc<Mutex<Option<Round>>>,
    scheme: PhantomData<fn() -> S>,
}

impl<S> Clone for Bridge<S> {
    fn clone(&self) -> Bridge<S> {
        let (application, certificates) = (self.application.clone(), self.certificates.clone());
        let (told, again) = (self.told.clone(), self.again.clone());
        Bridge { application, certificates, told, again, scheme: PhantomData }
    }
}

impl<S> Bridge<S> {
    pub fn new(application: Arc<dyn Application>) -> Bridge<S> {
        let (told, again) = (Arc::default(), Arc::default());
        Bridge { application, certificates: Arc::default(), told, again, scheme: PhantomData }
    }

    /// Says that the blocks up to this height were told by somebody else.
    pub fn told(&self, height: u64) {
        self.told.store(height, Ordering::Relaxed);
    }

    /// Says the height of the newest final block that was told.
    pub fn newest(&self) -> impl Fn() -> u64 + Send + Sync + use<S> {
        let told = self.told.clone();
        move || told.load(Ordering::Relaxed)
    }

    /// Whether the parent itself is to be proposed in this round, which was asked for and in which no block was made.
    pub fn is_again(&self, round: Round) -> bool {
        *self.again.lock() == Some(round)
    }

    /// Takes the certificate of this block, and forgets those of rounds before it.
    fn certificate_of(&self, digest: Digest) -> Option<Vec<u8>> {
        let mut certificates = self.certificates.lock();
        let round = *certificates.iter().find(|(_, (of, _))| *of == digest)?.0;
        let later = certificates.split_off(&round);
        *certificates = later;
        certificates.remove(&round).map(|(_, bytes)| bytes.to_vec())
    }
}

impl<E, S> LibraryApplication<E> for Bridge<S>
where
    E: Send + 'static,
    S: Scheme<Digest> + Verifier<PublicKey = PublicKey>,
{
    type SigningScheme = S;
    type Context = Context<Digest, PublicKey>;
    type Block = Envelope;
    type Input = ();

    async fn propose(
        &mut self,
        (_, context): (E, Self::Context),
        mut ancestry: impl Ancestry<Envelope>,
        _input: (),
    ) -> Option<Digested<Envelope>> {
        let parent = ancestry.next().await?;
        let (reply, answer) = Reply::new();
        self.application.propose(parent.inner().0.clone(), reply);
        let envelope = Envelope(answer.await.ok()?);
        if envelope.0.link.id == parent.inner().0.link.id {
            *self.again.lock() = Some(context.round);
            return None;
        }
        let digest = envelope.digest();
        Some(Digested::precomputed(envelope, digest))
    }

    async fn verify(&mut self, _context: (E, Self::Context), mut ancestry: impl Ancestry<Envelope>) -> bool {
        let (Some(block), Some(parent)) = (ancestry.next().await, ancestry.next().await) else {
            return std::future::pending().await;
        };
        let mut height = parent.height().get();
        while height > self.told.load(Ordering::Relaxed) + 1 {
            let Some(block) = ancestry.next().await else { break };
            height = block.height().get();
            self.application.lies_below(block.inner().0.clone());
        }
        let (reply, answer) = Reply::new();
        self.application.verify(block.inner().0.clone(), parent.inner().0.clone(), reply);
        match answer.await {
            Ok(is_valid) => is_valid,
            // Not to vote is not to vote against.
            Err(_) => std::future::pending().await,
        }
    }
}

impl<S: 'static> Reporter for Bridge<S> {
    type Activity = Update<Envelope>;

    fn report(&mut self, update: Update<Envelope>) -> Feedback {
        if let Update::Block(block, acknowledgement) = update {
            if self.told.fetch_max(block.height().get(), Ordering::Relaxed) >= block.height().get() {
                acknowledgement.acknowledge();
                return Feedback::Ok;
            }
            let certificate = self.certificate_of(block.digest());
            let done = Done::new(move || acknowledgement.acknowledge());
            self.application.finalized(block.inner().0.clone(), certificate, done);
        }
        Feedback::Ok
    }
}

/// Keeps the certificates that go by, and tells of those who vote twice.
pub(super) struct Witness<S> {
    bridge: Bridge<S>,
    members: Set<PublicKey>,
    /// Pairs of votes that contradict each other, by what they are.
    conflicts: CounterFamily<Conflict>,
    newest: Newest,
}

impl<S> Clone for Witness<S> {
    fn clone(&self) -> Witness<S> {
        let Witness { bridge, members, conflicts, newest } = self;
        let (members, conflicts) = (members.clone(), conflicts.clone());
        Witness { bridge: bridge.clone(), members, conflicts, newest: newest.clone() }
    }
}

const NOTARIZE: &str = "notarize";
const FINALIZE: &str = "finalize";
const NULLIFY_FINALIZE: &str = "nullify and finalize";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Conflict {
    votes: &'static str,
}

impl<S> Witness<S> {
    pub fn new(
        context: &impl Metrics,
        bridge: Bridge<S>,
        members: Set<PublicKey>,
        newest: Newest,
    ) -> Witness<S> {
        let conflicts: CounterFamily<Conflict> =
            context.family("conflicts", "pairs of votes of one validator that contradict each other");
        // What has never happened is zero, and not unknown.
        for votes in [NOTARIZE, FINALIZE, NULLIFY_FINALIZE] {
            drop(conflicts.get_or_create(&Conflict { votes }));
        }
        Witness { bridge, members, conflicts, newest }
    }

    /// The library has cut that member off already.
    fn conflict(&self, votes: &'static str, signer: Participant, view: View) {
        self.conflicts.get_or_create(&Conflict { votes }).inc();
        if let Some(member) = self.members.key(signer) {
            let key = member.as_ref().try_into().expect("a public key has 32 bytes");
            self.bridge.application.equivocated(key, view.get());
        }
    }
}

impl<S: Scheme<Digest>> Reporter for Witness<S> {
    type Activity = Activity<S, Digest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        self.newest.note(&activity);
        match activity {
            Activity::Finalization(finalization) => {
                let round = finalization.proposal.round;
                let kept = (finalization.proposal.payload, finalization.encode());
                let mut certificates = self.bridge.certificates.lock();
                certificates.insert(round, kept);
                if certificates.len() > CERTIFICATES_MAX {
                    certificates.pop_first();
                }
            }
            Activity::ConflictingNotarize(pair) => self.conflict(NOTARIZE, pair.signer(), pair.view()),
            Activity::ConflictingFinalize(pair) => self.conflict(FINALIZE, pair.signer(), pair.view()),
            Activity::NullifyFinalize(pair) => self.conflict(NULLIFY_FINALIZE, pair.signer(), pair.view()),
            _ => {}
        }
        Feedback::Ok
    }
}
