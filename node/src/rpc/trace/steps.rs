//! `Steps`: each instruction with what it found, as geth's struct logger writes it.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use pelton_engine::evm::call::watch::{Machine, Watch, name_of};
use pelton_engine::evm::call::{Ended, Ran};
use serde_json::{Map, Value, json};

use super::{BYTES_MAX, Options};

const SLOAD: u8 = 0x54;
const SSTORE: u8 = 0x55;
/// Bytes that an instruction takes besides what it found.
const STEP_BYTES: usize = 256;
/// Bytes of a word when it is written out, roughly.
const WORD_BYTES: usize = 96;

/// Instructions, in order.
pub(super) struct Steps {
    options: Options,
    steps: Vec<Map<String, Value>>,
    /// Slots that were seen so far, of each account.
    slots: BTreeMap<Address, BTreeMap<B256, B256>>,
    /// The slot that is being read.
    reading: Option<B256>,
    gas: u64,
    bytes: usize,
}

impl Steps {
    pub(super) fn new(options: &Options) -> Steps {
        let (steps, slots) = (Vec::new(), BTreeMap::new());
        Steps { options: options.clone(), steps, slots, reading: None, gas: 0, bytes: 0 }
    }

    /// All of them; none if they are too many.
    pub(super) fn shown(self, ran: &Ran) -> Option<Value> {
        let output = if matches!(ran.ended, Ended::Halt(_)) { Bytes::new() } else { ran.output.clone() };
        (self.bytes <= BYTES_MAX).then(|| {
            json!({
                "gas": ran.gas_used,
                "failed": ran.ended != Ended::Success,
                "returnValue": output,
                "structLogs": self.steps,
            })
        })
    }

    /// What the account at hand has stored so far, as the step before shows it.
    fn show_slots(&mut self, address: Address) {
        let Some(slots) = self.slots.get(&address) else { return };
        self.bytes += slots.len() * 2 * WORD_BYTES;
        if let Some(step) = self.steps.last_mut() {
            step.insert("storage".into(), json!(slots));
        }
    }

    fn see(&mut self, address: Address, slot: B256, value: B256) {
        self.slots.entry(address).or_default().insert(slot, value);
        self.show_slots(address);
    }
}

impl Watch for Steps {
    fn wants_instructions(&self) -> bool {
        self.bytes <= BYTES_MAX
    }

    fn before(&mut self, machine: &Machine<'_>) {
        let mut step = Map::new();
        let op = name_of(machine.opcode);
        let op = op.map_or_else(|| format!("opcode {:#x} not defined", machine.opcode), str::to_owned);
        step.insert("pc".into(), json!(machine.pc));
        step.insert("op".into(), json!(op));
        step.insert("gas".into(), json!(machine.gas));
        step.insert("gasCost".into(), json!(0));
        step.insert("depth".into(), json!(machine.depth));
        if machine.refund > 0 {
            step.insert("refund".into(), json!(machine.refund));
        }
        if !self.options.disable_stack {
            self.bytes += machine.stack.len() * WORD_BYTES;
            step.insert("stack".into(), json!(machine.stack));
        }
        if self.options.enable_memory {
            let memory = (machine.memory)();
            self.bytes += memory.len() * 4;
            let words: Vec<B256> = memory.chunks(32).map(B256::right_padding_from).collect();
            if !words.is_empty() {
                step.insert("memory".into(), json!(words));
            }
        }
        if self.options.enable_return_data && !machine.returned.is_empty() {
            self.bytes += machine.returned.len() * 3;
            step.insert("returnData".into(), json!(machine.returned));
        }
        self.bytes += STEP_BYTES;
        self.steps.push(step);
        self.gas = machine.gas;
        self.reading = None;
        if self.options.disable_storage {
            return;
        }
        let word = |depth: usize| machine.stack.iter().rev().nth(depth).copied().map(B256::from);
        match (machine.opcode, word(0), word(1)) {
            (SLOAD, slot, _) => self.reading = slot,
            (SSTORE, Some(slot), Some(value)) => self.see(machine.address, slot, value),
            _ => {}
        }
    }

    fn after(&mut self, machine: &Machine<'_>) {
        let cost = self.gas.saturating_sub(machine.gas);
        let Some(step) = self.steps.last_mut() else { return };
        step.insert("gasCost".into(), json!(cost));
        if let Some(failure) = machine.failure.as_ref().filter(|words| *words != "execution reverted") {
            step.insert("error".into(), json!(failure));
        }
        let value = machine.stack.last().copied().unwrap_or(U256::ZERO);
        if let Some(slot) = self.reading.take().filter(|_| machine.failure.is_none()) {
            self.see(machine.address, slot, value.into());
        }
    }
}
