//! `Watch`: whoever looks on while a call runs, told in our words what happens inside.
//!
//! ```text
//!   enter ── before, after, log, before, after, enter ── ... ── leave, before, after ── leave
//! ```

use std::any::Any;

use alloy_primitives::{Address, Bytes, Log, U256};

use super::Ended;

/// How a frame began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CALL, or the transaction itself.
    Call,
    /// CALLCODE.
    CallCode,
    /// DELEGATECALL.
    DelegateCall,
    /// STATICCALL.
    StaticCall,
    /// CREATE, or the transaction itself.
    Create,
    /// CREATE2.
    Create2,
    /// SELFDESTRUCT, which runs nothing.
    SelfDestruct,
}

/// A frame that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// How.
    pub kind: Kind,
    /// Who calls.
    pub from: Address,
    /// Whose code runs; none where a contract is created.
    pub to: Option<Address>,
    /// Wei that are paid, or that it sees as paid where its caller's are (DELEGATECALL).
    pub value: U256,
    /// Gas that it may use.
    pub gas: u64,
    /// Call data or creation code.
    pub input: Bytes,
}

/// A frame that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// How.
    pub ended: Ended,
    /// What it gave back.
    pub output: Bytes,
    /// Gas that it used.
    pub gas_used: u64,
    /// The contract that it created.
    pub created: Option<Address>,
}

/// The machine around one instruction.
pub struct Machine<'a> {
    /// Frames around this one, and this one: 1 is the transaction's own.
    pub depth: usize,
    /// Whose slots it sees.
    pub address: Address,
    /// Position in the code.
    pub pc: usize,
    /// The instruction.
    pub opcode: u8,
    /// Gas that is left.
    pub gas: u64,
    /// Gas to be given back in the end, so far.
    pub refund: i64,
    /// Words, the top last.
    pub stack: &'a [U256],
    /// Memory of the frame.
    pub memory: &'a dyn Fn() -> Vec<u8>,
    /// What the last call gave back.
    pub returned: &'a Bytes,
    /// Why the frame ends with this instruction, if that is a failure.
    pub failure: Option<String>,
}

/// Whoever looks on.
pub trait Watch: Any {
    /// Whether single instructions are of interest.
    fn wants_instructions(&self) -> bool {
        false
    }

    /// A frame begins.
    fn enter(&mut self, _frame: Entered) {}

    /// The innermost frame ends.
    fn leave(&mut self, _left: Left) {}

    /// The innermost frame logs something.
    fn log(&mut self, _log: &Log) {}

    /// An instruction is about to run.
    fn before(&mut self, _machine: &Machine<'_>) {}

    /// It has run; `pc` and `opcode` are those of what comes next.
    fn after(&mut self, _machine: &Machine<'_>) {}
}

/// The name of an instruction, as the yellow paper writes it; none if there is no such.
pub fn name_of(opcode: u8) -> Option<&'static str> {
    revm::bytecode::opcode::OpCode::new(opcode).map(|opcode| opcode.as_str())
}
