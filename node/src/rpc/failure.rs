//! `Failure`: what a client is told when a request cannot be answered. Codes and words are geth's, which tools look for.

use alloy_primitives::Bytes;
use jsonrpsee::types::ErrorObjectOwned;
use pelton_engine::store::error::StoreError;
use serde::Serialize;

/// An answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// JSON-RPC code.
    pub code: i32,
    /// What is wrong.
    pub message: String,
    /// What a call gave back when it reverted, or the hash of a transaction that is still under way.
    pub data: Option<Bytes>,
}

impl Failure {
    /// The request itself is wrong.
    pub const INVALID_PARAMS: i32 = -32_602;
    /// It could not be done.
    pub const SERVER: i32 = -32_000;
    /// More was asked for than is given.
    pub const LIMIT: i32 = -32_005;
    /// The call reverted.
    pub const REVERTED: i32 = 3;
    /// A transaction is not in a block yet (EIP-7966).
    pub const TIMEOUT: i32 = 4;
    /// It was known once and is forgotten.
    pub const PRUNED: i32 = 4_444;

    /// Something here is wrong, or nobody knows a better word.
    pub const INTERNAL: i32 = -32_603;
    /// A call in a simulated block broke a rule of the machine.
    pub const MACHINE: i32 = -32_015;
    /// A simulated block has no gas left for a call.
    pub const BLOCK_GAS: i32 = -38_015;
    /// Simulated blocks are not in order of their numbers.
    pub const BLOCK_NUMBER: i32 = -38_020;
    /// Simulated blocks are not in order of their times.
    pub const BLOCK_TIME: i32 = -38_021;
    /// More is to be simulated than is done for one request.
    pub const TOO_MUCH: i32 = -38_026;

    /// A failure without data.
    pub fn new(code: i32, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into(), data: None }
    }

    /// The request itself is wrong.
    pub fn params(message: impl Into<String>) -> Failure {
        Failure::new(Failure::INVALID_PARAMS, message)
    }

    /// It could not be done.
    pub fn server(message: impl Into<String>) -> Failure {
        Failure::new(Failure::SERVER, message)
    }
}

impl From<Failure> for ErrorObjectOwned {
    fn from(failure: Failure) -> ErrorObjectOwned {
        ErrorObjectOwned::owned(failure.code, failure.message, failure.data)
    }
}

/// A disk that cannot be read is nothing that a client has done.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::new(Failure::INTERNAL, error.to_string())
    }
}

/// What a method gives.
pub type Answer = Result<serde_json::Value, Failure>;

/// Anything plain as an answer.
pub fn answer(value: impl Serialize) -> Answer {
    Ok(serde_json::to_value(value).expect("answers have only plain fields"))
}
