//! A profile in small: every file is there and says what it should, without anything from elsewhere.
//!
//! The folder stays, as `target/tmp/profile`, for the tools of others: see `tests/others/run`.

#[path = "common/small.rs"]
#[expect(dead_code, reason = "the options of a single run are other tests'")]
mod small;

use std::io::Read;
use std::path::{Path, PathBuf};

use pelton_bench_harness::bench::Progress;
use pelton_bench_harness::pipeline::STAGES;
use pelton_bench_harness::profile::{Profile, Settings, Size, profile};
use serde_json::Value;
use small::Silent;

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).expect("it is JSON")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Checks a file against the schema that docs publishes.
fn by_schema(folder: &Path, name: &str, schema: &str) -> Value {
    let value = json(&folder.join(name));
    let path = format!("{}/../docs/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let validator = jsonschema::validator_for(&json(Path::new(&path))).expect("it is a schema");
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    value
}

/// The rows of a table, by the names in its head. No field of these has a comma but the last ones, which are quoted.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Who watches that nothing begins.
struct Idle;

impl Progress for Idle {
    fn step(&self, what: &str, _: Option<u64>) {
        panic!("nothing is to be done: {what}");
    }

    fn advance(&self, _: u64) {}
}

#[test]
fn a_folder_that_cannot_be_had_is_known_before_anything_is_measured() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let settings = Settings {
        size: Size::Small,
        folder: file.path().to_owned(),
        cache: std::env::temp_dir(),
        threads: 1,
        p99_ms: 200.0,
        node_cost_per_month: None,
    };
    let error = profile(&settings, &Idle).expect_err("a file is in the way").to_string();
    assert!(error.contains(&*file.path().to_string_lossy()), "{error}");
}

#[test]
fn a_profile_has_all_its_files_and_they_agree() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("profile");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
    let cache = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        size: Size::Small,
        folder: folder.clone(),
        cache: cache.path().to_owned(),
        threads: 2,
        p99_ms: 60_000.0,
        node_cost_per_month: Some(250.0),
    };
    let profile = profile(&settings, &Silent).expect("the system gives threads");
    assert_eq!(profile.accuracy.right, profile.accuracy.runs, "every run equals serial execution");

    let result = by_schema(&folder, "result.json", "profile");
    let again: Profile = serde_json::from_value(result).expect("it has what a profile has");
    assert_eq!((again.verdict, again.runs.len()), (profile.verdict, profile.runs.len()));
    let environment = by_schema(&folder, "env.json", "environment");
    by_schema(&folder, "doctor.json", "doctor");
    for name in ["microcode", "governor", "memory", "GPU", "NVIDIA driver"] {
        assert!(environment["host"][name].is_string(), "{name}");
    }

    let runs = profile.runs.len();
    let stages = rows(&read(&folder.join("stages.csv")));
    assert_eq!(stages.len(), runs * STAGES.len());
    let crossover = read(&folder.join("crossover.csv"));
    for way in ["ed25519,reference,-,16,", "secp256k1 claimed,cpu,portable,1,", ",cuda,-,"] {
        assert!(crossover.contains(way), "{way} in {crossover}");
    }
    assert!(read(&folder.join("roofline.csv")).lines().count() > 6);
    let energy = read(&folder.join("energy.csv"));
    assert_eq!(energy.lines().count(), 1 + 3 * runs, "three counters a run");
    let labelled =
        |line: &str| line.contains("\"software-read, not wall\"") || line.contains("\"unavailable: ");
    assert!(energy.lines().skip(1).all(labelled), "{energy}");

    let metrics = read(&folder.join("metrics.prom"));
    assert!(metrics.contains("pelton_executed_transactions_total{outcome=\"success\"} 600\n"));
    let mut trace = String::new();
    let file = std::fs::File::open(folder.join("trace.json.gz")).expect("it is there");
    flate2::read::GzDecoder::new(file).read_to_string(&mut trace).expect("it is packed text");
    let trace: Value = serde_json::from_str(&trace).expect("it is JSON");
    assert!(trace["traceEvents"].as_array().is_some_and(|events| events.len() > STAGES.len()));
    assert!(read(&folder.join("latency.hlog")).contains("HISTF"));
    assert_eq!(profile.latency_log.count, 600);
    let verdict = read(&folder.join("VERDICT.txt"));
    for says in ["Offline: ", "Server: ", "The limit is ", "Next is ", "Scaling", "GPU: ", "At 250 a month"] {
        assert!(verdict.contains(says), "{says} in {verdict}");
    }
    alone(&read(&folder.join("report.html")));
}

/// That a page asks for nothing, runs nothing and shows its plots.
fn alone(page: &str) {
    for foreign in ["http:", "https:", "src=", "<link", "<script", "<iframe", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.matches("<svg").count() >= 6, "threads, stages, server, latency and signatures are drawn");
    assert!(!page.contains("NaN") && !page.contains("inf "), "every number is one");
    for part in ["prefers-color-scheme:dark", "@media print"] {
        assert!(page.contains(part), "{part}");
    }
}
