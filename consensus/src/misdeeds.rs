//! Four validators in a simulated network, the last of which does what it must not.
//!
//! What they order are blocks of words, most of which every validator knows, so they travel in few words too.

mod liar;
mod words;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use commonware_p2p::simulated::Link;
use commonware_runtime::{Clock as _, Metrics as _, Runner as _, Supervisor as _, deterministic};
use commonware_utils::Probability;
use parking_lot::Mutex;

pub use self::liar::Misdeed;
pub use self::words::Seen;
use self::words::Words;
use crate::committee::{Committee, Secret, deal};
use crate::core::{self, Settings, Threshold, Timing};
use crate::ordering::BlockId;
use crate::simulation::ways::Ways;

const MEMBERS: u32 = 4;
const DELAY: Duration = Duration::from_millis(20);

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
        let ways = Ways::open(&context, &committee, 1 << 20).await;
        ways.join(&link(), |_, _| true).await;
        start_all(&context, &ways, &committee, secrets, misdeed, &noted).await;
        context.sleep(time).await;
        let liar = committee.members().last().expect("there are members");
        (liar, context.encode())
    });
    let seen = seen.iter().map(|seen| std::mem::take(&mut *seen.lock())).collect();
    Outcome { liar, seen, report }
}

/// How a message comes from any validator to any other.
fn link() -> Link {
    let always = Probability::new(1, 1).expect("it is at most one");
    Link { latency: DELAY, jitter: DELAY / 10, success_rate: always }
}

async fn start_all(
    context: &deterministic::Context,
    ways: &Ways,
    committee: &Committee,
    secrets: Vec<Secret>,
    misdeed: Misdeed,
    seen: &[Arc<Mutex<Seen>>],
) {
    for (index, secret) in secrets.into_iter().enumerate() {
        let own = context.child("validator").with_attribute("index", index);
        let settings = Settings {
            committee: committee.clone(),
            secret,
            genesis: BlockId([0; 32]),
            block_bytes_max: words::BLOCK_BYTES,
            timing: Timing::STANDARD,
            partition: format!("validator-{index}"),
            application: Arc::new(Words::new(index, seen.get(index).cloned().unwrap_or_default())),
            floor: None,
            source: None,
        };
        let network = ways.of(index).await;
        match seen.get(index) {
            None => liar::start(own, misdeed, settings, network.channels),
            Some(_) => drop(core::start::<Threshold, _, _, _, _, _>(own, settings, network).await),
        }
    }
}
