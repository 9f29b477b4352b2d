//! Passwords: from a file, from standard input, or from whoever sits at the terminal; never from the command line, where
//! every other program could read them.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// Bytes of a password.
const BYTES_MAX: u64 = 4_096;

/// The password for a key file: from this file, from standard input if it is `-`, or typed if none is named.
///
/// # Errors
/// Whatever the system says, or if there is nobody to ask.
pub fn password(file: Option<&Path>, of: &Path) -> io::Result<Vec<u8>> {
    let mut password = Vec::new();
    match file {
        Some(path) if path == Path::new("-") => drop(io::stdin().take(BYTES_MAX).read_to_end(&mut password)?),
        Some(path) => drop(fs::File::open(path)?.take(BYTES_MAX).read_to_end(&mut password)?),
        None if io::stdin().is_terminal() => return typed(of),
        None => {
            let words =
                "nobody to ask for the password: name a file with --password-file, or - for standard input";
            return Err(io::Error::other(words));
        }
    }
    while password.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        password.pop();
    }
    Ok(password)
}

/// Asks for it, and shows nothing of it.
fn typed(of: &Path) -> io::Result<Vec<u8>> {
    eprint!("Password for {}: ", of.display());
    io::stderr().flush()?;
    enable_raw_mode()?;
    let typed = type_line();
    disable_raw_mode()?;
    eprintln!();
    typed.map(String::into_bytes)
}

fn type_line() -> io::Result<String> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(io::Error::other("no password was given"));
            }
            KeyCode::Char(letter) => line.push(letter),
            KeyCode::Backspace => drop(line.pop()),
            _ => {}
        }
    }
}
