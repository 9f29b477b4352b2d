//! The core of several validators, and the one place that is generic over runtime and network.
//!
//! ```text
//!                 propose, verify                     ┌───────── votes ─────────> peers
//!   Application <────────────────  Bridge <── Again <─── simplex ── certificates ──> peers
//!        ^                                    │   ^   └── asked for ───────> peers
//!        │ finalized, in order of height      v   │
//!        └──────────────────────────────── marshal ──── blocks, asked for and whole ──> peers
//! ```
//!
//! simplex agrees on one block a view, in three steps of the network. marshal finds the bytes: those that are broadcast
//! with a proposal, those that have to be asked for; what is missing keeps a vote waiting and is never held against a
//! block. What is final is on disk before it is told, and so are a validator's own votes before they are sent.
//!
//! Everything here is made twice, once for processes and once for simulation. It takes a compiler a while; so what is
//! generic stays in this file, and the application is a trait object.

mod again;
mod bridge;
pub(crate) mod carrier;
pub(crate) mod catch_up;
mod disk;
mod envelope;
mod floor;
#[cfg(feature = "simulation")]
pub mod formats;
mod nudge;
mod voting;

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use commonware_consensus::Reporters;
use commonware_consensus::marshal;
use commonware_consensus::marshal::core::Actor;
use commonware_consensus::marshal::resolver::p2p as backfill;
use commonware_consensus::marshal::standard::{Inline, Standard};
use commonware_consensus::simplex::config::{ForwardPolicy, SkipBudget, SkipPolicy};
use commonware_consensus::simplex::{self, Engine};
use commonware_consensus::types::{Epoch, FixedEpocher, ViewDelta};
use commonware_cryptography::Signer as _;
use commonware_cryptography::certificate::Verifier as _;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Blocker, Provider, Receiver, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage};
use commonware_utils::NZDuration;
use rand::CryptoRng;

use self::again::Again;
use self::bridge::{Bridge, Witness};
use self::carrier::{Carrier, Hearer};
use self::catch_up::message::PIECE_HEAD_BYTES;
use self::catch_up::{Giver, Newest};
use self::disk::{BUFFER, Disk};
#[cfg(any(feature = "cluster", feature = "signing", feature = "simulation"))]
pub(crate) use self::envelope::Digest;
#[cfg(any(feature = "cluster", feature = "signing"))]
pub(crate) use self::envelope::digest_of;
use self::envelope::{Envelope, Format};
#[cfg(feature = "signing")]
pub(crate) use self::voting::InTurn;
#[cfg(any(feature = "cluster", feature = "signing"))]
pub(crate) use self::voting::Listed;
pub(crate) use self::voting::{Term, Threshold, Voting};
use crate::application::Application;
use crate::catch_up::{Floor, PIECE_BYTES_MAX, Source};
use crate::committee::{Committee, Secret};
use crate::ordering::BlockId;

/// How long a validator waits for what, before it goes on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For the block of a view's leader.
    pub leader: Duration,
    /// For a view to be over; longer than that.
    pub certification: Duration,
    /// Between two calls to leave a view that does not end.
    pub retry: Duration,
    /// A leader that was not heard of for this long is skipped at once; longer than both.
    pub skip: Duration,
    /// For an answer to what was asked for.
    pub fetch: Duration,
}

impl Timing {
    /// For validators whose messages to each other take up to 100 ms.
    pub const STANDARD: Timing = Timing {
        leader: Duration::from_millis(250),
        certification: Duration::from_millis(500),
        retry: Duration::from_millis(250),
        skip: Duration::from_millis(3_000),
        fetch: Duration::from_millis(400),
    };
}

/// What one validator's core is given.
pub struct Settings {
    /// Who orders.
    pub committee: Committee,
    /// Who this validator is among them.
    pub secret: Secret,
    /// The block below all others.
    pub genesis: BlockId,
    /// Longest block in bytes.
    pub block_bytes_max: usize,
    /// How long it waits.
    pub timing: Timing,
    /// Begins the names of its files.
    pub partition: String,
    /// Knows what is in a block.
    pub application: Arc<dyn Application>,
    /// Where the chain is taken up, if not at its beginning. The same at each start once there is one.
    pub floor: Option<Floor>,
    /// What others may have that catch up.
    pub source: Option<Arc<dyn Source>>,
}

