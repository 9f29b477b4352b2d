//! Fates: no transaction is executed twice, none that must be turned away at all, and each that was executed ended as it must.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use pelton_engine::executed::Outcome;
use pelton_workloads::Expectation;

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let mut wanted: BTreeMap<B256, Vec<Expectation>> = BTreeMap::new();
    for (wire, expectation) in &record.transactions {
        wanted.entry(keccak256(wire)).or_default().push(*expectation);
    }
    let mut executed: BTreeMap<B256, u64> = BTreeMap::new();
    for (height, (_, block)) in &record.chain {
        for receipt in block.outcomes.iter().filter_map(Outcome::receipt) {
            let before = executed.insert(receipt.id, *height);
            expect(before.is_none(), || {
                format!("{} was executed in block {before:?} and in block {height}", receipt.id)
            })?;
            let wanted = wanted.get(&receipt.id);
            let wanted =
                wanted.ok_or_else(|| format!("nobody handed in {} of block {height}", receipt.id))?;
            let fits = wanted.iter().any(|expectation| match expectation {
                Expectation::Commit => receipt.success,
                Expectation::Fail => !receipt.success,
                Expectation::Contested(_) => true,
                Expectation::Reject(_) => false,
            });
            expect(fits, || {
                let (id, success) = (receipt.id, receipt.success);
                format!("{id} was executed, success {success}, and was expected to {wanted:?}")
            })?;
        }
    }
    Ok(())
}
