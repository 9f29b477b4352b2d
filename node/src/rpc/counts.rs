//! `Counts`: how often each method was called, what came of it, and how long it took.
//!
//! Requests come in on threads of the server, which belong to no loop that could copy plain integers out: so these are
//! atomics, and a lock for each method around the buckets of its times, held for a few nanoseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::HashMap;
use parking_lot::Mutex;
use pelton_pipeline::clock::{Clock as _, Nanos, WallClock};
use pelton_pipeline::metrics::buckets::Buckets;
use pelton_pipeline::metrics::sample::Samples;
use pelton_pipeline::metrics::{RPC_CONNECTIONS, RPC_IN_HAND, RPC_LIMITS, RPC_REQUESTS, RPC_TIME};
use tokio::sync::Semaphore;

use crate::rpc::Node;

/// Under which all methods are counted that there are not: clients must not be able to make names.
const UNKNOWN: &str = "unknown";

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was an answer.
    Answered,
    /// There was an error.
    Failed,
    /// Who asked went away before.
    GivenUp,
}

impl Outcome {
    const ALL: [Outcome; 3] = [Outcome::Answered, Outcome::Failed, Outcome::GivenUp];

    fn name(self) -> &'static str {
        match self {
            Outcome::Answered => "answered",
            Outcome::Failed => "failed",
            Outcome::GivenUp => "given up",
        }
    }
}

/// See the head of this file.
pub struct Counts {
    clock: WallClock,
    in_hand: AtomicU64,
    by_name: HashMap<&'static str, usize>,
    /// The last one is of all that are unknown.
    methods: Vec<Method>,
}

struct Method {
    name: &'static str,
    outcomes: [AtomicU64; Outcome::ALL.len()],
    time_ns: Mutex<Buckets>,
}

impl Counts {
    /// Nothing so far, of these methods.
    pub fn of(names: &[&'static str]) -> Counts {
        let method =
            |name| Method { name, outcomes: Default::default(), time_ns: Mutex::new(Buckets::of(&RPC_TIME)) };
        Counts {
            clock: WallClock::new(),
            in_hand: AtomicU64::new(0),
            by_name: names.iter().copied().enumerate().map(|(index, name)| (name, index)).collect(),
            methods: names.iter().copied().chain([UNKNOWN]).map(method).collect(),
        }
    }

    /// A request for this method has been read. Whoever lets this fall without an outcome has given the request up.
    pub fn begin(&self, method: &str) -> Counted<'_> {
        self.in_hand.fetch_add(1, Ordering::Relaxed);
        let method = self.by_name.get(method).copied().unwrap_or(self.methods.len() - 1);
        Counted { counts: self, method, began_ns: self.clock.now_ns(), outcome: Outcome::GivenUp }
    }

    /// Says it all. Methods that nobody has called are left out.
    pub fn observe(&self, samples: &mut Samples) {
        samples.count(&RPC_IN_HAND, [], self.in_hand.load(Ordering::Relaxed));
        for Method { name, outcomes, time_ns } in &self.methods {
            let time_ns = time_ns.lock().clone();
            if time_ns.count() == 0 {
                continue;
            }
            for (outcome, count) in Outcome::ALL.iter().zip(outcomes) {
                samples.count(&RPC_REQUESTS, [name, outcome.name()], count.load(Ordering::Relaxed));
            }
            samples.buckets(&RPC_TIME, [name], time_ns);
        }
    }
}

impl Node {
    /// What clients asked, and what came of it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Places of connections.
    pub fn places(&self) -> &Arc<Semaphore> {
        &self.places
    }

    /// Says what clients do, for the metrics.
    pub fn observe(&self, samples: &mut Samples) {
        self.counts.observe(samples);
        let taken = self.limits.connections_max - self.places.available_permits();
        samples.count(&RPC_CONNECTIONS, [], taken as u64);
        self.hits().for_each(|(limit, count)| samples.count(&RPC_LIMITS, [limit], count));
    }
}

/// A request that is in hand.
pub struct Counted<'a> {
    counts: &'a Counts,
    method: usize,
    began_ns: Nanos,
    outcome: Outcome,
}

impl Counted<'_> {
    /// There is an answer, or an error in its place.
    pub fn end(mut self, is_answered: bool) {
        self.outcome = if is_answered { Outcome::Answered } else { Outcome::Failed };
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let Counts { clock, in_hand, methods, .. } = self.counts;
        let method = &methods[self.method];
        method.outcomes[self.outcome as usize].fetch_add(1, Ordering::Relaxed);
        method.time_ns.lock().note(clock.now_ns().saturating_sub(self.began_ns));
        in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use pelton_pipeline::metrics::sample::{Samples, Value};
    use pelton_pipeline::metrics::{Metric, RPC_IN_HAND, RPC_REQUESTS, RPC_TIME};

    use super::Counts;

    fn number(counts: &Counts, metric: &Metric, labels: &[&str]) -> Option<f64> {
        let mut samples = Samples::default();
        counts.observe(&mut samples);
        let sample = samples.iter().find(|sample| sample.metric == metric && sample.labels == labels)?;
        Some(match &sample.value {
            Value::Number(number) => *number,
            Value::Buckets(buckets) => buckets.count() as f64,
        })
    }

    #[test]
    fn requests_count_by_method_and_by_what_came_of_them_and_names_of_clients_make_no_series() {
        let counts = Counts::of(&["eth_a", "eth_b"]);
        counts.begin("eth_a").end(true);
        counts.begin("eth_a").end(false);
        counts.begin("made up").end(false);
        counts.begin("made up as well").end(false);
        let in_hand = counts.begin("eth_a");
        assert_eq!(number(&counts, &RPC_IN_HAND, &[]), Some(1.0));
        drop(in_hand);
        assert_eq!(number(&counts, &RPC_IN_HAND, &[]), Some(0.0));
        for outcome in ["answered", "failed", "given up"] {
            assert_eq!(number(&counts, &RPC_REQUESTS, &["eth_a", outcome]), Some(1.0), "{outcome}");
        }
        assert_eq!(number(&counts, &RPC_TIME, &["eth_a"]), Some(3.0));
        assert_eq!(number(&counts, &RPC_REQUESTS, &["unknown", "failed"]), Some(2.0));
        assert_eq!(number(&counts, &RPC_TIME, &["eth_b"]), None, "nobody has called it");
        assert_eq!(number(&counts, &RPC_TIME, &["made up"]), None);
    }
}
