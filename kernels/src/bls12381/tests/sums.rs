//! Sums of points, each times a coefficient, against one multiplication after the other.
#![expect(unsafe_code, reason = "calls of blst, on numbers and points in memory")]

use blst::{
    blst_fr, blst_fr_add, blst_fr_from_scalar, blst_fr_mul, blst_fr_sub, blst_p1,
    blst_p1_add_or_double_affine, blst_p1_from_affine, blst_p1_mult, blst_p2, blst_p2_from_affine,
    blst_p2_mult, blst_scalar, blst_scalar_from_fr, blst_scalar_from_lendian,
};

use crate::bls12381::arithmetic::Arithmetic;
use crate::bls12381::coefficients::{Coefficient, DIGITS, Draw};
use crate::bls12381::points::{G1, G2, hash};
use crate::bls12381::tests::levels;

/// The square of the curve's parameter.
const SQUARE: u128 = 0xd201_0000_0001_0000 * 0xd201_0000_0001_0000;

/// The coefficient as a number modulo r, little-endian, by one digit after the other, with ω = -x².
fn number(coefficient: Coefficient) -> [u8; 32] {
    let scalar = |number: u128| {
        let (mut out, mut bytes) = (blst_fr::default(), [0; 32]);
        bytes[..16].copy_from_slice(&number.to_le_bytes());
        let mut scalar = blst_scalar::default();
        // SAFETY: every pointer is to a value on the stack, and 32 bytes are read.
        unsafe {
            blst_scalar_from_lendian(&mut scalar, bytes.as_ptr());
            blst_fr_from_scalar(&mut out, &scalar);
        }
        out
    };
    let combined = |function: unsafe extern "C" fn(*mut blst_fr, *const blst_fr, *const blst_fr), a, b| {
        let mut out = blst_fr::default();
        // SAFETY: the functions read two numbers and write one.
        unsafe { function(&mut out, &a, &b) };
        out
    };
    let omega = combined(blst_fr_sub, scalar(0), scalar(SQUARE));
    let bases = [scalar(1), combined(blst_fr_sub, scalar(1), omega), scalar(2)];
    let mut sum = scalar(0);
    for place in (0..DIGITS).rev() {
        sum = combined(blst_fr_mul, sum, scalar(4));
        if let Some(digit) = coefficient.digit(place) {
            let base = bases[digit.multiple];
            let turned = (0..digit.turn).fold(base, |number, _| combined(blst_fr_mul, number, omega));
            let function = if digit.is_negative { blst_fr_sub } else { blst_fr_add };
            sum = combined(function, sum, turned);
        }
    }
    let mut out = blst_scalar::default();
    // SAFETY: reads a number and writes one.
    unsafe { blst_scalar_from_fr(&mut out, &sum) };
    out.b
}

macro_rules! multiples {
    ($name:ident, $group:ident, $jacobian:ident, $from_affine:ident, $multiply:ident) => {
        fn $name(points: &[$group], coefficients: &[Coefficient]) -> Vec<$jacobian> {
            let multiple = |(point, coefficient): (&$group, &Coefficient)| {
                let (scalar, mut out) = (number(*coefficient), $jacobian::default());
                // SAFETY: every pointer is to a value on the stack, and 255 bits of a scalar of 256 are read.
                unsafe {
                    $from_affine(&mut out, &point.0);
                    $multiply(&mut out, &out, scalar.as_ptr(), 255);
                }
                out
            };
            points.iter().zip(coefficients).map(multiple).collect()
        }
    };
}

multiples!(multiples_in_g1, G1, blst_p1, blst_p1_from_affine, blst_p1_mult);
multiples!(multiples_in_g2, G2, blst_p2, blst_p2_from_affine, blst_p2_mult);

/// Keys and hashes that have nothing to do with each other, `len` of them.
fn points(len: usize) -> (Vec<G1>, Vec<G2>) {
    let hashes: Vec<_> = (0..len).map(|index| hash(&index.to_le_bytes(), b"tests")).collect();
    let mut sum = blst_p1::default();
    let multiples = (0..len).map(|_| {
        // SAFETY: every pointer is to a value on the stack.
        unsafe { blst_p1_add_or_double_affine(&mut sum, &sum, &G1::minus_generator().0) };
        sum
    });
    (G1::normalized(&multiples.collect::<Vec<_>>()), G2::normalized(&hashes))
}

