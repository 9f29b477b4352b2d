//! The levels of this processor, named once by each test program that runs them.

use std::io::{self, Write as _};
use std::sync::Once;

use pelton_kernels::Level;

/// All of them, the slowest first.
pub fn levels() -> impl Iterator<Item = Level> {
    static NAMED: Once = Once::new();
    NAMED.call_once(|| {
        let names: Vec<_> = Level::all().map(Level::name).collect();
        // Written past the test harness, which keeps to itself what a passing test prints.
        let line = format!("levels tested here: {}\n", names.join(", "));
        io::stderr().write_all(line.as_bytes()).expect("standard error can be written to");
    });
    Level::all()
}
