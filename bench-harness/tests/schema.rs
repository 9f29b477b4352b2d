//! The published schema is the one that the code gives.

use std::path::Path;

#[test]
fn the_schema_in_docs_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bench.schema.json");
    let published: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("docs has the schema"))
            .expect("it is JSON");
    let fresh = serde_json::to_value(pelton_bench_harness::report::schema()).expect("it is plain JSON");
    assert_eq!(
        published, fresh,
        "renew it: cargo run -p pelton-bench-harness --example schema > docs/bench.schema.json"
    );
}
