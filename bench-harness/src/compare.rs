//! `compare`: two sets of runs, and whether the second is better, worse, or the same as far as anyone can tell.
//!
//! ```text
//! runs of A ──> metrics ─┐    ratio B : A     beyond the floor,
//!                        ├──> and interval ─> and certain?       ──> better | worse | within noise
//! runs of B ──> metrics ─┘    by bootstrap
//! ```
//!
//! A metric is called worse only if two things hold: (1) the interval of the ratio excludes 1, at a confidence that leaves
//! all metrics together at most one mistake in a hundred comparisons; (2) the ratio itself is beyond a floor below which
//! nobody would act. The interval that is shown is the plain one of 95 %. With fewer than [`RUNS_MIN`] runs on a side
//! nothing is claimed.

pub mod alternate;
pub mod interval;
pub mod likeness;
mod metric;
pub mod runs;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::interval::{Pairing, Resamples, interval};
use crate::compare::likeness::{Allowed, Unlike, unlike};
use crate::compare::metric::{Metric, metrics};
use crate::compare::runs::Run;

/// Name and version of the object's shape.
pub const SCHEMA: &str = "pelton-compare/1";
/// Runs on each side below which no interval means anything.
pub const RUNS_MIN: usize = 5;
/// Confidence of the intervals that are shown.
const SHOWN: f64 = 0.95;
/// Confidence of a whole comparison.
const WHOLE: f64 = 0.99;

/// What came of two sets of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `pelton-compare/1`.
    pub schema: String,
    /// The first set.
    pub a: Side,
    /// The second set, which is judged.
    pub b: Side,
    /// Whether run i of A and run i of B stood beside each other in time.
    pub paired: bool,
    /// What differs between the sets and was let pass.
    pub unlike: Vec<String>,
    /// Confidence at which a single metric was judged, so that all of them together are right 99 % of the time.
    pub confidence_of_each: f64,
    /// Every metric with what came of it.
    pub metrics: Vec<Judged>,
    /// Of all metrics: worse if one is, better if one is and none is worse.
    pub verdict: Verdict,
    /// The stage whose CPU time grew most, of those that are worse; null if none is.
    pub slower_stage: Option<String>,
}

/// One set of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Where it came from.
    pub name: String,
    /// Commits that the runs say they were built from.
    pub commits: Vec<String>,
    /// How many runs there are.
    pub runs: usize,
}

/// One metric of both sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// What it is called.
    pub name: String,
    /// The stage that it is of; null for the whole.
    pub stage: Option<String>,
    /// Its unit.
    pub unit: String,
    /// Median of the first set.
    pub a: f64,
    /// Median of the second.
    pub b: f64,
    /// B divided by A, by the estimator that the interval is of; null if it cannot be told.
    pub ratio: Option<f64>,
    /// Lower end of its 95 % interval; null with too few runs.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// A difference below this share of A is nobody's concern.
    pub floor: f64,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a metric, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// B is better.
    Better,
    /// B is worse.
    Worse,
    /// There is no difference that is both certain and large enough.
    WithinNoise,
    /// There are too few runs to say anything.
    Undecided,
}

impl Verdict {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::WithinNoise => "within noise",
            Verdict::Undecided => "undecided",
        }
    }
}

/// A set of runs with its name.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a> {
    /// Where it came from.
    pub name: &'a str,
    /// The runs, in the order in which they were made.
    pub runs: &'a [Run],
}

/// Compares two sets of runs.
///
/// # Errors
/// [`Unlike`], if they are not of the same thing, or one of them is not to be believed.
pub fn compare(a: Set<'_>, b: Set<'_>, pairing: Pairing, allowed: Allowed) -> Result<Comparison, Unlike> {
    let unlike = unlike(a.runs, b.runs, allowed)?;
    let metrics = metrics(a.runs, b.runs);
    let confidence_of_each = 1.0 - (1.0 - WHOLE) / metrics.len().max(1) as f64;
    let judge = |metric: &Metric| judge(metric, pairing, confidence_of_each);
    let judged: Vec<Judged> = metrics.iter().map(judge).collect();
    Ok(Comparison {
        schema: SCHEMA.to_owned(),
        a: side(a),
        b: side(b),
        paired: pairing == Pairing::Paired,
        unlike,
        confidence_of_each,
        verdict: overall(&judged),
        slower_stage: slower_stage(&judged),
        metrics: judged,
    })
}

fn side(set: Set<'_>) -> Side {
    let mut commits: Vec<String> = set.runs.iter().map(|run| run.commit.clone()).collect();
    commits.sort();
    commits.dedup();
    Side { name: set.name.to_owned(), commits, runs: set.runs.len() }
}

fn judge(metric: &Metric, pairing: Pairing, confidence: f64) -> Judged {
    let Metric { a, b, floor, .. } = metric;
    let resamples = Resamples::of(a, b, pairing);
    let enough = a.len().min(b.len()) >= RUNS_MIN;
    let shown = resamples.as_ref().filter(|_| enough).map(|resamples| interval(resamples, SHOWN));
    let certain = resamples.as_ref().filter(|_| enough).map(|resamples| interval(resamples, confidence));
    let ratio = resamples.as_ref().map(Resamples::ratio);
    let verdict = match (ratio, certain) {
        (Some(ratio), Some((low, high))) => metric.verdict(ratio, low, high),
        // Zero on both sides is no difference; what was not measured enough is not judged.
        _ if enough => Verdict::WithinNoise,
        _ => Verdict::Undecided,
    };
    Judged {
        name: metric.name.clone(),
        stage: metric.stage.clone(),
        unit: metric.unit.to_owned(),
        a: interval::median(a),
        b: interval::median(b),
        ratio,
        low: shown.map(|(low, _)| low),
        high: shown.map(|(_, high)| high),
        floor: *floor,
        verdict,
    }
}

fn overall(judged: &[Judged]) -> Verdict {
    let any = |verdict| judged.iter().any(|metric| metric.verdict == verdict);
    let order = [Verdict::Worse, Verdict::Better, Verdict::Undecided];
    order.into_iter().find(|verdict| any(*verdict)).unwrap_or(Verdict::WithinNoise)
}

fn slower_stage(judged: &[Judged]) -> Option<String> {
    let worse = judged.iter().filter(|metric| metric.verdict == Verdict::Worse && metric.stage.is_some());
    let most = worse.max_by(|x, y| (x.b - x.a).total_cmp(&(y.b - y.a)))?;
    most.stage.clone()
}

/// The JSON Schema of [`Comparison`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Comparison)
}