/// Kinds of messages, each with its own channel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Channel {
    /// Votes on proposals.
    Votes,
    /// Certificates made of votes.
    Certificates,
    /// Certificates asked for.
    Asked,
    /// Proposed blocks.
    Blocks,
    /// Blocks asked for.
    Backfill,
    /// States asked for by those who catch up.
    CatchUp,
}

impl Channel {
    pub const ALL: [Channel; 6] = [
        Channel::Votes,
        Channel::Certificates,
        Channel::Asked,
        Channel::Blocks,
        Channel::Backfill,
        Channel::CatchUp,
    ];
}

/// What a runtime has to offer.
pub(crate) trait Runtime: Clock + CryptoRng + Spawner + Storage + Metrics + Sync {}

impl<E: Clock + CryptoRng + Spawner + Storage + Metrics + Sync> Runtime for E {}

/// The way to the other validators: who they are, how one is cut off, and a channel for each kind of message.
pub(crate) struct Network<P, B, S, R> {
    pub peers: P,
    pub blocker: B,
    /// In the order of [`Channel::ALL`].
    pub channels: [(S, R); Channel::ALL.len()],
}

const EPOCH: Epoch = Epoch::zero();
const MAILBOX: NonZeroUsize = NonZeroUsize::new(1_024).expect("it is not zero");
/// Views below the newest final one whose votes and blocks are kept for those who ask.
const VIEWS_KEPT: u64 = 256;

/// Longest message that such a committee sends, in bytes.
pub(crate) fn message_bytes_max<V: Voting>(settings: &Settings) -> u32 {
    let members = settings.committee.size() as u32;
    let format = settings.format();
    let blocks = marshal::max_payload_size::<Standard<Envelope>, V::Scheme>(members, &format);
    let votes = simplex::max_payload_size::<V::Scheme, envelope::Digest>(members);
    let pieces = PIECE_HEAD_BYTES + PIECE_BYTES_MAX;
    u32::try_from(blocks.max(votes).max(pieces)).expect("blocks have their bounds")
}

impl Settings {
    fn format(&self) -> Format {
        let application = self.application.clone();
        Format { application, genesis: self.genesis, bytes_max: self.block_bytes_max }
    }
}

/// Starts the core of one validator. It runs until the runtime ends or the handle is aborted.
pub(crate) async fn start<V, E, P, B, S, R>(
    context: E,
    settings: Settings,
    network: Network<P, B, S, R>,
) -> Handle<()>
where
    V: Voting,
    E: Runtime,
    P: Provider<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey>,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let Network { peers, blocker, channels: [votes, certificates, asked, blocks, backfill, catch_up] } =
        network;
    let scheme = V::scheme(&settings);
    let others = Others { peers, blocks, backfill, catch_up };
    let ground =
        Ground::<V, E, B>::lay(&context, settings, &scheme, blocker, others, disk::EPOCH_BLOCKS).await;
    let term = Term {
        epoch: EPOCH,
        members: ground.settings.committee.members.clone(),
        below: ground.settings.genesis,
        scheme,
    };
    let partition = format!("{}-votes", ground.settings.partition);
    ground.engine(&context, term, partition, [votes, certificates, asked])
}

/// What consensus asks.
type Asked<E, V> = Again<
    E,
    Inline<E, <V as Voting>::Scheme, Bridge<<V as Voting>::Scheme>, Envelope, FixedEpocher>,
    <V as Voting>::Scheme,
>;

/// How the others are found and heard, whoever is in office.
pub(crate) struct Others<P, S, R> {
    pub peers: P,
    pub blocks: (S, R),
    pub backfill: (S, R),
    pub catch_up: (S, R),
}

/// What stays while committees change: final blocks, the way to find others, and the application.
pub(crate) struct Ground<V: Voting, E: Runtime, B> {
    pub settings: Settings,
    blocker: B,
    disk: Disk,
    bridge: Bridge<V::Scheme>,
    asked: Asked<E, V>,
    newest: Newest,
}

