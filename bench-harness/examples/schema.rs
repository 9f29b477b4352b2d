//! Prints the JSON Schema of a report: `cargo run -p pelton-bench-harness --example schema > docs/bench.schema.json`.

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn main() {
    let schema = serde_json::to_string_pretty(&pelton_bench_harness::report::schema());
    println!("{}", schema.expect("a schema is plain JSON"));
}
