use super::number;
use crate::secp256k1::digits::{DIGITS, POINTS, SHORT_DIGITS, TABLE, digits, short_digits, value};
use crate::secp256k1::field::{Fe, PRIME, Portable};
use crate::secp256k1::lanes::{Lanes, Packed, Work};
use crate::secp256k1::level::Level;
use crate::secp256k1::powers::{inverse, square_roots};
use crate::secp256k1::scalar::{self, ORDER, Scalar};

/// a + b modulo m; both are below m.
fn plain_add(a: &Packed, b: &Packed, m: &Packed) -> Packed {
    let gap = scalar::sub(m, b).0;
    let (difference, below) = scalar::sub(a, &gap);
    if !below {
        return difference;
    }
    let zero = scalar::sub(&[0; 4], b).0;
    scalar::sub(a, &zero).0
}

/// a modulo m, for m above 2^255.
fn plain_mod(a: &Packed, m: &Packed) -> Packed {
    let (less, below) = scalar::sub(a, m);
    if below { *a } else { less }
}

/// a b modulo m by doubling and adding.
fn plain_mul(a: &Packed, b: &Packed, m: &Packed) -> Packed {
    let (a, mut product) = (plain_mod(a, m), [0; 4]);
    for bit in (0..256).rev() {
        product = plain_add(&product, &product, m);
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            product = plain_add(&product, &a, m);
        }
    }
    product
}

/// Numbers of 256 bits at the ends of limbs, words and ranges, and others.
fn numbers(m: &Packed) -> Vec<Packed> {
    let mut numbers = vec![
        [0; 4],
        [1, 0, 0, 0],
        [2, 0, 0, 0],
        *m,
        scalar::sub(m, &[1, 0, 0, 0]).0,
        scalar::sub(m, &[2, 0, 0, 0]).0,
        scalar::sub(m, &[u64::MAX, 0, 0, 0]).0,
        [u64::MAX; 4],
        [u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 1],
        [0, 0, 0, 1 << 63],
        [0x1_0000_03d1, 0, 0, 0],
        [0x1_0000_03d0, 0, 0, 0],
        [(1 << 52) - 1, 0, 0, 0],
        [1 << 52, 0, 0, 0],
        [!((1 << 52) - 1), (1 << 40) - 1, 0, u64::MAX << 16],
        [0, u64::MAX, 0, u64::MAX],
        [u64::MAX, 0, u64::MAX, 0],
    ];
    numbers.extend((0..7).map(number));
    numbers
}

/// Runs arithmetic at the ends of its ranges and compares with plain arithmetic.
struct Check;

impl Check {
    /// Every lane of `element` is `expected`.
    fn is<L: Lanes>(lanes: L, element: &L::Element, expected: &[Packed], what: &str) {
        let mut words = [[7; 4]; 8];
        lanes.store(element, &mut words);
        for (lane, expected) in expected[..L::WIDTH].iter().enumerate() {
            assert_eq!(words[lane], *expected, "{what}, lane {lane}");
        }
    }

    /// `times` x, which is of that magnitude.
    fn multiple<L: Lanes>(lanes: L, x: &L::Element, times: usize) -> L::Element {
        (1..times).fold(*x, |sum, _| lanes.add(&sum, x))
    }
}

impl Work for Check {
    type Output = ();

