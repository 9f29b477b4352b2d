//! Wrong use: one line that says what is wrong and how to mend it, and exit code 2.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::Arguments;

/// Exit code for wrong use.
pub const WRONG_USE: u8 = 2;

/// Answers arguments that do not parse; help and version are asked for that way too.
pub fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is left to hear of it if standard output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let command = Arguments::command();
    let mut names = command.get_subcommands().map(clap::Command::get_name);
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return say(&format!("name a command: {}", names.collect::<Vec<_>>().join(", ")));
    }
    let text = error.to_string();
    let facts = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let facts = facts.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let line = facts.collect::<Vec<_>>().join(" ");
    let what = line.strip_prefix("error: ").unwrap_or(&line);
    let given = std::env::args().nth(1);
    match names.find(|name| given.as_deref() == Some(*name)) {
        Some(name) => say_of(name, what),
        None => say(what),
    }
}

/// Says what is wrong with a command line that names no command.
fn say(what: &str) -> ExitCode {
    eprintln!("pelton: {what}; see pelton --help");
    ExitCode::from(WRONG_USE)
}

/// Says what is wrong with the arguments of a command.
pub fn say_of(command: &str, what: &str) -> ExitCode {
    eprintln!("pelton: {what}; see pelton {command} --help");
    ExitCode::from(WRONG_USE)
}
