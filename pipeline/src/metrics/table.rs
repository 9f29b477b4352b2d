//! The table of all metrics.

use super::Dashboard::{Durability, Engine, Network, Node, Pipeline, Verify};
use super::Kind::{Counter, Gauge, Histogram};
use super::{Kind, Metric};

/// Times from 1 µs to 34 s, each bound twice the one before, in nanoseconds.
const TIMES: Kind = Histogram { bounds: &doubling::<26>(1_000), per_unit: 1_000_000_000 };
/// Numbers from 1 to 32,768, each bound twice the one before.
const SIZES: Kind = Histogram { bounds: &doubling::<16>(1), per_unit: 1 };

const fn doubling<const N: usize>(first: u64) -> [u64; N] {
    let mut bounds = [first; N];
    let mut index = 1;
    while index < N {
        bounds[index] = 2 * bounds[index - 1];
        index += 1;
    }
    bounds
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $id:ident = $name:literal $kind:ident($unit:literal) [$($label:literal),*] on $dashboard:ident;)+) => {
        $(
            $(#[doc = $help])+
            pub static $id: Metric = Metric {
                name: concat!("pelton_", $name),
                kind: $kind,
                unit: $unit,
                labels: &[$($label),*],
                dashboard: $dashboard,
                help: concat!($($help),+).trim_ascii(),
            };
        )+

        /// Every metric, in the order in which they are given out.
        pub static METRICS: &[&Metric] = &[$(&$id),+];
    };
}

