//! Powers and square roots, eight at once.

use std::arch::x86_64::__mmask8;

use super::constants::{Limbs, ONE, number};
use super::field::Field;
use super::quadratic::Quadratic;

/// (p - 3) / 4, most significant 64 bits first.
const EXPONENT: [u64; 6] = [
    0x0680_447a_8e5f_f9a6,
    0x92c6_e9ed_90d2_eb35,
    0xd91d_d2e1_3ce1_44af,
    0xd9cc_34a8_3dac_3d89,
    0x07aa_ffff_ac54_ffff,
    0xee7f_bfff_ffff_eaaa,
];

/// 1/2.
const HALF: Limbs = number(
    "0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd556",
);

/// Odd powers up to the 31st: as many as the windows of 5 bits need.
const WINDOW_BITS: usize = 5;

/// a^((p - 3) / 4). Its square times a is 1 if a is a square, -1 if not, and 0 if a is 0. So it is the inverse of a square
/// root of a, or of -a.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn inverse_root(a: &Field) -> Field {
    let squared = a.square();
    let mut odd_powers = [*a; 1 << (WINDOW_BITS - 1)];
    for i in 1..odd_powers.len() {
        odd_powers[i] = odd_powers[i - 1].mul(&squared);
    }
    let bit = |place: usize| EXPONENT[place / 64] >> (63 - place % 64) & 1;
    // The highest bit is 1, and so is the lowest but one, which ends the last window.
    let mut place = 5;
    let mut power: Option<Field> = None;
    while place < 384 {
        if bit(place) == 0 {
            power = power.map(|power| power.square());
            place += 1;
            continue;
        }
        // The longest window that ends with a 1.
        let mut len = WINDOW_BITS.min(384 - place);
        while bit(place + len - 1) == 0 {
            len -= 1;
        }
        let window = (place..place + len).fold(0, |window, place| 2 * window + bit(place));
        let factor = &odd_powers[window as usize / 2];
        power = Some(match power {
            None => *factor,
            Some(mut power) => {
                for _ in 0..len {
                    power = power.square();
                }
                power.mul(factor)
            }
        });
        place += len;
    }
    power.unwrap_or(*a)
}

impl Field {
    /// The inverses, and 0 of 0: a^(p - 2).
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn inverse(&self) -> Self {
        inverse_root(self).square().square().mul(self)
    }
}

impl Quadratic {
    /// The inverses, and 0 of 0: (a - b i) / (a² + b²). Magnitudes up to 64.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn inverse(&self) -> Self {
        self.conjugate::<64>().scaled(&self.norm().inverse())
    }
}

/// Square roots of a + b i; of those that are no squares, nothing in particular.
///
/// With s = √(a² + b²), the root is x + y i with x² = (a + s) / 2 and y = b / 2 x. If (a + s) / 2 is not a square, then
/// (a - s) / 2 is, since their product is -b² / 4. What was taken for x and y then is y, but for its sign, and x.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn root(a: &Quadratic) -> Quadratic {
    let norm = a.norm();
    root_of(a, &inverse_root(&norm).mul(&norm))
}

/// The root, given s.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn root_of(a: &Quadratic, s: &Field) -> Quadratic {
    let sum = a.re.add(s);
    // Where a + s is 0, so is b, and a - s is 2 a.
    let half = Field::splat(&HALF);
    let square = sum.replaced_if(sum.zero_lanes(), &a.re.add(&a.re)).mul(&half);
    let inverse = inverse_root(&square);
    let x = square.mul(&inverse);
    let y = a.im.mul(&half).mul(&inverse);
    let is_square = x.mul(&inverse).sub::<1>(&Field::splat(&ONE)).zero_lanes();
    Quadratic { re: y.replaced_if(is_square, &x), im: Field::zero().sub::<4>(&x).replaced_if(is_square, &y) }
}

/// The lanes in which the root of a is right.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn root_lanes(a: &Quadratic, root: &Quadratic) -> __mmask8 {
    root.square().sub::<64>(a).zero_lanes()
}
