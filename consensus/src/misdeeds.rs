//! Four validators in a simulated network, the last of which does what it must not.
//!
//! What they order are blocks of words, most of which every validator knows, so they travel in few words too.

mod liar;
mod words;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::simulated::{self, Link, Oracle};
use commonware_runtime::{Clock as _, Metrics as _, Quota, Runner as _, Supervisor as _, deterministic};
use commonware_utils::Probability;
use parking_lot::Mutex;

pub use self::liar::Misdeed;
pub use self::words::Seen;
use self::words::Words;
use crate::committee::{Committee, Secret, deal};
use crate::core::{self, Channel, Network, Settings, Timing};
use crate::ordering::BlockId;

const MEMBERS: u32 = 4;
const DELAY: Duration = Duration::from_millis(20);

type Ways = Oracle<PublicKey, deterministic::Context>;

/// What came of it.
pub struct Outcome {
    /// The key of the last validator.
    pub liar: [u8; 32],
    /// What each of the others has seen.
    pub seen: Vec<Seen>,
    /// All that was counted, in the text form of Prometheus.
    pub report: String,
}

/// Runs them for so long.
pub fn run(misdeed: Misdeed, time: Duration) -> Outcome {
    let seen: Vec<Arc<Mutex<Seen>>> = (1..MEMBERS).map(|_| Arc::default()).collect();
    let noted = seen.clone();
    let runner = deterministic::Runner::new(deterministic::Config::new().with_seed(7));
    let (liar, report) = runner.start(|context| async move {
        let members = NonZeroU32::new(MEMBERS).expect("it is not zero");
        let (committee, secrets) = deal([3; 32], b"misdeeds", members);
        let ways = connect(&context, &committee).await;
        start_all(&context, &ways, &committee, secrets, misdeed, &noted).await;
        context.sleep(time).await;
        let liar = committee.members().last().expect("there are members");
        (liar, context.encode())
    });
    let seen = seen.iter().map(|seen| std::mem::take(&mut *seen.lock())).collect();
    Outcome { liar, seen, report }
}

async fn connect(context: &deterministic::Context, committee: &Committee) -> Ways {
    let config = simulated::Config {
        max_size: 1 << 20,
        max_peers_per_set: NonZeroUsize::new(committee.size()).expect("a committee has members"),
        disconnect_on_block: true,
        tracked_peer_sets: NonZeroUsize::MIN,
    };
    let members: Vec<PublicKey> = committee.members.iter().cloned().collect();
    let (network, ways): (_, Ways) =
        simulated::Network::new_with_peers(context.child("network"), config, members.clone()).await;
    network.start();
    let always = Probability::new(1, 1).expect("it is at most one");
    let link = Link { latency: DELAY, jitter: DELAY / 10, success_rate: always };
    for from in &members {
        for to in members.iter().filter(|to| *to != from) {
            ways.add_link(from.clone(), to.clone(), link.clone()).await.expect("there was none");
        }
    }
    ways
}

async fn start_all(
    context: &deterministic::Context,
    ways: &Ways,
    committee: &Committee,
    secrets: Vec<Secret>,
    misdeed: Misdeed,
    seen: &[Arc<Mutex<Seen>>],
) {
    let members: Vec<PublicKey> = committee.members.iter().cloned().collect();
    let quota = Quota::per_second(NonZeroU32::new(100_000).expect("it is not zero"));
    for (index, secret) in secrets.into_iter().enumerate() {
        let own = context.child("validator").with_attribute("index", index);
        let control = ways.control(members[index].clone());
        let mut channels = Vec::new();
        for channel in Channel::ALL {
            channels.push(control.register(channel as u64, quota).await.expect("it is registered once"));
        }
        let settings = Settings {
            committee: committee.clone(),
            secret,
            genesis: BlockId([0; 32]),
            block_bytes_max: words::BLOCK_BYTES,
            timing: Timing::STANDARD,
            partition: format!("validator-{index}"),
            application: Arc::new(Words::new(index, seen.get(index).cloned().unwrap_or_default())),
        };
        let channels = channels.try_into().unwrap_or_else(|_| unreachable!("one for each kind"));
        match seen.get(index) {
            None => liar::start(own, misdeed, settings, channels),
            Some(_) => {
                let network = Network { peers: ways.manager(), blocker: control, channels };
                core::start::<core::Threshold, _, _, _, _, _>(own, settings, network).await;
            }
        }
    }
}
