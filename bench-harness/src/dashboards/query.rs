//! The queries that show a metric: what its kind and its labels ask for.

use pelton_pipeline::metrics::{Kind, Metric};

/// An expression, and what its series are called.
#[derive(Clone, Debug)]
pub struct Query {
    /// In the language of Prometheus, with Grafana's variables.
    pub expression: String,
    /// With the names of labels in double braces.
    pub legend: String,
}

impl Query {
    /// This expression under this name.
    pub fn new(expression: impl Into<String>, legend: impl Into<String>) -> Query {
        Query { expression: expression.into(), legend: legend.into() }
    }
}

/// Whether it stands in the row of its stage.
pub fn is_by_stage(metric: &Metric) -> bool {
    metric.labels.contains(&"stage")
}

/// What shows a metric; `prefix` stands before the names of its series where several metrics share a panel.
pub fn queries(metric: &Metric, prefix: &str) -> Vec<Query> {
    let name = metric.name;
    let filter = if is_by_stage(metric) {
        "{instance=~\"$instance\",stage=~\"$stage\"}"
    } else {
        "{instance=~\"$instance\"}"
    };
    let labels: Vec<&str> = metric.labels.iter().copied().filter(|label| *label != "stage").collect();
    let by = [&["instance"], labels.as_slice()].concat();
    let braced: Vec<String> = by.iter().map(|label| format!("{{{{{label}}}}}")).collect();
    let legend = [prefix, &braced.join(" ")].join(" ").trim().to_owned();
    let by = by.join(", ");
    match metric.kind {
        Kind::Counter => {
            vec![Query::new(format!("sum by ({by}) (rate({name}{filter}[$__rate_interval]))"), legend)]
        }
        Kind::Gauge => vec![Query::new(format!("max by ({by}) ({name}{filter})"), legend)],
        Kind::Histogram { .. } => ["0.5", "0.99", "0.999"]
            .into_iter()
            .map(|quantile| {
                let rate = format!("sum by (le, {by}) (rate({name}_bucket{filter}[$__rate_interval]))");
                let percent = quantile.trim_start_matches("0.").replace("5", "50").replace("999", "99.9");
                Query::new(format!("histogram_quantile({quantile}, {rate})"), format!("p{percent} {legend}"))
            })
            .collect(),
    }
}

/// Grafana's name for the unit in which the queries of a metric answer.
pub fn unit(metric: &Metric) -> &'static str {
    match (metric.unit, metric.kind) {
        // Seconds a second: a share of time.
        ("seconds", Kind::Counter) => "percentunit",
        ("seconds", _) => "s",
        ("bytes", Kind::Counter) => "Bps",
        ("bytes", _) => "bytes",
        (_, Kind::Counter) => "cps",
        _ => "short",
    }
}
