//! Every operation, on limbs at the ends of their ranges and on random ones, against plain arithmetic bit by bit.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has these instructions, and moves numbers to lanes and back"
)]

use std::arch::x86_64::{__m512i, _mm512_loadu_si512, _mm512_storeu_si512};

use proptest::prelude::*;

use super::{Field, MANY_PRIMES, Wide};
use crate::Level;

/// A number below p in four words, the least significant first.
type Plain = [u64; 4];

const PRIME: Plain = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

fn add(a: Plain, b: Plain) -> Plain {
    let (mut sum, mut carry) = ([0; 4], 0);
    for i in 0..4 {
        let wide = u128::from(a[i]) + u128::from(b[i]) + carry;
        (sum[i], carry) = (wide as u64, wide >> 64);
    }
    if sum.iter().rev().ge(PRIME.iter().rev()) { subtract(sum, PRIME) } else { sum }
}

fn subtract(a: Plain, b: Plain) -> Plain {
    let (mut difference, mut borrow) = ([0; 4], false);
    for i in 0..4 {
        let (once, first) = a[i].overflowing_sub(b[i]);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        (difference[i], borrow) = (twice, first || second);
    }
    difference
}

fn negative(a: Plain) -> Plain {
    if a == [0; 4] { a } else { subtract(PRIME, a) }
}

fn times(a: Plain, b: Plain) -> Plain {
    let mut product = [0; 4];
    for bit in (0..256).rev() {
        product = add(product, product);
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            product = add(product, a);
        }
    }
    product
}

/// The value of limbs of any size.
fn plain(limbs: [u64; 5]) -> Plain {
    let weight = [1 << 51, 0, 0, 0];
    limbs.iter().rev().fold([0; 4], |sum, limb| add(times(sum, weight), [*limb, 0, 0, 0]))
}

