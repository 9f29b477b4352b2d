//! How throughput grows with threads: Gunther's universal scalability law, of which Amdahl's is the case without κ.
//!
//! ```text
//!                    λ n
//!   X(n) = ─────────────────────────        σ: share that is serial    κ: cost of every pair that has to agree
//!          1 + σ (n - 1) + κ n (n - 1)
//! ```
//!
//! n / X(n) is linear in the three unknowns 1/λ, σ/λ and κ/λ, so that least squares give them; those below zero are set to
//! it and the others fitted again. With two counts of threads only Amdahl's law can be fitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A law, and what it was fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    /// `Amdahl` or `universal scalability`.
    pub law: String,
    /// Transactions a second of one thread.
    pub lambda: f64,
    /// Share that is serial.
    pub sigma: f64,
    /// Cost of every pair that has to agree; 0 in Amdahl's law.
    pub kappa: f64,
    /// Threads from which on more of them would be slower; null if there are none.
    pub peak_threads: Option<f64>,
    /// Threads, what was measured, and what the law says.
    pub points: Vec<(usize, f64, f64)>,
}

impl Scaling {
    /// Transactions a second of so many threads.
    pub fn at(&self, threads: f64) -> f64 {
        let Scaling { lambda, sigma, kappa, .. } = self;
        lambda * threads / (1.0 + sigma * (threads - 1.0) + kappa * threads * (threads - 1.0))
    }
}

/// Fits measured (threads, transactions a second); none if there are fewer than two counts of threads.
pub fn fit(measured: &[(usize, f64)]) -> Option<Scaling> {
    let mut counts: Vec<usize> = measured.iter().map(|(threads, _)| *threads).collect();
    counts.sort_unstable();
    counts.dedup();
    let usable = measured.iter().all(|(threads, rate)| *threads > 0 && *rate > 0.0);
    if counts.len() < 2 || !usable {
        return None;
    }
    let terms: &[usize] = if counts.len() > 2 { &[0, 1, 2] } else { &[0, 1] };
    let [base, serial, pairs] = non_negative(measured, terms);
    if base <= 0.0 {
        return None;
    }
    let (lambda, sigma, kappa) = (1.0 / base, serial / base, pairs / base);
    let law = if terms.len() > 2 { "universal scalability" } else { "Amdahl" };
    let peak_threads = (kappa > 0.0).then(|| ((1.0 - sigma).max(0.0) / kappa).sqrt());
    let mut scaling = Scaling { law: law.to_owned(), lambda, sigma, kappa, peak_threads, points: Vec::new() };
    scaling.points =
        measured.iter().map(|(threads, rate)| (*threads, *rate, scaling.at(*threads as f64))).collect();
    Some(scaling)
}

/// The least squares over these terms, without those that come out below zero.
fn non_negative(measured: &[(usize, f64)], terms: &[usize]) -> [f64; 3] {
    let solved = least_squares(measured, terms);
    let below = terms.iter().rev().find(|term| **term > 0 && solved[**term] < 0.0);
    match below {
        Some(below) => {
            let fewer: Vec<usize> = terms.iter().copied().filter(|term| term != below).collect();
            non_negative(measured, &fewer)
        }
        None => solved,
    }
}

/// Minimises the squares of what remains of n / X relative to itself, by the normal equations.
fn least_squares(measured: &[(usize, f64)], terms: &[usize]) -> [f64; 3] {
    let mut matrix = [[0.0; 4]; 3];
    for (threads, rate) in measured {
        let n = *threads as f64;
        let target = n / rate;
        let row = [1.0, n - 1.0, n * (n - 1.0)].map(|value| value / target);
        for i in terms {
            for j in terms {
                matrix[*i][*j] += row[*i] * row[*j];
            }
            matrix[*i][3] += row[*i];
        }
    }
    eliminate(&mut matrix, terms)
}

fn eliminate(matrix: &mut [[f64; 4]; 3], terms: &[usize]) -> [f64; 3] {
    for pivot in terms {
        for row in terms.iter().filter(|row| *row != pivot) {
            let factor = matrix[*row][*pivot] / matrix[*pivot][*pivot];
            let from = matrix[*pivot];
            matrix[*row].iter_mut().zip(from).for_each(|(value, from)| *value -= factor * from);
        }
    }
    let mut solved = [0.0; 3];
    terms.iter().for_each(|term| solved[*term] = matrix[*term][3] / matrix[*term][*term]);
    solved
}

#[cfg(test)]
mod tests {
    use super::{Scaling, fit};

    fn law(lambda: f64, sigma: f64, kappa: f64) -> Scaling {
        Scaling { law: String::new(), lambda, sigma, kappa, peak_threads: None, points: Vec::new() }
    }

    #[test]
    fn a_law_that_was_planted_is_found_again() {
        for (sigma, kappa) in [(0.0, 0.0), (0.05, 0.0), (0.02, 0.001), (0.0, 0.002)] {
            let planted = law(1_000.0, sigma, kappa);
            let points: Vec<_> = [1, 2, 4, 8, 16].map(|n| (n, planted.at(n as f64))).into();
            let found = fit(&points).expect("there are enough counts");
            assert!((found.lambda - 1_000.0).abs() < 0.1, "{found:?}");
            assert!((found.sigma - sigma).abs() < 1e-6 && (found.kappa - kappa).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn two_counts_give_amdahl_and_one_gives_nothing() {
        let found = fit(&[(1, 100.0), (2, 180.0)]).expect("two counts");
        assert_eq!((found.law.as_str(), found.kappa), ("Amdahl", 0.0));
        assert!((found.sigma - 1.0 / 9.0).abs() < 1e-9, "{found:?}");
        assert_eq!(fit(&[(1, 100.0), (1, 110.0)]), None);
    }

    #[test]
    fn nothing_below_zero_comes_out_of_a_machine_that_scales_too_well() {
        let found = fit(&[(1, 100.0), (2, 210.0), (4, 430.0)]).expect("three counts");
        assert!(found.sigma >= 0.0 && found.kappa >= 0.0, "{found:?}");
    }
}
