//! Durability: what a validator has told of is on its disk when it is started again, whatever happened in between, and its files
//! can be read unless somebody has changed them.

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    if let Some((member, error)) = record.damaged.first() {
        return Err(format!("validator {member} cannot read what it has written: {error}"));
    }
    for found in record.found.iter().filter(|found| record.honest[found.member]) {
        let Some((height, id)) = found.told else { continue };
        expect(found.height >= height && found.kept == Some(id), || {
            format!(
                "validator {} had told of block {height} {id}, and found {:?} there and height {} at last",
                found.member, found.kept, found.height
            )
        })?;
    }
    Ok(())
}
