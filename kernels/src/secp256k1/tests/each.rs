//! Keys recovered in lanes, beside libsecp256k1.

use std::hint::black_box;

use super::number;
use super::points::{base_times, scalar as some_scalar};
use super::prices::{signed, timed};
use crate::Level;
use crate::ecdsa;
use crate::secp256k1::Claim;
use crate::secp256k1::each::{Found, recover_each, recover_together};
use crate::secp256k1::scalar::{self, Scalar};
use crate::secp256k1::sum::Start;
use crate::secp256k1::table::BASE;

/// Digest, r ‖ s and parity.
type Signature = ([u8; 32], [u8; 64], u8);

fn claim((digest, signature, y_parity): &Signature) -> Claim<'_> {
    Claim { digest, signature, y_parity: *y_parity, key: None }
}

fn joined(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(r);
    signature[32..].copy_from_slice(s);
    signature
}

/// Signatures in range of which nobody knows whose they are, for about half of which there is no point, and digests at the
/// bounds between them.
fn drawn(count: usize) -> Vec<Signature> {
    let draw = |index: usize| {
        let mut halves = [scalar::bytes(&number(3 * index)), scalar::bytes(&number(3 * index + 1))];
        halves.iter_mut().for_each(|half| half[0] &= 0x3f);
        let digest = match index % 5 {
            0 => [0; 32],
            1 => ecdsa::ORDER,
            2 => [0xff; 32],
            _ => scalar::bytes(&number(3 * index + 2)),
        };
        (digest, joined(&halves[0], &halves[1]), (index % 2) as u8)
    };
    (0..count).map(draw).collect()
}

#[test]
fn each_key_is_what_libsecp256k1_recovers_in_batches_of_any_length() {
    let mut signatures: Vec<Signature> = signed(70)
        .into_iter()
        .map(|(digest, signature, y_parity, _)| (digest, signature, y_parity))
        .collect();
    signatures.extend(drawn(90));
    // R is the base point and s = e: the key would be infinity.
    let digest = scalar::bytes(&number(7)).map(|byte| byte & 0x3f);
    signatures.insert(75, (digest, joined(&scalar::bytes(&BASE.x), &digest), 0));
    let expected: Vec<_> = signatures
        .iter()
        .map(|(digest, signature, parity)| ecdsa::recover(digest, signature, *parity))
        .collect();
    assert!(
        expected.iter().flatten().count() > 90
            && expected.iter().any(Option::is_none)
            && expected[75].is_none()
    );
    let start = Start::at(base_times(&some_scalar(1_000)));
    for level in Level::all() {
        for (from, to) in [(0, 0), (0, 1), (3, 6), (0, 8), (69, 78), (60, 93), (0, 64), (0, 65), (0, 161)] {
            let claims: Vec<_> = signatures[from..to].iter().map(claim).collect();
            assert!(recover_each(&claims, &start, level) == expected[from..to], "{from}..{to}, {level}");
        }
        // Also where there is but one lane, and where few would be recovered one by one.
        let claims: Vec<_> = signatures[70..79].iter().map(claim).collect();
        let found = recover_together(&claims, &start, level);
        for (place, found) in found.into_iter().enumerate() {
            match (found, expected[70 + place]) {
                (Found::Key(point), Some(key)) => assert_eq!(point.to_bytes(), key, "{place}, {level}"),
                (Found::Nothing, None) => assert_ne!(place, 5),
                (Found::Lost, None) => assert_eq!(place, 5, "infinity looks lost"),
                other => panic!("{place}, {level}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_lane_that_meets_an_exception_says_so_and_no_other_lane_is_harmed() {
    // When its last digit comes, a lane that started at the base point is at 8^43 times that, and meets R or its opposite.
    let eight = Scalar::from_eisenstein((8, 0));
    let met = base_times(&(0..43).fold(Scalar::ONE, |power, _| power.times(&eight)));
    let (r, parity) = (scalar::bytes(&met.x), (met.y[0] & 1) as u8);
    let s = Scalar::from_bytes(&r);
    let s = if s.to_bytes() <= ecdsa::S_MAX { s } else { Scalar::ZERO.minus(&s) };
    let meets = ([0; 32], joined(&r, &s.to_bytes()), parity);
    let (here, elsewhere) = (Start::at(BASE), Start::at(base_times(&some_scalar(7))));
    for (level, lane) in Level::all().flat_map(|level| (0..8).map(move |lane| (level, lane))) {
        let mut signatures: Vec<Signature> = signed(8)
            .into_iter()
            .map(|(digest, signature, y_parity, _)| (digest, signature, y_parity))
            .collect();
        signatures[lane] = meets;
        let claims: Vec<_> = signatures.iter().map(claim).collect();
        let lost = |start| {
            let found = recover_together(&claims, start, level);
            found.into_iter().map(|found| found == Found::Lost).collect::<Vec<_>>()
        };
        assert!((0..8).map(|place| place == lane).eq(lost(&here)), "lane {lane}, {level}");
        assert!(!lost(&elsewhere).contains(&true), "lane {lane}, {level}");
        let expected =
            signatures.iter().map(|(digest, signature, parity)| ecdsa::recover(digest, signature, *parity));
        assert!(expected.eq(recover_each(&claims, &here, level)), "lane {lane}, {level}");
    }
}

/// Print it with `cargo test --release -p pelton-kernels --lib each -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn what_a_key_recovered_in_lanes_takes() {
    let signed = signed(128);
    let claims: Vec<_> = signed
        .iter()
        .map(|(digest, signature, y_parity, _)| Claim { digest, signature, y_parity: *y_parity, key: None })
        .collect();
    let start = Start::at(base_times(&some_scalar(1_000)));
    for level in Level::all() {
        for len in [1, 2, 3, 4, 8, 16, 32, 64, 128] {
            let (mut together, mut plainly) = (Vec::new(), Vec::new());
            for _ in 0..41 {
                together.push(timed(|| drop(black_box(recover_together(&claims[..len], &start, level)))));
                plainly.push(timed(|| {
                    for one in &claims[..len] {
                        black_box(ecdsa::recover(one.digest, one.signature, one.y_parity));
                    }
                }));
            }
            let [together, plainly] = [together, plainly].map(|mut times| {
                times.sort_unstable();
                times[20].as_nanos() / len as u128
            });
            println!("{level} {len:3}: {together:6} ns a key in lanes, {plainly:6} one by one");
        }
    }
}
