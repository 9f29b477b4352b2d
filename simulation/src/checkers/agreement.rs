//! Agreement: honest validators tell of heights in order and without a gap, and never of two blocks at one height, nor of two
//! states or price tables after it. One that was started again goes on where its disk ended, and may tell once more. One whose
//! core's files rot tells nothing else either: it may halt, and no more.

use std::collections::BTreeMap;

use super::expect;
use crate::record::{Record, Told};

pub(super) fn check(record: &Record) -> Result<(), String> {
    let mut chain: BTreeMap<u64, (usize, &Told)> = BTreeMap::new();
    for (member, told) in record.told.iter().enumerate().filter(|(member, _)| record.keeps_rules(*member)) {
        let mut before: Option<&Told> = None;
        for told in told {
            let goes_on =
                before.is_none_or(|before| before.start != told.start || before.height + 1 == told.height);
            expect(goes_on, || format!("validator {member} left out a height before {}", told.height))?;
            before = Some(told);
            let (other, first) = chain.entry(told.height).or_insert((member, told));
            let same = |one: &Told| (one.id, one.state_root, one.prices);
            expect(same(first) == same(told), || {
                let height = told.height;
                format!("height {height}: validator {other} has {first:?}, validator {member} {told:?}")
            })?;
        }
    }
    Ok(())
}
