//! The serial executor: the definition of what a block does.
//!
//! Everything faster is judged by it, so it stays as plain as this.

use crate::environment::Environment;
use crate::evm::Evm;
use crate::executed::{Executed, Outcome};
use crate::state::State;
use crate::transaction::Verified;

/// Runs the transactions one after the other. Each finds the state that the one before it left, with the beneficiary
/// paid for it.
pub fn serial(state: &mut State, environment: &Environment, transactions: &[Verified]) -> Executed {
    let mut evm = Evm::serial(state, environment, transactions);
    let mut outcomes = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let outcome = evm.run(transaction);
        if let Outcome::Executed(receipt) = &outcome {
            evm.credit(environment.beneficiary, receipt.tip(environment.base_fee));
        }
        outcomes.push(outcome);
    }
    let writes = evm.into_writes();
    state.apply(&writes);
    Executed::new(outcomes, environment.base_fee, writes)
}
