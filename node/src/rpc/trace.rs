//! `debug_trace*`: what a transaction or a call did inside, as instructions, as calls of contracts, or as the state that it saw.
//!
//! ```text
//!   block ──> Replay: the state before it, its transactions again, one by one ──┐
//!   call ───> Question ─────────────────────────────────────────────────────────┴──> Tracer ──> JSON
//! ```
//!
//! A replay that comes out otherwise than the receipt says is not shown. What a trace may take of memory is bounded.

mod before;
mod frames;
mod replay;
mod steps;

use std::sync::Arc;

use alloy_primitives::U64;
use alloy_rpc_types_eth::BlockOverrides;
use alloy_rpc_types_eth::state::StateOverride;
use pelton_engine::evm::call::{Call, Calls, Ran, Reads, Refused, Rules};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Node;
use super::arguments::{Arguments, BlockName};
use super::calls::Question;
use super::failure::{Answer, Failure};
use super::limits::Limit;
use crate::history::Entry;
use frames::Frames;
use replay::Replay;
use steps::Steps;

/// Bytes that what is written down of one transaction may take.
const BYTES_MAX: usize = 64 << 20;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    tracer: Option<String>,
    tracer_config: TracerOptions,
    disable_stack: bool,
    disable_storage: bool,
    enable_memory: bool,
    enable_return_data: bool,
    state_overrides: StateOverride,
    block_overrides: BlockOverrides,
}

/// What is asked of a tracer with a name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TracerOptions {
    only_top_call: bool,
    with_log: bool,
    diff_mode: bool,
    disable_code: bool,
    disable_storage: bool,
}

/// How a call is looked at.
enum Tracer {
    Steps,
    Frames,
    Before,
}

impl Options {
    fn tracer(&self) -> Result<Tracer, Failure> {
        match self.tracer.as_deref() {
            None | Some("") => Ok(Tracer::Steps),
            Some("callTracer") => Ok(Tracer::Frames),
            Some("prestateTracer") => Ok(Tracer::Before),
            Some(other) => Err(Failure::server(format!("tracer {other:?} not found"))),
        }
    }
}

/// Runs a call and tells what it did.
fn trace<R: Reads>(
    calls: &mut Calls<R>,
    call: &Call,
    rules: Rules,
    options: &Options,
) -> Result<Result<(Ran, Option<Value>), Refused>, Failure> {
    Ok(match options.tracer()? {
        Tracer::Steps => {
            let (ran, steps) = calls.run_watched(call, rules, Steps::new(options));
            ran.map(|ran| (ran.clone(), steps.shown(&ran)))
        }
        Tracer::Frames => {
            let (ran, frames) = calls.run_watched(call, rules, Frames::new(&options.tracer_config));
            ran.map(|ran| (ran.clone(), frames.shown(call, &ran)))
        }
        Tracer::Before => before::trace(calls, call, rules, &options.tracer_config),
    })
}

impl Node {
    fn too_long(&self) -> Failure {
        self.hit(Limit::Trace, format!("the trace takes more than {BYTES_MAX} bytes"))
    }

    /// Traces the transactions of a block, or one of them.
    fn trace_block(&self, entry: &Arc<Entry>, only: Option<usize>, options: &Options) -> Answer {
        let mut replay = Replay::new(self, entry)?;
        let mut shown = Vec::new();
        for (index, one) in entry.transactions.iter().enumerate() {
            if only.is_some_and(|only| only != index) {
                replay.run(one)?;
                continue;
            }
            let result = replay.trace(one, options)?.ok_or_else(|| self.too_long())?;
            if only.is_some() {
                return Ok(result);
            }
            shown.push(json!({ "txHash": one.receipt.id, "result": result }));
        }
        Ok(shown.into())
    }
}

pub(super) fn transaction(node: &Node, arguments: &Arguments) -> Answer {
    let id = arguments.hash(0)?;
    let options = arguments.optional(1)?.unwrap_or_default();
    let found = node.history().transaction(&id)?;
    let (entry, index) = found.ok_or_else(|| Failure::server("transaction not found"))?;
    node.trace_block(&entry, Some(index), &options)
}

pub(super) fn block(node: &Node, arguments: &Arguments) -> Answer {
    let _: Value = arguments.required(0)?;
    let (name, options) = (arguments.block(0)?, arguments.optional(1)?.unwrap_or_default());
    let absent = || match name {
        BlockName::Height(height) => format!("block #{height} not found"),
        BlockName::Hash(hash) => format!("block {hash} not found"),
        _ => "block not found".to_owned(),
    };
    let entry = node.find(name)?.ok_or_else(|| Failure::server(absent()))?;
    node.trace_block(&entry, None, &options)
}

pub(super) fn call(node: &Node, arguments: &Arguments) -> Answer {
    let options: Options = arguments.optional(2)?.unwrap_or_default();
    let (state, of_block) = (options.state_overrides.clone(), options.block_overrides.clone());
    let question = Question::new(node, arguments, state, of_block)?;
    let mut calls = question.calls()?;
    let traced = trace(&mut calls, &question.call, Rules::Question, &options)?;
    let (_, shown) = traced.map_err(|refused| question.words(refused))?;
    shown.ok_or_else(|| node.too_long())
}

/// A number as the tools expect one in a trace: hexadecimal.
fn hex(number: u64) -> Value {
    json!(U64::from(number))
}
