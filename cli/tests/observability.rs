//! Dashboards and alerts against the real thing: two benches under load, a node that is asked and two validators, scraped by a
//! Prometheus, which is sent every query of every panel and rule. Skipped, with a line that says so, where no Prometheus is installed.

#[path = "observability/started.rs"]
mod started;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pelton_bench_harness::pipeline::{METRICS, STAGES};
use serde_json::Value;
use started::{Running, bench, get, keep_asking, node, pause, validators};

/// What may be without data, and why.
const MAY_BE_EMPTY: [(&str, &str); 3] = [
    ("pelton_crossover_signatures", "it is measured only where there is a device"),
    ("pelton_consensus_timeouts_total", "no view is given up while all validators answer"),
    (
        "pelton_hot_key_price_wei",
        "a key has a price above 62.5 million gas a block, more than these benches offer",
    ),
];
/// Looks a quarter of a second apart; until then all data must be there.
const LOOKS_MAX: u32 = 480;
/// Stands for `$__rate_interval`.
const RATE_INTERVAL: &str = "10s";

fn grafana(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana").join(path)
}

fn is_installed(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

struct Prometheus {
    _process: Running,
    address: SocketAddr,
}

impl Prometheus {
    fn start(folder: &Path, targets: &[SocketAddr]) -> Prometheus {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = free.expect("there is a free port");
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        let rules = grafana("prometheus/rules.yml").canonicalize().expect("there are rules");
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [{rules:?}]\n\
             scrape_configs: [{{ job_name: pelton, static_configs: [{{ targets: {targets:?} }}] }}]\n"
        );
        let file = folder.join("prometheus.yml");
        fs::write(&file, config).expect("the folder can be written to");
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .spawn()
            .expect("prometheus starts");
        Prometheus { _process: Running(process), address }
    }

    /// The values that a query gives now; none if it is refused.
    fn query(&self, expression: &str) -> Option<Vec<f64>> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = get(self.address, &format!("/api/v1/query?query={encoded}"))?;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        let series = answer["data"]["result"].as_array()?;
        let value = |series: &Value| series["value"][1].as_str()?.parse().ok();
        Some(series.iter().filter_map(value).collect())
    }

    fn has_data(&self, expression: &str) -> bool {
        self.query(expression).is_some_and(|values| values.iter().any(|value: &f64| !value.is_nan()))
    }

    /// Waits until all of these queries have data; gives those that have none in the end.
    fn wait_for(&self, mut queries: Vec<String>) -> Vec<String> {
        for _ in 0..LOOKS_MAX {
            queries.retain(|query| !self.has_data(query));
            if queries.is_empty() {
                break;
            }
            pause();
        }
        queries
    }
}

/// Every query of every panel as it is shipped, with its variables put in.
fn panel_queries() -> Vec<String> {
    let mut queries = Vec::new();
    for entry in fs::read_dir(grafana("dashboards")).expect("there are dashboards") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("it can be read");
        let dashboard: Value = serde_json::from_str(&text).expect("a dashboard is JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().into_iter().flatten() {
                queries.push(target["expr"].as_str().expect("an expression").to_owned());
            }
        }
    }
    let put_in = |query: String| {
        let query = query.replace("$__rate_interval", RATE_INTERVAL).replace("$instance", ".+");
        query.replace("$stage", ".+")
    };
    queries.into_iter().map(put_in).collect()
}

/// The expression of each alert, as Prometheus itself reads the rules.
fn rules(prometheus: &Prometheus) -> BTreeMap<String, String> {
    let answer = get(prometheus.address, "/api/v1/rules").expect("it tells its rules");
    let answer: Value = serde_json::from_str(&answer).expect("it is JSON");
    let groups = answer["data"]["groups"].as_array().expect("groups");
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().expect("rules"));
    let text = |rule: &Value, field: &str| rule[field].as_str().expect(field).to_owned();
    rules.map(|rule| (text(rule, "name"), text(rule, "query"))).collect()
}

