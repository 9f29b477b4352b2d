//! The prices, measured: what sums cost in equations by themselves.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::sums::{parsed, signed};
use crate::ed25519::portable::Portable;
use crate::ed25519::sums::Arithmetic;
use crate::ed25519::{Parsed, coefficients};
use crate::search::Price;

/// CPU time of this thread.
fn timed(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    };
    let start = now();
    work();
    now() - start
}

/// The time of one equation among `equations` alone, and what a sum of them costs in that unit: medians of `rounds`.
fn measure<A: Arithmetic>(arithmetic: &A, equations: &[A::Equation], rounds: usize) -> [f64; 2] {
    let coefficients = coefficients::draw(&[1; 32], equations.iter().map(A::scalars));
    let (mut alone, mut sums) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(timed(|| drop(black_box(arithmetic.hold(equations)))));
        sums.push(timed(|| assert!(arithmetic.sum_is_neutral(equations, &coefficients))));
    }
    let [alone, sum] = [alone, sums].map(|mut times| {
        times.sort_unstable();
        times[rounds / 2].as_secs_f64()
    });
    let lanes = arithmetic.price().lanes;
    let unit = alone / equations.len().next_multiple_of(lanes) as f64;
    [unit, sum / unit]
}

/// Prints a line for each length, and checks that true batches are cheaper in a sum.
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn report<A: Arithmetic>(name: &str, arithmetic: &A, equations: &[A::Equation]) {
    for len in [2, 4, 9, 16, 24, 32, 64, 128, 256] {
        let [unit, sum] = measure(arithmetic, &equations[..len], 41);
        let stated = arithmetic.price().sum(len);
        println!("{name} {len:3}: {:6.0} ns alone, a sum {sum:6.2}, stated {stated:6.2}", unit * 1e9);
    }
}

#[cfg(target_arch = "x86_64")]
fn in_lanes(
    parsed: &[Parsed],
    with: impl Fn(crate::Level, crate::curve25519::Curve, &[crate::curve25519::Equation]),
) {
    use crate::curve25519::{Curve, Equation, Scalar};
    for (level, curve) in crate::Level::all().filter_map(|level| Some((level, Curve::of(level)?))) {
        let point =
            |point: &curve25519_dalek::EdwardsPoint| curve.decompress(&[point.compress().to_bytes()]).0[0];
        let scalar = |scalar: &curve25519_dalek::Scalar| {
            Scalar::from_canonical(&scalar.to_bytes()).expect("what is reduced is canonical")
        };
        let equations: Vec<_> = parsed
            .iter()
            .map(|one| Equation {
                key: point(&one.key),
                challenge: scalar(&one.challenge),
                nonce: point(&one.nonce),
                s: scalar(&one.s),
            })
            .collect();
        with(level, curve, &equations);
    }
}

/// Print them with `cargo test --release -p pelton-kernels --lib ed25519::tests::prices -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn prices_in_equations() {
    let parsed: Vec<_> = (0..256).map(|number| parsed(&signed(number))).collect();
    report("portable", &Portable, &parsed);
    #[cfg(target_arch = "x86_64")]
    in_lanes(&parsed, |level, curve, equations| report(level.name(), &curve, equations));
}

#[test]
fn the_measurement_of_prices_runs() {
    let parsed: Vec<_> = (0..9).map(|number| parsed(&signed(number))).collect();
    assert!(measure(&Portable, &parsed, 1).iter().all(|price| *price > 0.0));
    #[cfg(target_arch = "x86_64")]
    in_lanes(&parsed, |_, curve, equations| {
        assert!(measure(&curve, equations, 1).iter().all(|price| *price > 0.0));
    });
}

#[test]
fn a_sum_is_made_of_many_true_equations_and_not_of_those_of_forgers() {
    let check = |price: Price| {
        assert!([16, 64, 250].iter().all(|len| price.sum_pays(*len, 0.00005)), "{price:?}");
        assert!([2, 64, 250].iter().all(|len| !price.sum_pays(*len, 0.5)), "{price:?}");
        assert!(!price.sum_pays(250, 0.05), "smaller groups are likelier to hold: {price:?}");
    };
    check(Portable.price());
    #[cfg(target_arch = "x86_64")]
    in_lanes(&[], |_, curve, _| check(curve.price()));
}
