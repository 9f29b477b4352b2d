//! The published schemas are those that the code gives.

use std::path::Path;

#[test]
fn the_schemas_in_docs_are_fresh() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (name, schema) in pelton_bench_harness::schemas() {
        let text = std::fs::read_to_string(docs.join(format!("{name}.schema.json"))).expect("docs has it");
        let published: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let fresh = serde_json::to_value(schema).expect("it is plain JSON");
        assert_eq!(
            published, fresh,
            "renew it: cargo run -p pelton-bench-harness --example schema -- {name} > docs/{name}.schema.json"
        );
    }
}
