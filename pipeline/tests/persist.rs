//! A chain that is kept on disk: what is told of it survives whatever happens, and it goes on from there.

#[path = "common/world.rs"]
#[expect(dead_code, reason = "fates are another test's")]
mod world;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::B256;
use pelton_engine::archive::{self, Archive};
use pelton_engine::environment::Environment;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Rule, Table};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::{File, FileError, Files};
use pelton_engine::store::record::Tip;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings, StateStore};
use pelton_engine::transaction::Verified;
use pelton_pipeline::driver::disk::DiskThread;
use pelton_pipeline::durability::Durability;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::start::{Start, StartError};
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, generate};
use world::{Ended, Kept, Scene};

fn workload(transactions: u64) -> Workload {
    let spec =
        Spec { pattern: Name::Mix.into(), scheme: Scheme::Ed25519, accounts: 24, transactions, seed: 5 };
    generate(&spec, &|_| ())
}

fn limits() -> Limits {
    Limits::tiny(CHAIN_ID)
}

/// A chain in this folder, made if it is not there, and its blocks, which must be found at the same height.
fn try_open(
    files: &Arc<dyn Files>,
    workload: &Workload,
) -> Result<(Start, StateStore, archive::Writer), StartError> {
    let (start, store) = Start::open(files, &Settings::tiny(), &workload.genesis, &limits())?;
    let genesis = Start::genesis(&workload.genesis, &limits()).parent.id;
    let tip = Tip { height: start.parent.height, id: start.parent.id, gas_used: 0, root: None };
    let writer = archive::open(files, &archive::Settings::tiny(), genesis, &tip)?;
    assert_eq!(writer.archive().newest(), start.parent.height, "blocks and state stand at the same height");
    Ok((start, store, writer))
}

fn open(files: &Arc<dyn Files>, workload: &Workload) -> Kept {
    let (start, store, writer) = try_open(files, workload).expect("the disk is good");
    let durability = Durability::new(store, Arc::default()).with_archive(writer);
    Kept { start, durability: Arc::new(durability), thread: None }
}

/// The workload's transactions of a range, on a chain that is kept.
fn scene(workload: &Workload, range: std::ops::Range<usize>, seed: u64, kept: Kept) -> Scene {
    let mut scene = Scene { kept: Some(kept), ..Scene::of(workload, seed) };
    scene.transactions = scene.transactions.drain(range).collect();
    scene
}

/// Executes blocks one transaction after the other; gives the state and checks the chain.
fn follow(state: &mut State, mut parent: B256, blocks: &[Committed]) {
    for committed in blocks {
        let block = &committed.done.block;
        assert_eq!(block.header().parent, parent, "blocks form a chain");
        parent = block.id();
        let header = block.header();
        let prices = committed.tables.list(header.executed.height, header.base_fee);
        let prices = Arc::new(prices.expect("tables are kept that far"));
        let executed = serial(state, &Environment::of(header, prices, &limits()), block.transactions());
        assert_eq!(executed, committed.done.executed, "block {}", block.header().height);
    }
}

/// Checks that an archive has these blocks and what came of them.
fn check_archive(archive: &Archive, blocks: &[Committed]) {
    for committed in blocks {
        let (block, executed) = (&committed.done.block, &committed.done.executed);
        let record = archive.block(block.header().height).expect("the disk is good").expect("it is kept");
        assert_eq!((record.id, &record.block), (block.id(), block.bytes()));
        assert_eq!(record.state_root, committed.state_root);
        assert!(record.outcomes.iter().map(|(_, outcome)| outcome).eq(&executed.outcomes), "its outcomes");
        let senders = block.transactions().iter().map(Verified::sender);
        assert!(record.outcomes.iter().map(|(sender, _)| *sender).eq(senders), "its senders");
        let spoken_of = committed.tables.after(block.header().executed.height).expect("it is kept that far");
        assert_eq!(record.notes, spoken_of.encode(), "what it was priced by");
        assert_eq!(Table::decode(&record.notes, &Rule::new(&limits())).as_ref(), Some(&**spoken_of));
    }
}

