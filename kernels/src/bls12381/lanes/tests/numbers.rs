//! Every operation on numbers at the ends of their ranges and on random ones.

use blst::*;

use super::{with_lanes, word};
use crate::bls12381::lanes::LANES;
use crate::bls12381::lanes::constants::{LOW, Limbs, ONE, PRIME, TO_BLST, multiple_of_prime};
use crate::bls12381::lanes::field::Field;
use crate::bls12381::lanes::power::{inverse_root, root, root_lanes};
use crate::bls12381::lanes::quadratic::Quadratic;
use crate::bls12381::lanes::tower::{Dodecic, Line, Sextic};

fn plain(number: u64) -> blst_fp {
    let mut out = blst_fp::default();
    // SAFETY: reads six words and writes a number.
    unsafe { blst_fp_from_uint64(&mut out, [number, 0, 0, 0, 0, 0].as_ptr()) };
    out
}

/// One of blst's functions of two numbers.
fn apply<T: Default>(function: unsafe extern "C" fn(*mut T, *const T, *const T), a: &T, b: &T) -> T {
    let mut out = T::default();
    // SAFETY: the functions read two numbers and write one.
    unsafe { function(&mut out, a, b) };
    out
}

fn mul(a: &blst_fp, b: &blst_fp) -> blst_fp {
    apply(blst_fp_mul, a, b)
}

/// What limbs of any size stand for: their value divided by 2^416.
fn meaning(limbs: &Limbs) -> blst_fp {
    let (base, mut value, mut inverse_of_r) = (plain(1 << 52), plain(0), plain(1));
    for limb in limbs.iter().rev() {
        value = apply(blst_fp_add, &mul(&value, &base), &plain(*limb));
    }
    for _ in limbs {
        inverse_of_r = mul(&inverse_of_r, &base);
    }
    let mut inverse = blst_fp::default();
    // SAFETY: reads a number and writes one.
    unsafe { blst_fp_inverse(&mut inverse, &inverse_of_r) };
    mul(&value, &inverse)
}

fn less_one(mut limbs: Limbs) -> Limbs {
    for limb in &mut limbs {
        let is_zero = *limb == 0;
        *limb = limb.wrapping_sub(1) & LOW as u64;
        if !is_zero {
            break;
        }
    }
    limbs
}

/// Numbers below `magnitude` p: the least, the greatest, some between, and those around multiples of p.
fn numbers(magnitude: u64) -> Vec<Limbs> {
    let mut one = [0; 8];
    one[0] = 1;
    let mut all = vec![[0; 8], one, less_one(PRIME), less_one(multiple_of_prime(magnitude))];
    if magnitude > 1 {
        all.extend([PRIME, multiple_of_prime(magnitude - 1), multiple_of_prime(magnitude / 2)]);
    }
    all.extend((0..12).map(|index| {
        let mut limbs = [0; 8];
        for (place, limb) in limbs.iter_mut().enumerate() {
            *limb = word("limb", 100 * index + place) & LOW as u64;
        }
        // Below p to begin with, and then some multiple of p more.
        limbs[7] %= PRIME[7];
        let multiple = multiple_of_prime(word("multiple", index) % magnitude);
        let mut carry = 0;
        for (limb, more) in limbs.iter_mut().zip(multiple) {
            let sum = *limb + more + carry;
            (*limb, carry) = (sum & LOW as u64, sum >> 52);
        }
        limbs
    }));
    all
}

