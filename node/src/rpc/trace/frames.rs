//! `Frames`: who called whom with what, as geth's callTracer writes it.

use alloy_primitives::{Bytes, Log};
use pelton_engine::evm::call::watch::{Entered, Kind, Left, Watch};
use pelton_engine::evm::call::{Call, Ended, Ran};
use serde_json::{Value, json};

use super::{BYTES_MAX, TracerOptions, hex};
use crate::json::revert_words;

/// Bytes that a frame takes besides what it was given and gave back.
const FRAME_BYTES: usize = 1_024;

/// Frames inside each other.
pub(super) struct Frames {
    only_top: bool,
    with_log: bool,
    /// Those that have begun and not ended, the outermost first.
    open: Vec<Value>,
    /// Those of which nothing is written down, and have not ended.
    left_out: usize,
    outermost: Option<Value>,
    log_count: u64,
    bytes: usize,
}

impl Frames {
    pub(super) fn new(options: &TracerOptions) -> Frames {
        let (only_top, with_log) = (options.only_top_call, options.with_log);
        Frames { only_top, with_log, open: Vec::new(), left_out: 0, outermost: None, log_count: 0, bytes: 0 }
    }

    /// The outermost frame with all in it; none if they are too many.
    pub(super) fn shown(self, call: &Call, ran: &Ran) -> Option<Value> {
        let mut shown = self.outermost.filter(|_| self.bytes <= BYTES_MAX)?;
        // Of the transaction, what it may use and what it has used.
        shown["gas"] = hex(call.gas_limit);
        shown["gasUsed"] = hex(ran.gas_used);
        if ran.ended != Ended::Success {
            clear_logs(&mut shown);
        }
        Some(shown)
    }
}

impl Watch for Frames {
    fn enter(&mut self, frame: Entered) {
        self.bytes += FRAME_BYTES + 2 * frame.input.len();
        if (self.only_top && !self.open.is_empty()) || self.bytes > BYTES_MAX {
            self.left_out += 1;
            return;
        }
        let mut shown = json!({
            "type": name_of(frame.kind),
            "from": frame.from,
            "gas": hex(frame.gas),
            "input": frame.input,
        });
        if let Some(to) = frame.to {
            shown["to"] = json!(to);
        }
        if frame.kind != Kind::StaticCall {
            shown["value"] = json!(frame.value);
        }
        self.open.push(shown);
    }

    fn leave(&mut self, left: Left) {
        if self.left_out > 0 {
            self.left_out -= 1;
            return;
        }
        let Some(mut frame) = self.open.pop() else { return };
        self.bytes += 2 * left.output.len();
        frame["gasUsed"] = hex(left.gas_used);
        if let Some(created) = left.created {
            frame["to"] = json!(created);
        }
        end(&mut frame, &left.ended, &left.output);
        match self.open.last_mut() {
            Some(parent) => push(parent, "calls", frame),
            None => self.outermost = Some(frame),
        }
    }

    fn log(&mut self, log: &Log) {
        let index = self.log_count;
        self.log_count += 1;
        let Some(frame) = self.open.last_mut().filter(|_| self.with_log && self.left_out == 0) else {
            return;
        };
        self.bytes += FRAME_BYTES + 2 * log.data.data.len();
        let position = frame["calls"].as_array().map_or(0, Vec::len) as u64;
        let shown = json!({
            "address": log.address,
            "topics": log.data.topics(),
            "data": log.data.data,
            "index": hex(index),
            "position": hex(position),
        });
        push(frame, "logs", shown);
    }
}

fn push(frame: &mut Value, name: &str, one: Value) {
    match frame[name].as_array_mut() {
        Some(list) => list.push(one),
        None => frame[name] = json!([one]),
    }
}

fn end(frame: &mut Value, ended: &Ended, output: &Bytes) {
    if !output.is_empty() && !matches!(ended, Ended::Halt(_)) {
        frame["output"] = json!(output);
    }
    match ended {
        Ended::Success => {}
        Ended::Revert => {
            frame["error"] = json!("execution reverted");
            if let Some(words) = revert_words(output) {
                frame["revertReason"] = json!(words);
            }
        }
        Ended::Halt(words) => frame["error"] = json!(words),
    }
    if *ended != Ended::Success {
        clear_logs(frame);
    }
}

/// What a frame that failed has logged, and those in it, never was.
fn clear_logs(frame: &mut Value) {
    if let Some(fields) = frame.as_object_mut() {
        fields.remove("logs");
    }
    for inner in frame.get_mut("calls").and_then(Value::as_array_mut).into_iter().flatten() {
        clear_logs(inner);
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Call => "CALL",
        Kind::CallCode => "CALLCODE",
        Kind::DelegateCall => "DELEGATECALL",
        Kind::StaticCall => "STATICCALL",
        Kind::Create => "CREATE",
        Kind::Create2 => "CREATE2",
        Kind::SelfDestruct => "SELFDESTRUCT",
    }
}
