//! Liveness: once nothing goes wrong any more but what villains do, it takes no longer than a bound until every honest validator
//! goes on, and has everything in a block that belongs there.

use crate::record::{Record, Stuck};

pub(super) fn check(record: &Record) -> Result<(), String> {
    let Some(Stuck { heights, missing }) = &record.stuck else { return Ok(()) };
    let blocks = &record.blocks;
    Err(format!(
        "validators stand at heights {heights:?}, who has cut off whom: {blocks:?}, and in no block are {missing:?}"
    ))
}
