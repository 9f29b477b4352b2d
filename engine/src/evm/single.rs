//! `Single`: a call that stays inside one contract, run straight on the cells of a block.
//!
//! Most calls of a busy token touch the sender, the token and a few of its slots. For them nearly all that an EVM
//! prepares is never used: journals that can be unwound to any depth, maps of whatever may be touched, frames that call
//! frames. What is left is one interpreter and the list of slots so far: if the call fails, the list is dropped.
//!
//! ```text
//! checks ──> fee and value are covered ──> interpreter ──> slots, sender, recipient ──> cells
//!    └───────────────┴──────────────────────────┴── anything unusual: nothing has happened, and the EVM runs it
//! ```
//!
//! It answers only where it answers as the EVM would, to the last bit: the code [stays inside](Code::stays_inside),
//! and every slot that it touches is in the transaction's row.

mod inside;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use alloy_primitives::U256;
use revm::bytecode::opcode;
use revm::interpreter::instructions::{gas_table_spec, instruction_table};
use revm::interpreter::interpreter::{EthInterpreter, ExtBytecode, InputsImpl};
use revm::interpreter::interpreter_types::{Jumps, StackTr};
use revm::interpreter::{
    CallInput, GasTable, Instruction, InstructionTable, Interpreter, InterpreterAction, InterpreterResult,
    SharedMemory, gas,
};
use revm::primitives::hardfork::SpecId;

use super::row::Row;
use super::{Code, keccak, settings};
use crate::environment::Fork;
use crate::execute::{Run, Turn, Upfront};
use crate::executed::{Outcome, Receipt};
use crate::plan::{Class, Touch, Way};
use crate::prices::{Rate, Terms};
use crate::state::{Basics, CodeId, State};
use crate::transaction::Verified;
use inside::Inside;

/// Of the gas that is used, so much can be refunded at most: one part in five (EIP-3529).
const REFUND_PART: u64 = 5;

/// A thread's means to run such calls of one block.
pub(crate) struct Single<'a> {
    run: &'a Run,
    state: &'a State,
    spec: SpecId,
    interpreter: Interpreter<EthInterpreter>,
    memory: Rc<RefCell<Vec<u8>>>,
    instructions: Box<InstructionTable<EthInterpreter, Inside<'a>>>,
    costs: Box<GasTable>,
    /// The code that the interpreter holds; 0 for none.
    held: CodeId,
    inside: Inside<'a>,
}

/// A transaction and what is known of it before its code runs.
struct Call<'a> {
    transaction: &'a Verified,
    sender: Touch,
    recipient: Touch,
    before: Basics,
    upfront: Upfront,
    terms: Terms,
}

