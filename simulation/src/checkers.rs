//! What must be true of every run: one file for each property. A checker knows what happened, and nothing of how it came about.

mod agreement;
mod durability;
mod execution;
mod fairness;
mod fates;
mod liveness;
mod supply;
mod verdicts;
mod votes;

use crate::record::Record;
use crate::verdict::Failure;

type Checker = fn(&Record) -> Result<(), String>;

/// All properties that must hold whatever happens, by name.
pub const SAFETY: [(&str, Checker); 8] = [
    ("agreement", agreement::check),
    ("votes", votes::check),
    ("durability", durability::check),
    ("execution", execution::check),
    ("supply", supply::check),
    ("fates", fates::check),
    ("verdicts", verdicts::check),
    ("fairness", fairness::check),
];

/// The first property that does not hold.
pub fn judge(record: &Record) -> Option<Failure> {
    for (property, check) in SAFETY {
        if let Err(what) = check(record) {
            return Some(Failure::Safety { property, what });
        }
    }
    liveness::check(record).err().map(Failure::Liveness)
}

fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
