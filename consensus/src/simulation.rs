//! Validators in a simulated network, with simulated time: equal scenarios, equal runs, to the last event.
//!
//! The validators are those of [`Process`](crate::Process) but for runtime and network. What they order are blocks of
//! random bytes, which every one of them finds good as soon as it has them.

mod application;
pub mod catch_up;
mod outcome;
mod terms;
pub(crate) mod ways;

use std::sync::Arc;
use std::time::Duration;

use commonware_p2p::simulated::Link;
use commonware_runtime::{Clock as _, Runner as _, Supervisor as _, deterministic};
use commonware_utils::Probability;
use std::num::NonZeroU32;

use self::application::{GENESIS, Recorder, Sketch};
pub use self::outcome::{Final, Outcome, quantile};
pub use self::terms::{Terms, simulate_terms};
use self::ways::Ways;
use crate::committee::{Committee, Secret, deal};
use crate::core::{self, Settings, Threshold, Timing};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The first so many members and the rest do not hear each other for a while.
    Split {
        /// How many are on the one side.
        first: usize,
        /// When it begins.
        from: Duration,
        /// When it ends.
        until: Duration,
    },
    /// One member is not heard of any more.
    Crash {
        /// Which.
        member: usize,
        /// When.
        at: Duration,
    },
}

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Validators.
    pub members: u32,
    /// Of all that is random.
    pub seed: u64,
    /// Mean of the time that a message takes; its deviation is a tenth of that.
    pub delay: Duration,
    /// Of a thousand messages, how many are lost.
    pub lost_per_thousand: u64,
    /// Bytes of a block.
    pub block_bytes: usize,
    /// How long it runs.
    pub time: Duration,
    /// What goes wrong.
    pub fault: Fault,
    /// How long validators wait.
    pub timing: Timing,
}

impl Scenario {
    /// So many validators, with nothing wrong.
    pub fn quiet(members: u32, delay: Duration, time: Duration) -> Scenario {
        Scenario {
            members,
            seed: 1,
            delay,
            lost_per_thousand: 0,
            block_bytes: 1_024,
            time,
            fault: Fault::None,
            timing: Timing::STANDARD,
        }
    }

    fn deal(&self) -> (Committee, Vec<Secret>) {
        let mut seed = [0x5e; 32];
        seed[..8].copy_from_slice(&self.seed.to_be_bytes());
        let members = NonZeroU32::new(self.members).expect("somebody is simulated");
        deal(seed, b"pelton simulation", members)
    }

    fn link(&self) -> Link {
        Link {
            latency: self.delay,
            jitter: self.delay / 10,
            success_rate: Probability::new(1_000 - self.lost_per_thousand, 1_000).expect("it is at most one"),
        }
    }
}

/// Runs it.
pub fn simulate(scenario: &Scenario) -> Outcome {
    let scenario = *scenario;
    let recorder = Arc::new(Recorder::new(scenario.members as usize));
    let records = recorder.clone();
    let config = deterministic::Config::new().with_seed(scenario.seed);
    let state = deterministic::Runner::new(config).start(|context| async move {
        let (committee, secrets) = scenario.deal();
        let ways = Ways::open(&context, &committee, 64 << 20).await;
        start_all(&context, &ways, &scenario, &committee, secrets, &records).await;
        ways.join(&scenario.link(), |_, _| true).await;
        match scenario.fault {
            Fault::None => context.sleep(scenario.time).await,
            Fault::Crash { member, at } => {
                context.sleep(at).await;
                ways.part(|one, other| one == member || other == member).await;
                context.sleep(scenario.time - at).await;
            }
            Fault::Split { first, from, until } => {
                let across = |one, other| (one < first) != (other < first);
                context.sleep(from).await;
                ways.part(across).await;
                context.sleep(until - from).await;
                ways.join(&scenario.link(), across).await;
                context.sleep(scenario.time - until).await;
            }
        }
        context.auditor().state()
    });
    recorder.outcome(&scenario, state)
}

/// Simulated time, from its beginning on.
fn time(clock: deterministic::Context) -> impl Fn() -> Duration + Send + Sync + 'static {
    move || clock.current().duration_since(std::time::UNIX_EPOCH).expect("simulated time begins then")
}

async fn start_all(
    context: &deterministic::Context,
    ways: &Ways,
    scenario: &Scenario,
    committee: &Committee,
    secrets: Vec<Secret>,
    recorder: &Arc<Recorder>,
) {
    for (index, secret) in secrets.into_iter().enumerate() {
        let own = context.child("validator").with_attribute("index", index);
        let now = time(own.child("clock"));
        let application = Sketch::new(index, scenario.block_bytes, recorder.clone(), now);
        let settings = Settings {
            committee: committee.clone(),
            secret,
            genesis: GENESIS,
            block_bytes_max: scenario.block_bytes.max(application::HEAD_BYTES),
            timing: scenario.timing,
            partition: format!("validator-{index}"),
            application: Arc::new(application),
            floor: None,
            source: None,
        };
        core::start::<Threshold, _, _, _, _, _>(own, settings, ways.of(index).await).await;
    }
}
