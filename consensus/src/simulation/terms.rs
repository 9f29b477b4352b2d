//! Validators of which some leave and others join at the end of every epoch, while the chain goes on.
//!
//! ```text
//!   epoch          0                       1                        2
//!   in office      0 1 2 3                 1 2 3 4                  as the scenario says
//!   meanwhile      they deal to 1 2 3 4    they deal to the next
//!   in blocks      ........their logs      ........their logs
//! ```
//!
//! The last block of an epoch says who is in office in the next, by the logs in the blocks up to it. Who is not in office
//! follows, and votes on nothing.

mod office;

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use commonware_consensus::simplex::scheme::bls12381_threshold::vrf;
use commonware_consensus::types::Epoch;
use commonware_cryptography::Signer as _;
use commonware_cryptography::bls12381::primitives::variant::MinSig;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::utils::mux::Muxer;
use commonware_p2p::{Receiver as _, Recipients, Sender as _};
use commonware_runtime::{Clock as _, Runner as _, Spawner as _, Supervisor as _, deterministic};
use commonware_utils::channel::mpsc;
use futures_util::future::{Either, select};

use self::office::{Office, Script};
use super::application::{GENESIS, Recorder};
use super::ways::Ways;
use super::{Outcome, Scenario, time};
use crate::committee::{Committee, Secret, deal};
use crate::core::{Channel, Ground, Network, Others, Settings, Term, Threshold};
use crate::dkg::ceremony::Effect;
use crate::dkg::outcome::public_of;
use crate::ordering::BlockId;

/// The channel on which a key is handed on, behind those of a core.
const HANDOVER: u64 = Channel::ALL.len() as u64;
/// How often dealings are sent to those who have not acknowledged them.
const TICK: Duration = Duration::from_millis(100);

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Of all that is random, delays and time; its members are in office at first.
    pub scenario: Scenario,
    /// Who may be in office besides them.
    pub newcomers: u32,
    /// Blocks of an epoch.
    pub epoch_blocks: NonZeroU64,
    /// Who is to be in office in the epochs after the first; those of the last line stay.
    pub next: Vec<Vec<usize>>,
}

/// Who is in office from when on.
pub(super) struct InOffice {
    epoch: u64,
    committee: Committee,
    secret: Option<Secret>,
    below: BlockId,
}

/// Runs it; what came of it, and the committees that were in office, as each validator has seen them.
pub fn simulate_terms(terms: &Terms) -> (Outcome, Vec<Vec<Committee>>) {
    let scenario = terms.scenario;
    let (committee, mut secrets) = scenario.deal();
    for index in 0..terms.newcomers {
        // The identity of one alone; nobody ever votes with its share.
        let one = NonZeroU32::new(1).expect("it is not zero");
        secrets.extend(deal([index as u8 + 1; 32], b"nobody", one).1);
    }
    let recorder = Arc::new(Recorder::new(secrets.len()));
    let script = Arc::new(Script::new(terms, &secrets));
    let (records, seen) = (recorder.clone(), script.clone());
    let config = deterministic::Config::new().with_seed(scenario.seed);
    let state = deterministic::Runner::new(config).start(|context| async move {
        let members: Vec<PublicKey> = secrets.iter().map(|secret| secret.identity.public_key()).collect();
        let ways = Ways::among(&context, members, 64 << 20).await;
        ways.join(&scenario.link(), |_, _| true).await;
        for (index, secret) in secrets.into_iter().enumerate() {
            start(&context, &ways, index, (secret, &committee), (&script, &records)).await;
        }
        context.sleep(scenario.time).await;
        context.auditor().state()
    });
    (recorder.outcome(&scenario, state), seen.committees())
}

async fn start(
    context: &deterministic::Context,
    ways: &Ways,
    index: usize,
    (secret, committee): (Secret, &Committee),
    (script, recorder): (&Arc<Script>, &Arc<Recorder>),
) {
    let own = context.child("validator").with_attribute("index", index);
    let now = time(own.child("clock"));
    let (sender, in_office) = mpsc::unbounded_channel();
    let office =
        Office::new(index, (secret.clone(), committee), script.clone(), recorder.clone(), (now, sender));
    let office = Arc::new(office);
    let settings = Settings {
        committee: committee.clone(),
        secret,
        genesis: GENESIS,
        block_bytes_max: 1 << 16,
        timing: script.timing,
        partition: format!("validator-{index}"),
        application: office.clone(),
        floor: None,
        source: None,
    };
    let (mut sender, mut receiver) = ways.channel(index, HANDOVER).await;
    own.child("handover").spawn(move |context| async move {
        loop {
            let effects = match select(Box::pin(receiver.recv()), Box::pin(context.sleep(TICK))).await {
                Either::Left((Ok((peer, bytes)), _)) => office.hear(&peer, &Bytes::from(bytes)),
                Either::Left((Err(_), _)) => return,
                Either::Right(_) => office.tick(),
            };
            for effect in effects {
                let Effect::Send(to, bytes) = effect else { continue };
                let to = public_of(&to).expect("it is a member's key");
                // What is lost is said again.
                let _ = sender.send(Recipients::One(to), bytes, false);
            }
        }
    });
    let network = ways.of(index).await;
    let epoch_blocks = script.epoch_blocks;
    own.child("terms").spawn(move |context| run(context, settings, network, epoch_blocks, in_office));
}

/// Runs an engine for each term. That of the term before goes on a while, for those who are behind.
async fn run(
    context: deterministic::Context,
    settings: Settings,
    network: super::ways::Simulated,
    epoch_blocks: NonZeroU64,
    mut in_office: mpsc::UnboundedReceiver<InOffice>,
) {
    let Network { peers, blocker, channels: [votes, certificates, asked, blocks, backfill, catch_up] } =
        network;
    let mut handles = Vec::new();
    for (name, (sender, receiver)) in [("votes", votes), ("certificates", certificates), ("asked", asked)] {
        let (muxer, handle) = Muxer::new(context.child(name), sender, receiver);
        muxer.start();
        handles.push(handle);
    }
    let partition = settings.partition.clone();
    let scheme = scheme_of(&settings.committee, None);
    let others = Others { peers, blocks, backfill, catch_up };
    let ground =
        Ground::<Threshold, _, _>::lay(&context, settings, &scheme, blocker, others, epoch_blocks).await;
    let mut engines = VecDeque::new();
    while let Some(InOffice { epoch, committee, secret, below }) = in_office.recv().await {
        let mut channels = Vec::new();
        for handle in &mut handles {
            channels.push(handle.register(epoch).await.expect("it is registered once"));
        }
        let channels = channels.try_into().unwrap_or_else(|_| unreachable!("one for each kind"));
        let scheme = scheme_of(&committee, secret.as_ref());
        let term = Term { epoch: Epoch::new(epoch), members: committee.members.clone(), below, scheme };
        let child = context.child("term").with_attribute("epoch", epoch);
        engines.push_back(ground.engine(&child, term, format!("{partition}-votes-{epoch}"), channels));
        if engines.len() > 2
            && let Some(oldest) = engines.pop_front()
        {
            oldest.abort();
        }
    }
}

fn scheme_of(committee: &Committee, secret: Option<&Secret>) -> vrf::Scheme<PublicKey, MinSig> {
    let Committee { members, sharing, .. } = committee.clone();
    match secret {
        Some(secret) => vrf::Scheme::signer(committee.namespace(), members, sharing, secret.share.clone())
            .expect("the secret is one of the committee's"),
        None => vrf::Scheme::verifier(committee.namespace(), members, sharing),
    }
}
