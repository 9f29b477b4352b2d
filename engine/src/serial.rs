//! The serial executor: the definition of what a block does.
//!
//! Everything faster is judged by it, so it stays as plain as this.

use crate::environment::Environment;
use crate::evm::Evm;
use crate::executed::{Executed, Outcome};
use crate::reads::{NotCovered, Reads};
use crate::state::State;
use crate::transaction::Verified;

/// Runs the transactions one after the other. Each finds the state that the one before it left, with the beneficiary
/// paid for it.
pub fn serial(state: &mut State, environment: &Environment, transactions: &[Verified]) -> Executed {
    let executed = serial_on(state, environment, transactions).expect("of a whole state everything is known");
    state.apply(&executed.writes);
    executed
}

/// The same on what is known of the state below, which stays as it is.
///
/// # Errors
/// More of it is needed.
pub(crate) fn serial_on(
    below: &impl Reads,
    environment: &Environment,
    transactions: &[Verified],
) -> Result<Executed, NotCovered> {
    let mut evm = Evm::serial(below, environment, transactions);
    let mut outcomes = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let outcome = evm.run(transaction)?;
        if let Outcome::Executed(receipt) = &outcome {
            evm.credit(environment.beneficiary, receipt.tip(environment.base_fee))?;
        }
        outcomes.push(outcome);
    }
    Ok(Executed::new(outcomes, environment.base_fee, evm.into_writes()?))
}
