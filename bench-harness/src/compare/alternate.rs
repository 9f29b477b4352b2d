//! Runs of two programs in alternation: A B, B A, A B, ... so that a machine that grows slower is unfair to neither.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::compare::runs::{Run, parse};

/// Why a program could not be run.
#[derive(Debug)]
pub enum AlternateError {
    /// It did not start.
    Start(PathBuf, io::Error),
    /// It ended with another code than 0.
    Failed(PathBuf, String),
    /// It did not print a run.
    Content(PathBuf, String),
}

impl fmt::Display for AlternateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlternateError::Start(path, error) => write!(f, "{} does not start: {error}", path.display()),
            AlternateError::Failed(path, how) => write!(f, "{} bench failed: {how}", path.display()),
            AlternateError::Content(path, what) => {
                write!(f, "{} bench printed no result: {what}", path.display())
            }
        }
    }
}

impl std::error::Error for AlternateError {}

/// Which of the two stands first in a pair: A B, B A, A B, ...
pub fn is_a_first(pair: usize) -> bool {
    pair.is_multiple_of(2)
}

/// Runs both programs with `bench --json` and these arguments, once each for every pair; `ran` is called after each run.
/// One run of each goes before the first pair and does not count: it makes the workload's file.
///
/// # Errors
/// [`AlternateError`].
pub fn alternate(
    a: &Path,
    b: &Path,
    pairs: usize,
    arguments: &[String],
    ran: &dyn Fn(),
) -> Result<(Vec<Run>, Vec<Run>), AlternateError> {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for program in [a, b] {
        once(program, arguments)?;
        ran();
    }
    for pair in 0..pairs {
        let mut one = |is_a: bool| -> Result<(), AlternateError> {
            let (program, runs) = if is_a { (a, &mut of_a) } else { (b, &mut of_b) };
            runs.push(once(program, arguments)?);
            ran();
            Ok(())
        };
        one(is_a_first(pair))?;
        one(!is_a_first(pair))?;
    }
    Ok((of_a, of_b))
}

fn once(program: &Path, arguments: &[String]) -> Result<Run, AlternateError> {
    let mut command = Command::new(program);
    command.args(["bench", "--json"]).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| AlternateError::Start(program.to_owned(), error))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr.lines().last().unwrap_or("it said nothing").to_owned();
        return Err(AlternateError::Failed(program.to_owned(), last));
    }
    let content = |what: String| AlternateError::Content(program.to_owned(), what);
    let runs = parse(&String::from_utf8_lossy(&output.stdout)).map_err(|error| content(error.to_string()))?;
    runs.into_iter().next().ok_or_else(|| content("nothing".to_owned()))
}
