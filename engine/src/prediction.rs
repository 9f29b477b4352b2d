//! `Prediction`: what an Ethereum transaction will probably touch, found by running it beforehand.
//!
//! ```text
//! block ──cut──> stretches of 256, side by side ──simulate──> Prediction for each ──> Plan
//!                    each in block order, on the state below and its own changes
//! ```
//!
//! An access list is rare, and sender and recipient say little: without a prediction most calls would stop at their first
//! undeclared touch and run alone. A prediction is a guess like a list. It says who waits for whom and nothing else:
//! neither what a transaction may do nor what it pays depends on it. So every node may predict as it likes, from any state
//! and in any environment, or not at all, and the outcome is the same; a wrong one costs time.
//!
//! What changes from the guess to the block: balances, prices in pools, who was first. Transactions of one sender often
//! build upon each other, and so do swaps in one pool: a stretch of a block is simulated in order. On mainnet's blocks merged
//! into one of 1,821, stretches of 32 make one guess so wrong that all has to run again; with 256 none is wrong.

use alloy_primitives::{Address, U256};
use rayon::prelude::*;

use crate::access::Bound;
use crate::checks::GAS_TRANSACTION;
use crate::environment::Environment;
use crate::evm::Evm;
use crate::state::State;
use crate::transaction::Verified;

/// Transactions that one thread simulates in a row, each upon the changes of those before it.
pub const STRETCH: usize = 256;

/// Accounts and slots that a transaction will probably touch, each once, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// Whether each account's nonce, balance or code changes.
    pub accounts: Vec<(Address, bool)>,
    /// Whether each slot changes.
    pub slots: Vec<(Address, U256, bool)>,
}

impl Prediction {
    /// Simulates the transactions of a block that promise nothing, on the threads of the current rayon pool. None for
    /// those that declare, that cannot run here, or whose set cannot be known before.
    pub fn of_block(state: &State, environment: &Environment, block: &[Verified]) -> Vec<Option<Prediction>> {
        let stretches = block.par_chunks(STRETCH);
        stretches.flat_map_iter(|stretch| Prediction::of_stretch(state, environment, stretch)).collect()
    }

    /// The same of at most [`STRETCH`] that follow each other, on this thread.
    pub fn of_stretch(
        state: &State,
        environment: &Environment,
        stretch: &[Verified],
    ) -> Vec<Option<Prediction>> {
        // Nobody needs a prediction of what only declares or pays; who does needs the changes of all before.
        if !stretch.iter().any(Prediction::is_wanted) {
            return vec![None; stretch.len()];
        }
        let mut evm = Evm::serial(state, environment, stretch);
        stretch.iter().map(|one| evm.simulate(one).filter(|_| Prediction::is_wanted(one))).collect()
    }

    /// Whether more may be known of a transaction than it says: not where a promise is all that counts, where all that it does
    /// is to pay, or where it will run alone in any case.
    pub fn is_wanted(transaction: &Verified) -> bool {
        let fields = transaction.fields();
        let pays = fields.input.is_empty() && fields.to.is_some() && fields.gas_limit == GAS_TRANSACTION;
        transaction.access().bound == Bound::Hint && !pays
    }
}
