//! Wrong use: one line that says what is wrong and how to mend it, and exit code 2.

use std::process::ExitCode;

/// Exit code for wrong use.
pub const WRONG_USE: u8 = 2;

/// Answers arguments that do not parse; help and version are asked for that way too.
pub fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is left to hear of it if standard output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let facts: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).collect();
    let line = facts.join(" ");
    say(line.trim().strip_prefix("error: ").unwrap_or(line.trim()))
}

/// Says what is wrong.
pub fn say(what: &str) -> ExitCode {
    eprintln!("pelton: {}; see pelton bench --help", what.trim());
    ExitCode::from(WRONG_USE)
}