/// What the lanes of `number` stand for, which must be the same in all.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read(number: &Field) -> blst_fp {
    let lanes = number.for_blst();
    assert!(lanes.iter().all(|lane| *lane == lanes[0]));
    lanes[0]
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read_quadratic(number: &Quadratic) -> blst_fp2 {
    blst_fp2 { fp: [read(&number.re), read(&number.im)] }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_field() {
    let all = numbers(1 << 17);
    for a in &all {
        let (lanes, expected) = (Field::splat(a), meaning(a));
        assert_eq!(read(&lanes), expected);
        assert_eq!(read(&lanes.square()), mul(&expected, &expected));
        let is_zero = expected == plain(0);
        assert_eq!(lanes.zero_lanes(), if is_zero { 0xff } else { 0 });
        let c = inverse_root(&lanes);
        let square = read(&c.square().mul(&lanes));
        let minus_one = apply(blst_fp_sub, &plain(0), &plain(1));
        assert!(is_zero || square == plain(1) || square == minus_one);
        for b in &all {
            assert_eq!(read(&lanes.mul(&Field::splat(b))), mul(&expected, &meaning(b)));
        }
    }
    // Sums may not be multiplied if they are that great; 2^16 p each is enough.
    for a in &numbers(1 << 16) {
        for b in &numbers(1 << 16) {
            let (left, right) = (Field::splat(a), Field::splat(b));
            assert_eq!(read(&left.add(&right)), apply(blst_fp_add, &meaning(a), &meaning(b)));
            assert_eq!(read(&left.sub::<0x1_0000>(&right)), apply(blst_fp_sub, &meaning(a), &meaning(b)));
        }
    }
}

/// Numbers whose product by a factor is tiny, written in all ways that their magnitude allows. Some become the tiny number
/// plus p before they are made canonical, and none becomes more.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_tiny() {
    let inverse = Field::splat(&TO_BLST).inverse();
    let mut beyond = 0;
    for tiny in 0..4 {
        let mut limbs = [0; 8];
        limbs[0] = tiny;
        // What times the factor is the tiny number times R.
        let number = Field::splat(&limbs).mul(&inverse);
        let number = number.canonical_times(&ONE).scatter()[0];
        for start in (0..1 << 17).step_by(8) {
            let all = LANES.map(|lane| {
                let (mut sum, mut carry) = (multiple_of_prime(start + lane as u64), 0);
                for (limb, more) in sum.iter_mut().zip(number) {
                    carry += *limb + more;
                    *limb = carry & LOW as u64;
                    carry >>= 52;
                }
                sum
            });
            let lanes = Field::gather(all.each_ref());
            let product = lanes.mul(&Field::splat(&TO_BLST)).wide();
            let less = product.minus(&Field::splat(&PRIME).wide()).carry::<0>();
            beyond += (!less.negative_lanes()).count_ones();
            assert_eq!(lanes.canonical_times(&TO_BLST).scatter(), [limbs; 8]);
        }
    }
    assert!(beyond > 0, "the case is among them");
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_quadratic() {
    let parts = numbers(1 << 16);
    let all: Vec<_> = (0..parts.len()).map(|i| [parts[i], parts[(i * 7 + 3) % parts.len()]]).collect();
    for a in &all {
        let (lanes, expected) = (Quadratic::splat(a), blst_fp2 { fp: a.each_ref().map(meaning) });
        assert_eq!(read_quadratic(&lanes.square()), apply(blst_fp2_mul, &expected, &expected));
        let fp = expected.fp;
        assert_eq!(read(&lanes.norm()), apply(blst_fp_add, &mul(&fp[0], &fp[0]), &mul(&fp[1], &fp[1])));
        let turned = [apply(blst_fp_sub, &fp[0], &fp[1]), apply(blst_fp_add, &fp[0], &fp[1])];
        assert_eq!(read_quadratic(&lanes.wide().turned().carry::<0x1_0000>()).fp, turned);
        for b in &all {
            let other = blst_fp2 { fp: b.each_ref().map(meaning) };
            assert_eq!(
                read_quadratic(&lanes.mul(&Quadratic::splat(b))),
                apply(blst_fp2_mul, &expected, &other)
            );
        }
    }
}

/// A number is a square or not, and where it is, the root is one: also of 0, of squares and of numbers without one part.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_roots() {
    let parts = numbers(1);
    let (mut squares, mut others) = (0, 0);
    for re in &parts {
        for im in &parts {
            let a = Quadratic::splat(&[*re, *im]);
            let (expected, mut out) = (read_quadratic(&a), blst_fp2::default());
            // SAFETY: reads a number and writes one.
            let is_square = unsafe { blst_fp2_sqrt(&mut out, &expected) };
            let root = root(&a);
            assert_eq!(root_lanes(&a, &root), if is_square { 0xff } else { 0 });
            if is_square {
                assert_eq!(read_quadratic(&root.square()), expected);
            }
            *(if is_square { &mut squares } else { &mut others }) += 1;
        }
    }
    assert!(squares > 50 && others > 50);
}