/// On every level: all in one sum, all by themselves, and in groups.
fn check(coefficients: &[Coefficient]) {
    let (keys, signatures) = points(coefficients.len());
    let multiples = multiples_in_g1(&keys, coefficients);
    let signature = G2::joined(&multiples_in_g2(&signatures, coefficients));
    let signature = G2::normalized(&[signature])[0];
    for level in levels() {
        let arithmetic = Arithmetic::new(level, &[3; 32]);
        assert_eq!(arithmetic.combine_signatures(&signatures, coefficients), signature, "{level}");
        for size in [1, 3, 20, keys.len().max(1)] {
            let groups: Vec<_> = keys.chunks(size).zip(coefficients.chunks(size)).collect();
            let expected: Vec<_> = multiples.chunks(size).map(G1::joined).collect();
            let combined = arithmetic.combine_keys(&groups);
            assert_eq!(combined, G1::normalized(&expected), "{size} of {}, {level}", keys.len());
        }
    }
}

#[test]
fn a_sum_of_multiples_is_right_at_the_ends_of_the_range_of_its_coefficients() {
    // One digit, low or high, and all digits the same: among them the greatest of each sign.
    let one_digit = (1..16).flat_map(|digit| [digit, digit << 124]);
    let all_digits = (1..16).map(|digit| u128::MAX / 15 * digit);
    let ends: Vec<_> = one_digit.chain(all_digits).filter_map(Coefficient::new).collect();
    assert_eq!(ends.len(), 45);
    ends.iter().for_each(|end| check(&[*end]));
    for (len, start) in [2, 3, 15, 16, 17, 31, 64].into_iter().zip(0..) {
        check(&ends.iter().cycle().skip(7 * start).take(len).copied().collect::<Vec<_>>());
        check(&[ends[44 - start]].repeat(len));
    }
    check(&[]);
}

#[test]
fn a_sum_of_any_length_of_random_multiples_is_right() {
    for len in (1..40).chain([64, 100, 300]) {
        check(&Draw::new(&[len as u8; 32]).finish(len));
    }
}

#[test]
fn terms_that_cancel_leave_infinity() {
    let (keys, signatures) = points(20);
    let coefficients = Draw::new(&[1; 32]).finish(20);
    let opposite: Vec<_> = keys.iter().map(G1::negative).collect();
    let (both_keys, both) =
        ([keys.clone(), opposite].concat(), [&coefficients[..], &coefficients[..]].concat());
    for level in levels() {
        let arithmetic = Arithmetic::new(level, &[3; 32]);
        // All together, in a few lanes, and each pair in a lane of its own, which then is infinity itself.
        assert!(arithmetic.combine_keys(&[(&both_keys, &both)])[0].is_infinity(), "{level}");
        let pair = ([keys[0], keys[0].negative()], [coefficients[0]; 2]);
        assert!(arithmetic.combine_keys(&[(&pair.0, &pair.1)])[0].is_infinity(), "{level}");
        let by_lane: Vec<_> = (0..16).map(|index| both_keys[index % 8 + index / 8 * 20]).collect();
        let theirs: Vec<_> = (0..16).map(|index| coefficients[index % 8]).collect();
        assert!(arithmetic.combine_keys(&[(&by_lane, &theirs)])[0].is_infinity(), "{level}");
        let none = arithmetic.combine_signatures(&[], &[]);
        assert!(none.is_infinity() && !signatures[0].is_infinity());
    }
    assert!(G1::sum(&[keys[0], keys[0].negative()]).is_infinity() && G1::sum(&[]).is_infinity());
}

/// Equal points with coefficients that make sums meet them, were it not for the secret start.
#[test]
fn equal_points_are_summed_up_like_any_others() {
    let (keys, signatures) = points(1);
    for bits in [1, 1 << 124, u128::MAX / 15, u128::MAX / 15 * 2, u128::MAX / 15 * 13, 0x12 << 120] {
        let coefficients = [Coefficient::new(bits).expect("not 0"); 64];
        let keys = [keys[0]; 64];
        let expected = G1::normalized(&[G1::joined(&multiples_in_g1(&keys, &coefficients))]);
        let signatures = [signatures[0]; 64];
        let signature = G2::normalized(&[G2::joined(&multiples_in_g2(&signatures, &coefficients))])[0];
        for level in levels() {
            let arithmetic = Arithmetic::new(level, &[3; 32]);
            assert_eq!(arithmetic.combine_keys(&[(&keys, &coefficients)]), expected, "{level}");
            assert_eq!(arithmetic.combine_signatures(&signatures, &coefficients), signature, "{level}");
        }
    }
}

#[test]
fn coefficients_change_with_the_seed_and_with_anything_that_is_absorbed() {
    let of = |seed, parts: &[&[u8]]| {
        let mut draw = Draw::new(&[seed; 32]);
        parts.iter().for_each(|part| draw.absorb_any(part));
        draw.finish(3)
    };
    let drawn = of(1, &[b"ab", b"c"]);
    assert_eq!(drawn, of(1, &[b"ab", b"c"]));
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    for other in [of(2, &[b"ab", b"c"]), of(1, &[b"a", b"bc"]), of(1, &[b"ab"]), of(1, &[b"ab", b"d"])] {
        assert!((0..3).all(|index| other[index] != drawn[index]));
    }
}
