//! Writes what follows from the table of metrics, `docs/METRICS.md` and `grafana/dashboards`, into this checkout:
//! `cargo run -p pelton-bench-harness --example observability`.

use std::fs;
use std::io;
use std::path::Path;

use pelton_bench_harness::dashboards::dashboards;
use pelton_bench_harness::pipeline::metrics_document;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(root.join("docs/METRICS.md"), metrics_document())?;
    for (name, dashboard) in dashboards() {
        let text = serde_json::to_string_pretty(&dashboard).expect("a dashboard is plain JSON") + "\n";
        fs::write(root.join("grafana/dashboards").join(name), text)?;
    }
    Ok(())
}
