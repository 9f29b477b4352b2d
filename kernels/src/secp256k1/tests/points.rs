use secp256k1::{PublicKey, SecretKey};

use super::number;
use crate::secp256k1::digits::{POINTS, TABLE, digits};
use crate::secp256k1::equations::{Equations, Hinted};
use crate::secp256k1::known_key::KnownKey;
use crate::secp256k1::level::Level;
use crate::secp256k1::recovery::Claim;
use crate::secp256k1::scalar::{self, Scalar};
use crate::secp256k1::sum::{IsInfinity, Start, Term};
use crate::secp256k1::table::{BASE, Decompress, Point, Tables};

pub(super) fn scalar(index: usize) -> Scalar {
    Scalar::from_bytes(&scalar::bytes(&number(index)))
}

/// `scalar` times the base point, by libsecp256k1.
pub(super) fn base_times(scalar: &Scalar) -> Point {
    let secret = SecretKey::from_secret_bytes(scalar.to_bytes()).expect("not zero");
    let key = PublicKey::from_secret_key(&secret).serialize_uncompressed();
    KnownKey::from_bytes(key.last_chunk().expect("64 of 65 bytes")).expect("a point").0
}

#[test]
fn a_table_holds_the_multiples_it_says_and_their_turns() {
    let scalars: Vec<_> = (0..19).map(scalar).collect();
    let points: Vec<_> = scalars.iter().map(base_times).collect();
    let unit = |turn| Scalar::from_eisenstein([(1, 0), (0, 1), (-1, -1)][turn]);
    for level in Level::all() {
        for len in [0, 1, 7, 8, 9, 19] {
            let tables = level.run(Tables(&points[..len]));
            assert_eq!(tables.len(), len * POINTS.len());
            for (entries, scalar) in tables.chunks(POINTS.len()).zip(&scalars) {
                for (entry, (a, b)) in entries.iter().zip(POINTS) {
                    let multiple = scalar.times(&Scalar::from_eisenstein((a.into(), b.into())));
                    for turn in 0..3 {
                        let expected = base_times(&multiple.times(&unit(turn)));
                        assert_eq!(
                            (entry.x[turn], entry.y),
                            (expected.x, expected.y),
                            "{a} + {b} ω, {level}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_point_is_found_by_its_x_and_parity_if_there_is_one() {
    for level in Level::all() {
        for len in [0, 1, 2, 15, 16, 17, 60] {
            let wanted: Vec<_> = (0..len)
                .map(|index| {
                    let mut x = number(index);
                    x[3] >>= 1;
                    (if index == 3 { [5, 0, 0, 0] } else { x }, index % 3 == 0)
                })
                .collect();
            let found = level.run(Decompress(&wanted));
            assert_eq!(found.len(), len);
            for ((x, odd), found) in wanted.iter().zip(found) {
                let mut encoded = [2 + u8::from(*odd); 33];
                encoded[1..].copy_from_slice(&scalar::bytes(x));
                let expected = PublicKey::from_slice(&encoded).ok().map(|key| key.serialize_uncompressed());
                let expected = expected
                    .and_then(|key| Some(KnownKey::from_bytes(key.last_chunk()?).expect("a point").0));
                assert_eq!(found, expected, "{level}");
            }
        }
    }
}

fn is_infinity(level: Level, start: &Start, points: &[Point], scalars: &[Scalar]) -> bool {
    let tables = level.run(Tables(points));
    let terms: Vec<_> = scalars
        .iter()
        .enumerate()
        .map(|(index, scalar)| Term { table: index as u32, digits: digits(scalar) })
        .collect();
    level.run(IsInfinity { start, tables: &tables, terms: &terms, long: terms.len() })
}

#[test]
fn a_sum_is_infinity_exactly_if_its_scalars_say_so() {
    let start = Start::at(base_times(&scalar(1000)));
    for level in Level::all() {
        for len in (1..20).chain([33]) {
            let logs: Vec<_> = (0..len).map(scalar).collect();
            let points: Vec<_> = logs.iter().map(base_times).collect();
            let mut scalars: Vec<_> = (0..len).map(|index| scalar(500 + index)).collect();
            let others = (1..len).fold(Scalar::ZERO, |sum, one| sum.plus(&logs[one].times(&scalars[one])));
            scalars[0] = Scalar::ZERO.minus(&others.times(&logs[0].invert()));
            assert!(is_infinity(level, &start, &points, &scalars), "{len} terms, {level}");
            scalars[len / 2] = scalars[len / 2].plus(&Scalar::ONE);
            assert!(!is_infinity(level, &start, &points, &scalars), "{len} terms, {level}");
        }
        assert!(is_infinity(level, &start, &[], &[]), "nothing is infinity");
    }
}

#[test]
fn a_sum_that_meets_an_exception_is_never_said_to_be_infinity() {
    let minus_one = Scalar::ZERO.minus(&Scalar::ONE);
    let (here, elsewhere) = (Start::at(BASE), Start::at(base_times(&scalar(7))));
    // When the last digit comes, a lane that started at the base point is at 8^43 times that, and meets this point.
    let eight = Scalar::from_eisenstein((8, 0));
    let met = base_times(&(0..43).fold(Scalar::ONE, |power, _| power.times(&eight)));
    for (level, lane) in Level::all().flat_map(|level| (0..8).map(move |lane| (level, lane))) {
        // P - P and -P + P in one lane: equal points first, or opposite ones.
        for (first, second) in [(Scalar::ONE, minus_one), (minus_one, Scalar::ONE)] {
            let mut scalars = [Scalar::ZERO; 17];
            (scalars[lane], scalars[lane + 8]) = (first, second);
            assert!(!is_infinity(level, &here, &[met; 17], &scalars), "lane {lane}, {level}");
            assert!(is_infinity(level, &elsewhere, &[met; 17], &scalars), "lane {lane}, {level}");
            assert!(is_infinity(level, &here, &[BASE; 17], &scalars), "lane {lane}, {level}");
        }
    }
    assert!(TABLE[0].value == (0, 0), "a zero scalar has no points");
}

#[test]
fn equations_hold_in_every_range_without_a_false_one_and_in_no_other() {
    let start = Start::at(base_times(&scalar(1000)));
    let secret = SecretKey::from_secret_bytes(scalar(5).to_bytes()).expect("not zero");
    let key = KnownKey(base_times(&scalar(5)));
    let mut signed: Vec<_> = (0..30)
        .map(|index| {
            let digest = scalar::bytes(&number(index));
            let message = secp256k1::Message::from_digest(digest);
            let signature = secp256k1::ecdsa::RecoverableSignature::sign_ecdsa_recoverable(message, &secret);
            (digest, signature.serialize_compact())
        })
        .collect();
    signed[11].0[31] ^= 1;
    let hinted: Vec<_> = signed
        .iter()
        .enumerate()
        .map(|(place, (digest, (parity, signature)))| {
            let claim = Claim { digest, signature, y_parity: parity.to_u8(), key: Some(&key) };
            Hinted { place, claim, key: key.0 }
        })
        .collect();
    for level in Level::all() {
        let equations = Equations::new(&hinted, &[1; 32], level);
        for (from, to) in
            [(0, 30), (0, 11), (0, 12), (11, 12), (10, 13), (12, 30), (12, 13), (5, 5), (12, 29)]
        {
            let expected = !(from..to).contains(&11);
            assert_eq!(equations.hold(from..to, &start, level), expected, "{from}..{to}, {level}");
        }
    }
}
