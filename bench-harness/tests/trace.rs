//! A trace has spans for every stage and for jobs, on named threads, none for single transactions, and the counts add up.

#[path = "common/small.rs"]
mod small;

use std::io::Read;
use std::sync::Arc;

use pelton_bench_harness::bench::{Surroundings, bench_within};
use pelton_bench_harness::pipeline::STAGES;
use pelton_bench_harness::trace::Recorder;
use serde_json::Value;
use small::Silent;

#[test]
fn a_trace_tells_of_every_stage_by_batch_on_named_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = small::options(folder.path(), 3_000);
    let recorder = Recorder::default();
    let surroundings = Surroundings { run: Some(Arc::new(recorder.clone())), ..Surroundings::default() };
    let report = bench_within(&options, &Silent, &surroundings).expect("the system gives threads").report;
    assert!(report.is_good());
    let (plain, packed) = (folder.path().join("trace.json"), folder.path().join("trace.json.gz"));
    recorder.save(&plain).expect("it can be written");
    recorder.save(&packed).expect("it can be written");
    let text = std::fs::read_to_string(&plain).expect("it is text");
    let mut unpacked = String::new();
    let file = std::fs::File::open(&packed).expect("it is there");
    flate2::read::GzDecoder::new(file).read_to_string(&mut unpacked).expect("it is packed text");
    assert_eq!(text, unpacked);

    let trace: Value = serde_json::from_str(&text).expect("it is JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    let threads: Vec<&Value> = events.iter().filter(|event| event["name"] == "thread_name").collect();
    let is_named =
        |thread: &&Value| thread["args"]["name"].as_str().is_some_and(|name| name.starts_with("pelton-"));
    assert!((1..=2).contains(&threads.len()) && threads.iter().all(is_named), "{threads:?}");
    for stage in STAGES {
        let spans = events.iter().filter(|event| event["ph"] == "X" && event["name"] == stage);
        let passed: u64 = spans.map(|span| span["args"]["passed"].as_u64().expect("a count")).sum();
        assert_eq!(passed, 3_000, "{stage}");
    }
    let jobs = events.iter().filter(|event| event["cat"] == "job").count();
    let (spans, left_out) = recorder.counts();
    assert!(jobs > 0 && left_out == 0 && spans < 3_000, "{jobs} {spans}");
}
