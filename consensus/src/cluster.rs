//! A whole committee in one process: the cores of all its members on one simulated runtime, with a network, disks and clocks
//! that do as they are told. Equal seeds and equal stories give equal runs, to the last event.
//!
//! ```text
//!            ┌──────── every tick ────────┐
//!   Story <──┤ deliver messages that are  │ start, kill, cut, corrupt
//!     │      │ due, then tell the time    │
//!     └──────┴────────> Hand ─────────────┴──> cores, Network, Disks
//! ```
//!
//! What is simulated is the core of [`Process`](crate::Process), but for runtime, network and the way votes are signed: by
//! ed25519, one by one, since ten thousand runs with BLS would take days. The story is what is around it: it gives each
//! validator its application, and decides what goes wrong and when.

mod context;
mod disk;
mod misdeed;
mod network;
mod votes;
mod wordy;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use commonware_cryptography::ed25519::PublicKey;
use commonware_runtime::{Clock as _, Handle, Runner as _, Spawner as _, Supervisor as _, deterministic};

pub use self::context::Pace;
use self::context::{Own, time};
pub use self::disk::Disk;
pub use self::misdeed::{Misdeed, Twin};
use self::network::{Blocker, Peers};
pub use self::network::{Counts, Network, Way};
pub use self::votes::Twice;
use self::wordy::Wordy;
use crate::application::Application;
use crate::committee::{Committee, Secret};
use crate::core::{self, Listed, Settings, Timing};
use crate::ordering::BlockId;

/// How far the runtime goes on at a time, while somebody has something to do.
const CYCLE: Duration = Duration::from_micros(200);

/// What is simulated.
#[derive(Clone)]
pub struct Config {
    /// Of all that is random here.
    pub seed: u64,
    /// Who takes part.
    pub committee: Committee,
    /// Their secrets, in their order.
    pub secrets: Vec<Secret>,
    /// The block below all others.
    pub genesis: BlockId,
    /// Longest block in bytes.
    pub block_bytes_max: usize,
    /// How long validators wait.
    pub timing: Timing,
    /// How often the story is told the time.
    pub tick: Duration,
    /// The longest that a sync of the files of consensus takes.
    pub sync_max: Duration,
    /// How a villain makes a second block.
    pub twin: Twin,
}

/// Decides what happens.
pub trait Story {
    /// It is this late. What is due has been delivered.
    fn tick(&mut self, now: Duration, hand: &mut Hand<'_>) -> ControlFlow<()>;
}

/// What a story does with the cluster.
pub struct Hand<'a> {
    context: &'a deterministic::Context,
    config: &'a Config,
    network: &'a Network,
    pairs: &'a misdeed::Pairs,
    members: &'a mut [Member],
}

struct Member {
    disk: Disk,
    running: Option<Handle<()>>,
    starts: u64,
}

/// Runs it until the story ends, and gives a hash over all that happened.
pub fn run(config: &Config, story: &mut dyn Story) -> String {
    let runtime = deterministic::Config::new().with_seed(config.seed).with_cycle(CYCLE);
    deterministic::Runner::new(runtime).start(|context| async move {
        let keys: Vec<PublicKey> = config.committee.members.iter().cloned().collect();
        let member = |at: usize| Member {
            disk: Disk::new(config.seed ^ (at as u64 + 1) << 32, config.sync_max),
            running: None,
            starts: 0,
        };
        let mut members: Vec<Member> = (0..keys.len()).map(member).collect();
        let bytes_max = 2 * config.block_bytes_max + (64 << 10);
        let network = Network::new(config.seed.rotate_left(17), keys, bytes_max);
        let pairs = misdeed::Pairs::default();
        loop {
            context.sleep(config.tick).await;
            let now = time(&context);
            network.deliver(now);
            let members = &mut members;
            let mut hand = Hand { context: &context, config, network: &network, pairs: &pairs, members };
            if story.tick(now, &mut hand).is_break() {
                return context.auditor().state();
            }
        }
    })
}

impl Hand<'_> {
    /// The ways between validators.
    pub fn network(&self) -> &Network {
        self.network
    }

    /// The files of consensus of one of them.
    pub fn disk(&self, member: usize) -> &Disk {
        &self.members[member].disk
    }

    /// Whether it has been started and not killed.
    pub fn is_running(&self, member: usize) -> bool {
        self.members[member].running.is_some()
    }

    /// Starts the core of a validator that does not run, where its files end.
    pub fn start(&mut self, member: usize, application: Arc<dyn Application>, pace: Pace) {
        let is_villain = self.network.is_villain(member);
        let application = if is_villain { Arc::new(Wordy(application)) } else { application };
        let settings = self.settings(member, application);
        let own = &mut self.members[member];
        assert!(own.running.is_none(), "nobody has two processes");
        own.starts += 1;
        let channels = self.network.join(member);
        let inner = self.context.child("validator").with_attribute("index", member);
        let context = Own { inner: inner.with_attribute("start", own.starts), disk: own.disk.clone(), pace };
        let peers = Peers { network: self.network.clone(), member };
        let blocker = Blocker { network: self.network.clone(), member };
        let network = core::Network { peers, blocker, channels };
        self.members[member].running = Some(context.spawn(move |context| async move {
            let core = core::start::<Listed, _, _, _, _, _>(context, settings, network).await;
            // It ends when it is aborted, and then there is nobody to be told.
            let _ = core.await;
        }));
    }

    /// Ends it at once; without power, it loses what it has not synced.
    pub fn kill(&mut self, member: usize, is_without_power: bool) {
        let own = &mut self.members[member];
        if let Some(running) = own.running.take() {
            running.abort();
        }
        own.disk.restart(is_without_power);
        self.network.leave(member);
    }

    /// Makes a villain of it, whoever it was before. It reads blocks as this application does.
    pub fn corrupt(&mut self, member: usize, misdeed: Misdeed, application: Arc<dyn Application>) {
        let settings = self.settings(member, application);
        let seed = self.config.seed.wrapping_add(member as u64);
        let villain =
            misdeed::villain(misdeed, &settings, (member, self.config.twin, seed), self.pairs.clone());
        self.network.corrupt(member, villain);
    }

    fn settings(&self, member: usize, application: Arc<dyn Application>) -> Settings {
        Settings {
            committee: self.config.committee.clone(),
            secret: self.config.secrets[member].clone(),
            genesis: self.config.genesis,
            block_bytes_max: self.config.block_bytes_max,
            timing: self.config.timing,
            partition: "chain".into(),
            application,
            floor: None,
            source: None,
        }
    }
}