impl<V: Voting, E: Runtime, B: Blocker<PublicKey = PublicKey>> Ground<V, E, B> {
    /// With certificates of all committees checked by this scheme, each of which is in office for so many blocks.
    pub async fn lay<P, S, R>(
        context: &E,
        settings: Settings,
        scheme: &V::Scheme,
        blocker: B,
        others: Others<P, S, R>,
        epoch_blocks: NonZeroU64,
    ) -> Ground<V, E, B>
    where
        P: Provider<PublicKey = PublicKey>,
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let Others { peers, blocks, backfill, catch_up } = others;
        let (format, timing) = (settings.format(), &settings.timing);
        let me = settings.secret.identity.public_key();
        let disk = Disk::new(&settings.partition);
        let bridge = Bridge::<V::Scheme>::new(settings.application.clone());
        let floor = settings.floor.as_ref();
        let (sender, receiver) = catch_up;
        let newest = Newest::default();
        let child = context.child("giver");
        let source = settings.source.clone();
        let giver = Giver::new(&child, source, newest.clone(), (sender, blocker.clone()));
        child.spawn(move |_| giver.run(receiver));
        let (sender, receiver) = blocks;
        let carrier = Carrier::new(me.clone(), settings.application.clone(), sender);
        let child = context.child("carrier");
        let hearer = Hearer::new(&child, carrier.clone(), settings.block_bytes_max, blocker.clone());
        child.spawn(move |_| hearer.run(receiver));
        let config = backfill::Config {
            public_key: me.clone(),
            peer_provider: peers,
            blocker: blocker.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(timing.fetch),
            fetch_retry_delay: timing.fetch / 10,
            priority_requests: false,
            priority_responses: false,
        };
        let resolver = backfill::init(context.child("backfill"), config, backfill);
        let certificate = V::Scheme::certificate_codec_config_unbounded();
        let finalizations = disk.archive(context.child("finalizations"), "finalizations", certificate).await;
        let blocks = disk.archive(context.child("blocks"), "blocks", format.clone()).await;
        let first = floor.map_or(1, |floor| floor.height);
        bridge.told(disk::replay(&blocks, first, &settings.application).await);
        let epochs = FixedEpocher::new(epoch_blocks);
        let config = disk.marshal::<V>(scheme, &format, floor, epochs.clone());
        let (marshal, mailbox, _) = Actor::<_, Standard<Envelope>, _, _, _, _, _>::init(
            context.child("marshal"),
            finalizations,
            blocks,
            config,
        )
        .await;
        marshal.start(bridge.clone(), carrier, resolver);
        let others = settings.committee.members.iter().filter(|member| **member != me).cloned();
        if let Ok(others) = others.collect::<Vec<_>>().try_into() {
            let (mailbox, told, patience) = (mailbox.clone(), bridge.newest(), timing.certification);
            let nudge = context.child("nudge");
            nudge.spawn(move |context| nudge::run(context, mailbox, told, others, patience));
        }
        let inline = Inline::new(context.child("inline"), bridge.clone(), mailbox.clone(), epochs.clone());
        let asked = Again::new(context.child("again"), inline, bridge.clone(), mailbox, epochs);
        Ground { settings, blocker, disk, bridge, asked, newest }
    }

    /// Starts a committee's term.
    pub fn engine<S, R>(
        &self,
        context: &E,
        term: Term<V::Scheme>,
        partition: String,
        [votes, certificates, asked]: [(S, R); 3],
    ) -> Handle<()>
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let timing = &self.settings.timing;
        let Term { epoch, members, below, scheme } = term;
        let application = self.asked.clone();
        let witness =
            Witness::new(&context.child("witness"), self.bridge.clone(), members, self.newest.clone());
        let config = simplex::Config {
            scheme,
            elector: V::elector(),
            blocker: self.blocker.clone(),
            automaton: application.clone(),
            relay: application.clone(),
            reporter: Reporters::<Witness<V::Scheme>, Asked<E, V>>::from((witness, application)),
            track_historical_votes: false,
            strategy: Sequential,
            partition,
            mailbox_size: MAILBOX,
            epoch,
            floor: floor::of_votes::<V>(self.settings.floor.as_ref(), envelope::digest_of(below)),
            replay_buffer: BUFFER,
            write_buffer: BUFFER,
            page_cache: self.disk.cache.clone(),
            leader_timeout: timing.leader,
            certification_timeout: timing.certification,
            timeout_retry: timing.retry,
            view_retention: ViewDelta::new(VIEWS_KEPT),
            skip: SkipPolicy::Enabled { timeout: timing.skip, budget: SkipBudget::Participants },
            fetch_timeout: NZDuration!(timing.fetch),
            fetch_retry_delay: timing.fetch / 10,
            forward: ForwardPolicy::SilentLeader,
        };
        Engine::new(context.child("simplex"), config).start(votes, certificates, asked)
    }
}