metrics! {
    /// Always 1: which program this is.
    BUILD_INFO = "build_info" Gauge("1") ["version", "commit"] on Pipeline;
    /// Threads that turn stages and run jobs.
    THREADS = "threads" Gauge("threads") [] on Pipeline;
    /// CPU time of the whole process.
    PROCESS_CPU = "process_cpu_seconds_total" Counter("seconds") [] on Pipeline;
    /// Memory of the process that is in use.
    PROCESS_RESIDENT = "process_resident_bytes" Gauge("bytes") [] on Pipeline;
    /// From when a transaction was due until it came out at the end.
    LATENCY = "latency_seconds" TIMES("seconds") [] on Pipeline;

    /// Transactions that came in.
    STAGE_TAKEN = "stage_taken_transactions_total" Counter("transactions") ["stage"] on Pipeline;
    /// Transactions that went on.
    STAGE_PASSED = "stage_passed_transactions_total" Counter("transactions") ["stage"] on Pipeline;
    /// Transactions that were turned away.
    STAGE_REJECTED = "stage_rejected_transactions_total" Counter("transactions") ["stage", "reason"] on Pipeline;
    /// Transactions inside.
    STAGE_HELD = "stage_held_transactions" Gauge("transactions") ["stage"] on Pipeline;
    /// Time with nothing in hand (idle), with work in hand (busy), and with finished work for which the next stage has no
    /// room (blocked). They add up to the whole time.
    STAGE_REGIME = "stage_regime_seconds_total" Counter("seconds") ["stage", "regime"] on Pipeline;
    /// CPU time of a stage's turns and of its jobs.
    STAGE_CPU = "stage_cpu_seconds_total" Counter("seconds") ["stage"] on Pipeline;
    /// Turns in which something happened.
    STAGE_TURNS = "stage_turns_total" Counter("turns") ["stage"] on Pipeline;
    /// From a batch coming in until as many transactions have gone out.
    STAGE_SERVICE = "stage_service_seconds" TIMES("seconds") ["stage"] on Pipeline;
    /// Batches that wait before a stage.
    QUEUE_DEPTH = "queue_depth_batches" Gauge("batches") ["stage"] on Pipeline;
    /// Batches that can wait before a stage.
    QUEUE_CAPACITY = "queue_capacity_batches" Gauge("batches") ["stage"] on Pipeline;

    /// Transactions that wait for a block.
    POOL_WAITING = "pool_waiting_transactions" Gauge("transactions") [] on Engine;
    /// Senders of whom a transaction could be in the next block.
    POOL_READY = "pool_ready_senders" Gauge("senders") [] on Engine;
    /// Base fee of the next block.
    BASE_FEE = "base_fee_wei" Gauge("wei per gas") [] on Engine;
    /// Keys that have a price in the next block.
    HOT_KEYS = "hot_keys" Gauge("keys") [] on Engine;
    /// Prices of the dearest keys in the next block, on top of the base fee, eight at most. A key is an account, or an
    /// account and a slot.
    HOT_KEY_PRICE = "hot_key_price_wei" Gauge("wei per gas") ["key"] on Engine;
    /// Transactions of planned blocks: those that wait for no other (none), and those that wait for one before them or run
    /// alone (others).
    PLANNED = "planned_transactions_total" Counter("transactions") ["waits_for"] on Engine;
    /// Transactions that were executed with success, that failed and paid, and that could not run and were skipped.
    EXECUTED = "executed_transactions_total" Counter("transactions") ["outcome"] on Engine;
    /// Gas of executed transactions.
    GAS_USED = "gas_used_total" Counter("gas") [] on Engine;
    /// Transactions that did not run beside others: those that left what they had named, or waited for such a one (alone),
    /// and those that ran beside others in vain and ran again (again).
    EXECUTION_SERIAL = "execution_serial_transactions_total" Counter("transactions") ["why"] on Engine;
    /// Transactions that promise nothing and were simulated before their block's turn, so that they could run beside others.
    EXECUTION_PREDICTED = "execution_predicted_transactions_total" Counter("transactions") [] on Engine;
    /// Transactions in a block.
    BLOCK_TRANSACTIONS = "block_transactions" SIZES("transactions") [] on Engine;
    /// Height of the newest block with a state root.
    CHAIN_HEIGHT = "chain_height_blocks" Gauge("blocks") [] on Engine;
    /// Blocks that are executed and have no state root yet. Where there were as many as headers lag behind, the next block
    /// would wait for its root.
    ROOT_LAG = "state_root_lag_blocks" Gauge("blocks") [] on Engine;

    /// Signatures that a back-end has answered.
    VERIFIED = "verify_answered_signatures_total" Counter("signatures") ["backend"] on Verify;
    /// Signatures that a back-end has in hand.
    VERIFY_IN_FLIGHT = "verify_in_flight_signatures" Gauge("signatures") [] on Verify;
    /// Signatures in a batch as it was sent to a back-end.
    VERIFY_BATCH = "verify_batch_signatures" SIZES("signatures") [] on Verify;
    /// Batches that came back from a device with a fault, and that others answered.
    VERIFY_FAULTS = "verify_faults_total" Counter("batches") [] on Verify;
    /// Signatures that came with a claim of who signed: right ones are cheap where the key is known.
    VERIFY_CLAIMS = "verify_claims_total" Counter("signatures") ["result"] on Verify;
    /// Whether a device answers signatures in this process.
    DEVICE_IN_USE = "device_in_use" Gauge("1") [] on Verify;
    /// From how many signatures on a device is sooner done than the CPU, as measured at the start.
    CROSSOVER = "crossover_signatures" Gauge("signatures") ["scheme"] on Verify;

    /// Erasure-coded packets sent.
    SHREDS_SENT = "shreds_sent_total" Counter("packets") [] on Network;
    /// Bytes of these.
    SHRED_BYTES_SENT = "shred_sent_bytes_total" Counter("bytes") [] on Network;
    /// Packets that came in: filed, or dropped for a reason.
    SHREDS_TAKEN = "shreds_taken_total" Counter("packets") ["result"] on Network;
    /// Memory of packets whose block is not rebuilt yet.
    SHRED_BYTES_HELD = "shred_held_bytes" Gauge("bytes") [] on Network;
    /// What became of blocks of which a packet was filed: rebuilt, mismatched (forged packets) or given up.
    BLOCKS_ASSEMBLED = "assembled_blocks_total" Counter("blocks") ["result"] on Network;
    /// Blocks that were asked for again (asked) and sent again (answered).
    REPAIRS = "repairs_total" Counter("blocks") ["side"] on Network;
    /// Blocks put before consensus.
    BLOCKS_PROPOSED = "proposed_blocks_total" Counter("blocks") [] on Network;
    /// Blocks that were put before consensus once more, because nothing could follow them before they were final.
    BLOCKS_AGAIN = "proposed_again_blocks_total" Counter("blocks") [] on Network;
    /// Blocks that became final.
    BLOCKS_FINAL = "final_blocks_total" Counter("blocks") [] on Network;
    /// Blocks that were put before consensus and are not final yet.
    BLOCKS_UNDECIDED = "undecided_blocks" Gauge("blocks") [] on Network;
    /// Blocks that a validator among several has judged for a vote: good ones (for) and bad ones (against).
    CONSENSUS_VERDICTS = "consensus_verdicts_total" Counter("blocks") ["verdict"] on Network;
    /// Questions of consensus that wait for an answer of the pipeline: for a block (propose), for a vote (verify), and final
    /// blocks that are not passed on yet (final).
    CONSENSUS_QUESTIONS = "consensus_waiting_questions" Gauge("questions") ["kind"] on Network;
    /// The view that consensus is in; most views make one block final.
    CONSENSUS_VIEW = "consensus_view" Gauge("views") [] on Network;
    /// Views that this validator gave up waiting for, by what did not come in time.
    CONSENSUS_TIMEOUTS = "consensus_timeouts_total" Counter("views") ["reason"] on Network;
    /// Votes and certificates sent to others and received from them, by kind.
    CONSENSUS_MESSAGES = "consensus_messages_total" Counter("messages") ["direction", "kind"] on Network;
    /// Bytes through the sockets of consensus, blocks and repairs included.
    CONSENSUS_BYTES = "consensus_bytes_total" Counter("bytes") ["direction"] on Network;
    /// Proposed blocks that others have sent: as they are (whole) and in few words (brief), those of which nothing was lacking
    /// here (complete), questions for what was (asked), others' questions that were answered (answered), and messages that
    /// were none (refused).
    CONSENSUS_BLOCKS = "consensus_carried_total" Counter("messages") ["kind"] on Network;
    /// Pairs of votes with which a validator contradicted itself. It is not listened to for a while.
    CONSENSUS_CONFLICTS = "consensus_conflicts_total" Counter("pairs") ["votes"] on Network;
    /// Pieces of a state. Of those that this validator asked for when it was started: kept, there already (needless), of
    /// something else (refused), not sent in time (late). Of those that others asked it for: given, and not there (gone).
    CATCH_UP_PIECES = "catch_up_pieces_total" Counter("pieces") ["outcome"] on Network;
    /// Bytes of these pieces.
    CATCH_UP_BYTES = "catch_up_bytes_total" Counter("bytes") ["direction"] on Network;
    /// Other validators that this one is connected with.
    CONSENSUS_PEERS = "consensus_connected_peers" Gauge("peers") [] on Network;

    /// Requests of clients that were answered (answered) or got an error (failed). Methods that there are not are `unknown`.
    RPC_REQUESTS = "rpc_requests_total" Counter("requests") ["method", "outcome"] on Node;
    /// From a request having been read until its answer was there.
    RPC_TIME = "rpc_request_seconds" TIMES("seconds") ["method"] on Node;
    /// Requests that have no answer yet.
    RPC_IN_HAND = "rpc_requests_in_hand" Gauge("requests") [] on Node;
    /// Clients that are connected.
    RPC_CONNECTIONS = "rpc_connections" Gauge("connections") [] on Node;
    /// How often a client ran into a bound of the server, by bound.
    RPC_LIMITS = "rpc_limit_hits_total" Counter("hits") ["limit"] on Node;
    /// Committed blocks that the Merkle-Patricia tree has not come to; only where it is kept.
    MERKLE_LAG = "merkle_lag_blocks" Gauge("blocks") [] on Node;
    /// How often that tree was made from the whole state: at the start, and after it had fallen behind too far.
    MERKLE_REBUILDS = "merkle_rebuilds_total" Counter("rebuilds") [] on Node;

    /// Height up to which all blocks are on the disk.
    DURABLE_HEIGHT = "durable_height_blocks" Gauge("blocks") [] on Durability;
    /// Blocks that are executed and not on the disk yet.
    DURABLE_LAG = "durable_lag_blocks" Gauge("blocks") [] on Durability;
    /// Syncs that made blocks durable.
    DURABLE_SYNCS = "durable_syncs_total" Counter("syncs") [] on Durability;
    /// Bytes of the records of blocks.
    DURABLE_LOG = "durable_log_bytes_total" Counter("bytes") [] on Durability;
    /// Checkpoints published.
    DURABLE_CHECKPOINTS = "durable_checkpoints_total" Counter("checkpoints") [] on Durability;
    /// 1 once the disk has failed: nothing is made durable any more, and the pipeline stops.
    DURABLE_FAULT = "durable_fault" Gauge("1") [] on Durability;
    /// Segments of blocks that are in the object store alone (moved), and those of them that it has lost (gone); only where
    /// there is one.
    ARCHIVE_SEGMENTS = "archive_segments" Gauge("segments") ["place"] on Durability;
    /// Bytes given to the object store (uploaded) and taken from it (fetched), also to compare what was given.
    ARCHIVE_BYTES = "archive_bytes_total" Counter("bytes") ["direction"] on Durability;
    /// Pieces of segments in the object store that somebody read, by where they were found.
    ARCHIVE_PIECES = "archive_pieces_total" Counter("pieces") ["source"] on Durability;
    /// Requests in which the object store has failed: it had no such object (missing), refused or was not there
    /// (unreachable), did not answer in time (late), gave other bytes than it was given (corrupt).
    ARCHIVE_FAULTS = "archive_faults_total" Counter("requests") ["fault"] on Durability;
}
