//! What claims cost, true and false, beside recovery one by one. Print it with
//!
//! ```text
//! cargo test --release -p pelton-kernels --test secp256k1_batch -- --ignored --nocapture
//! ```

use std::hint::black_box;
use std::time::Duration;

use pelton_kernels::secp256k1::BatchRecovery;
use pelton_kernels::{Level, ecdsa};
use rustix::time::{ClockId, clock_gettime};
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey};

use crate::case::{Case, claims, signed};

/// Which claims of a batch are forged.
type Forged = fn(usize) -> bool;

const NONE: Forged = |_| false;
const ONE_OF_TWO: Forged = |index| index.is_multiple_of(2);
const ONE_OF_FOUR: Forged = |index| index.is_multiple_of(4);
const ONE_OF_SIX: Forged = |index| index.is_multiple_of(6);
const ONE_OF_EIGHT: Forged = |index| index.is_multiple_of(8);
const ONE: Forged = |index| index == 77;
const ALL: Forged = |_| true;

/// What a forger may send, batch by batch and again.
const ORDERS: [(&str, &[Forged]); 13] = [
    ("none", &[NONE]),
    ("one in each batch", &[ONE]),
    ("every eighth", &[ONE_OF_EIGHT]),
    ("every sixth", &[ONE_OF_SIX]),
    ("every fourth", &[ONE_OF_FOUR]),
    ("every second", &[ONE_OF_TWO]),
    ("every eighth in every second batch", &[NONE, ONE_OF_EIGHT]),
    ("every fourth in every second batch", &[NONE, ONE_OF_FOUR]),
    ("every second in every second batch", &[NONE, ONE_OF_TWO]),
    ("every second in every third batch", &[NONE, NONE, ONE_OF_TWO]),
    ("every second in every fifth batch", &[NONE, NONE, NONE, NONE, ONE_OF_TWO]),
    ("all in every second batch", &[NONE, ALL]),
    ("all in every third batch", &[NONE, NONE, ALL]),
];

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

fn recover(cases: &[Case]) {
    for case in cases {
        black_box(ecdsa::recover(&case.digest, &case.signature, case.y_parity));
    }
}

/// What `batches` batches of `len` claims in an order cost, in recoveries of the same. The claims of a batch are sorted by
/// key before they are summed, so the forger sees to it that forged ones are spread evenly then.
fn cost(recovery: &BatchRecovery, signed: &[Case], order: &[Forged], batches: usize) -> f64 {
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for batch in 0..batches {
        let mut cases = signed.to_vec();
        for (index, case) in cases.iter_mut().enumerate() {
            case.digest[7] ^= u8::from(order[batch % order.len()](index));
        }
        let claims = claims(&cases);
        ours += timed(|| recovery.answer(&claims, &mut Vec::with_capacity(claims.len())));
        theirs += timed(|| recover(&cases[..cases.len() / 4])) * 4;
    }
    ours.as_secs_f64() / theirs.as_secs_f64()
}

/// `len` claims by as many keys, in the order in which they are summed: by x as a number of 64-bit words, least first.
fn sorted(len: usize) -> Vec<Case> {
    let mut cases: Vec<_> = (0..len).map(|index| signed(index, index)).collect();
    cases.sort_by_key(|case| {
        let key = case.key.expect("all are claimed").to_bytes();
        let (words, _) = key[..32].as_chunks::<8>();
        words.iter().rev().map(|word| u64::from_be_bytes(*word)).collect::<Vec<_>>()
    });
    cases
}

#[test]
#[ignore = "a measurement of a minute"]
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn what_forgers_cost() {
    let signed = sorted(128);
    println!("forged: recoveries for each claim, at first and later");
    for level in Level::all() {
        for (name, order) in ORDERS {
            let recovery = BatchRecovery::new([5; 32], level);
            let costs = [20, 40, 60, 60].map(|batches| cost(&recovery, &signed, order, batches));
            println!("{level}, {name}: {costs:.2?}");
        }
    }
}

#[test]
#[ignore = "a measurement of a few seconds"]
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn what_true_claims_cost() {
    println!("claims, of a key: recoveries for each claim");
    for of_a_key in [1, 10] {
        for len in [4, 8, 16, 32, 64, 128, 256] {
            let cases: Vec<_> = (0..len).map(|index| signed(index, index / of_a_key)).collect();
            for level in Level::all() {
                let recovery = BatchRecovery::new([5; 32], level);
                println!("{len:3} {of_a_key:2} {level}: {:.3}", cost(&recovery, &cases, &[NONE], 40));
            }
        }
    }
    let cases = sorted(32);
    let key = |case: &Case| PublicKey::from_slice(&[&[4], &case.key.expect("there").to_bytes()[..]].concat());
    let keys: Vec<_> = cases.iter().map(|case| key(case).expect("a point")).collect();
    let verify = || {
        for (case, key) in cases.iter().zip(&keys) {
            let signature = Signature::from_compact(&case.signature).expect("in range");
            let _ = black_box(secp256k1::ecdsa::verify(&signature, Message::from_digest(case.digest), key));
        }
    };
    let (verified, recovered) = (timed(verify), timed(|| recover(&cases)));
    println!("libsecp256k1, verified: {:.3}", verified.as_secs_f64() / recovered.as_secs_f64());
}

#[test]
fn the_measurements_run() {
    let signed = sorted(20);
    for (level, (_, order)) in Level::all().zip(ORDERS.into_iter().rev()) {
        assert!(cost(&BatchRecovery::new([5; 32], level), &signed, order, 3) > 0.0);
    }
}
