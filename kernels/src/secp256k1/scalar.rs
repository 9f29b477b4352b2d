//! Numbers modulo n, the order of the group, and their halves.

use super::lanes::Packed;

/// n as 64-bit words, least first.
pub(super) const ORDER: Packed =
    [0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff];
/// 2^256 - n.
const FOLD: [u64; 3] = [0x402d_a173_2fc9_bebf, 0x4551_2319_50b7_5fc4, 1];
/// λ, a third root of one: λ (x, y) = (β x, y).
const LAMBDA: Scalar =
    Scalar([0xdf02_967c_1b23_bd72, 0x122e_22ea_2081_6678, 0xa526_1c02_8812_645a, 0x5363_ad4c_c05c_30e0]);

/// A number modulo n, below n, as 64-bit words, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar(Packed);

impl Scalar {
    pub const ZERO: Self = Self([0; 4]);
    pub const ONE: Self = Self([1, 0, 0, 0]);

    /// The number that 32 bytes spell, big-endian, modulo n.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self::from_words(words(bytes))
    }

    /// 32 bytes, big-endian.
    #[cfg(test)]
    pub fn to_bytes(self) -> [u8; 32] {
        bytes(&self.0)
    }

    /// A number below 2^256, modulo n.
    fn from_words(words: Packed) -> Self {
        let (less, below) = sub(&words, &ORDER);
        Self(if below { words } else { less })
    }

    /// `coordinates` (a, b) of absolute values below 2^127 as a + b λ.
    pub fn from_eisenstein((a, b): (i128, i128)) -> Self {
        let signed = |value: i128| {
            let magnitude = value.unsigned_abs();
            let scalar = Self([magnitude as u64, (magnitude >> 64) as u64, 0, 0]);
            if value < 0 { Self::ZERO.minus(&scalar) } else { scalar }
        };
        signed(a).plus(&signed(b).times(&LAMBDA))
    }

    pub fn plus(&self, other: &Self) -> Self {
        let (sum, over) = add(&self.0, &other.0);
        let (less, below) = sub(&sum, &ORDER);
        Self(if over || !below { less } else { sum })
    }

    pub fn minus(&self, other: &Self) -> Self {
        let (difference, below) = sub(&self.0, &other.0);
        Self(if below { add(&difference, &ORDER).0 } else { difference })
    }

    pub fn times(&self, other: &Self) -> Self {
        Self::from_wide(multiply(&self.0, &other.0))
    }

    /// A product of two numbers below 2^256, modulo n.
    fn from_wide(wide: [u64; 8]) -> Self {
        // high 2^256 + low = high (2^256 - n) + low modulo n, and 2^256 - n < 2^129:
        let [l0, l1, l2, l3, h0, h1, h2, h3] = wide;
        let wide = fold::<4, 7>([l0, l1, l2, l3], [h0, h1, h2, h3]); // below 2^386
        let [l0, l1, l2, l3, h0, h1, h2] = wide;
        let wide = fold::<3, 6>([l0, l1, l2, l3], [h0, h1, h2]); // below 2^260
        let [l0, l1, l2, l3, h0, _] = wide;
        let [l0, l1, l2, l3, over] = fold::<1, 5>([l0, l1, l2, l3], [h0]); // below 2^256 + 2^133
        let (less, below) = sub(&[l0, l1, l2, l3], &ORDER);
        Self(if over != 0 || !below { less } else { [l0, l1, l2, l3] })
    }

    /// 1 / self; 0 for 0.
    pub fn invert(&self) -> Self {
        // The power n - 2, four bits at a time.
        let mut powers = [Self::ONE; 16];
        for place in 1..16 {
            powers[place] = powers[place - 1].times(self);
        }
        let (exponent, _) = sub(&ORDER, &[2, 0, 0, 0]);
        let mut power = Self::ONE;
        for place in (0..64).rev() {
            for _ in 0..4 {
                power = power.times(&power);
            }
            let nibble = exponent[place / 16] >> (place % 16 * 4) & 15;
            power = power.times(&powers[nibble as usize]);
        }
        power
    }

    /// Inverts each of `scalars`, none of which is zero, with one inversion.
    pub fn invert_all(scalars: &mut [Self]) {
        let mut product = Self::ONE;
        let before: Vec<_> = scalars
            .iter()
            .map(|scalar| {
                let next = product.times(scalar);
                std::mem::replace(&mut product, next)
            })
            .collect();
        let mut inverse = product.invert();
        for (scalar, before) in scalars.iter_mut().zip(before).rev() {
            let this = inverse.times(&before);
            inverse = inverse.times(scalar);
            *scalar = this;
        }
    }

    /// (a, b) with a + b λ = self modulo n and absolute values below 2^128, as two's complement of 256 bits.
    ///
    /// The Eisenstein integers that are 0 modulo n form a lattice with the basis (A, -B), (A + B, A). What is left of
    /// (self, 0) after its nearest point there, up to one in each rounding, is below 0.64 · 2^128 in both coordinates.
    pub fn split(&self) -> (Packed, Packed) {
        const A: Packed = [0xe86c_90e4_9284_eb15, 0x3086_d221_a7d4_6bcd, 0, 0];
        const B: Packed = [0x6f54_7fa9_0abf_e4c3, 0xe443_7ed6_010e_8828, 0, 0];
        const A_PLUS_B: Packed = [0x57c1_108d_9d44_cfd8, 0x14ca_50f7_a8e2_f3f6, 1, 0];
        // A / n and B / n, times 2^384.
        const A_SCALED: Packed =
            [0xe893_209a_45db_b031, 0x3daa_8a14_71e8_ca7f, 0xe86c_90e4_9284_eb15, 0x3086_d221_a7d4_6bcd];
        const B_SCALED: Packed =
            [0x1571_b4ae_8ac4_7f71, 0x2212_08ac_9df5_06c6, 0x6f54_7fa9_0abf_e4c4, 0xe443_7ed6_010e_8828];
        let scaled = |by: &Packed| {
            let [_, _, _, _, _, half, low, high] = multiply(&self.0, by);
            add(&[low, high, 0, 0], &[half >> 63, 0, 0, 0]).0
        };
        let (first, second) = (scaled(&A_SCALED), scaled(&B_SCALED));
        let low = |a: &Packed, b: &Packed| {
            let [w0, w1, w2, w3, ..] = multiply(a, b);
            [w0, w1, w2, w3]
        };
        let a = sub(&sub(&self.0, &low(&first, &A)).0, &low(&second, &A_PLUS_B)).0;
        let b = sub(&low(&first, &B), &low(&second, &A)).0;
        (a, b)
    }
}