    fn run<L: Lanes>(self, lanes: L) {
        let numbers = numbers(&PRIME);
        let times = |factor: u64, x: &Packed| plain_mul(x, &[factor, 0, 0, 0], &PRIME);
        let minus =
            |x: &Packed, y: &Packed| plain_add(x, &plain_mod(&scalar::sub(&PRIME, y).0, &PRIME), &PRIME);
        for (index, _) in numbers.iter().enumerate() {
            // Different neighbours in the other lanes.
            let left: [Packed; 8] = std::array::from_fn(|lane| numbers[(index + lane) % numbers.len()]);
            for shift in 0..numbers.len() {
                let right = left.map(|x| {
                    numbers[(numbers.iter().position(|y| *y == x).expect("listed") + shift) % numbers.len()]
                });
                let (a, b) = (lanes.load(&left), lanes.load(&right));
                let both = |f: &dyn Fn(&Packed, &Packed) -> Packed| -> [Packed; 8] {
                    std::array::from_fn(|lane| {
                        f(&plain_mod(&left[lane], &PRIME), &plain_mod(&right[lane], &PRIME))
                    })
                };
                let product = both(&|a, b| plain_mul(a, b, &PRIME));
                Self::is(lanes, &lanes.mul(&a, &b), &product, "a b");
                let (a12, b12) = (Self::multiple(lanes, &a, 12), Self::multiple(lanes, &b, 12));
                Self::is(
                    lanes,
                    &lanes.mul(&a12, &b12),
                    &both(&|a, b| times(144, &plain_mul(a, b, &PRIME))),
                    "12 a 12 b",
                );
                Self::is(lanes, &lanes.add(&a, &b), &both(&|a, b| plain_add(a, b, &PRIME)), "a + b");
                Self::is(lanes, &lanes.sub::<2>(&a, &b), &both(&minus), "a - b");
                let (a4, b7) = (Self::multiple(lanes, &a, 4), Self::multiple(lanes, &b, 7));
                Self::is(
                    lanes,
                    &lanes.sub::<8>(&a4, &b7),
                    &both(&|a, b| minus(&times(4, a), &times(7, b))),
                    "4 a - 7 b",
                );
                let (a7, b5) = (Self::multiple(lanes, &a, 7), Self::multiple(lanes, &b, 5));
                let difference = lanes.mul_sub(&a7, &b7, &b5, &a);
                Self::is(lanes, &difference, &product.map(|x| times(44, &x)), "7 a 7 b - 5 b a");
                let thrice = lanes.sub_thrice(&a, &b, &a);
                Self::is(lanes, &thrice, &both(&|a, b| minus(&minus(a, b), &times(2, a))), "a - b - 2 a");
                let b3 = Self::multiple(lanes, &b, 3);
                for negative in [0, 0xff, 0xa5] {
                    let expected: [Packed; 8] = std::array::from_fn(|lane| {
                        let a = plain_mod(&left[lane], &PRIME);
                        let signed = if negative >> lane & 1 == 1 { minus(&[0; 4], &a) } else { a };
                        minus(&signed, &times(3, &plain_mod(&right[lane], &PRIME)))
                    });
                    Self::is(lanes, &lanes.sub_signed(negative, &a, &b3), &expected, "±a - 3 b");
                    let chosen: [Packed; 8] =
                        std::array::from_fn(
                            |lane| if negative >> lane & 1 == 1 { left[lane] } else { right[lane] },
                        );
                    Self::is(
                        lanes,
                        &lanes.select(negative, &a, &b),
                        &chosen.map(|x| plain_mod(&x, &PRIME)),
                        "a or b",
                    );
                }
            }
            let a = lanes.load(&left);
            let a12 = Self::multiple(lanes, &a, 12);
            let each = |f: &dyn Fn(&Packed) -> Packed| left.map(|x| f(&plain_mod(&x, &PRIME)));
            Self::is(lanes, &a, &each(&|x| *x), "a");
            Self::is(lanes, &lanes.sqr(&a), &each(&|x| plain_mul(x, x, &PRIME)), "a²");
            Self::is(lanes, &lanes.sqr(&a12), &each(&|x| times(144, &plain_mul(x, x, &PRIME))), "(12 a)²");
            Self::is(lanes, &a12, &each(&|x| times(12, x)), "12 a");
            Self::is(lanes, &lanes.reduce(&a12), &each(&|x| times(12, x)), "12 a reduced");
            // Reduced twelve times over: it is no greater than it says.
            let again = Self::multiple(lanes, &lanes.reduce(&a12), 12);
            Self::is(
                lanes,
                &lanes.sqr(&again),
                &each(&|x| times(144 * 144, &plain_mul(x, x, &PRIME))),
                "144² a²",
            );
            let half = lanes.three_halves(&lanes.sqr(&a));
            Self::is(lanes, &lanes.add(&half, &half), &each(&|x| times(3, &plain_mul(x, x, &PRIME))), "3 a²");
            let [root] = square_roots(lanes, [lanes.sqr(&a)]);
            Self::is(lanes, &lanes.sqr(&root), &each(&|x| plain_mul(x, x, &PRIME)), "√a²");
        }
    }
}

#[test]
fn field_arithmetic_is_right_to_the_ends_of_its_ranges_on_every_level() {
    for level in Level::all() {
        level.run(Check);
    }
}

