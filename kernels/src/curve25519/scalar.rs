//! Scalars: numbers modulo L = 2^252 + c, the order of the base point, in four words, the least significant first.
//!
//! Not in lanes: a scalar is multiplied once for hundreds of multiplications of the curve. Since 2^252 = -c modulo L and
//! c has 125 bits, what stands above bit 252 is folded in three times until little is left:
//!
//! ```text
//!   x = h1 2^252 + l1        512 bits    x = l1 - c h1
//!   c h1 = h2 2^252 + l2     385 bits      = l1 - l2 + c h2
//!   c h2 = h3 2^252 + l3     258 bits      = l1 - l2 + l3 - c h3
//! ```

/// L.
const ORDER: [u64; 4] = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000];
/// c.
const C: [u64; 2] = [ORDER[0], ORDER[1]];
/// ⌊L / 2⌋.
const HALF_ORDER: [u64; 4] = [0x2c09_318d_2e7a_e9f6, 0x0a6f_7cef_517b_ce6b, 0, 0x0800_0000_0000_0000];

/// A number below L.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalar(pub(super) [u64; 4]);

/// A sum of at most 2^64 products of a scalar and a number of 128 bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum([u64; 8]);

impl Scalar {
    /// 0.
    pub const ZERO: Self = Self([0; 4]);

    /// From its bytes, the least significant first; none from L on.
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        let words = to_words(bytes);
        words.iter().rev().lt(ORDER.iter().rev()).then_some(Self(words))
    }

    /// A number of 512 bits, the least significant byte first, modulo L.
    pub fn reduced(bytes: &[u8; 64]) -> Self {
        reduce(&to_words(bytes))
    }

    /// Its bytes, the least significant first.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }

    /// The product with a number of 128 bits.
    pub fn times(&self, number: u128) -> Self {
        let mut product = Sum::default();
        product.add(self, number);
        product.reduced()
    }

    /// The negative.
    pub fn negative(&self) -> Self {
        if *self == Self::ZERO { *self } else { Self(minus(ORDER, &self.0).0) }
    }

    /// The scalar or its negative, whichever is at most L / 2, and whether it is the negative.
    pub fn halved(&self) -> (Self, bool) {
        let above = self.0.iter().rev().gt(HALF_ORDER.iter().rev());
        (if above { self.negative() } else { *self }, above)
    }
}

impl Sum {
    /// Adds a product.
    pub fn add(&mut self, scalar: &Scalar, number: u128) {
        add_product(&mut self.0, &scalar.0, [number as u64, (number >> 64) as u64]);
    }

    /// The sum modulo L.
    pub fn reduced(&self) -> Scalar {
        reduce(&self.0)
    }
}

