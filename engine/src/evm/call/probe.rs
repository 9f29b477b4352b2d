//! `Probe`: tells a [`Watch`] what revm tells its inspectors.

use alloy_primitives::{Address, Bytes, Log, U256};
use revm::context::{ContextTr, CreateScheme};
use revm::inspector::Inspector;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{InputsTr, Jumps, LoopControl, MemoryTr, ReturnData};
use revm::interpreter::{
    CallInputs, CallOutcome, CallScheme, CallValue, CreateInputs, CreateOutcome, InstructionResult,
    Interpreter, InterpreterAction, InterpreterResult, SuccessOrHalt,
};

use super::watch::{Entered, Kind, Left, Machine, Watch};
use super::{Ended, request};

/// Whoever looks on, if somebody does.
#[derive(Default)]
pub(super) struct Probe {
    pub(super) watch: Option<Box<dyn Watch>>,
    depth: usize,
}

impl Probe {
    pub(super) fn of(watch: Box<dyn Watch>) -> Probe {
        Probe { watch: Some(watch), depth: 0 }
    }

    fn enter(&mut self, frame: Entered) {
        self.depth += 1;
        if let Some(watch) = &mut self.watch {
            watch.enter(frame);
        }
    }

    fn leave(&mut self, result: &InterpreterResult, created: Option<Address>) {
        self.depth -= 1;
        if let Some(watch) = &mut self.watch {
            let (output, gas_used) = (result.output.clone(), result.gas.total_gas_spent());
            let (ended, created) = (ended(result.result), created.filter(|_| result.is_ok()));
            watch.leave(Left { ended, output, gas_used, created });
        }
    }

    fn look(&mut self, interpreter: &mut Interpreter<EthInterpreter>, is_before: bool) {
        let Some(watch) = self.watch.as_mut().filter(|watch| watch.wants_instructions()) else { return };
        let failure = match interpreter.bytecode.action() {
            Some(InterpreterAction::Return(result)) => words(result.result),
            _ => None,
        };
        let memory = || interpreter.memory.slice(0..interpreter.memory.size()).to_vec();
        let is_over = interpreter.bytecode.is_end();
        let machine = Machine {
            depth: self.depth,
            address: interpreter.input.target_address(),
            pc: interpreter.bytecode.pc(),
            opcode: if is_over { 0 } else { interpreter.bytecode.opcode() },
            gas: interpreter.gas.remaining(),
            refund: interpreter.gas.refunded(),
            stack: interpreter.stack.data(),
            memory: &memory,
            returned: interpreter.return_data.buffer(),
            failure,
        };
        if is_before { watch.before(&machine) } else { watch.after(&machine) }
    }
}

impl<C: ContextTr> Inspector<C> for Probe {
    fn step(&mut self, interpreter: &mut Interpreter<EthInterpreter>, _context: &mut C) {
        self.look(interpreter, true);
    }

    fn step_end(&mut self, interpreter: &mut Interpreter<EthInterpreter>, _context: &mut C) {
        self.look(interpreter, false);
    }

    fn log(&mut self, _context: &mut C, log: Log) {
        if let Some(watch) = &mut self.watch {
            watch.log(&log);
        }
    }

    fn call(&mut self, context: &mut C, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let kind = match inputs.scheme {
            CallScheme::Call => Kind::Call,
            CallScheme::CallCode => Kind::CallCode,
            CallScheme::DelegateCall => Kind::DelegateCall,
            CallScheme::StaticCall => Kind::StaticCall,
        };
        let from = match kind {
            Kind::DelegateCall => inputs.target_address,
            _ => inputs.caller,
        };
        let value = match inputs.value {
            CallValue::Transfer(value) | CallValue::Apparent(value) => value,
        };
        let (to, gas, input) = (Some(inputs.bytecode_address), inputs.gas_limit, inputs.input.bytes(context));
        self.enter(Entered { kind, from, to, value, gas, input });
        None
    }

    fn call_end(&mut self, _context: &mut C, _inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.leave(&outcome.result, None);
    }

    fn create(&mut self, _context: &mut C, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        let kind = match inputs.scheme() {
            CreateScheme::Create2 { .. } => Kind::Create2,
            _ => Kind::Create,
        };
        let (from, value, gas) = (inputs.caller(), inputs.value(), inputs.gas_limit());
        self.enter(Entered { kind, from, to: None, value, gas, input: inputs.init_code().clone() });
        None
    }

    fn create_end(&mut self, _context: &mut C, _inputs: &CreateInputs, outcome: &mut CreateOutcome) {
        self.leave(&outcome.result, outcome.address);
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        let Some(watch) = &mut self.watch else { return };
        let (kind, input) = (Kind::SelfDestruct, Bytes::new());
        watch.enter(Entered { kind, from: contract, to: Some(target), value, gas: 0, input: input.clone() });
        watch.leave(Left { ended: Ended::Success, output: input, gas_used: 0, created: None });
    }
}

fn ended(result: InstructionResult) -> Ended {
    match result {
        result if result.is_ok() => Ended::Success,
        InstructionResult::Revert => Ended::Revert,
        other => Ended::Halt(words(other).unwrap_or_default()),
    }
}

/// Why a frame failed; none if it did not.
fn words(result: InstructionResult) -> Option<String> {
    match SuccessOrHalt::from(result) {
        SuccessOrHalt::Success(_) | SuccessOrHalt::Internal(_) => None,
        SuccessOrHalt::Revert => Some("execution reverted".into()),
        SuccessOrHalt::Halt(reason) => Some(request::halt_words(&reason)),
        SuccessOrHalt::FatalExternalError => Some("precompile failed".into()),
    }
}
