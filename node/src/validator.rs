//! The file where a validator's pipeline meets consensus among several.
//!
//! ```text
//!   consensus ──propose, verify, finalized──> Desk ──Question──> agree ──> execute, commit ──> News
//!        ^                                                         │
//!        └──────────────── block, vote ──────── Reply <────────────┘
//! ```
//!
//! [`chain_file`]: what all of them hold in common. [`relay`]: how transactions get from one to the others.

pub mod chain_file;
mod connected;
mod desk;
mod news;
pub mod relay;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, hex, keccak256};
use pelton_consensus::catch_up::{Floor, Source};
use pelton_consensus::{BlockId, Place, Process, Timing, verify_certificate};
pub use pelton_consensus::{Committee, Secret, deal, dkg};
use pelton_engine::block::{HEADER_BYTES, Parent};
use pelton_engine::limits::Limits;
use pelton_kernels::Choice;
use pelton_pipeline::clock::Clock;
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::validator::{Peers, build_validator};
use pelton_pipeline::topology::{Pipeline, Run, Settings, Storage};
use pelton_pipeline::verifying::verifier;

use self::chain_file::ChainFile;
pub use self::connected::Connected;
pub use self::desk::Desk;
pub use self::news::News;
use crate::catch_up::{self, Finals};
use crate::devnet::say;

/// A block without transactions is made this long after a validator was asked for one; well before the others give up.
const EMPTY_AFTER: Duration = Duration::from_millis(100);
/// Threads of the core for itself. Most of its work is BLS, a few milliseconds a view.
const CORE_THREADS: usize = 2;

/// What makes a node one of several.
#[derive(Clone, Debug)]
pub struct Membership {
    /// What all of them hold in common. The state below the first block comes with the node's options.
    pub limits: Limits,
    /// All of them.
    pub committee: Committee,
    /// Which this one is.
    pub secret: Secret,
    /// Where it is, and where the others are. Of its folder, the files of consensus.
    pub place: Place,
    /// Where it takes transactions from the others.
    pub listen: SocketAddr,
    /// Where they take them.
    pub others: Vec<SocketAddr>,
    /// Who hears of each block.
    pub observer: Option<Observer>,
    /// At its start it takes the state from the others if it is so many blocks behind them.
    pub behind_min: u64,
}

/// Hears of each block when it is committed, and can be asked for. It must not wait: the pipeline would wait too.
#[derive(Clone)]
pub struct Observer(pub Arc<dyn Fn(News) + Send + Sync>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Membership {
    /// The validator with this secret, of this chain, with its files in this folder; it listens where the others look for it.
    /// None if the secret is nobody's there.
    pub fn of(chain: &ChainFile, secret: Secret, directory: PathBuf) -> Option<Membership> {
        let index = chain.committee.index_of(&secret)?;
        let own = chain.members[index];
        let members = chain.members.iter().map(|reach| reach.consensus).collect();
        let others = chain.members.iter().enumerate().filter(|(at, _)| *at != index);
        Some(Membership {
            limits: chain.limits.clone(),
            committee: chain.committee.clone(),
            secret,
            place: Place { listen: own.consensus, members, directory, threads: CORE_THREADS },
            listen: own.transactions,
            others: others.map(|(_, reach)| reach.transactions).collect(),
            observer: None,
            behind_min: catch_up::BEHIND_MIN,
        })
    }

    /// Whether the certificates of a floor are of this chain.
    pub fn knows(&self, floor: &Floor) -> bool {
        let (namespace, key) = (self.committee.namespace(), self.committee.group_key());
        let certificates = floor.block.iter().chain(&floor.votes_above);
        certificates.into_iter().all(|one| verify_certificate(namespace, &key, one).is_ok())
    }

    /// By this key the others know it, in hexadecimal.
    pub fn public_key(&self) -> String {
        hex::encode_prefixed(self.secret.public_key())
    }

    /// Who is paid for the blocks that this one makes: the last 20 bytes of the hash of its key.
    pub fn beneficiary(&self) -> Address {
        Address::from_slice(&keccak256(self.secret.public_key())[12..])
    }
}

/// Where a validator's chain stands.
pub struct Stands {
    /// The point below the first block.
    pub below: Parent,
    /// Where it is taken up.
    pub start: Start,
    /// Where it is kept, besides the files of consensus.
    pub storage: Option<Storage>,
    /// From where on consensus tells of blocks, if not from the first.
    pub floor: Option<Floor>,
    /// What is final is noted here.
    pub finals: Arc<Finals>,
    /// What others may have of it.
    pub source: Arc<dyn Source>,
}

/// What the core of a validator is told, whose chain begins above this point.
pub fn core_of(membership: &Membership, below: &Parent, desk: Desk) -> pelton_consensus::Settings {
    pelton_consensus::Settings {
        committee: membership.committee.clone(),
        secret: membership.secret.clone(),
        genesis: BlockId(below.id.0),
        block_bytes_max: HEADER_BYTES + membership.limits.block_bytes_max as usize,
        timing: Timing::STANDARD,
        partition: "chain".into(),
        application: Arc::new(desk),
        floor: None,
        source: None,
    }
}

/// Joins the others: a pipeline that is to be driven, and the core that asks it.
///
/// # Errors
/// Where the system gives no threads.
pub fn join(
    membership: &Membership,
    settings: &Settings,
    choice: &Choice,
    limits: &Limits,
    stands: Stands,
    (threads, clock): (&Threads, &Arc<dyn Clock>),
    run: Run,
) -> io::Result<(Pipeline, Process)> {
    let Stands { below, start, storage, floor, finals, source } = stands;
    let desk = Desk::new(limits).noting(finals);
    let verifying = |choice: &Choice| verifier(choice, settings, clock, Arc::default(), say);
    let peers = Peers {
        clock: clock.clone(),
        pools: threads.pools(),
        verifier: verifying(choice),
        // Most of what others propose has been verified before, so what is left makes short batches.
        examiner: verifying(&choice.on_cpu()),
        agreement: Box::new(desk.clone()),
        genesis: below,
        empty_after_ns: EMPTY_AFTER.as_nanos() as u64,
    };
    let mut settings = settings.clone();
    settings.schedule.beneficiary = membership.beneficiary();
    let pipeline = build_validator(&settings, limits.clone(), start, storage, peers, run);
    let core = core_of(membership, &below, desk);
    let core = pelton_consensus::Settings { floor, source: Some(source), ..core };
    Ok((pipeline, Process::start(core, membership.place.clone())?))
}
