//! Where the conformance data lies, which is beside the project and not part of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Runs a test over a file or folder of the conformance data. Where it is absent, says so, and reports the test as ignored.
pub fn main(test_name: &str, data_name: &str, test: fn(&Path)) -> ExitCode {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(data_name);
    let is_absent = !path.exists();
    if is_absent {
        say(&format!("skipped: ../shared/data/{data_name} is absent"));
    }
    let run = move || {
        test(&path);
        Ok(())
    };
    let trial = Trial::test(test_name, run).with_ignored_flag(is_absent);
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Says a line on standard error.
pub fn say(line: &str) {
    eprintln!("{line}");
}
