//! Samples as text, in version 0.0.4 of the format that Prometheus reads.
//!
//! Written here because the libraries for it want to own the counting too, with atomics; the format is three kinds of lines.
//! A test of the workspace has `promtool` and a Prometheus read it.

use std::fmt::Write as _;

use super::sample::{Sample, Samples, Value};
use super::{Kind, METRICS, Metric};

/// What the text is, for a header of an answer over HTTP.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All samples, those of one metric together, in the order of the table.
pub fn text(samples: &Samples) -> String {
    let mut out = String::new();
    for metric in METRICS {
        let mut of_metric = samples.iter().filter(|sample| std::ptr::eq(sample.metric, *metric)).peekable();
        if of_metric.peek().is_some() {
            let help = metric.help.replace('\\', "\\\\").replace('\n', " ");
            let _ = writeln!(out, "# HELP {} {help}", metric.name);
            let _ = writeln!(out, "# TYPE {} {}", metric.name, metric.kind.name());
        }
        of_metric.for_each(|sample| write(&mut out, sample));
    }
    out
}

fn write(out: &mut String, sample: &Sample) {
    let Sample { metric, labels, value } = sample;
    let name = metric.name;
    let buckets = match value {
        Value::Number(value) => {
            let _ = writeln!(out, "{name}{} {value}", braced(metric, labels, None));
            return;
        }
        Value::Buckets(buckets) => buckets,
    };
    let Kind::Histogram { per_unit, .. } = metric.kind else { panic!("{name} is no histogram") };
    let in_unit = |value: u64| value as f64 / per_unit as f64;
    for (bound, count) in buckets.cumulative() {
        let bound = in_unit(bound).to_string();
        let _ = writeln!(out, "{name}_bucket{} {count}", braced(metric, labels, Some(&bound)));
    }
    let plain = braced(metric, labels, None);
    let _ = writeln!(out, "{name}_bucket{} {}", braced(metric, labels, Some("+Inf")), buckets.count());
    let _ = writeln!(out, "{name}_sum{plain} {}", in_unit(buckets.sum()));
    let _ = writeln!(out, "{name}_count{plain} {}", buckets.count());
}

/// `{name="value",...}`, or nothing where there is no label.
fn braced(metric: &Metric, values: &[String], bound: Option<&str>) -> String {
    let labels = metric.labels.iter().copied().zip(values.iter().map(String::as_str));
    let pairs = labels.chain(bound.map(|bound| ("le", bound)));
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::metrics::buckets::Buckets;
    use crate::metrics::sample::Samples;
    use crate::metrics::{BUILD_INFO, STAGE_TAKEN, THREADS, VERIFY_BATCH};

    #[test]
    fn samples_of_a_metric_stand_together_under_its_help_and_type() {
        let mut samples = Samples::default();
        samples.count(&STAGE_TAKEN, ["load"], 7);
        samples.count(&THREADS, [], 2);
        samples.count(&STAGE_TAKEN, ["verify"], 5);
        let expected = "# HELP pelton_threads Threads that turn stages and run jobs.\n\
            # TYPE pelton_threads gauge\n\
            pelton_threads 2\n\
            # HELP pelton_stage_taken_transactions_total Transactions that came in.\n\
            # TYPE pelton_stage_taken_transactions_total counter\n\
            pelton_stage_taken_transactions_total{stage=\"load\"} 7\n\
            pelton_stage_taken_transactions_total{stage=\"verify\"} 5\n";
        assert_eq!(text(&samples), expected);
    }

    #[test]
    fn a_histogram_has_rising_buckets_the_last_without_bound_a_sum_and_a_count() {
        let mut buckets = Buckets::of(&VERIFY_BATCH);
        [1, 3, 100_000].into_iter().for_each(|value| buckets.note(value));
        let mut samples = Samples::default();
        samples.buckets(&VERIFY_BATCH, [], buckets);
        let text = text(&samples);
        for line in [
            "pelton_verify_batch_signatures_bucket{le=\"1\"} 1\n",
            "pelton_verify_batch_signatures_bucket{le=\"2\"} 1\n",
            "pelton_verify_batch_signatures_bucket{le=\"4\"} 2\n",
            "pelton_verify_batch_signatures_bucket{le=\"32768\"} 2\n",
            "pelton_verify_batch_signatures_bucket{le=\"+Inf\"} 3\n",
            "pelton_verify_batch_signatures_sum 100004\n",
            "pelton_verify_batch_signatures_count 3\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn whatever_stands_in_a_label_ends_neither_the_label_nor_the_line() {
        let mut samples = Samples::default();
        samples.count(&BUILD_INFO, ["a\"b\\c\nd", ""], 1);
        assert!(text(&samples).ends_with("pelton_build_info{version=\"a\\\"b\\\\c\\nd\",commit=\"\"} 1\n"));
    }
}