/// Products of numbers whose parts are as great as any that occur.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_tower() {
    let (large, small) = (numbers(284), numbers(92));
    for start in 0..large.len() {
        let part = |index: usize| {
            let parts = if index < 3 { &large } else { &small };
            let at = |index: usize| parts[(start * 5 + index * 3 + index * index) % parts.len()];
            Quadratic::splat(&[at(2 * index), at(2 * index + 1)])
        };
        let f = Dodecic([Sextic([part(0), part(1), part(2)]), Sextic([part(3), part(4), part(5)])]);
        let lines = [0, 1].map(|i| Line { a: part(6 + 3 * i), b: part(7 + 3 * i), c: part(8 + 3 * i) });
        let expected = read_dodecic(&f);
        assert_eq!(read_dodecic(&f.square()), expected * expected);
        assert_eq!(read_dodecic(&f.mul_line(&lines[0])), expected * read_line(&lines[0]));
        let mut conjugate = expected;
        // SAFETY: changes a number in place.
        unsafe { blst_fp12_conjugate(&mut conjugate) };
        assert_eq!(read_dodecic(&f.conjugate()), conjugate);
        let both = expected * read_line(&lines[0]) * read_line(&lines[1]);
        assert_eq!(read_dodecic(&f.mul_lines(&lines[0], &lines[1])), both);
        for power in [f.square(), f.mul_lines(&lines[1], &lines[0]), f.mul_line(&lines[0])] {
            let [c0, c1] = &power.0;
            assert!(
                c0.0.iter().all(|part| is_below(part, 284)) && c1.0.iter().all(|part| is_below(part, 92))
            );
        }
    }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn is_below(number: &Quadratic, magnitude: u64) -> bool {
    let bound = Field::splat(&multiple_of_prime(magnitude)).wide();
    let is_below = |part: &Field| part.wide().minus(&bound).carry::<0>().negative_lanes() == 0xff;
    is_below(&number.re) && is_below(&number.im)
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read_dodecic(f: &Dodecic) -> blst_fp12 {
    let sextic = |part: &Sextic| {
        let [a, b, c] = &part.0;
        blst_fp6 { fp2: [read_quadratic(a), read_quadratic(b), read_quadratic(c)] }
    };
    blst_fp12 { fp6: [sextic(&f.0[0]), sextic(&f.0[1])] }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read_line(line: &Line) -> blst_fp12 {
    let zero = blst_fp2::default();
    let (a, b, c) = (read_quadratic(&line.a), read_quadratic(&line.b), read_quadratic(&line.c));
    blst_fp12 { fp6: [blst_fp6 { fp2: [a, b, zero] }, blst_fp6 { fp2: [zero, c, zero] }] }
}

#[test]
fn numbers_in_lanes_are_those_of_blst_at_the_ends_of_their_ranges() {
    // SAFETY: the processor has the instructions.
    with_lanes(|_| unsafe { check_field() });
}

#[test]
fn tiny_numbers_are_canonical_whatever_they_were_made_of() {
    // SAFETY: the processor has the instructions.
    with_lanes(|_| unsafe { check_tiny() });
}

#[test]
fn numbers_of_the_extensions_are_those_of_blst_at_the_ends_of_their_ranges() {
    with_lanes(|_| {
        // SAFETY: the processor has the instructions.
        unsafe {
            check_quadratic();
            check_tower();
        }
    });
}

#[test]
fn roots_are_found_exactly_where_there_are_any() {
    // SAFETY: the processor has the instructions.
    with_lanes(|_| unsafe { check_roots() });
}
