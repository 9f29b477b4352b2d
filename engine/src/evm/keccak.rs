//! The KECCAK256 instruction with a memory for words that contracts hash again and again.
//!
//! Solidity finds an entry of a mapping at the hash of 64 bytes, key and place of the mapping, and the same accounts
//! come back. So each thread keeps the last hashes of 64 bytes that it made, each in the one place that its input names.
//! A hash is a function of its input: what stands here can only save time. Who makes inputs collide loses that.
//!
//! A key that did not come up lately is mostly the caller or an argument of the call. Whoever can hash many inputs in
//! less time than one by one makes those of the next calls [ahead].

pub(crate) mod ahead;

use std::cell::RefCell;

use alloy_primitives::{B256, keccak256};
use revm::interpreter::instructions::system;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::MemoryTr;
use revm::interpreter::{Host, InstructionContext, InstructionExecResult, InstructionResult};

/// Hashes that a thread remembers: 192 KiB.
const ENTRIES: usize = 2_048;

type Input = [u8; 64];

thread_local! {
    static REMEMBERED: RefCell<Vec<(Input, B256)>> = const { RefCell::new(Vec::new()) };
}

/// Does what revm's own instruction does.
pub(super) fn instruction<H: Host + ?Sized>(
    context: InstructionContext<'_, H, EthInterpreter>,
) -> InstructionExecResult {
    let Some(input) = ready_input(&context) else { return system::keccak256(context) };
    let interpreter = context.interpreter;
    if !interpreter.gas.record_regular_cost(context.host.gas_params().keccak256_cost(input.len())) {
        return Err(InstructionResult::OutOfGas);
    }
    interpreter.stack.pop()?;
    let hash = remembered(&input).unwrap_or_else(|| {
        ahead::learn(&input);
        let hash = keccak256(input);
        remember(&input, hash);
        hash
    });
    interpreter.stack.set(0, hash.into())
}

/// The 64 bytes that are to be hashed, if they are so many and lie in memory that is already there.
fn ready_input<H: Host + ?Sized>(context: &InstructionContext<'_, H, EthInterpreter>) -> Option<Input> {
    let [.., length, offset] = context.interpreter.stack.data().as_slice() else { return None };
    let length = usize::try_from(*length).ok().filter(|length| *length == size_of::<Input>())?;
    let offset = usize::try_from(*offset).ok()?;
    let memory = &context.interpreter.memory;
    let is_there = offset.checked_add(length).is_some_and(|end| end <= memory.size());
    is_there.then(|| *memory.slice_len(offset, length).first_chunk().expect("it is as long as asked for"))
}

/// The hash of an input, if it was made lately.
fn remembered(input: &Input) -> Option<B256> {
    REMEMBERED.with_borrow(|entries| {
        let (known, hash) = entries.get(place(input))?;
        (known == input).then_some(*hash)
    })
}

/// Keeps the hash of an input.
fn remember(input: &Input, hash: B256) {
    REMEMBERED.with_borrow_mut(|entries| {
        if entries.is_empty() {
            entries.resize(ENTRIES, ([0; 64], keccak256([0; 64])));
        }
        entries[place(input)] = (*input, hash);
    });
}

/// Where an input is remembered.
fn place(input: &Input) -> usize {
    let words = input.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
    let mixed =
        words.fold(0u64, |sum, word| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    (mixed >> 40) as usize % ENTRIES
}
