//! Where the conformance data lies, which is beside the project and not part of it.

use std::io::Write;
use std::path::PathBuf;

/// The path of a file or folder of the conformance data. If it is absent, says so, and gives nothing to test.
pub fn open(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name);
    if !path.exists() {
        say(&format!("skipped: ../shared/data/{name} is absent"));
        return None;
    }
    Some(path)
}

/// Says a line on standard error, where it is seen even of a test that passes.
pub fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
