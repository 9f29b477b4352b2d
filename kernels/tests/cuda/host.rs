//! A program made of the device's arithmetic, and how it is asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::PROGRAM;

/// Answers to many questions, one behind the other.
#[expect(
    clippy::disallowed_methods,
    reason = "a pipe is written while the other is read, and the thread is joined"
)]
pub fn ask(questions: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was just made");
    let mut input = child.stdin.take().expect("it was asked for");
    let questions = questions.to_vec();
    // Questions and answers flow at the same time, or both pipes would fill.
    let writer = std::thread::spawn(move || input.write_all(&questions));
    let output = child.wait_with_output().expect("it ends when its input does");
    writer.join().expect("writing does not panic").expect("it reads all of its input");
    assert!(output.status.success(), "the program did not understand a question");
    output.stdout
}

/// `PELTON_SANITIZE=address,undefined` makes a program that stops at what C++ does not define.
#[expect(clippy::disallowed_methods, reason = "a test takes no arguments of its own")]
fn sanitizers() -> Vec<String> {
    let named = std::env::var("PELTON_SANITIZE").into_iter().filter(|names| !names.is_empty());
    let flags =
        |names| [format!("-fsanitize={names}"), "-fno-sanitize-recover=all".to_owned(), "-g".to_owned()];
    named.flat_map(flags).collect()
}

/// The program, compiled once for each run of the tests.
fn program() -> &'static Path {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cuda/host/{PROGRAM}.cpp"));
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cuda-host-{PROGRAM}"));
        let made = Command::new("c++")
            .args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"])
            .args(sanitizers())
            .arg("-o")
            .args([&program, &source])
            .status()
            .expect("these tests need a C++ compiler, c++");
        assert!(made.success(), "the arithmetic does not compile");
        program
    })
}
