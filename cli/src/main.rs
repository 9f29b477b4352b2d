//! The `pelton` program.
fn main() {}
