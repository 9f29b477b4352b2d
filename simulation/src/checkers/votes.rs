//! Votes: nobody honest ever signs two votes that contradict each other, whatever became of it and its disk in between; nor does one
//! whose core's files rot, before they do.

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    for twice in &record.twice {
        let is_excused = record.frail.is_some_and(|(member, at)| member == twice.member && at < twice.at);
        expect(!record.keeps_rules(twice.member) || is_excused, || {
            format!("validator {} has signed two votes that contradict each other: {twice:?}", twice.member)
        })?;
    }
    Ok(())
}
