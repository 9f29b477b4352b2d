//! Power cuts and faults, wherever they can hit.
//!
//! ```text
//!            ┌───────────────── one life ─────────────────┐
//! create ──> recover, compare ──> push · sync · checkpoint ──> the power goes, a fault, or the process dies ──> again
//! ```
//!
//! After each life the store must give back the chain at some height from the last one that was acknowledged up to the last
//! that was pushed: equal state, equal root, equal tips. Any other answer is a violation; so is an error that is not the
//! disk's own. What is written and acknowledged, and when the power goes, follows from a seed, which a violation names.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::Operation;
use pelton_engine::store::recovery::Recovered;
use pelton_engine::store::simulated::{Lie, SimulatedDisk};
use pelton_engine::store::{Settings, StateStore};

use crate::model::{Model, notes};
use crate::random::Random;

const LIVES: usize = 25;

/// What is wrong with the world, so that the harness must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misdeed {
    None,
    /// Blocks are acknowledged when they are pushed.
    AcknowledgeEarly,
    /// The disk says that something is durable though it is not.
    DiskLies(Lie),
}

/// Where the power went: in what phase, during what, in which kind of file.
type Point = (&'static str, Operation, &'static str);

/// How often the power went, and where.
#[derive(Default)]
struct Tally {
    cuts: u64,
    faults: u64,
    deaths: u64,
    blocks: u64,
    at: BTreeMap<Point, u64>,
}

/// A disk through many lives.
struct Lives<'a> {
    seed: u64,
    misdeed: Misdeed,
    random: Random,
    disk: SimulatedDisk,
    model: Model,
    /// The last height that was acknowledged.
    acknowledged: u64,
    phase: &'static str,
    tally: &'a mut Tally,
}

impl Lives<'_> {
    /// Lives through everything, and says what went wrong if anything did.
    fn run(seed: u64, misdeed: Misdeed, tally: &mut Tally) -> Result<(), String> {
        let disk = SimulatedDisk::new(seed);
        if let Misdeed::DiskLies(lie) = misdeed {
            disk.set_lie(lie);
        }
        let (random, model) = (Random::new(!seed), Model::new(seed));
        let mut lives = Lives { seed, misdeed, random, disk, model, acknowledged: 0, phase: "create", tally };
        lives.create()?;
        for _ in 0..LIVES {
            lives.live()?;
        }
        lives.disk.set_faults(0);
        lives.recover()?.map(drop).map_err(|error| lives.violation(&format!("a healthy disk: {error}")))
    }

    /// Makes a store, however often the power goes.
    fn create(&mut self) -> Result<(), String> {
        loop {
            self.endanger(20);
            let (genesis, writes) = (self.model.tip(0), self.model.state(0).writes());
            let made = StateStore::create(&self.disk.files(), &Settings::tiny(), genesis, writes);
            match made {
                Ok(()) | Err(StoreError::Exists) => return Ok(()),
                Err(StoreError::File(_)) => self.die(),
                Err(error) => return Err(self.violation(&error.to_string())),
            }
        }
    }

    /// One life: recovers, goes on until something happens, and dies.
    fn live(&mut self) -> Result<(), String> {
        self.endanger(70);
        let ended = match self.recover()? {
            Ok(store) => self.go_on(store)?,
            Err(error) => Some(error),
        };
        match ended {
            None | Some(StoreError::File(_)) => self.die(),
            Some(error) => return Err(self.violation(&error.to_string())),
        }
        Ok(())
    }

    /// Draws how the disk will behave.
    fn endanger(&mut self, operations: usize) {
        let faults = self.random.pick(&[0, 0, 0, 10, 40]);
        self.disk.set_faults(faults);
        if faults == 0 || self.random.below(2) == 0 {
            self.disk.cut_power_after(self.random.below(operations) as u64);
        }
    }

    /// The process ends, of itself or because the power went.
    fn die(&mut self) {
        let Some((operation, name)) = self.disk.last_operation() else { return };
        let has_power = !self.disk.is_off();
        self.tally.faults += u64::from(has_power);
        if has_power && self.random.below(2) == 0 {
            self.tally.deaths += 1;
            return self.disk.restart();
        }
        self.tally.cuts += 1;
        if !has_power {
            *self.tally.at.entry((self.phase, operation, kind(&name))).or_default() += 1;
        }
        self.disk.cycle_power();
    }

    /// Recovers, and compares. The outer error is a violation, the inner one the disk's.
    fn recover(&mut self) -> Result<Result<StateStore, StoreError>, String> {
        self.phase = "recover";
        let (store, recovered) = match StateStore::recover(&self.disk.files(), &Settings::tiny()) {
            Ok(Some(found)) => found,
            Ok(None) => return Err(self.violation("the store is gone")),
            Err(error) => return Ok(Err(error)),
        };
        self.compare(&recovered)?;
        let height = recovered.tip.height;
        self.model.cut(height);
        if self.misdeed == Misdeed::None && (store.tip(), store.durable_height()) != (recovered.tip, height) {
            return Err(self.violation("what was recovered is not durable"));
        }
        // It was made durable before it was given.
        self.acknowledged = height;
        Ok(Ok(store))
    }

    fn compare(&self, recovered: &Recovered) -> Result<(), String> {
        let height = recovered.tip.height;
        let expect = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(self.violation(&format!("recovered at {height}: {what}"))) }
        };
        expect(height >= self.acknowledged, "below what was acknowledged")?;
        expect(height <= self.model.height(), "above what was pushed")?;
        let tips = self.model.tips()[..=height as usize].last_chunk::<8>();
        expect(recovered.genesis == self.model.tip(0).id, "another chain")?;
        expect(recovered.tip == self.model.tip(height), "another block")?;
        expect(recovered.notes == notes(&recovered.tip), "other notes")?;
        expect(tips.is_none_or(|tips| recovered.tips.ends_with(tips)), "other blocks below")?;
        expect(recovered.state == *self.model.state(height), "another state")?;
        expect(B256::from(recovered.trie.root()) == self.model.root(height), "another root")?;
        expect(recovered.skipped.is_empty(), "a checkpoint was skipped")
    }

    /// Pushes, syncs and makes checkpoints until something happens. Gives the error that the disk answered with.
    fn go_on(&mut self, mut store: StateStore) -> Result<Option<StoreError>, String> {
        self.phase = "run";
        for _ in 0..10 + self.random.below(40) {
            let result = match self.random.below(10) {
                0..5 => {
                    let block = self.model.grow();
                    store.push(block.tip, block.parent, &block.notes(), &block.writes);
                    self.tally.blocks += 1;
                    if self.misdeed == Misdeed::AcknowledgeEarly {
                        self.acknowledged = block.tip.height;
                    }
                    Ok(())
                }
                5..8 => store.sync().map(|height| self.acknowledged = height),
                8 if self.random.below(20) == 0 => store.checkpoint(),
                _ => store.checkpoint_step().map(drop),
            };
            if let Err(error) = result {
                let afterwards =
                    [store.sync().err(), store.checkpoint_step().err(), store.checkpoint().err()];
                if afterwards.iter().any(|after| *after != Some(StoreError::Poisoned)) {
                    return Err(self.violation("a store goes on after an error"));
                }
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    fn violation(&self, what: &str) -> String {
        let Lives { seed, acknowledged, model, .. } = self;
        let pushed = model.height();
        format!("seed {seed}, acknowledged {acknowledged}, pushed {pushed}: {what}")
    }
}

/// What a file of this name holds.
fn kind(name: &str) -> &'static str {
    let kinds = ["codes", "log.new", "log-", "checkpoint.new", "checkpoint-"];
    kinds.into_iter().find(|kind| name.starts_with(kind)).unwrap_or("the folder")
}

fn run(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        Lives::run(seed, Misdeed::None, &mut tally).expect("no violation");
    }
    let Tally { cuts, faults, deaths, blocks, at } = &tally;
    eprintln!(
        "{cuts} power cuts, {faults} ends with power, {deaths} of which left the cache, {blocks} blocks"
    );
    at.iter()
        .for_each(|((phase, operation, kind), count)| eprintln!("{count:>6} {phase}: {operation:?} {kind}"));
    tally
}

