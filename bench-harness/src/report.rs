//! `Report`: what a run has shown, as one JSON object. `docs/bench.schema.json` is made from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::device::DeviceReport;
use crate::load::LoadReport;
use crate::machine::Machine;

/// Name and version of the object's shape.
pub const SCHEMA: &str = "pelton-bench/1";

/// What a run has shown. Always: offered = committed + failed + passed + all rejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `pelton-bench/1`.
    pub schema: String,
    /// What was run.
    pub workload: WorkloadInfo,
    /// On what.
    pub machine: Machine,
    /// Commit that the program was built from, or `unknown`.
    pub commit: String,
    /// Threads that turned stages and ran jobs.
    pub threads: usize,
    /// Stage after which the pipeline was cut; null for the whole.
    pub until: Option<String>,
    /// Transactions offered a second; null for as fast as they were taken.
    pub rate: Option<f64>,
    /// When they were due: `at once`, `evenly` or `poisson`.
    pub arrivals: String,
    /// Transactions that were offered to the first stage.
    pub offered: u64,
    /// Executed with success, in a final block, under a state root.
    pub committed: u64,
    /// Executed without success: charged, and in a final block.
    pub failed: u64,
    /// Came out of a pipeline that was cut; 0 for the whole.
    pub passed: u64,
    /// Turned away, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// From the first offer to the last commit.
    pub seconds: f64,
    /// `committed` divided by `seconds`.
    pub committed_per_second: f64,
    /// `passed` divided by `seconds`.
    pub passed_per_second: f64,
    /// From the moment at which a transaction should have been sent to its commit.
    pub latency_ns: Latency,
    /// The stages in order.
    pub stages: Vec<StageReport>,
    /// What made the load.
    pub load: LoadReport,
    /// What held the others up.
    pub limit: Limit,
    /// Which back-ends answered.
    pub verify: VerifyReport,
    /// Transactions a second that came out, times what one costs all stages alone in CPU seconds, divided by threads: 1
    /// if every core did nothing but what the stages need. Null where it was not measured.
    pub efficiency: Option<f64>,
    /// Where the rest of the threads' time went, as shares of it.
    pub losses: Option<Losses>,
    /// What it took to keep the chain on disk; null if it was in memory only.
    pub durability: Option<Durability>,
    /// Whether it was all true. Null for a pipeline that was cut.
    pub audit: Option<Audit>,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadInfo {
    /// Its name, with the parameters that were given.
    pub name: String,
    /// What it follows from.
    pub seed: u64,
    /// BLAKE3 over all its transactions and expectations.
    pub digest: String,
    /// Transactions in it; with a time limit not all of them are offered.
    pub transactions: u64,
    /// `secp256k1` or `ed25519`.
    pub scheme: String,
    /// Accounts that take part.
    pub accounts: u32,
}

/// Quantiles of a time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Median.
    pub p50: u64,
    /// 90 %.
    pub p90: u64,
    /// 99 %.
    pub p99: u64,
    /// 99.9 %.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// What one stage did. Always: taken = passed + rejected + held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// Transactions that came in.
    pub taken: u64,
    /// Transactions that went on.
    pub passed: u64,
    /// Transactions turned away.
    pub rejected: u64,
    /// Transactions still inside at the end.
    pub held: u64,
    /// Its whole time.
    pub regime_seconds: RegimeSeconds,
    /// CPU time of its turns and jobs, for each transaction that came in.
    pub cpu_ns_per_transaction: f64,
    /// The same in the cheapest fiftieth of stretches of 2,048 transactions and more: what one costs while nothing else
    /// disturbs; null of fewer than 16 stretches.
    pub undisturbed_cpu_ns_per_transaction: Option<f64>,
    /// CPU time for each, measured alone on one thread; null where it was not measured.
    pub isolated_cpu_ns_per_transaction: Option<f64>,
    /// From a batch coming in until as many transactions have gone out.
    pub service_ns: Service,
    /// Most batches that ever waited before it.
    pub queue_max: usize,
}

