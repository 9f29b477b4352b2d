//! Verdicts: nobody honest says of a good signature that it is forged, whatever became of the device that was asked. That nobody takes
//! a forged one for good, the fates say.

use std::collections::BTreeSet;

use alloy_primitives::{B256, keccak256};
use pelton_engine::reject::Reject;
use pelton_workloads::Expectation;

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let may_be_forged = |expectation: &Expectation| match expectation {
        Expectation::Reject(reasons) => reasons.contains(&Reject::BadSignature),
        Expectation::Commit | Expectation::Fail | Expectation::Contested(_) => false,
    };
    let forged = record.transactions.iter().filter(|(_, expectation)| may_be_forged(expectation));
    let forged: BTreeSet<B256> = forged.map(|(wire, _)| keccak256(wire)).collect();
    for (member, said) in record.forged.iter().enumerate().filter(|(member, _)| record.honest[*member]) {
        let wronged = said.difference(&forged).next();
        expect(wronged.is_none(), || {
            format!("validator {member} says that {wronged:?} is forged, and it is well signed")
        })?;
    }
    Ok(())
}