/// Checks that a disk holds the chain of these blocks from one height on to the last of them.
fn check_kept(files: &Arc<dyn Files>, workload: &Workload, blocks: &[Committed]) -> Start {
    let (start, _, writer) = try_open(files, workload).expect("what was durable is there");
    check_archive(&writer.archive(), blocks);
    let last = blocks.last().expect("blocks were told");
    assert_eq!(start.parent, last.done.block.as_parent(), "it stands at the last block");
    let newest = start.summaries.last().expect("it stands at a block");
    assert_eq!((newest.height, newest.state_root), (start.parent.height, last.state_root));
    assert_eq!(B256::from(start.trie.root()), last.state_root);
    assert_eq!(start.tables.encode(), last.tables.encode(), "prices go on as they would have");
    let mut state = workload.genesis.state();
    follow(&mut state, blocks[0].done.block.header().parent, blocks);
    assert!(state == start.state, "the state is that of serial execution");
    start
}

#[test]
fn all_that_is_told_is_on_the_disk_at_the_end() {
    let workload = workload(200);
    for seed in 0..8 {
        let disk = SimulatedDisk::new(seed);
        let kept = open(&disk.files(), &workload);
        let durability = kept.durability.clone();
        let (ended, _) = scene(&workload, 0..200, seed, kept).simulate(seed);
        let (heights, gauges) = (ended.blocks.len() as u64, durability.gauges());
        assert_eq!((gauges.height, gauges.lag_blocks), (heights, 0));
        assert!(gauges.syncs <= heights && gauges.lag_blocks_max > 0 && gauges.log_bytes > 0, "{gauges:?}");
        assert_eq!(durability.fault(), None);
        durability.close();
        disk.cycle_power();
        check_kept(&disk.files(), &workload, &ended.blocks);
    }
}

#[test]
fn blocks_that_come_in_during_a_sync_share_the_next_one() {
    let workload = workload(200);
    let shared = (0..8).filter(|seed| {
        let kept = open(&SimulatedDisk::new(*seed).files(), &workload);
        let durability = kept.durability.clone();
        let (ended, _) = scene(&workload, 0..200, *seed, kept).simulate(*seed);
        durability.gauges().syncs < ended.blocks.len() as u64
    });
    assert!(shared.count() > 4);
}

/// Height up to which blocks were told, executed, and found again after the power went at some time.
fn lose_power(workload: &Workload, seed: u64) -> [u64; 3] {
    let disk = SimulatedDisk::new(seed);
    let kept = open(&disk.files(), workload);
    let (ended, _) = scene(workload, 0..200, seed, kept).simulate_for(seed, 2_000 + 331 * seed);
    let told = ended.blocks.last().map_or(0, |block| block.done.block.header().height);
    let (chain, lag) = (&ended.pipeline.chain, limits().root_lag);
    // A chain remembers what the next headers speak of, its newest block among them.
    let is_executed = |height: &u64| chain.summary_for(height + lag).is_some();
    let executed = (told..told + 64).filter(is_executed).max().unwrap_or(told);
    drop(ended);
    disk.cycle_power();
    let (start, ..) = try_open(&disk.files(), workload).expect("what was durable is there");
    [told, executed, start.parent.height]
}

#[test]
fn a_power_cut_takes_nothing_back_that_was_told() {
    let workload = workload(200);
    let all: Vec<_> = (0..60).map(|seed| lose_power(&workload, seed)).collect();
    for (seed, [told, _, kept]) in all.iter().enumerate() {
        assert!(kept >= told, "seed {seed}: told up to {told}, kept up to {kept}");
    }
    let most = all.iter().map(|[told, ..]| *told).max();
    assert!(most > Some(5), "blocks were told");
    // The same judgement, of a pipeline that tells what it has executed.
    let is_noticed = all.iter().any(|[_, executed, kept]| kept < executed);
    assert!(is_noticed, "a pipeline that does not wait for the sync is noticed");
}

#[test]
fn a_chain_that_is_taken_up_again_goes_on_as_if_it_had_never_stopped() {
    let workload = workload(210);
    for seed in 0..8 {
        let disk = SimulatedDisk::new(seed);
        let (mut blocks, mut executed) = (Vec::new(), 0);
        for part in 0..3 {
            let kept = open(&disk.files(), &workload);
            let durability = kept.durability.clone();
            assert_eq!(kept.start.parent.height, blocks.len() as u64);
            let (ended, _) = scene(&workload, 70 * part..70 * (part + 1), seed, kept).simulate(seed);
            executed += ended.executed();
            blocks.extend(ended.blocks);
            durability.close();
            disk.cycle_power();
        }
        assert_eq!(executed, 210, "all of them are good, in their order");
        for block in &blocks {
            let header = block.done.block.header();
            let spoken = header.executed.height as usize;
            assert_eq!(spoken as u64, header.height.saturating_sub(limits().root_lag));
            if let Some(below) = spoken.checked_sub(1) {
                assert_eq!(header.executed.state_root, blocks[below].state_root, "also across a stop");
            }
        }
        check_kept(&disk.files(), &workload, &blocks);
    }
}