impl<'a> Single<'a> {
    /// For transactions that find all that their rows name as it has to be.
    pub(crate) fn new(run: &'a Run, state: &'a State) -> Single<'a> {
        let spec = settings::spec(run.environment.fork);
        let mut instructions = Box::new(instruction_table());
        instructions[opcode::KECCAK256 as usize] = Instruction::new(keccak::instruction);
        let mut costs = Box::new(gas_table_spec(spec));
        costs[opcode::KECCAK256 as usize] = gas::KECCAK256 as u16;
        let (interpreter, held) = (Interpreter::default_ext(), 0);
        let (memory, inside) = (Rc::default(), Inside::new(run, state, spec));
        Single { run, state, spec, interpreter, memory, instructions, costs, held, inside }
    }

    /// Runs a transaction whose turn it is, if it is such a call. None if it is not, and nothing has happened.
    pub(crate) fn run(&mut self, turn: &mut Turn, is_alone: bool) -> Option<Outcome> {
        let run = self.run;
        if run.environment.fork < Fork::London {
            return None;
        }
        let position = turn.position() as usize;
        let is_predicted = run.plan.classes[position] == Class::Predicted;
        // What it did not claim may cost more, and its row says nothing of what it claims.
        if is_predicted && !run.environment.prices.is_empty() {
            return None;
        }
        let transaction = &run.plan.transactions[position];
        let to = transaction.fields().to.as_ref()?;
        let row = Row::of(&run.plan, turn.position());
        let (sender, recipient) = (row.account(&transaction.sender())?, row.account(to)?);
        for touch in [sender, recipient] {
            if touch.absorbs() || is_alone {
                run.absorb(self.state, turn, touch.key());
            }
        }
        let code = self.code_inside(turn, recipient)?;
        let call = self.check(turn, transaction, sender, recipient)?;
        run.note_call(transaction);
        self.inside.begin(transaction, call.terms.price(), (row, is_predicted), recipient);
        std::mem::swap(self.inside.turn(), turn);
        let ended = self.interpret(&call, code);
        std::mem::swap(self.inside.turn(), turn);
        let result = ended.filter(|result| !result.result.is_ok() || self.inside.may_keep())?;
        Some(Outcome::Executed(self.settle(turn, &call, &result)))
    }

    /// The code of an account, if it stays inside.
    fn code_inside(&self, turn: &Turn, recipient: Touch) -> Option<CodeId> {
        let number = self.run.account(self.state, turn, recipient.key())?.code;
        let is_old = number != 0 && number < self.state.code_count();
        (is_old && self.state.code_numbered(number).stays_inside()).then_some(number)
    }

    /// What has to hold before the code runs. Who fails here fails in the EVM's way.
    fn check(
        &self,
        turn: &Turn,
        transaction: &'a Verified,
        sender: Touch,
        recipient: Touch,
    ) -> Option<Call<'a>> {
        let (fields, environment) = (transaction.fields(), &self.run.environment);
        let terms = environment.prices.terms(transaction, environment.base_fee).ok()?;
        let upfront = Upfront::of(transaction, environment).ok()?;
        let before = self.run.account(self.state, turn, sender.key())?;
        self.run.check_sender(self.state, &before, fields).ok()?;
        let owned = self.run.account(self.state, turn, recipient.key())?.balance;
        let is_paid = !fields.value.is_zero();
        if is_paid && (recipient.way() != Way::Write || owned.checked_add(fields.value).is_none()) {
            return None;
        }
        Some(Call { transaction, sender, recipient, before, upfront, terms })
    }

    /// Runs the code. None if it left the contract after all.
    fn interpret(&mut self, call: &Call<'_>, code: CodeId) -> Option<InterpreterResult> {
        let fields = call.transaction.fields();
        let to = fields.to.expect("a call has a recipient");
        self.hold(code);
        self.memory.borrow_mut().clear();
        let interpreter = &mut self.interpreter;
        interpreter.gas = revm::interpreter::Gas::new(fields.gas_limit - call.upfront.gas);
        interpreter.stack.clear();
        interpreter.return_data.0.clear();
        interpreter.memory = SharedMemory::new_with_buffer(self.memory.clone());
        interpreter.input = InputsImpl {
            target_address: to,
            bytecode_address: Some(to),
            caller_address: call.transaction.sender(),
            input: CallInput::Bytes(fields.input.clone()),
            call_value: fields.value,
            depth: 0,
        };
        let action = interpreter.run_plain(&self.instructions, &self.costs, &mut self.inside);
        match action {
            InterpreterAction::Return(result) if !self.inside.has_left() => Some(result),
            InterpreterAction::Return(_) | InterpreterAction::NewFrame(_) => None,
        }
    }

    /// Puts the interpreter at the start of a code, which it mostly holds already: a code's counter of holders is
    /// shared by all threads.
    fn hold(&mut self, number: CodeId) {
        if self.held == number {
            self.interpreter.bytecode.absolute_jump(0);
            return;
        }
        let code: &Code = self.state.code_numbered(number);
        self.interpreter.bytecode = ExtBytecode::new(code.analysed().clone());
        self.interpreter.runtime_flag.spec_id = self.spec;
        self.held = number;
    }

    /// Takes the fee, moves the value, and keeps the slots, as far as the call went well.
    fn settle(&mut self, turn: &mut Turn, call: &Call<'_>, ended: &InterpreterResult) -> Receipt {
        let (run, fields) = (self.run, call.transaction.fields());
        let success = ended.result.is_ok();
        let left = if ended.result.is_ok_or_revert() { ended.gas.remaining() } else { 0 };
        let refund = if success { u64::try_from(ended.gas.refunded()).unwrap_or(0) } else { 0 };
        let spent = fields.gas_limit - left;
        let gas_used = (spent - refund.min(spent / REFUND_PART)).max(call.upfront.floor);
        // All that it touched stands in its row, so it claimed all of it.
        let contention_fee = call.terms.contention_fee(gas_used, Rate::ZERO);
        let fee = call.terms.fee(gas_used, contention_fee);
        let value = if success { fields.value } else { U256::ZERO };
        debug_assert!(call.before.balance >= fee + value, "what the gas limit can cost is covered");
        run.debit(self.state, turn, call.sender.key(), fee + value);
        if success {
            run.pay(self.state, turn, call.recipient.key(), value);
            self.inside.keep(turn);
        }
        let logs = if success { self.inside.take_logs() } else { Vec::new() };
        let id = call.transaction.id();
        Receipt { id, success, gas_used, fee, contention_fee, logs, created: None }
    }
}
