//! `Record`: what happened in a run, for those who judge it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{B256, Bytes};
use pelton_consensus::cluster::Twice;
use pelton_engine::block::Block;
use pelton_engine::executed::Executed;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_workloads::Expectation;

/// A block that a validator has said to be committed: executed, and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its height.
    pub height: u64,
    /// The block.
    pub id: B256,
    /// Root of the state after it.
    pub state_root: B256,
    /// Digest of the table of hot keys after it.
    pub prices: B256,
    /// When.
    pub at: Duration,
    /// How often this validator had been started.
    pub start: u64,
}

/// What a validator found on its disk when it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub member: usize,
    /// Height of the newest block.
    pub height: u64,
    /// That block, or genesis.
    pub id: B256,
    /// The newest block that it had told anybody of before.
    pub told: Option<(u64, B256)>,
    /// The block at that height that it found.
    pub kept: Option<B256>,
}

/// Why everything that had to be well again is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Height of each validator that should be there.
    pub heights: Vec<(usize, u64)>,
    /// Transactions that are in no block and should be.
    pub missing: Vec<B256>,
}

/// See the head of this file.
pub struct Record {
    /// What the chain was judged by.
    pub limits: Limits,
    /// The state below the first block.
    pub genesis: Genesis,
    /// What was handed in, and what must become of it.
    pub transactions: Vec<(Bytes, Expectation)>,
    /// Who keeps the rules.
    pub honest: Vec<bool>,
    /// What each validator told, in that order.
    pub told: Vec<Vec<Told>>,
    /// What the first honest validator that told of a height had there.
    pub chain: BTreeMap<u64, (Arc<Block>, Executed)>,
    /// What they found when they were started again.
    pub found: Vec<Found>,
    /// Whose files were refused though nobody had changed them, and why.
    pub damaged: Vec<(usize, String)>,
    /// What each validator has turned away for its signature.
    pub forged: Vec<BTreeSet<B256>>,
    /// Whose core's files rotted, and when.
    pub frail: Option<(usize, Duration)>,
    /// Who has voted twice.
    pub twice: Vec<Twice>,
    /// Who was cut off by whom.
    pub blocks: Vec<(usize, usize)>,
    /// Who does not hold what, at the end of the time that was given.
    pub stuck: Option<Stuck>,
    /// What was counted.
    pub counts: Counts,
}

impl Record {
    /// Whether a validator is honest, or was meant to be before its core's files rotted.
    pub fn keeps_rules(&self, member: usize) -> bool {
        self.honest[member] || self.frail.is_some_and(|(frail, _)| frail == member)
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Validators that were killed.
    pub kills: u64,
    /// Validators that died of their disks.
    pub disk_deaths: u64,
    /// Folders in which bits had changed, and those of them that were refused.
    pub rotten: u64,
    /// Of those, how many were refused.
    pub refused: u64,
    /// Cores in whose files bits had changed.
    pub rotten_cores: u64,
    /// Of those, how many would not go on.
    pub halted: u64,
    /// How often such a one voted twice.
    pub twice: u64,
    /// Answers that devices owed and did not give, or gave wrongly.
    pub ailing: u64,
    /// Batches that devices answered.
    pub answered: u64,
    /// Messages between validators.
    pub messages: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Misdeeds.
    pub misdeeds: u64,
    /// Villains who were cut off by somebody honest.
    pub cut_off: u64,
    /// When it ended, in simulated milliseconds.
    pub ended_ms: u64,
}