/// Checks a run that a disk's error has stopped, and what the disk has kept.
fn check_stopped(disk: &SimulatedDisk, workload: &Workload, durability: &Durability, ended: Ended) -> String {
    let fault = durability.fault().expect("the disk has failed").to_string();
    assert!(durability.stop().load(Ordering::Relaxed), "whoever drives is told");
    let told = ended.blocks.last().map_or(0, |block| block.done.block.header().height);
    drop(ended);
    disk.set_faults(0);
    disk.set_capacity(u64::MAX);
    disk.cycle_power();
    let (start, ..) = try_open(&disk.files(), workload).expect("what was durable is there");
    assert!(start.parent.height >= told, "{fault}: told up to {told}, kept up to {}", start.parent.height);
    fault
}

#[test]
fn an_error_of_the_disk_stops_everything_and_nothing_more_is_told() {
    let workload = workload(200);
    for seed in 0..12 {
        let disk = SimulatedDisk::new(seed);
        let kept = open(&disk.files(), &workload);
        let durability = kept.durability.clone();
        disk.set_faults(250);
        let (ended, audit) = scene(&workload, 0..200, seed, kept).simulate_for(seed, 60_000);
        assert!(!audit.finished, "blocks are held that will never be durable");
        check_stopped(&disk, &workload, &durability, ended);
    }
}

#[test]
fn a_full_disk_stops_everything_with_a_clear_line() {
    let workload = workload(200);
    for seed in 0..6 {
        let disk = SimulatedDisk::new(seed);
        let kept = open(&disk.files(), &workload);
        let durability = kept.durability.clone();
        disk.set_capacity(12_000 + 2_000 * seed);
        let (ended, _) = scene(&workload, 0..200, seed, kept).simulate_for(seed, 60_000);
        let fault = check_stopped(&disk, &workload, &durability, ended);
        assert!(fault.contains("the disk is full"), "{fault}");
    }
}

#[test]
fn a_store_of_another_chain_is_refused() {
    let disk = SimulatedDisk::new(1);
    drop(open(&disk.files(), &workload(10)));
    let spec =
        Spec { pattern: Name::Mix.into(), scheme: Scheme::Ed25519, accounts: 25, transactions: 10, seed: 5 };
    let error = try_open(&disk.files(), &generate(&spec, &|_| ())).err();
    assert!(matches!(error, Some(StartError::OtherChain { .. })), "{error:?}");
}

/// A folder that no thread may change that turns stages.
struct Watched(Disk);

struct WatchedFile(Box<dyn File>);

fn may_wait() {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    let turns_stages = name.starts_with("pelton-") && name != "pelton-disk";
    assert!(!turns_stages, "{name} turns stages, and waits for a disk");
}

impl Files for Watched {
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        Ok(Box::new(WatchedFile(self.0.create(name)?)))
    }
    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        Ok(Box::new(WatchedFile(self.0.open(name)?)))
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        may_wait();
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> Result<(), FileError> {
        may_wait();
        self.0.remove(name)
    }
    fn list(&self) -> Result<Vec<String>, FileError> {
        self.0.list()
    }
    fn sync_directory(&self) -> Result<(), FileError> {
        may_wait();
        self.0.sync_directory()
    }
}

impl File for WatchedFile {
    fn length(&self) -> Result<u64, FileError> {
        self.0.length()
    }
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        self.0.read_at(offset, into)
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        may_wait();
        self.0.write_at(offset, bytes)
    }
    fn sync(&mut self) -> Result<(), FileError> {
        may_wait();
        self.0.sync()
    }
}

#[test]
fn on_real_threads_and_a_real_disk_no_stage_waits_for_the_disk() -> io::Result<()> {
    let (workload, folder) = (workload(200), tempfile::tempdir()?);
    let files = || -> Arc<dyn Files> { Arc::new(Watched(Disk::open(folder.path()).expect("it is free"))) };
    let kept = Kept { thread: Some(DiskThread::start()?), ..open(&files(), &workload) };
    let durability = kept.durability.clone();
    let ended = scene(&workload, 0..200, 1, kept).run_on(2);
    let held = Disk::open(folder.path()).expect_err("it is not closed yet");
    assert_eq!(held.kind, io::ErrorKind::WouldBlock);
    durability.close();
    assert_eq!(durability.fault(), None::<&StoreError>);
    check_kept(&files(), &workload, &ended.blocks);
    Ok(())
}