fn to_words<const BYTES: usize, const WORDS: usize>(bytes: &[u8; BYTES]) -> [u64; WORDS] {
    const { assert!(BYTES == 8 * WORDS, "a word is eight bytes") };
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

fn reduce(x: &[u64; 8]) -> Scalar {
    let (h1, l1) = split(x);
    let mut ch1 = [0; 8];
    add_product(&mut ch1, &h1, C);
    let (h2, l2) = split(&ch1);
    let mut ch2 = [0; 8];
    add_product(&mut ch2, &[h2[0], h2[1], h2[2]], C);
    let (h3, l3) = split(&ch2);
    let mut ch3 = [0; 4];
    add_product(&mut ch3, &[h3[0]], C);
    // Below 2^253 and below 2^252 + 2^131: their difference lies between -2 L and 2 L.
    let (mut result, _) = plus(l1, &l3);
    let (taken, _) = plus(l2, &ch3);
    let is_negative;
    (result, is_negative) = minus(result, &taken);
    if is_negative {
        result = plus(result, &ORDER).0;
        if result[3] >> 63 == 1 {
            result = plus(result, &ORDER).0;
        }
    }
    while result.iter().rev().ge(ORDER.iter().rev()) {
        result = minus(result, &ORDER).0;
    }
    Scalar(result)
}

/// What stands above bit 252, and what below.
fn split(x: &[u64; 8]) -> ([u64; 5], [u64; 4]) {
    let above = |i: usize| x[i] >> 60 | x.get(i + 1).map_or(0, |word| word << 4);
    ([above(3), above(4), above(5), above(6), above(7)], [x[0], x[1], x[2], x[3] & u64::MAX >> 4])
}

/// Adds `a` · `b` to `sum`, which has room for it.
fn add_product<const N: usize, const M: usize>(sum: &mut [u64; N], a: &[u64; M], b: [u64; 2]) {
    for (j, b) in b.into_iter().enumerate() {
        let mut carry = 0;
        for i in 0..M {
            let wide = u128::from(a[i]) * u128::from(b) + u128::from(sum[i + j]) + u128::from(carry);
            (sum[i + j], carry) = (wide as u64, (wide >> 64) as u64);
        }
        for word in &mut sum[M + j..] {
            let overflows;
            (*word, overflows) = word.overflowing_add(carry);
            carry = u64::from(overflows);
        }
    }
}

fn plus(mut a: [u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut carry = false;
    for i in 0..4 {
        let (once, first) = a[i].overflowing_add(b[i]);
        let (twice, second) = once.overflowing_add(u64::from(carry));
        (a[i], carry) = (twice, first || second);
    }
    (a, carry)
}

fn minus(mut a: [u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut borrow = false;
    for i in 0..4 {
        let (once, first) = a[i].overflowing_sub(b[i]);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        (a[i], borrow) = (twice, first || second);
    }
    (a, borrow)
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::scalar::Scalar as Dalek;
    use proptest::prelude::*;

    use super::{HALF_ORDER, ORDER, Scalar, Sum};

    fn check(wide: [u8; 64], number: u128) {
        let (ours, dalek) = (Scalar::reduced(&wide), Dalek::from_bytes_mod_order_wide(&wide));
        assert_eq!(ours.to_bytes(), dalek.to_bytes(), "{wide:x?}");
        assert_eq!(
            ours.times(number).to_bytes(),
            (dalek * Dalek::from(number)).to_bytes(),
            "{wide:x?} {number}"
        );
        assert_eq!(ours.negative().to_bytes(), (-dalek).to_bytes());
        let (half, negative) = ours.halved();
        assert!(half.0.iter().rev().le(HALF_ORDER.iter().rev()));
        assert_eq!(if negative { half.negative() } else { half }, ours);
        let mut sum = Sum::default();
        for _ in 0..300 {
            sum.add(&ours, number);
        }
        assert_eq!(sum.reduced().to_bytes(), (dalek * Dalek::from(number) * Dalek::from(300_u16)).to_bytes());
        let narrow = wide[..32].try_into().unwrap();
        let canonical = Scalar::from_canonical(&narrow).map(Scalar::to_bytes);
        assert_eq!(
            canonical,
            Option::<Dalek>::from(Dalek::from_canonical_bytes(narrow)).map(|s| s.to_bytes())
        );
    }

    #[test]
    fn numbers_around_every_bound_agree() {
        let words = [0, 1, 2, u64::MAX, u64::MAX - 1, 1 << 60, (1 << 60) - 1, u64::MAX << 60];
        let mut numbers: Vec<[u64; 4]> = words.iter().flat_map(|a| words.map(|b| [b, *a, *a, b])).collect();
        for bound in [ORDER, HALF_ORDER, [0, 0, 0, 1 << 60]] {
            numbers.extend([-2_i64, -1, 0, 1, 2].map(|by| {
                let mut near = bound;
                near[0] = near[0].wrapping_add_signed(by);
                near
            }));
        }
        for low in &numbers {
            for high in &numbers {
                let mut wide = [0; 64];
                for (bytes, word) in wide.as_chunks_mut::<8>().0.iter_mut().zip(low.iter().chain(high)) {
                    *bytes = word.to_le_bytes();
                }
                check(wide, u128::from(low[0]) << 64 | u128::from(high[1]));
            }
        }
    }

    proptest! {
        #[test]
        fn random_numbers_agree(low in any::<[u8; 32]>(), high in any::<[u8; 32]>(), number in any::<u128>()) {
            check([low, high].concat().try_into().unwrap(), number);
        }
    }
}
