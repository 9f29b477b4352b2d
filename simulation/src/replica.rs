//! `Replica`: one validator, but for its core: a pipeline over files on a disk, which lives and dies as it is told.
//!
//! ```text
//!   core ──questions──> Desk ──> [ pipeline ] ──> state and blocks on a SimulatedDisk ──> committed
//!                                     ^ turned until nothing happens, whenever the cluster says so
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use std::num::NonZeroUsize;
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes};
use parking_lot::Mutex;
use pelton_engine::archive;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::store;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_kernels::{Backend, Chunked, Spawn, Verifier};
use pelton_node::validator::Desk;
use pelton_pipeline::clock::{Clock as _, SimulatedClock};
use pelton_pipeline::durability::Durability;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::origin::Origin;
use pelton_pipeline::random::Random;
use pelton_pipeline::room::Room;
use pelton_pipeline::stages::agree::Agreement;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::stages::intake::{Submitter, door};
use pelton_pipeline::start::{Start, StartError};
use pelton_pipeline::topology::validator::{Peers, build_validator};
use pelton_pipeline::topology::{Input, MakeVerifier, Run, Settings, Storage};
use pelton_pipeline::turn::Turnable;

use crate::device::Health;
use crate::forged::Forged;
use crate::invalid::Liar;
use crate::jobs::Jobs;

/// What may wait at the door.
const DOOR: Room = Room { transactions: 1 << 10, bytes: 4 << 20 };
/// Times that all stages are turned in one go, at most.
const ROUNDS_MAX: usize = 200;
/// A block without transactions is made after this long.
const EMPTY_AFTER: Duration = Duration::from_millis(100);

/// What all validators have in common.
pub struct Common {
    /// What blocks are judged by.
    pub limits: Limits,
    /// The state below the first block.
    pub genesis: Genesis,
    /// Verifies signatures.
    pub backend: Arc<dyn Backend>,
    /// Least time between blocks.
    pub block_interval: Duration,
}

/// See the head of this file.
pub struct Replica {
    index: usize,
    /// Where the chain is kept.
    pub disk: SimulatedDisk,
    running: Option<Running>,
    random: Random,
    /// Lies told by a villain that proposes invalid blocks; none for everybody else.
    pub lies: Option<Arc<AtomicU64>>,
    /// What verifies beside its processor, if anything does.
    pub device: Option<Health>,
    is_credulous: bool,
    forged: Arc<Forged>,
}

/// What one validator is like.
#[derive(Default)]
pub struct Nature {
    /// It proposes invalid blocks.
    pub is_liar: bool,
    /// It has a device.
    pub device: Option<Health>,
    /// It takes faults for verdicts.
    pub is_credulous: bool,
}

/// What dies with the process.
struct Running {
    desk: Desk,
    stages: Vec<Box<dyn Turnable>>,
    clock: Arc<SimulatedClock>,
    jobs: Jobs,
    disk_jobs: Jobs,
    submitter: Submitter,
    stop: Arc<AtomicBool>,
    committed: Arc<Mutex<Vec<Committed>>>,
}

/// Where a validator's chain stands when it is started.
pub struct Stands {
    /// For the core.
    pub desk: Desk,
    /// Height of the newest block.
    pub height: u64,
    /// That block, or genesis.
    pub id: B256,
    /// The block at the height that was asked for, if that is above genesis.
    pub kept: Option<B256>,
}

impl Replica {
    /// One that has not been started.
    pub fn new(index: usize, seed: u64, nature: Nature) -> Replica {
        let Nature { is_liar, device, is_credulous } = nature;
        let (disk, random) = (SimulatedDisk::new(seed), Random::new(seed));
        let (lies, forged) = (is_liar.then(Arc::default), Arc::default());
        Replica { index, disk, running: None, random, lies, device, is_credulous, forged }
    }

