//! Power cuts and faults while a state and its blocks are kept in one folder.
//!
//! After each life the state is recovered, and the archive must open at its height and hold every block that led there.

use std::sync::Arc;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use pelton_engine::archive::{Settings, Writer};
use pelton_engine::state::Account;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::{Files, Operation};
use pelton_engine::store::record::Tip;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{self, StateStore};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

use super::chain::Chain;
use super::open;
use crate::random::Random;

/// What is synced in which order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As it must be.
    BlocksFirst,
    /// The misdeed: the state may stand above its blocks.
    StateFirst,
}

struct Lives {
    order: Order,
    random: Random,
    disk: SimulatedDisk,
    chain: Chain,
    settings: Settings,
    /// The last height that was acknowledged.
    acknowledged: u64,
    cuts: u64,
    /// During what the power went, in which kind of file.
    at: Vec<(Operation, String)>,
}

/// A state whose one account counts blocks.
fn writes(height: u64) -> WriteSet {
    let account = Account { nonce: height, balance: U256::ONE, code_hash: KECCAK256_EMPTY };
    WriteSet { accounts: vec![(Address::ZERO, Some(account))], ..WriteSet::default() }
}

/// The block that a store knows, with the root of that state.
fn tip(chain: &Chain, height: u64) -> Tip {
    let root = B256::from(Trie::new().apply(&writes(height).trie_updates()));
    Tip { root: Some(root), ..chain.tip(height) }
}

impl Lives {
    fn new(seed: u64, order: Order) -> Lives {
        let blocks_max = if seed.is_multiple_of(2) { u64::MAX } else { 30 };
        let (disk, chain) = (SimulatedDisk::new(seed), Chain::new(seed));
        let settings = Settings { blocks_max, segment_bytes: 2_000, ..Settings::tiny() };
        let (random, at) = (Random::new(!seed), Vec::new());
        let mut lives = Lives { order, random, disk, chain, settings, acknowledged: 0, cuts: 0, at };
        lives.create();
        lives
    }

    fn create(&mut self) {
        let genesis = tip(&self.chain, 0);
        StateStore::create(&self.disk.files(), &store::Settings::tiny(), genesis, writes(0))
            .expect("it is new");
    }

    fn files(&self) -> Arc<dyn Files> {
        self.disk.files()
    }

    /// Lives through everything, and says what went wrong if anything did.
    fn run(&mut self, lives: u64) -> Result<(), String> {
        for _ in 0..lives {
            self.disk.set_faults(self.random.pick(&[0, 0, 0, 20]));
            self.disk.cut_power_after(self.random.below(60) as u64);
            match self.live() {
                Ok(()) | Err(Ended::ByDisk) => {}
                Err(Ended::Wrong(what)) => return Err(what),
            }
            if self.disk.is_off() {
                self.cuts += 1;
                self.at.extend(self.disk.last_operation());
            }
            if self.disk.is_off() || self.random.below(2) == 0 {
                self.disk.cycle_power();
            } else {
                self.disk.restart();
            }
        }
        self.disk.set_faults(0);
        match self.recover() {
            Ok(_) => Ok(()),
            Err(Ended::ByDisk) => Err("a healthy disk fails".to_owned()),
            Err(Ended::Wrong(what)) => Err(what),
        }
    }

    fn recover(&mut self) -> Result<(StateStore, Writer), Ended> {
        let recovered = StateStore::recover(&self.files(), &store::Settings::tiny())?;
        let (store, recovered) = recovered.ok_or_else(|| Ended::Wrong("the store is gone".to_owned()))?;
        let height = recovered.tip.height;
        if height < self.acknowledged {
            return Err(Ended::Wrong(format!("{height} is below {}", self.acknowledged)));
        }
        self.chain.cut(height);
        self.acknowledged = height;
        let archive = open(&self.files(), &self.settings, &self.chain, height)?;
        self.chain.forget(archive.archive().oldest());
        let needed = (height + 1).saturating_sub(self.settings.blocks_max);
        if archive.archive().oldest() > needed.max(1) {
            return Err(Ended::Wrong(format!("the oldest of {height} is {}", archive.archive().oldest())));
        }
        Ok((store, archive))
    }

    fn live(&mut self) -> Result<(), Ended> {
        let (mut store, mut archive) = self.recover()?;
        self.chain.check(&archive.archive()).map_err(|what| self.judge(what))?;
        for _ in 0..5 + self.random.below(20) {
            for _ in 0..1 + self.random.below(3) {
                self.chain.grow();
                let height = self.chain.height();
                self.chain.push(&mut archive, height);
                store.push(tip(&self.chain, height), self.chain.tip(height - 1).id, &[], &writes(height));
            }
            match self.order {
                Order::BlocksFirst => {
                    archive.sync()?;
                    store.sync()?;
                }
                Order::StateFirst => {
                    store.sync()?;
                    archive.sync()?;
                }
            }
            self.acknowledged = self.chain.height();
            if self.random.below(2) == 0 {
                while archive.step()? {}
                store.checkpoint_step()?;
            }
        }
        Ok(())
    }

    /// Whether what an archive answered is wrong, or the disk's fault.
    fn judge(&self, what: String) -> Ended {
        if self.disk.is_off() { Ended::ByDisk } else { Ended::Wrong(what) }
    }
}

/// Why a life ended before its time.
enum Ended {
    /// The power went, or a fault.
    ByDisk,
    /// Something is not as it must be.
    Wrong(String),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Ended {
        match error {
            StoreError::File(_) => Ended::ByDisk,
            error => Ended::Wrong(error.to_string()),
        }
    }
}

#[test]
fn after_every_power_cut_the_blocks_that_led_to_the_state_are_there() {
    let (mut cuts, mut at) = (0, Vec::new());
    for seed in 0..60 {
        let mut lives = Lives::new(seed, Order::BlocksFirst);
        lives.run(15).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        cuts += lives.cuts;
        at.append(&mut lives.at);
    }
    assert!(cuts > 500, "{cuts} power cuts");
    let points = [
        (Operation::Create, "blocks.new"),
        (Operation::Write, "blocks.new"),
        (Operation::Sync, "blocks.new"),
        (Operation::Rename, "blocks-"),
        (Operation::SyncDirectory, "blocks-"),
        (Operation::Write, "blocks-"),
        (Operation::Sync, "blocks-"),
        (Operation::Remove, "blocks-"),
        (Operation::Write, "index.new"),
        (Operation::Sync, "index.new"),
        (Operation::Rename, "index-"),
        (Operation::Remove, "index-"),
    ];
    for (operation, kind) in points {
        let was_hit = at.iter().any(|(during, name)| *during == operation && name.starts_with(kind));
        assert!(was_hit, "the power never went during {operation:?} of {kind}");
    }
}

#[test]
fn a_state_that_is_made_durable_before_its_blocks_is_noticed_at_once() {
    let noticed = (0..5).find(|seed| Lives::new(*seed, Order::StateFirst).run(15).is_err());
    assert!(noticed.expect("the harness notices a misdeed") < 3);
}
