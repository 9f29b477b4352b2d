//! `Code`: the code of a contract, analysed once.

use alloy_primitives::{B256, Bytes};
use revm::bytecode::Bytecode;

/// The code of a contract and where in it jumps may land. A clone shares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(pub(super) Bytecode);

impl Code {
    /// Analyses code.
    pub fn new(bytes: Bytes) -> Code {
        let delegation = Bytecode::new_raw_checked(bytes.clone());
        Code(delegation.unwrap_or_else(|_| Bytecode::new_legacy(bytes)))
    }

    /// Its bytes.
    pub fn bytes(&self) -> Bytes {
        self.0.original_bytes()
    }

    /// Keccak-256 of its bytes.
    pub fn hash(&self) -> B256 {
        self.0.hash_slow()
    }

    /// Whether it only points at another account's code (EIP-7702), so that its account can still send.
    pub fn is_delegation(&self) -> bool {
        self.0.is_eip7702()
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