#[test]
fn after_every_power_cut_the_chain_is_there_up_to_what_was_acknowledged() {
    let tally = run(0..400);
    assert!(tally.cuts >= 5_000, "{} power cuts", tally.cuts);
    for (operation, kind) in POINTS {
        let hits = tally.at.iter().filter(|(point, _)| (point.1, point.2) == (operation, kind));
        let hits: u64 = hits.map(|(_, count)| count).sum();
        assert!(hits > 0, "the power never went during {operation:?} of {kind}");
    }
}

/// `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` make it another campaign, or a shorter one; `enemies/fuzz` does.
#[test]
#[ignore = "takes minutes: many more seeds of the same"]
#[expect(clippy::disallowed_methods, reason = "whoever starts it says how long and with which seeds")]
fn after_a_hundred_thousand_power_cuts_the_chain_is_there() {
    let from_environment =
        |name, or| std::env::var(name).map_or(or, |text| text.parse::<u64>().expect("a number"));
    let first = 1_000_000 * from_environment("PELTON_FUZZ_SEED", 1);
    let count = (from_environment("PELTON_FUZZ_CASES", 20_000) * 3 / 10).max(1);
    assert!(run(first..first + count).cuts >= count * 16);
}

/// Points between which a crash must leave something that can be gone on from; each must have been hit.
const POINTS: [(Operation, &str); 18] = [
    (Operation::Write, "codes"),
    (Operation::Sync, "codes"),
    (Operation::Create, "log.new"),
    (Operation::Write, "log.new"),
    (Operation::Sync, "log.new"),
    (Operation::Rename, "log-"),
    (Operation::SyncDirectory, "log-"),
    (Operation::Write, "log-"),
    (Operation::Sync, "log-"),
    (Operation::Remove, "log-"),
    (Operation::Create, "checkpoint.new"),
    (Operation::Write, "checkpoint.new"),
    (Operation::Sync, "checkpoint.new"),
    (Operation::Rename, "checkpoint-"),
    (Operation::SyncDirectory, "checkpoint-"),
    (Operation::Remove, "checkpoint-"),
    (Operation::Remove, "checkpoint.new"),
    (Operation::Remove, "log.new"),
];

/// Runs seeds until the harness sees a violation; gives how many seeds that took.
fn seeds_until_noticed(misdeed: Misdeed) -> u64 {
    let mut tally = Tally::default();
    let noticed = (0..50).find(|seed| Lives::run(*seed, misdeed, &mut tally).is_err());
    noticed.expect("the harness notices a misdeed")
}

#[test]
fn a_store_that_acknowledges_before_the_sync_is_noticed_at_once() {
    assert!(seeds_until_noticed(Misdeed::AcknowledgeEarly) < 3);
}

#[test]
fn a_disk_that_lies_about_a_sync_is_noticed_at_once() {
    assert!(seeds_until_noticed(Misdeed::DiskLies(Lie::Sync)) < 3);
}

#[test]
fn a_disk_that_lies_about_the_sync_of_a_folder_is_noticed_at_once() {
    assert!(seeds_until_noticed(Misdeed::DiskLies(Lie::SyncDirectory)) < 3);
}