    /// Whether it has been started and not killed.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether its disk has failed, so that the process ends.
    pub fn has_failed(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.stop.load(Ordering::Relaxed))
    }

    /// Starts it where its disk ends, at this time by its clock, and looks for the block at a height.
    ///
    /// # Errors
    /// What the disk says, or what is wrong with what is on it. Then it does not run.
    pub fn start(&mut self, common: &Common, shown: Duration, look_for: u64) -> Result<Stands, StartError> {
        let (files, limits) = (self.disk.files(), &common.limits);
        let settings = (&store::Settings::tiny(), &archive::Settings::tiny());
        let (start, store, writer) = Start::open_with_archive(&files, settings, &common.genesis, limits)?;
        let kept = match look_for {
            0 => None,
            height => writer.archive().head(height)?.map(|(header, _)| header.id()),
        };
        let (height, id) = (start.parent.height, start.parent.id);
        let stop = Arc::new(AtomicBool::new(false));
        let durability = Arc::new(Durability::new(store, stop.clone()).with_archive(writer));
        let (desk, jobs, disk_jobs) = (Desk::new(limits), Jobs::default(), Jobs::default());
        let clock = Arc::new(SimulatedClock::default());
        clock.advance(shown.as_nanos() as u64);
        let (submitter, entrance) = door(DOOR, clock.clone());
        let committed = Arc::<Mutex<Vec<Committed>>>::default();
        let collected = committed.clone();
        let run = Run {
            input: Input::Door(entrance),
            until: None,
            on_commit: Box::new(move |block, _| collected.lock().push(block)),
            on_cut: Box::new(|_, _| ()),
            watch: Some(self.forged.clone()),
        };
        let agreement: Box<dyn Agreement> = match &self.lies {
            None => Box::new(desk.clone()),
            Some(deeds) => {
                let seed = self.random.next_u64();
                Box::new(Liar::new(desk.clone(), limits.clone(), seed, deeds.clone()))
            }
        };
        let peers = Peers {
            clock: clock.clone(),
            pools: Pools::one(Arc::new(jobs.clone())),
            verifier: self.verifier(&common.backend, &clock),
            examiner: self.verifier(&common.backend, &clock),
            agreement,
            genesis: Start::genesis(&common.genesis, limits).parent,
            empty_after_ns: EMPTY_AFTER.as_nanos() as u64,
        };
        let storage = Storage { durability, thread: Arc::new(disk_jobs.clone()) };
        let settings = self.settings(common);
        let pipeline = build_validator(&settings, limits.clone(), start, Some(storage), peers, run);
        let (stages, in_running) = (pipeline.stages, desk.clone());
        self.running =
            Some(Running { desk: in_running, stages, clock, jobs, disk_jobs, submitter, stop, committed });
        Ok(Stands { desk, height, id, kept })
    }

    fn verifier(&self, backend: &Arc<dyn Backend>, clock: &Arc<SimulatedClock>) -> MakeVerifier {
        let (backend, clock) = (backend.clone(), clock.clone());
        let (device, is_credulous) = (self.device.clone(), self.is_credulous);
        Box::new(move |spawn: Arc<dyn Spawn>| -> Box<dyn Verifier> {
            let in_flight_max = NonZeroUsize::new(3).expect("it is not zero");
            let settings = pelton_kernels::Settings { in_flight_max, ..pelton_kernels::Settings::default() };
            let processor = Box::new(Chunked::new(backend.clone(), spawn.clone(), settings));
            match device {
                None => processor,
                Some(device) => device.verifier(backend, (spawn, clock), processor, is_credulous),
            }
        })
    }

    fn settings(&self, common: &Common) -> Settings {
        let mut settings = Settings::tiny();
        settings.dedup_window = 1 << 10;
        settings.schedule.beneficiary = Address::repeat_byte(0xb0 + self.index as u8);
        settings.schedule.block_interval_ns = common.block_interval.as_nanos() as u64;
        settings
    }

    /// The process dies; without power, its disk loses what was not synced.
    pub fn kill(&mut self, is_without_power: bool) {
        self.running = None;
        if is_without_power {
            self.disk.cycle_power();
        } else {
            self.disk.restart();
        }
    }

    /// The desk of the process, if there is one.
    pub fn desk(&self) -> Option<Desk> {
        self.running.as_ref().map(|running| running.desk.clone())
    }

    /// Hands a transaction in, as from this source.
    pub fn submit(&self, wire: &Bytes, source: u32) {
        if let Some(running) = &self.running {
            // Where the door is full, a client tries again later.
            let _ = running.submitter.submit(wire.clone(), Origin { source, claimed_sender: None });
        }
    }

    /// What it has turned away for its signature.
    pub fn forged(&self) -> BTreeSet<B256> {
        self.forged.ids()
    }

    /// Goes on until nothing happens any more at this time, and gives what was committed.
    pub fn turn(&mut self, shown: Duration) -> Vec<Committed> {
        let Some(running) = &mut self.running else { return Vec::new() };
        let random = &mut self.random;
        let shown_ns = shown.as_nanos() as u64;
        running.clock.advance(shown_ns.saturating_sub(running.clock.now_ns()));
        // What waits for the disk may wait for a while.
        while random.below(3) > 0 && running.disk_jobs.run_one(random) {}
        for _ in 0..ROUNDS_MAX {
            let (mut happened, count) = (false, running.stages.len());
            let from = random.below(count as u64) as usize;
            for at in 0..count {
                happened |= running.stages[(from + at) % count].turn(running.clock.as_ref());
            }
            while running.jobs.run_one(random) {
                happened = true;
            }
            if !happened {
                break;
            }
        }
        std::mem::take(&mut *running.committed.lock())
    }

    /// What the stages have counted, for the hash of a run.
    pub fn fold(&self, hash: &mut blake3::Hasher) {
        for stage in self.running.iter().flat_map(|running| &running.stages) {
            let meter = stage.meter();
            for value in [meter.taken, meter.passed, meter.held, meter.turns] {
                hash.update(&value.to_le_bytes());
            }
        }
    }
}
