//! Fairness: nobody honest is cut off by anybody honest.

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    for (by, whom) in &record.blocks {
        expect(!(record.honest[*by] && record.honest[*whom]), || {
            format!("validator {by} has cut off validator {whom}, and both are honest")
        })?;
    }
    Ok(())
}
