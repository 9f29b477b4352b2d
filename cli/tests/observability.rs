//! Dashboards and alerts against the real thing: two benches under load and a node that is asked, scraped by a Prometheus,
//! which is sent every query of every panel and rule. Skipped, with a line that says so, where no Prometheus is installed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pelton_bench_harness::pipeline::{METRICS, STAGES};
use serde_json::Value;

/// What may be without data, and why.
const MAY_BE_EMPTY: [(&str, &str); 3] = [
    ("pelton_crossover_signatures", "it is measured only where there is a device"),
    ("pelton_consensus_", "there is none among several in a bench, nor in a network of one"),
    (
        "pelton_hot_key_price_wei",
        "a key has a price above 62.5 million gas a block, more than these benches offer",
    ),
];
/// Looks a quarter of a second apart; until then all data must be there.
const LOOKS_MAX: u32 = 480;
/// Stands for `$__rate_interval`.
const RATE_INTERVAL: &str = "10s";

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to be done.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn grafana(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana").join(path)
}

fn is_installed(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// Starts a bench that goes on for longer than the test, and gives where its metrics are.
fn bench(cache: &Path, arguments: &[&str]) -> (Running, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    command.args(["bench", "--json", "--accounts", "60"]).args(arguments).env("XDG_CACHE_HOME", cache);
    watched(command.stdout(Stdio::null()))
}

/// Starts a node, and gives where its metrics are and where clients ask.
fn node() -> (Running, SocketAddr, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    let (mut running, metrics) =
        watched(command.args(["devnet", "--port", "0", "--json"]).stdout(Stdio::piped()));
    let mut line = String::new();
    let output = running.0.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut line).expect("it says when it is ready");
    let ready: Value = serde_json::from_str(&line).expect("it is JSON");
    let clients = ready["http"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
    (running, metrics, clients.expect("an address"))
}

/// Asks a node this, for as long as there is one.
fn keep_asking(address: SocketAddr, body: &'static str) {
    let ask = move || -> Option<()> {
        let mut connection = TcpStream::connect(address).ok()?;
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
        write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        connection.read_to_string(&mut String::new()).ok().map(drop)
    };
    std::thread::Builder::new()
        .spawn(move || {
            while ask().is_some() {
                pause();
            }
        })
        .expect("there is a thread for it");
}

/// Starts a program that gives out metrics at any free port, and gives where.
fn watched(command: &mut Command) -> (Running, SocketAddr) {
    let mut child = command
        .args(["--metrics", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("it says where its metrics are");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split("/metrics").next());
    let address = address.and_then(|address| address.parse().ok()).expect(&line);
    // Whatever else it says must find somebody who reads it.
    std::thread::Builder::new()
        .spawn(move || std::io::copy(&mut errors, &mut std::io::sink()))
        .expect("there is a thread for it");
    (Running(child), address)
}

fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    write!(connection, "GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    (head.split_whitespace().nth(1) == Some("200")).then(|| body.to_owned())
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

#[expect(clippy::disallowed_methods, reason = "others are waited for")]
fn pause() {
    std::thread::sleep(Duration::from_millis(250));
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
    let (_node, third, clients) = node();
    // An answer, an error and a method that there is not.
    keep_asking(
        clients,
        r#"[{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},{"jsonrpc":"2.0","id":2,"method":"eth_call"},
        {"jsonrpc":"2.0","id":3,"method":"eth_nothing"}]"#,
    );
    let prometheus = Prometheus::start(folder.path(), &[first, second, third]);

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
    let up = vec!["count(up == 1) == 3".to_owned()];
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