#[test]
fn every_query_of_every_panel_and_rule_has_data_while_benches_run() {
    if !is_installed("prometheus") {
        return eprintln!("skipped: prometheus is not installed");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let chain = folder.path().join("chain");
    let chain = chain.to_str().expect("a path");
    let rate = ["--seconds", "300", "--rate", "100"];
    let hostile =
        [&rate[..], &["--workload", "hostile", "--scheme", "ed25519", "--data-dir", chain]].concat();
    let (_hostile, first) = bench(folder.path(), &hostile);
    let claimed = ["--seconds", "120", "--rate", "400", "--scheme", "ed25519", "--claim-senders"];
    let (_claimed, second) = bench(folder.path(), &[&claimed[..], &["--workload", "mint"]].concat());
    let (_node, third, clients) = node(folder.path());
    // An answer, an error and a method that there is not.
    keep_asking(
        clients,
        r#"[{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},{"jsonrpc":"2.0","id":2,"method":"eth_call"},
        {"jsonrpc":"2.0","id":3,"method":"eth_nothing"}]"#,
    );
    let validators = validators(folder.path());
    let targets: Vec<SocketAddr> =
        [first, second, third].into_iter().chain(validators.iter().map(|(_, metrics)| *metrics)).collect();
    let prometheus = Prometheus::start(folder.path(), &targets);

    let may_be_empty = |query: &String| MAY_BE_EMPTY.iter().any(|(name, _)| query.contains(name));
    let (excused, wanted): (Vec<_>, Vec<_>) = panel_queries().into_iter().partition(may_be_empty);
    assert!(wanted.len() >= METRICS.len(), "each metric has a query");
    let without = prometheus.wait_for(wanted);
    assert!(without.is_empty(), "no data for:\n{}", without.join("\n"));
    for query in excused {
        assert!(prometheus.query(&query).is_some(), "it is a query, with data or without: {query}");
    }
    for stage in STAGES {
        let query = format!("rate(pelton_stage_regime_seconds_total{{stage=\"{stage}\"}}[{RATE_INTERVAL}])");
        assert_eq!(prometheus.wait_for(vec![query]), Vec::<String>::new());
    }

    let rules = rules(&prometheus);
    assert_eq!(rules.len(), 17, "all rules were taken");
    for (alert, expression) in rules {
        // An alert that does not fire has no data, and is right: what it looks at must be there.
        assert!(prometheus.query(&expression).is_some(), "{alert}: {expression}");
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let names = expression.split(|letter| !is_part(letter)).filter(|word| word.starts_with("pelton_"));
        let wanted = names.filter(|name| !MAY_BE_EMPTY.iter().any(|(known, _)| name.contains(known)));
        wanted.for_each(|name| assert!(prometheus.has_data(name), "{alert} looks at {name}"));
    }
    let up = vec!["count(up == 1) == 5".to_owned()];
    assert_eq!(prometheus.wait_for(up), Vec::<String>::new(), "all of them answer");
    let firing = "ALERTS{alertname=\"PeltonDown\",alertstate=\"firing\"}";
    assert!(prometheus.query(firing).expect("a query").is_empty());
    let failed = "pelton_rpc_requests_total{outcome=\"failed\",method=";
    for method in ["eth_call", "unknown"] {
        assert!(prometheus.has_data(&format!("{failed}\"{method}\"}} > 0")), "{method} counts as failed");
    }

    for address in [first, third] {
        let text = get(address, "/metrics").expect("it still runs");
        assert!(promtool(&["check", "metrics"], &text), "promtool finds nothing to complain of");
    }
}

#[test]
fn promtool_accepts_the_configuration_and_the_rules_and_every_alert_fires_when_it_should() {
    if !is_installed("promtool") {
        return eprintln!("skipped: promtool is not installed");
    }
    let path = |name: &str| grafana(name).to_str().expect("a path").to_owned();
    assert!(promtool(&["check", "config", &path("prometheus/prometheus.yml")], ""));
    assert!(promtool(&["test", "rules", &path("prometheus/rules.test.yml")], ""));
}

/// Runs promtool with this on standard input; gives whether it is content.
fn promtool(arguments: &[&str], input: &str) -> bool {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("promtool starts");
    // It may end before it has read all of it.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    child.wait().expect("it ends").success()
}
