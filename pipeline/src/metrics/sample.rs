//! `Samples`: what was copied out at some moment.

use super::buckets::Buckets;
use super::{Kind, Metric};

/// A value and what it is the value of.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its line of the table.
    pub metric: &'static Metric,
    /// Values of its labels, in the order of the table.
    pub labels: Vec<String>,
    /// The value.
    pub value: Value,
}

/// What a sample says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Buckets(Buckets),
}

/// Samples in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(Vec<Sample>);

impl Samples {
    /// Adds the value of a counter or a gauge.
    ///
    /// # Panics
    /// If the table says otherwise.
    pub fn number<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], value: f64) {
        assert!(!matches!(metric.kind, Kind::Histogram { .. }), "{} is a histogram", metric.name);
        self.push(metric, labels, Value::Number(value));
    }

    /// The same of what is counted in whole.
    pub fn count<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], value: u64) {
        self.number(metric, labels, value as f64);
    }

    /// Adds a histogram.
    pub fn buckets<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], buckets: Buckets) {
        self.push(metric, labels, Value::Buckets(buckets));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.0.iter()
    }

    /// Adds all of others.
    pub fn extend(&mut self, others: &Samples) {
        self.0.extend_from_slice(&others.0);
    }

    fn push<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], value: Value) {
        assert_eq!(labels.len(), metric.labels.len(), "{} has the labels of its line", metric.name);
        self.0.push(Sample { metric, labels: labels.map(str::to_owned).to_vec(), value });
    }
}