/// A stage's whole time, by what it was doing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegimeSeconds {
    /// Nothing in hand.
    pub idle: f64,
    /// Work being done, in its turns or on the threads.
    pub busy: f64,
    /// Done, but the next stage had no room.
    pub blocked: f64,
}

/// Quantiles of a stage's service time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Median.
    pub p50: u64,
    /// 99 %.
    pub p99: u64,
}

/// The stage that held the others up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// Its name, or `load` if the stages had nothing to do for most of the time.
    pub stage: String,
    /// Share of its time in which it was busy.
    pub busy_share: f64,
}

/// Who verified signatures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifyReport {
    /// What was asked for: `auto`, `cpu`, `cuda` or `reference`.
    pub requested: String,
    /// Whether senders were claimed beside the transactions; their keys then need no recovery once they are known.
    pub senders_claimed: bool,
    /// Signatures that each back-end answered.
    pub backends: BTreeMap<String, u64>,
    /// What came of a device; null where none was looked for.
    pub device: Option<DeviceReport>,
    /// Batches that a device could not answer, and the CPU did.
    pub faults: u64,
    /// Why the last of them could not be answered.
    pub last_fault: Option<String>,
}

/// Where the threads' time went that the stages alone would not have needed, as shares of all threads' time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Losses {
    /// Threads had work and were given no core: something else ran on it.
    pub starved: f64,
    /// Threads had no work.
    pub waiting: f64,
    /// Threads looked for work: the drivers' own rounds.
    pub driving: f64,
    /// Stages needed more than alone, or less where negative: caches, memory and clocks are shared.
    pub interference: f64,
}

/// What it took to keep a chain on disk, where every block was durable before it was counted as committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Durability {
    /// Height up to which all blocks are durable.
    pub height: u64,
    /// Syncs that made blocks durable; one for all blocks that wait.
    pub block_syncs: u64,
    /// All syncs of files and of the folder, those of checkpoints included.
    pub syncs: u64,
    /// Checkpoints made meanwhile.
    pub checkpoints: u64,
    /// The most blocks that were executed and not durable yet.
    pub lag_blocks_max: u64,
    /// Bytes of the log's records, for each transaction that was executed.
    pub log_bytes_per_transaction: f64,
    /// All bytes written, zeros ahead of the log and checkpoints included, for each transaction that was executed.
    pub written_bytes_per_transaction: f64,
    /// From the files to the state in memory and its root, after the run.
    pub recovery_seconds: f64,
    /// Height at which the chain was found then.
    pub recovered_height: u64,
    /// Root of the state that was found, made anew from it.
    pub recovered_state_root: String,
}

/// Whether a run was true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Blocks that became final.
    pub blocks: u64,
    /// Root after the last block, as the pipeline committed it.
    pub state_root: String,
    /// Root after the same blocks, executed one transaction after the other.
    pub serial_state_root: String,
    /// Whether roots, gas and outcomes of every single block are equal.
    pub equal: bool,
    /// Whether all balances and all that was burnt make what there was at genesis.
    pub supply_conserved: bool,
    /// Blocks that were rebuilt, byte for byte, from a random sufficient subset of their shreds.
    pub blocks_rebuilt: u64,
    /// Whether the last block and its state were found again on the disk; null if the chain was in memory only.
    pub recovered: Option<bool>,
    /// Whether every transaction became what its workload says: none lost, none committed that must not be.
    pub expectations_met: bool,
    /// What was wrong, for people; empty if nothing was.
    pub findings: Vec<String>,
}

impl Report {
    /// Transactions turned away, whatever the reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Whether every offered transaction is accounted for.
    pub fn adds_up(&self) -> bool {
        self.offered == self.committed + self.failed + self.passed + self.rejected_total()
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.adds_up()
            && !self.load.was_limit
            && self.audit.as_ref().is_none_or(|audit| audit.findings.is_empty())
    }
}

/// The JSON Schema of [`Report`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}
