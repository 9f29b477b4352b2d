//! `docs/METRICS.md`, from the table.

use std::fmt::Write as _;

use super::{Dashboard, METRICS, Metric};

const HEAD: &str = "\
# Metrics

Made from `pipeline/src/metrics/table.rs` by `cargo run -p pelton-bench-harness --example observability`; a test holds it to
be current. `pelton bench --metrics 127.0.0.1:9464`, and `pelton devnet` likewise, give this out under `/metrics`, and `pelton top` shows it.

Counters end in `_total` and only rise: look at them through `rate()`. Histograms are classic ones, `_bucket`, `_sum` and
`_count`, whose bounds double. A metric that a process has nothing to say of is not there: no `durable` one without a folder
for the chain, no `crossover` without a device.
";

/// The page.
pub fn document() -> String {
    let mut out = HEAD.to_owned();
    for dashboard in Dashboard::ALL {
        let name = dashboard.name();
        let _ = writeln!(out, "\n## On the dashboard `{name}`\n");
        let _ = writeln!(out, "| metric | kind | unit | labels | what it is |");
        let _ = writeln!(out, "| --- | --- | --- | --- | --- |");
        METRICS
            .iter()
            .filter(|metric| metric.dashboard == dashboard)
            .for_each(|metric| row(&mut out, metric));
    }
    out
}

fn row(out: &mut String, metric: &Metric) {
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    let labels = if labels.is_empty() { "-".to_owned() } else { labels.join(", ") };
    let Metric { name, kind, unit, help, .. } = metric;
    let _ = writeln!(out, "| `{name}` | {} | {unit} | {labels} | {help} |", kind.name());
}
