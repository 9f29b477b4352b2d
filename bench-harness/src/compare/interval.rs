//! The ratio of two sets of measurements, and an interval for it.
//!
//! Logarithms make ratios differences. The estimate is Hodges and Lehmann's: the median of the averages of all pairs of
//! differences, which a few disturbed runs hardly move. Its interval comes from the bootstrap: the same estimate of many
//! sets drawn from the measurements. That is too narrow for few runs, so both ends are moved out by sqrt(n / (n - 1)) and
//! by how much further out Student's distribution has its quantile than the normal one; likewise for confidences so high that
//! no number of draws would tell them.
//! (T. Hesterberg, What Teachers Should Know About the Bootstrap, 2015, on why percentile intervals are too narrow.)

use pelton_pipeline::random::Random;

/// Sets that are drawn: enough for the ends of an interval of 95 %.
const DRAWS: usize = 2_000;

/// Whether measurements stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Measurement i of one and i of the other were made one after the other.
    Paired,
    /// They were made at any time.
    Independent,
}

/// The estimate, and what it was in every set drawn.
#[derive(Clone, Debug)]
pub struct Resamples {
    estimate: f64,
    /// In ascending order.
    drawn: Vec<f64>,
    /// Measurements on the smaller side.
    count: usize,
}

impl Resamples {
    /// Draws; none if a measurement is missing or not above zero.
    pub fn of(a: &[f64], b: &[f64], pairing: Pairing) -> Option<Resamples> {
        let usable = |set: &[f64]| !set.is_empty() && set.iter().all(|value| *value > 0.0);
        if !usable(a) || !usable(b) || (pairing == Pairing::Paired && a.len() != b.len()) {
            return None;
        }
        let logs = |set: &[f64]| set.iter().map(|value| value.ln()).collect::<Vec<f64>>();
        let (a, b) = (logs(a), logs(b));
        // A fixed sequence, so that the same measurements give the same interval.
        let mut random = Random::new(1);
        let (estimate, mut drawn): (f64, Vec<f64>) = match pairing {
            Pairing::Paired => {
                let steps: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
                (centre(&steps), (0..DRAWS).map(|_| centre(&draw(&mut random, &steps))).collect())
            }
            Pairing::Independent => {
                let one = |random: &mut Random| shift(&draw(random, &a), &draw(random, &b));
                (shift(&a, &b), (0..DRAWS).map(|_| one(&mut random)).collect())
            }
        };
        drawn.sort_by(f64::total_cmp);
        Some(Resamples { estimate, drawn, count: a.len().min(b.len()) })
    }

    /// The second set divided by the first.
    pub fn ratio(&self) -> f64 {
        self.estimate.exp()
    }
}

/// Lower and upper end of the ratio's interval at this confidence.
pub fn interval(resamples: &Resamples, confidence: f64) -> (f64, f64) {
    let Resamples { estimate, drawn, count } = resamples;
    let tail = 0.025;
    let at = |quantile: f64| drawn[((drawn.len() - 1) as f64 * quantile).round() as usize];
    let n = (*count).max(2) as f64;
    let normal = normal_quantile(1.0 - tail);
    let asked = student_quantile(normal_quantile(0.5 + confidence / 2.0), n - 1.0);
    let widen = (n / (n - 1.0)).sqrt() * asked / normal;
    let out = |end: f64| (estimate + (end - estimate) * widen).exp();
    (out(at(tail)), out(at(1.0 - tail)))
}

/// The middle value, or the mean of the two in the middle; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    if values.is_empty() {
        return 0.0;
    }
    let (lower, upper) = ((values.len() - 1) / 2, values.len() / 2);
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[lower], values[upper])
}

/// Median of the averages of all pairs, each with itself too.
fn centre(values: &[f64]) -> f64 {
    let pairs =
        values.iter().enumerate().flat_map(|(i, x)| values[i..].iter().map(move |y| f64::midpoint(*x, *y)));
    median(&pairs.collect::<Vec<f64>>())
}

/// Median of all differences between the sets.
fn shift(a: &[f64], b: &[f64]) -> f64 {
    median(&b.iter().flat_map(|y| a.iter().map(move |x| y - x)).collect::<Vec<f64>>())
}

/// The point below which a standard normal variable is with this probability, above one half.
fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 9.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_below(middle) < probability { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Probability that a standard normal variable is below `x`, by the Taylor series of its integral over its density.
fn normal_below(x: f64) -> f64 {
    let (mut sum, mut term, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Student's quantile for these degrees of freedom from the normal one, by Cornish and Fisher's expansion.
fn student_quantile(z: f64, freedom: f64) -> f64 {
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

/// As many values as there are, each any of them.
fn draw(random: &mut Random, values: &[f64]) -> Vec<f64> {
    (0..values.len()).map(|_| values[random.below(values.len() as u64) as usize]).collect()
}

#[cfg(test)]
mod tests {
    use pelton_pipeline::random::Random;

    use super::{Pairing, Resamples, centre, interval, median, normal_quantile, student_quantile};

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (probability, expected) in [(0.975, 1.959_964), (0.995, 2.575_829), (0.999, 3.090_232)] {
            assert!((normal_quantile(probability) - expected).abs() < 1e-6);
        }
        for (freedom, expected) in [(4.0, 2.776), (9.0, 2.262), (29.0, 2.045)] {
            assert!((student_quantile(1.959_964, freedom) - expected).abs() < 0.02 * expected);
        }
    }

    #[test]
    fn a_disturbed_run_hardly_moves_the_centre() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(centre(&[0.0, 0.01, -0.01, 0.0, 0.02, -0.02, 5.0]).abs() < 0.02);
    }

    /// Twelve uniform numbers make one that is nearly normal, of mean 0 and deviation 1.
    fn normal(random: &mut Random) -> f64 {
        (0..12).map(|_| random.next_u64() as f64 / u64::MAX as f64).sum::<f64>() - 6.0
    }

    #[test]
    fn an_interval_holds_the_truth_about_as_often_as_it_says() {
        for (pairing, runs) in [(Pairing::Paired, 6), (Pairing::Paired, 12), (Pairing::Independent, 8)] {
            let mut random = Random::new(runs as u64);
            let truth: f64 = 1.05;
            let held = (0..200).filter(|_| {
                let mut draw = |mean: f64| -> Vec<f64> {
                    (0..runs).map(|_| mean * (0.03 * normal(&mut random)).exp()).collect()
                };
                let (a, b) = (draw(100.0), draw(100.0 * truth));
                let (low, high) = interval(&Resamples::of(&a, &b, pairing).expect("all is above zero"), 0.95);
                (low..=high).contains(&truth)
            });
            let held = held.count();
            assert!(held >= 180, "{pairing:?} of {runs}: {held} of 200");
        }
    }
}
