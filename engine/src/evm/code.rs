//! `Code`: the code of a contract, analysed once.

use alloy_primitives::{B256, Bytes};
use revm::bytecode::{Bytecode, opcode};

/// The code of a contract, where in it jumps may land, and whether it keeps to itself. A clone shares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    analysed: Bytecode,
    stays_inside: bool,
}

impl Code {
    /// Analyses code.
    pub fn new(bytes: Bytes) -> Code {
        let stays_inside = stays_inside(&bytes);
        let delegation = Bytecode::new_raw_checked(bytes.clone());
        let analysed = delegation.unwrap_or_else(|_| Bytecode::new_legacy(bytes));
        Code { stays_inside: stays_inside && !analysed.is_eip7702(), analysed }
    }

    /// The same, of code that is analysed already.
    pub(super) fn of(analysed: &Bytecode) -> Code {
        let stays_inside = stays_inside(analysed.original_byte_slice()) && !analysed.is_eip7702();
        Code { analysed: analysed.clone(), stays_inside }
    }

    /// In revm's words.
    pub(super) fn analysed(&self) -> &Bytecode {
        &self.analysed
    }

    /// Whether it touches no account but its own, and of that nothing but slots.
    pub(super) fn stays_inside(&self) -> bool {
        self.stays_inside
    }

    /// Its bytes.
    pub fn bytes(&self) -> Bytes {
        self.analysed.original_bytes()
    }

    /// Keccak-256 of its bytes.
    pub fn hash(&self) -> B256 {
        self.analysed.hash_slow()
    }

    /// Whether it only points at another account's code (EIP-7702), so that its account can still send.
    pub fn is_delegation(&self) -> bool {
        self.analysed.is_eip7702()
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.analysed.is_empty()
    }
}

/// Whether no instruction that can be reached touches an account. What stands behind an end and before the next place
/// where a jump may land is no instruction: there compilers keep data.
fn stays_inside(code: &[u8]) -> bool {
    let (mut at, mut is_reached) = (0, true);
    while let Some(instruction) = code.get(at) {
        is_reached |= *instruction == opcode::JUMPDEST;
        if is_reached && leaves(*instruction) {
            return false;
        }
        is_reached &= !ends(*instruction);
        at += 1 + usize::from(instruction.checked_sub(opcode::PUSH0).filter(|size| *size <= 32).unwrap_or(0));
    }
    true
}

fn leaves(instruction: u8) -> bool {
    matches!(
        instruction,
        opcode::BALANCE
            | opcode::SELFBALANCE
            | opcode::EXTCODESIZE
            | opcode::EXTCODECOPY
            | opcode::EXTCODEHASH
            | opcode::CREATE
            ..=opcode::CALLCODE
                | opcode::DELEGATECALL
                | opcode::CREATE2
                | opcode::STATICCALL
                | opcode::SELFDESTRUCT
    )
}

fn ends(instruction: u8) -> bool {
    matches!(
        instruction,
        opcode::STOP
            | opcode::JUMP
            | opcode::RETURN
            | opcode::REVERT
            | opcode::INVALID
            | opcode::SELFDESTRUCT
    )
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    fn check(code: &str, expected: bool) {
        assert_eq!(Code::new(hex::decode(code).unwrap().into()).stays_inside(), expected, "{code}");
    }

    #[test]
    fn code_stays_inside_if_no_reachable_instruction_looks_outside() {
        check("", true);
        check("5f545f55", true);
        check("f1", false);
        check("5f31", false);
        check("ff", false);
        check(&format!("ef0100{}", "11".repeat(20)), false);
    }

    #[test]
    fn pushed_bytes_and_data_behind_the_end_are_no_instructions() {
        check("60f100", true);
        check("61f1f1", true);
        check("7ff1", true);
        check("00f1f1ff", true);
        check("00f15bf1", false);
        check("005b60f1", true);
        check("fef4", true);
    }
}
