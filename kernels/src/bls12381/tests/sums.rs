//! Sums of points, each times a coefficient, against one multiplication after the other.
#![expect(unsafe_code, reason = "calls of blst, on numbers and points in memory")]

use blst::{
    blst_p1, blst_p1_add_or_double, blst_p1_add_or_double_affine, blst_p1_from_affine, blst_p1_mult, blst_p2,
    blst_p2_add_or_double, blst_p2_from_affine, blst_p2_mult,
};

use crate::bls12381::coefficients::{Coefficient, Draw};
use crate::bls12381::points::{G1, G2, hash};

/// The curve's parameter, but for its sign.
const X: u128 = 0xd201_0000_0001_0000;

/// a + b x², little-endian.
fn number(coefficient: Coefficient) -> [u8; 32] {
    let [a, b] = coefficient.parts().map(u128::from);
    let (low, high) = ((X * X) & u128::from(u64::MAX), (X * X) >> 64);
    let low = b * low + a;
    let high = b * high + (low >> 64);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(low as u64).to_le_bytes());
    bytes[8..24].copy_from_slice(&high.to_le_bytes());
    bytes
}

fn combination_one_by_one_g1(terms: &[(G1, Coefficient)]) -> blst_p1 {
    let mut sum = blst_p1::default();
    for (point, coefficient) in terms {
        let (scalar, mut term) = (number(*coefficient), blst_p1::default());
        // SAFETY: every pointer is to a value on the stack, and 192 bits of a scalar of 32 bytes are read.
        unsafe {
            blst_p1_from_affine(&mut term, &point.0);
            blst_p1_mult(&mut term, &term, scalar.as_ptr(), 192);
            blst_p1_add_or_double(&mut sum, &sum, &term);
        }
    }
    sum
}

fn combination_one_by_one_g2(terms: &[(G2, Coefficient)]) -> blst_p2 {
    let mut sum = blst_p2::default();
    for (point, coefficient) in terms {
        let (scalar, mut term) = (number(*coefficient), blst_p2::default());
        // SAFETY: every pointer is to a value on the stack, and 192 bits of a scalar of 32 bytes are read.
        unsafe {
            blst_p2_from_affine(&mut term, &point.0);
            blst_p2_mult(&mut term, &term, scalar.as_ptr(), 192);
            blst_p2_add_or_double(&mut sum, &sum, &term);
        }
    }
    sum
}

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

fn check(coefficients: &[Coefficient]) {
    let (keys, signatures) = points(coefficients.len());
    let keys: Vec<_> = keys.into_iter().zip(coefficients.iter().copied()).collect();
    assert_eq!(G1::combination(keys.iter().copied()), combination_one_by_one_g1(&keys));
    let signatures: Vec<_> = signatures.into_iter().zip(coefficients.iter().copied()).collect();
    assert_eq!(G2::combination(signatures.iter().copied()), combination_one_by_one_g2(&signatures));
}

#[test]
fn a_sum_of_multiples_is_right_at_the_ends_of_the_range_of_its_coefficients() {
    let most = u128::from(u64::MAX);
    let ends = [1, 2, most, most - 1, 1 << 63, most + 1, most << 64, 1 << 127, u128::MAX, u128::MAX - 1]
        .map(|number| Coefficient::new(number).expect("not 0"));
    ends.iter().for_each(|end| check(&[*end]));
    for len in [2, 3, 15, 16, 17, 31, 64] {
        check(&ends.iter().cycle().take(len).copied().collect::<Vec<_>>());
        check(&[ends[8]].repeat(len));
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
    let (key, one) = (G1::minus_generator(), Draw::new(&[1; 32]).finish(1)[0]);
    let mut opposite = key;
    // SAFETY: writes the negative of one number to another.
    unsafe { blst::blst_fp_cneg(&mut opposite.0.y, &key.0.y, true) };
    let sum = G1::combination([(key, one), (opposite, one)].into_iter());
    assert!(G1::normalized(&[sum])[0].is_infinity() && !key.is_infinity());
    assert!(G1::sum(&[key, opposite]).is_infinity() && G1::sum(&[]).is_infinity());
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
