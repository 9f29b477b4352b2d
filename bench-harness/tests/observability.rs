//! What is made from the table of metrics is current, and what is written by hand beside it names only what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pelton_bench_harness::dashboards::dashboards;
use pelton_bench_harness::pipeline::{METRICS, metrics_document};
use serde_json::Value;

const RENEW: &str = "renew it: cargo run -p pelton-bench-harness --example observability";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// All words that begin as a metric does, without what a histogram's series have behind it.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let bare = |word: &str| {
        let series = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
        let is_known = METRICS.iter().any(|metric| metric.name == word);
        series.filter(|_| !is_known).unwrap_or(word).to_owned()
    };
    words.filter(|word| word.starts_with("pelton_")).map(bare).collect()
}

fn known() -> BTreeSet<String> {
    METRICS.iter().map(|metric| metric.name.to_owned()).collect()
}

#[test]
fn the_page_of_metrics_is_fresh() {
    assert!(read("docs/METRICS.md") == metrics_document(), "{RENEW}");
}

#[test]
fn the_dashboards_are_fresh_and_there_are_no_others() {
    let mut made: Vec<String> = Vec::new();
    for (name, fresh) in dashboards() {
        let text = read(&format!("grafana/dashboards/{name}"));
        let shipped: Value = serde_json::from_str(&text).expect("a dashboard is JSON");
        assert!(shipped == fresh, "{name}: {RENEW}");
        made.push(name);
    }
    let folder = fs::read_dir(root().join("grafana/dashboards")).expect("there are dashboards");
    let there = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    assert_eq!(there.collect::<BTreeSet<_>>(), made.into_iter().collect());
}

#[test]
fn every_metric_is_on_a_dashboard_and_every_name_on_a_dashboard_is_a_metric() {
    let mut shown = BTreeSet::new();
    for (name, dashboard) in dashboards() {
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let expression = target["expr"].as_str().expect("an expression");
                let filtered = expression.contains("instance=~\"$instance\"");
                assert!(filtered && target["datasource"]["uid"] == "${datasource}", "{name}: {expression}");
                let is_rate = expression.contains("rate(");
                assert_eq!(is_rate, expression.contains("[$__rate_interval]"), "{name}: {expression}");
                shown.extend(names(expression));
            }
        }
        let variables = dashboard["templating"]["list"].as_array().expect("variables");
        for variable in variables {
            names(&variable.to_string()).iter().for_each(|name| assert!(known().contains(name), "{name}"));
        }
    }
    assert_eq!(shown, known());
}

#[test]
fn panels_of_a_dashboard_do_not_cover_each_other() {
    for (name, dashboard) in dashboards() {
        let mut cells = BTreeSet::new();
        for panel in dashboard["panels"].as_array().expect("panels") {
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|of| panel["gridPos"][of].as_u64().expect("a place"));
            assert!(x + w <= 24, "{name}: the grid is 24 wide");
            let inside = (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y)));
            inside.for_each(|cell| assert!(cells.insert(cell), "{name}: two panels at {cell:?}"));
        }
    }
}

#[test]
fn rules_name_only_metrics_and_each_alert_has_a_runbook() {
    let (rules, runbooks) = (read("grafana/prometheus/rules.yml"), read("docs/runbooks.md"));
    let named = names(&rules);
    assert!(named.is_subset(&known()), "{:?}", named.difference(&known()));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let links: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: ")).collect();
    assert_eq!(alerts.len(), links.len());
    for (alert, link) in alerts.iter().zip(links) {
        assert_eq!(link, format!("docs/runbooks.md#{}", alert.to_lowercase()));
        assert!(runbooks.contains(&format!("\n## {alert}\n")), "{alert} has a section");
        let tested =
            read("grafana/prometheus/rules.test.yml").matches(&format!("alertname: {alert}\n")).count();
        assert_eq!(tested, 2, "{alert} is tested firing and quiet");
    }
    let sections = runbooks.lines().filter_map(|line| line.strip_prefix("## "));
    assert_eq!(sections.collect::<BTreeSet<_>>(), alerts.into_iter().collect());
}
