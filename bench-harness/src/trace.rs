//! `Recorder`: what every thread did when, as a Chrome trace: one span for each turn in which something happened, and one
//! for each job. Never anything for a single transaction, so that looking changes little.
//!
//! ```text
//! pelton-0  ▇verify▇ ▇▇▇job: verify▇▇▇ ▇seal▇          open it in ui.perfetto.dev or chrome://tracing
//! pelton-1  ▇ingest▇▇ ▇▇▇job: verify▇▇▇▇ ▇execute▇
//! ```

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::turn::Turnable;
use pelton_pipeline::wrapped::{Wrap, Wrapped};
use serde_json::json;

use crate::around::Around;

/// Spans that are kept; those after them are counted only.
const SPANS_MAX: usize = 1 << 20;

/// Collects the spans of a run.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    /// Names of the threads that did anything, in the order in which they were first seen.
    threads: Vec<String>,
    spans: Vec<Span>,
    left_out: u64,
}

/// Something that one thread did.
struct Span {
    name: &'static str,
    thread: usize,
    start_ns: Nanos,
    end_ns: Nanos,
    /// Transactions that came in and went on, of a turn.
    moved: Option<(u64, u64)>,
}

impl Recorder {
    fn record(&self, name: &'static str, start_ns: Nanos, end_ns: Nanos, moved: Option<(u64, u64)>) {
        let current = thread::current();
        let own = current.name().unwrap_or("unnamed");
        let mut recorded = self.0.lock();
        if recorded.spans.len() >= SPANS_MAX {
            recorded.left_out += 1;
            return;
        }
        let known = recorded.threads.iter().position(|name| name == own);
        let thread = known.unwrap_or(recorded.threads.len());
        if known.is_none() {
            recorded.threads.push(own.to_owned());
        }
        recorded.spans.push(Span { name, thread, start_ns, end_ns, moved });
    }

    /// Spans that are kept, and those that were left out.
    pub fn counts(&self) -> (usize, u64) {
        let recorded = self.0.lock();
        (recorded.spans.len(), recorded.left_out)
    }

    /// Writes what was recorded; compressed if the name ends in `.gz`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let file = BufWriter::new(File::create(path)?);
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut out = GzEncoder::new(file, Compression::default());
            self.write(&mut out)?;
            return out.finish()?.flush();
        }
        let mut out = file;
        self.write(&mut out)?;
        out.flush()
    }

    /// Writes one JSON object in Chrome's trace event format; times are in microseconds since the start.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let recorded = self.0.lock();
        write!(
            out,
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"spans left out\":{}}},",
            recorded.left_out
        )?;
        writeln!(out, "\"traceEvents\":[")?;
        write!(out, "{}", json!({"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "pelton"}}))?;
        for (index, name) in recorded.threads.iter().enumerate() {
            let named =
                json!({"ph": "M", "name": "thread_name", "pid": 1, "tid": index, "args": {"name": name}});
            write!(out, ",\n{named}")?;
        }
        recorded.spans.iter().try_for_each(|span| write!(out, ",\n{span}"))?;
        writeln!(out, "\n]}}")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { name, thread, start_ns, end_ns, moved } = self;
        let (start, length) = (*start_ns as f64 / 1e3, end_ns.saturating_sub(*start_ns) as f64 / 1e3);
        let (kind, arguments) = match moved {
            Some((taken, passed)) => ("turn", json!({"taken": taken, "passed": passed})),
            None => ("job", json!({})),
        };
        let span = json!({
            "ph": "X", "name": name, "cat": kind, "pid": 1, "tid": thread, "ts": start, "dur": length,
            "args": arguments,
        });
        span.fmt(f)
    }
}

impl Around for Recorder {
    fn stage(&self, stage: Box<dyn Turnable>) -> Box<dyn Turnable> {
        Wrapped::around(stage, Traced(self.clone()))
    }

    fn pools(&self, pools: Pools, clock: &Arc<dyn Clock>) -> Pools {
        // As `topology` gives them out.
        let of = |name, pool| {
            Arc::new(TracedPool { name, pool, recorder: self.clone(), clock: clock.clone() })
                as Arc<dyn Spawn>
        };
        Pools { urgent: of("job: execute", pools.urgent), bulk: of("job: verify", pools.bulk) }
    }
}

/// Records a stage's turns.
struct Traced(Recorder);

impl Wrap for Traced {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let (taken, passed) = (stage.meter().taken, stage.meter().passed);
        let start_ns = clock.now_ns();
        let happened = stage.turn(clock);
        if happened {
            let meter = stage.meter();
            let moved = Some((meter.taken - taken, meter.passed - passed));
            self.0.record(stage.name(), start_ns, clock.now_ns(), moved);
        }
        happened
    }
}

struct TracedPool {
    name: &'static str,
    pool: Arc<dyn Spawn>,
    recorder: Recorder,
    clock: Arc<dyn Clock>,
}

impl Spawn for TracedPool {
    fn spawn(&self, job: Job) {
        let (name, recorder, clock) = (self.name, self.recorder.clone(), self.clock.clone());
        self.pool.spawn(Box::new(move || {
            let start_ns = clock.now_ns();
            job();
            recorder.record(name, start_ns, clock.now_ns(), None);
        }));
    }
}
