//! The prices, measured: what tables and sums cost in recoveries.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, SecretKey};

use crate::Level;
use crate::ecdsa;
use crate::hash::keccak256;
use crate::secp256k1::equations::{Equations, Hinted, secret_point};
use crate::secp256k1::price::Price;
use crate::secp256k1::sum::Start;
use crate::secp256k1::{Claim, KnownKey};

/// Digest, signature, parity and key.
pub(super) type Signed = ([u8; 32], [u8; 64], u8, KnownKey);

pub(super) fn signed(count: usize) -> Vec<Signed> {
    let one = |index: usize| {
        let digest = keccak256(&index.to_le_bytes());
        let secret = SecretKey::from_secret_bytes(digest).expect("below the order");
        let (parity, signature) =
            RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(digest), &secret)
                .serialize_compact();
        let key = ecdsa::recover(&digest, &signature, parity.to_u8()).expect("valid");
        (digest, signature, parity.to_u8(), KnownKey::from_bytes(&key).expect("a point"))
    };
    (0..count).map(one).collect()
}

fn hinted(signed: &[Signed]) -> Vec<Hinted<'_>> {
    signed
        .iter()
        .enumerate()
        .map(|(place, (digest, signature, y_parity, key))| Hinted {
            place,
            claim: Claim { digest, signature, y_parity: *y_parity, key: Some(key) },
            key: key.0,
        })
        .collect()
}

/// CPU time of this thread.
pub(super) fn timed(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    };
    let start = now();
    work();
    now() - start
}

/// What tables for `signed`, and a sum of them, cost in recoveries: the medians of `rounds`.
fn measure(signed: &[Signed], level: Level, rounds: usize) -> [f64; 2] {
    let (hinted, start) = (hinted(signed), Start::at(secret_point(&[1; 32], level)));
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        times[0].push(timed(|| {
            for (digest, signature, y_parity, _) in signed {
                black_box(ecdsa::recover(digest, signature, *y_parity));
            }
        }));
        let mut equations = None;
        times[1].push(timed(|| equations = Some(Equations::new(&hinted, &[1; 32], level))));
        let equations = equations.expect("just made");
        times[2].push(timed(|| assert!(equations.hold(0..signed.len(), &start, level))));
    }
    let [recoveries, preparation, sum] = times.map(|mut times| {
        times.sort_unstable();
        times[rounds / 2].as_secs_f64()
    });
    [preparation, sum].map(|time| time / recoveries * signed.len() as f64)
}

/// Print them with `cargo test --release -p pelton-kernels --lib prices -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn prices_in_recoveries() {
    let signed = signed(128);
    println!("level, claims: tables measured and stated, a sum measured and stated");
    for level in Level::all() {
        for len in [4, 8, 16, 32, 64, 128] {
            let ([preparation, sum], stated) = (measure(&signed[..len], level, 41), Price::of(level));
            let (stated_preparation, stated_sum) = (stated.preparation(len), stated.sum.sum(len));
            println!(
                "{level} {len:3}: {preparation:6.2} {stated_preparation:6.2}  {sum:6.2} {stated_sum:6.2}"
            );
        }
    }
}

#[test]
fn the_measurement_of_prices_runs() {
    for level in Level::all() {
        assert!(measure(&signed(5), level, 1).iter().all(|price| *price > 0.0));
    }
}

#[test]
fn a_batch_is_made_of_true_claims_and_not_of_a_few_or_of_false_ones() {
    for price in Level::all().map(Price::of) {
        assert!(price.preparation_pays(128, 0.001) && price.sum.sum_pays(128, 0.0001));
        assert!(!price.preparation_pays(3, 0.0) && !price.preparation_pays(128, 0.5));
        assert!(!price.sum.sum_pays(128, 0.1), "the smaller the group, the likelier it holds");
        for len in [4, 30, 64, 128] {
            let expected = [0.0, 0.01, 0.1, 0.5, 1.0].map(|share| price.sum.expected(len, share));
            assert!(expected.is_sorted() && expected[4] <= len as f64, "{expected:?}");
        }
    }
}
