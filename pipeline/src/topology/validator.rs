//! The stages and links of one validator among several.
//!
//! | stage | takes | gives | link before it, in batches |
//! | --- | --- | --- | --- |
//! | intake | - | wire bytes | - |
//! | ingest, verify, dedup | as in every pipeline | | 64, 16, 64 |
//! | agree | `Verified`; asked by consensus: blocks | `Sealed`, final | 64 |
//! | execute, commit, persist | as in every pipeline | | 2, 2, 2 |
//!
//! What schedule, seal, multicast, assemble and order do for one validator, agree does among several.

use std::sync::Arc;

use pelton_engine::block::Parent;
use pelton_engine::limits::Limits;
use pelton_kernels::Spawn;

use super::{Builder, Input, MakeVerifier, Pipeline, Run, Settings, Storage};
use crate::chain::Chain;
use crate::clock::{Clock, Nanos};
use crate::examiner::Examiner;
use crate::jobs::{Jobs, Pools};
use crate::ledger::Ledger;
use crate::link::Link;
use crate::stages::agree::{Agree, Agreement};
use crate::stages::commit::Commit;
use crate::stages::dedup::Dedup;
use crate::stages::execute::Execute;
use crate::stages::ingest::Ingest;
use crate::stages::intake::Intake;
use crate::stages::load::Load;
use crate::stages::persist::Persist;
use crate::stages::verify::Verify;
use crate::start::Start;

/// What a validator's pipeline is given from outside.
pub struct Peers {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where jobs run.
    pub pools: Pools,
    /// Makes the verifier of what clients send.
    pub verifier: MakeVerifier,
    /// Makes the verifier of what is in blocks and did not come in before.
    pub examiner: MakeVerifier,
    /// Consensus.
    pub agreement: Box<dyn Agreement>,
    /// The point below the chain's first block.
    pub genesis: Parent,
    /// A block without transactions is made when it was asked for this long.
    pub empty_after_ns: Nanos,
}

/// Puts a validator's pipeline together. It takes the chain up where it stands, and keeps it on disk if there is a place.
///
/// # Panics
/// If it is to be cut.
pub fn build_validator(
    settings: &Settings,
    limits: Limits,
    start: Start,
    storage: Option<Storage>,
    peers: Peers,
    run: Run,
) -> Pipeline {
    assert!(run.until.is_none(), "a validator's pipeline is whole");
    let Start { parent, summaries, tables, state, trie } = start;
    let genesis_root = alloy_primitives::B256::from(trie.root());
    let chain = Chain::standing(limits.clone(), state, summaries, tables, false);
    // Blocks are judged by the state so far below the newest.
    let views_min = usize::try_from(limits.root_lag).unwrap_or(usize::MAX);
    let chain = Arc::new(chain.with_views(settings.view_blocks.max(views_min)));
    let ledger = Arc::new(Ledger::watched(settings.ledger_capacity, run.watch.clone()));
    let mut builder =
        Builder { stages: Vec::new(), ledger: ledger.clone(), until: None, on_cut: Some(run.on_cut) };
    let Peers { clock, pools, verifier, examiner, agreement, genesis, empty_after_ns } = peers;
    let verify_jobs = Jobs::new(pools.bulk, clock.clone());
    let (urgent, execute_jobs) =
        (Jobs::new(pools.urgent.clone(), clock.clone()), Jobs::new(pools.urgent, clock.clone()));
    let spawn: Arc<dyn Spawn> = Arc::new(verify_jobs.clone());
    let verifier = verifier(spawn);
    let examiner = Examiner::new(limits.clone(), examiner(Arc::new(urgent.clone())), urgent);

    let raw = Arc::new(Link::new(64));
    builder.stages.push(match run.input {
        Input::Load { transactions, rate, offer_ns } => {
            Box::new(Load::new(transactions, rate, offer_ns, 256, raw.clone()))
        }
        Input::Door(door) => Box::new(Intake::new(door, 256, raw.clone())),
    });
    let decoded = builder.link("ingest", Ingest::new(&settings.ingest, limits, ledger.clone()), raw, 16);
    let verified =
        builder.link("verify", Verify::new(settings.verify.clone(), verifier, verify_jobs), decoded, 64);
    let unique = builder.link("dedup", Dedup::new(settings.dedup_window, ledger.clone()), verified, 64);
    let (schedule, between) = (settings.schedule.clone(), (genesis, parent));
    let stage = Agree::new(schedule, empty_after_ns, chain.clone(), between, agreement, examiner);
    let ordered = builder.link("agree", stage.watched(run.watch), unique, 2);
    let stage = Execute::new(chain.clone(), execute_jobs, settings.threads);
    let executed = builder.link("execute", stage, ordered, 2);
    let committed = builder.link("commit", Commit::new(chain.clone(), trie), executed, 2);
    let durable = match storage {
        Some(Storage { durability, thread }) => {
            builder.link("persist", Persist::new(durability, Jobs::new(thread, clock)), committed, 2)
        }
        None => committed,
    };
    builder.sink(durable, run.on_commit);
    let blocks_rebuilt = Arc::default();
    Pipeline { stages: builder.stages, ledger, chain, genesis: parent, genesis_root, blocks_rebuilt }
}
