//! Prints a JSON Schema: `cargo run -p pelton-bench-harness --example schema -- bench > docs/bench.schema.json`.

use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let schemas = pelton_bench_harness::schemas();
    let Some((_, schema)) = schemas.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = schemas.iter().map(|(name, _)| *name).collect();
        eprintln!("name one of {}", names.join(", "));
        return ExitCode::from(2);
    };
    println!("{}", serde_json::to_string_pretty(schema).expect("a schema is plain JSON"));
    ExitCode::SUCCESS
}
