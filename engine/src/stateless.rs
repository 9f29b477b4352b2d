//! Stateless: a block with all that is needed to execute it again, and no state.
//!
//! ```text
//!  node   state, trie ── make ──> bytes: block, headers around it, hot keys, what it touches, witness, codes
//!                                    │
//!  anyone           limits ──> open ─┴─> Opened ── transactions ──> who signed them? (not judged here)
//!                                          └────── execute <──────── Verified
//!                                                     └──> Proven: state root after it, outcomes, gas
//! ```
//!
//! Execution is [`serial`](crate::serial::serial) itself, on a part of the state: each account and slot that it reads or
//! writes, no others, each proven by a [witness](crate::commitment::witness) of the state root below the block.
//!
//! Whoever has a [`Proven`] knows, unless BLAKE3 or Keccak-256 is broken: a chain with these limits whose state before
//! the block has that root has the other one after it. That the root is right is shown by the headers above the block, if
//! the file has enough of them: they speak of both roots. Then all of it hangs on one id, that of the newest of these
//! headers. That its block is final is for a certificate to say.
//!
//! 1. What is not covered is an error, never absent. What is covered and not used is refused too, so a block has one file
//!    for each number of headers above it, and no other: any bit flipped, anything dropped, added or moved is refused.
//! 2. Bytes are not trusted. What they take is bounded by their length and by the limits of a block.
//! 3. Signatures are checked by whoever can do so in batches, between [`Opened::take_transactions`] and
//!    [`Opened::execute`].

mod file;
mod known;
mod make;
mod opened;
mod recorder;

use std::fmt;

use alloy_primitives::{Address, B256, U256};

use crate::commitment::verifier;
use crate::reject::Reject;
pub use file::FORMAT;
pub use make::{Below, Unprovable, make};
pub use opened::{Opened, Proven};

/// What a block is said to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Root of the state after it.
    pub state_root: B256,
    /// [Digest](crate::executed::Executed::digest) of what became of its transactions.
    pub outcomes: B256,
    /// Gas that they used.
    pub gas_used: u64,
}

/// Something that was needed and is not covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// An account.
    Account(Address),
    /// A slot of an account.
    Slot(Address, U256),
    /// The code with this hash.
    Code(B256),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Account(address) => write!(f, "account {address}"),
            Missing::Slot(address, slot) => write!(f, "slot {slot} of {address}"),
            Missing::Code(hash) => write!(f, "code {hash}"),
        }
    }
}

/// Why bytes prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They are not laid out as [`file`](self) says.
    Malformed(&'static str),
    /// Another format, other limits, or another scheme of the state commitment.
    OtherRules,
    /// The block is none, or beyond the limits of one.
    Block(Reject),
    /// One of its transactions is none.
    Transaction(u32, Reject),
    /// Headers that do not follow from each other, or speak of other roots.
    Header(u64, &'static str),
    /// The hot keys are not those that the block's prices follow from.
    Prices,
    /// No witness of the state before the block.
    Witness(verifier::Refusal),
    /// The witness is not one of just the touched accounts and slots with their values.
    Values,
    /// A code has another hash.
    Code(B256),
    /// Execution needs what is not there.
    NotCovered(Missing),
    /// Execution does not need this.
    Unused(Missing),
    /// Execution leads to something else than was claimed.
    Outcome(Claim),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed(what) => write!(f, "the bytes are no block with its witness: {what}"),
            Refusal::OtherRules => {
                write!(f, "made under another format, other limits or another state commitment")
            }
            Refusal::Block(reject) => write!(f, "the block is refused: {}", reject.help()),
            Refusal::Transaction(at, reject) => write!(f, "transaction {at} is refused: {}", reject.help()),
            Refusal::Header(height, what) => write!(f, "the header of height {height} {what}"),
            Refusal::Prices => write!(f, "the hot keys are not those that the header speaks of"),
            Refusal::Witness(refusal) => write!(f, "the witness is refused: {refusal}"),
            Refusal::Values => write!(f, "the witness is not of just the accounts and slots that are given"),
            Refusal::Code(hash) => write!(f, "what is given as code {hash} has another hash"),
            Refusal::NotCovered(what) => write!(f, "the block needs {what}, which is not covered"),
            Refusal::Unused(what) => write!(f, "the block does not need {what}"),
            Refusal::Outcome(claim) => write!(
                f,
                "the block leads to state root {}, outcomes {} and {} gas, not to what is claimed",
                claim.state_root, claim.outcomes, claim.gas_used
            ),
        }
    }
}

impl std::error::Error for Refusal {}