#[test]
fn a_number_times_its_inverse_is_one_in_both_fields() {
    for x in numbers(&PRIME) {
        let element = Fe::unpack(&x);
        let product = Portable.mul(&element, &inverse(&element)).pack();
        assert_eq!(product, [u64::from(plain_mod(&x, &PRIME) != [0; 4]), 0, 0, 0]);
    }
    let mut scalars: Vec<_> = numbers(&ORDER).iter().map(|x| Scalar::from_bytes(&scalar::bytes(x))).collect();
    scalars.retain(|scalar| *scalar != Scalar::ZERO);
    let mut inverses = scalars.clone();
    Scalar::invert_all(&mut inverses);
    for (scalar, inverse) in scalars.iter().zip(&inverses) {
        assert_eq!((scalar.times(inverse), scalar.invert()), (Scalar::ONE, *inverse));
    }
    Scalar::invert_all(&mut []);
}

#[test]
fn scalar_arithmetic_is_right_to_the_ends_of_its_range() {
    let to_scalar = |words: &Packed| Scalar::from_bytes(&scalar::bytes(words));
    for a in numbers(&ORDER) {
        for b in numbers(&ORDER) {
            let (x, y) = (plain_mod(&a, &ORDER), plain_mod(&b, &ORDER));
            assert_eq!(to_scalar(&a).times(&to_scalar(&b)), to_scalar(&plain_mul(&x, &y, &ORDER)));
            let sum = to_scalar(&a).plus(&to_scalar(&b));
            assert_eq!(sum, to_scalar(&plain_add(&x, &y, &ORDER)));
            assert_eq!(sum.minus(&to_scalar(&b)), to_scalar(&x));
        }
    }
}

#[test]
fn the_digits_are_the_shortest_of_all_residues() {
    let norm = |(a, b): (i8, i8)| {
        let (a, b) = (i32::from(a), i32::from(b));
        a * a - a * b + b * b
    };
    for (residue, digit) in TABLE.iter().enumerate() {
        let (a, b) = digit.value;
        assert_eq!(
            (a & 7) as usize | ((b & 7) as usize) << 3,
            residue,
            "each residue has a digit of its own"
        );
        for (c, d) in (-2..=2).flat_map(|c| (-2..=2).map(move |d| (a + 8 * c, b + 8 * d))) {
            assert!(norm((c, d)) >= norm(digit.value), "{:?} is the shortest of its residue", digit.value);
        }
        let mut turned = POINTS[usize::from(digit.point)];
        for _ in 0..digit.turn {
            turned = (-turned.1, turned.0 - turned.1);
        }
        let signed = if digit.negative { (-turned.0, -turned.1) } else { turned };
        assert!(signed == digit.value || residue == 0, "what a digit says to pick is what it stands for");
    }
}

/// Σ digit 8^i modulo n.
fn rebuilt(digits: &[u8]) -> Scalar {
    digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
        let (a, b) = TABLE[usize::from(*digit)].value;
        let eight = Scalar::from_eisenstein((8, 0));
        sum.times(&eight).plus(&Scalar::from_eisenstein((i128::from(a), i128::from(b))))
    })
}

#[test]
fn digits_stand_for_their_scalar_also_where_halves_are_longest() {
    let mut scalars: Vec<_> = numbers(&ORDER).iter().map(|x| Scalar::from_bytes(&scalar::bytes(x))).collect();
    scalars.extend((100..3000).map(|index| Scalar::from_bytes(&scalar::bytes(&number(index)))));
    // Near the corners of the cell, ((a, b) + (c, d)) / 3 for lattice points: multiples of n / 3, their λ-turns.
    let third = Scalar::from_eisenstein((3, 0)).invert();
    for a in -3..=3 {
        for b in -3..=3 {
            let corner = Scalar::from_eisenstein((a, b)).times(&third);
            let half = Scalar::from_eisenstein((a, b)).times(&Scalar::from_eisenstein((2, 0)).invert());
            for nudge in -2..=2 {
                let nudge = Scalar::from_eisenstein((nudge, 0));
                scalars.extend([corner.plus(&nudge), half.plus(&nudge)]);
            }
        }
    }
    for scalar in scalars {
        let digits: [u8; DIGITS] = digits(&scalar);
        assert_eq!(rebuilt(&digits), scalar);
    }
}

#[test]
fn a_short_coefficient_is_132_bits_of_what_is_random() {
    let ones = short_digits(&[0xff; 17]);
    assert!(ones[..SHORT_DIGITS].iter().all(|digit| *digit == 63) && ones[SHORT_DIGITS..] == [0; 22]);
    for bit in 0..132 {
        let mut random = [0; 17];
        random[bit / 8] = 1 << (bit % 8);
        let digits = short_digits(&random);
        assert_eq!(digits[bit / 6], 1 << (bit % 6));
        assert_eq!(Scalar::from_eisenstein(value(&digits[..SHORT_DIGITS])), rebuilt(&digits));
    }
}