/// 32 bytes, big-endian, as words, least first.
pub(super) fn words(bytes: &[u8; 32]) -> Packed {
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0.iter().rev()) {
        *word = u64::from_be_bytes(*chunk);
    }
    words
}

/// The inverse of [`words`].
pub(super) fn bytes(words: &Packed) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words.iter().rev()) {
        *chunk = word.to_be_bytes();
    }
    bytes
}

/// a + b modulo 2^256, and whether that lost something.
fn add(a: &Packed, b: &Packed) -> (Packed, bool) {
    let (mut sum, mut carry) = ([0; 4], false);
    for place in 0..4 {
        (sum[place], carry) = a[place].carrying_add(b[place], carry);
    }
    (sum, carry)
}

/// a - b modulo 2^256, and whether b was the greater.
pub(super) fn sub(a: &Packed, b: &Packed) -> (Packed, bool) {
    let (mut difference, mut borrow) = ([0; 4], false);
    for place in 0..4 {
        (difference[place], borrow) = a[place].borrowing_sub(b[place], borrow);
    }
    (difference, borrow)
}

#[inline]
fn multiply(a: &Packed, b: &Packed) -> [u64; 8] {
    let mut wide = [0u64; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (wide[i + j], carry) = a[i].carrying_mul_add(b[j], wide[i + j], carry);
        }
        wide[i + 4] = carry;
    }
    wide
}

/// low + high (2^256 - n) in `OUT` words, which the caller's ranges make enough.
#[inline]
fn fold<const HIGH: usize, const OUT: usize>(low: Packed, high: [u64; HIGH]) -> [u64; OUT] {
    let mut out = [0u64; OUT];
    out[..4].copy_from_slice(&low);
    for i in 0..HIGH {
        let mut carry = 0;
        for j in 0..3 {
            (out[i + j], carry) = high[i].carrying_mul_add(FOLD[j], out[i + j], carry);
        }
        for word in &mut out[i + 3..] {
            let (sum, over) = word.overflowing_add(carry);
            (*word, carry) = (sum, u64::from(over));
        }
    }
    out
}
