//! Points and hashes against `curve25519-dalek` and `sha2`.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, IsIdentity};
use sha2::{Digest, Sha512};

use super::{Affine, Curve, Equation};
use crate::Level;

/// 64 bytes that look random and are the same in each run.
fn bytes(what: &str, index: usize) -> [u8; 64] {
    Sha512::digest(format!("{what} {index}")).into()
}

fn scalar(what: &str, index: usize) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&bytes(what, index))
}

/// A point whose part of small order is not neutral, in most cases.
fn point(index: usize) -> EdwardsPoint {
    EdwardsPoint::mul_base(&scalar("point", index)) + EIGHT_TORSION[index % 8]
}

fn affine(curve: Curve, points: &[EdwardsPoint]) -> Vec<Affine> {
    let encodings: Vec<_> = points.iter().map(|point| point.compress().to_bytes()).collect();
    let (points, found) = curve.decompress(&encodings);
    assert!(found.iter().all(|found| *found), "these are encodings of points");
    points
}

fn ours(scalar: Scalar) -> super::Scalar {
    super::Scalar::from_canonical(scalar.as_bytes()).expect("below the order")
}

fn equation(key: Affine, challenge: Scalar, nonce: Affine, s: Scalar) -> Equation {
    Equation { key, challenge: ours(challenge), nonce, s: ours(s) }
}

/// Tests the lanes of every level of this processor.
fn on_each_level(test: impl Fn(Curve)) {
    Level::all().filter_map(Curve::of).for_each(test);
}

#[test]
fn what_is_a_point_and_which_one_agrees() {
    on_each_level(|curve| {
        let mut encodings: Vec<[u8; 32]> = (0..500)
            .map(|index| *bytes("encoding", index).first_chunk().expect("the first half"))
            .chain((0..100).map(|index| point(index).compress().to_bytes()))
            .collect();
        for sign in [0, 0x80] {
            encodings.extend(EIGHT_TORSION.iter().map(|point| {
                let mut bytes = point.compress().to_bytes();
                bytes[31] |= sign;
                bytes
            }));
            for low in 0..=0xff {
                let (mut small, mut large) = ([0; 32], [0xff; 32]);
                (small[0], small[31], large[0], large[31]) = (low, sign, low, 0x7f | sign);
                encodings.extend([small, large]); // the large ones from 0xed on are not canonical
            }
        }
        let (decoded, found) = curve.decompress(&encodings);
        assert_eq!((decoded.len(), found.len()), (encodings.len(), encodings.len()));
        for (i, encoding) in encodings.iter().enumerate() {
            let expected = CompressedEdwardsY(*encoding).decompress();
            assert_eq!(found[i], expected.is_some(), "{encoding:x?}");
            let Some(expected) = expected else { continue };
            // 0 B - 1 A - R for R the negative of A.
            let key = decoded[i];
            let nonce = affine(curve, &[-expected])[0];
            let equation =
                |nonce| Equation { key, challenge: ours(Scalar::ONE), nonce, s: ours(Scalar::ZERO) };
            assert_eq!(curve.hold(&[equation(nonce)]), [true], "{encoding:x?}");
            assert_eq!(curve.hold(&[equation(key)]), [(expected * Scalar::from(16_u8)).is_identity()]);
        }
    });
}

#[test]
fn a_sum_of_any_length_is_neutral_exactly_if_it_is() {
    on_each_level(|curve| {
        for len in [0, 1, 2, 7, 8, 47, 48, 49, 90, 91, 250, 251] {
            let (mut sum, mut equations, mut coefficients) =
                (EdwardsPoint::identity(), Vec::new(), Vec::new());
            for i in 0..len {
                let (key, nonce) = (point(2 * i), point(2 * i + 1));
                let z = match i {
                    0 => u128::MAX,
                    1 => 1,
                    _ => u128::from_le_bytes(*bytes("z", i).first_chunk().expect("16 bytes")),
                };
                let half = Scalar::from(2_u8).invert();
                let edges = [-Scalar::ONE, Scalar::ZERO, half, half - Scalar::ONE];
                let challenge = edges.get(i).copied().unwrap_or(scalar("k", i));
                let s = edges.get(i / 5).copied().unwrap_or(scalar("s", i));
                sum += Scalar::from(z) * (challenge * key + nonce - s * ED25519_BASEPOINT_POINT);
                let decoded = affine(curve, &[key, nonce]);
                equations.push(equation(decoded[0], challenge, decoded[1], s));
                coefficients.push(z);
            }
            assert_eq!(curve.sum_is_neutral(&equations, &coefficients), len == 0, "{len} random ones");
            let rest = affine(curve, &[-sum, EdwardsPoint::identity()]);
            equations.push(equation(rest[0], Scalar::ONE, rest[1], Scalar::ZERO));
            coefficients.push(1);
            assert!(curve.sum_is_neutral(&equations, &coefficients), "{len} random ones and their negative");
            *coefficients.last_mut().expect("it has one") = 2;
            assert_eq!(curve.sum_is_neutral(&equations, &coefficients), len == 0, "twice the negative");
        }
    });
}

#[test]
fn equations_hold_exactly_where_dalek_finds_so() {
    on_each_level(|curve| {
        let (mut equations, mut expected) = (Vec::new(), Vec::new());
        for i in 0..45 {
            let key = point(i);
            let edges = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(2_u8).invert()];
            let pick = |what, at| if i % 11 == at { edges[i / 11 % 4] } else { scalar(what, i) };
            let (challenge, s) = (pick("k", 3), pick("s", 5));
            let right = s * ED25519_BASEPOINT_POINT - challenge * key + EIGHT_TORSION[i / 8 % 8];
            let nonce = if i % 3 == 1 { right + point(i) } else { right };
            let holds =
                (s * ED25519_BASEPOINT_POINT - challenge * key - nonce).mul_by_cofactor().is_identity();
            expected.push(holds);
            let decoded = affine(curve, &[key, nonce]);
            equations.push(equation(decoded[0], challenge, decoded[1], s));
        }
        assert_eq!(curve.hold(&equations), expected);
        assert_eq!(curve.hold(&equations[..3]), expected[..3]);
        assert!(expected.contains(&true) && expected.contains(&false));
    });
}

#[test]
fn hashes_agree_for_lengths_around_every_block_and_beyond_the_short_ones() {
    on_each_level(|curve| {
        let lengths = (0..400).chain(1000..1050).chain([5000, 3]);
        let messages: Vec<Vec<u8>> =
            lengths.map(|len| (0..len).map(|i| (i * 7 + len) as u8).collect()).collect();
        let halves: Vec<_> = (0..messages.len()).map(|i| bytes("halves", i)).collect();
        let parts = |half: &'_ [u8; 64]| {
            let (first, second) = half.split_at(32);
            (<[u8; 32]>::try_from(first).expect("32 bytes"), <[u8; 32]>::try_from(second).expect("32 bytes"))
        };
        let parts: Vec<_> = halves.iter().map(parts).collect();
        let all: Vec<_> = parts.iter().zip(&messages).map(|((r, a), message)| (r, a, &message[..])).collect();
        // Again backwards and with gaps, so that long and short ones meet in all lanes.
        let mixed: Vec<_> = (0..all.len()).map(|i| all[i * 37 % all.len()]).collect();
        for messages in [all, mixed] {
            for ((r, a, message), hash) in messages.iter().zip(curve.sha512(&messages)) {
                let expected = Sha512::new().chain_update(r).chain_update(a).chain_update(message).finalize();
                assert_eq!(hash, <[u8; 64]>::from(expected), "{} bytes", message.len());
            }
        }
    });
}