type Eight = [[u64; 5]; 8];

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn from_lanes(lanes: &[u64; 8]) -> __m512i {
    // SAFETY: the array is 64 bytes, and the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn to_lanes(vector: __m512i) -> [u64; 8] {
    let mut lanes = [0; 8];
    // SAFETY: the array is 64 bytes, and the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), vector) };
    lanes
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn vectors(numbers: &Eight) -> [__m512i; 5] {
    let limb = |i: usize| numbers.map(|limbs| limbs[i]);
    [
        from_lanes(&limb(0)),
        from_lanes(&limb(1)),
        from_lanes(&limb(2)),
        from_lanes(&limb(3)),
        from_lanes(&limb(4)),
    ]
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn numbers(field: &Field) -> Eight {
    let mut numbers = [[0; 5]; 8];
    for (i, limbs) in field.0.into_iter().enumerate() {
        for (number, limb) in numbers.iter_mut().zip(to_lanes(limbs)) {
            number[i] = limb;
        }
    }
    numbers
}

/// The result has limbs below `bound` and the expected value in each lane.
#[track_caller]
fn check(what: &str, result: &Eight, bound: u64, expected: impl Fn(usize) -> Plain) {
    for (lane, limbs) in result.iter().enumerate() {
        assert!(limbs.iter().all(|limb| *limb < bound), "{what}, lane {lane}: {limbs:x?}");
        assert_eq!(plain(*limbs), expected(lane), "{what}, lane {lane}");
    }
}

const CARRIED: u64 = (1 << 51) + (1 << 18);

/// Operands below 2^52 in `a` and `b`, anything in `columns`.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_all(a: &Eight, b: &Eight, columns: &Eight) {
    let (x, y) = (Field(vectors(a)), Field(vectors(b)));
    let wide = Wide(vectors(columns));
    let (pa, pb) = (a.map(plain), b.map(plain));
    check("times", &numbers(&x.mul(&y)), CARRIED, |i| times(pa[i], pb[i]));
    check("square", &numbers(&x.square()), CARRIED, |i| times(pa[i], pa[i]));
    let (product, bound) = (x.times(&y), 5_000_000_000_000_000_000 / 4);
    check("wide product", &numbers(&Field(product.0)), bound, |i| times(pa[i], pb[i]));
    check("wide square", &numbers(&Field(x.squared().0)), bound, |i| times(pa[i], pa[i]));
    check("plus", &numbers(&x.add(&y)), CARRIED, |i| add(pa[i], pb[i]));
    check("minus", &numbers(&x.sub(&y)), CARRIED, |i| add(pa[i], negative(pb[i])));
    check("carry", &numbers(&wide.carry()), CARRIED, |i| plain(columns[i]));
    let canonical = numbers(&wide.carry().canonical());
    check("canonical", &canonical, 1 << 51, |i| plain(columns[i]));
    for (lane, limbs) in canonical.into_iter().enumerate() {
        let words = plain(limbs);
        let low = (1_u128 << 51) - 1;
        assert_eq!(u128::from(limbs[0]), u128::from(words[0]) & low, "lane {lane} is below p");
        assert_eq!(limbs[4], words[3] >> 12, "lane {lane} is below p");
    }
    let carried = wide.carry();
    let bits =
        |is: &dyn Fn(Plain) -> bool| (0..8).filter(|i| is(plain(columns[*i]))).map(|i| 1 << i).sum::<u8>();
    assert_eq!(carried.zero_lanes(), bits(&|n| n == [0; 4]));
    assert_eq!(carried.odd_lanes(), bits(&|n| n[0] & 1 == 1));
    let turned = numbers(&carried.negated_if(0b0101_0101));
    check("negated", &turned, 1 << 52, |i| {
        if i % 2 == 0 { negative(plain(columns[i])) } else { plain(columns[i]) }
    });
    let lent = Wide(carried.0).minus(&product).carry();
    check("minus a product", &numbers(&lent), CARRIED, |i| {
        add(plain(columns[i]), negative(times(pa[i], pb[i])))
    });
    let blended = numbers(&x.replaced_if(0b1111_0000, &y));
    check("replaced", &blended, 1 << 52, |i| if i < 4 { pa[i] } else { pb[i] });
}

fn run(a: &Eight, b: &Eight, columns: &Eight) {
    if Level::best().ifma().is_some() {
        // SAFETY: the processor has the instructions, as was just found.
        unsafe { check_all(a, b, columns) }
    } else {
        eprintln!("skipped: this processor has no 52-bit multiplier");
    }
}

#[test]
fn the_ends_of_every_range_hold() {
    let low = (1 << 51) - 1;
    let ends = [0, 1, 18, 19, low - 18, low, low + 1, CARRIED - 1, (1 << 52) - 1];
    let mut operands: Vec<[u64; 5]> = ends.map(|end| [end; 5]).to_vec();
    operands.extend([
        [low - 18, low, low, low, low],
        [low - 17, low, low, low, low],
        [low - 19, low, low, low, low],
    ]);
    operands.extend([[2 * low - 36, 2 * low, 2 * low, 2 * low, 2 * low], [0, 0, 0, 0, (1 << 52) - 1]]);
    let columns = |i: usize| match i % 4 {
        0 => [u64::MAX; 5],
        1 => MANY_PRIMES.map(i64::cast_unsigned),
        _ => operands[i % operands.len()],
    };
    for first in 0..operands.len() {
        for second in 0..operands.len() {
            let eight =
                |start: usize| [0, 1, 2, 3, 4, 5, 6, 7].map(|i| operands[(start + i) % operands.len()]);
            run(
                &eight(first),
                &eight(second),
                &[0, 1, 2, 3, 4, 5, 6, 7].map(|i| columns(first * 3 + second + i)),
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_limbs_hold(
        a in prop::array::uniform8(prop::array::uniform5(0..1_u64 << 52)),
        b in prop::array::uniform8(prop::array::uniform5(0..1_u64 << 52)),
        columns in prop::array::uniform8(prop::array::uniform5(any::<u64>())),
    ) {
        run(&a, &b, &columns);
    }
}
