//! Numbers modulo p = 2^256 - c, c = 2^32 + 977, one at a time, on any processor.
//!
//! ```text
//!   value = Σ limbs[i] 2^(52 i)      four limbs of 52 bits and one of 48, each with room above
//! ```
//!
//! Sums and differences are not carried. A number is of *magnitude* m if its limbs 0 to 3 are at most m 2^52 and its
//! limb 4 is at most m (2^48 + 2^43). Operands are at most of magnitude 12, so that a column of five products stays
//! below 5 · 144 · 2^104 < 2^114, and a product is of magnitude 1: it is called *reduced*.

use super::lanes::{Entry, Lanes, Packed, Pick};

/// The low 52 bits.
const LIMB: u64 = (1 << 52) - 1;
/// The low 48 bits.
const TOP: u64 = (1 << 48) - 1;
/// c = 2^256 mod p.
pub(super) const FOLD_256: u64 = 0x1_0000_03d1;
/// 2^260 mod p.
pub(super) const FOLD_260: u64 = FOLD_256 << 4;
/// The limbs of p.
const PRIME_LIMBS: [u64; 5] = [LIMB - (FOLD_256 - 1), LIMB, LIMB, LIMB, TOP];
/// p as 64-bit words, least first.
pub(super) const PRIME: Packed = [0u64.wrapping_sub(FOLD_256), u64::MAX, u64::MAX, u64::MAX];

/// A number modulo p.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fe([u64; 5]);

/// `sum + a b`; the caller's ranges keep it below 2^128.
#[inline(always)]
fn mac(sum: u128, a: u64, b: u64) -> u128 {
    sum.wrapping_add(u128::from(a).wrapping_mul(u128::from(b)))
}

/// The low limb of `sum`.
#[inline(always)]
fn low(sum: u128) -> u64 {
    sum as u64 & LIMB
}

/// Turns the nine columns of a product, each below 2^114 and the last two below 2^110, into a reduced number.
///
/// Columns 3 and 4 are settled first, so that what leaves column 4 above 2^256 can be folded into column 0 together
/// with column 5; then columns 0 to 2 take what folds into them from above. What enters limb 4 last comes from bits 64
/// and up of column 7, times 2^49, over 2^52: it is below 2^43.
#[inline(always)]
fn reduce(columns: [u128; 9]) -> Fe {
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8] = columns;
    let mut above = mac(c3, FOLD_260, c8 as u64);
    let limb3 = low(above);
    above = mac((above >> 52).wrapping_add(c4), FOLD_260 << 12, (c8 >> 64) as u64);
    let limb4 = low(above);
    above = (above >> 52).wrapping_add(c5);
    let over = low(above) << 4 | limb4 >> 48; // weight 2^256, below 2^56
    above = (above >> 52).wrapping_add(c6);
    let mut below = mac(c0, over, FOLD_256);
    let out0 = low(below);
    below = mac((below >> 52).wrapping_add(c1), low(above), FOLD_260);
    above = (above >> 52).wrapping_add(c7);
    let out1 = low(below);
    below = mac((below >> 52).wrapping_add(c2), above as u64, FOLD_260);
    let out2 = low(below);
    below = mac((below >> 52).wrapping_add(u128::from(limb3)), FOLD_260 << 12, (above >> 64) as u64);
    let out3 = low(below);
    Fe([out0, out1, out2, out3, ((below >> 52) as u64).wrapping_add(limb4 & TOP)])
}

/// Folds what is above 2^256 and carries: afterwards limbs 0 to 3 are below 2^52 and limb 4 at most 2^48 + 12. For
/// magnitudes up to 12.
#[inline(always)]
fn fold(limbs: &mut [u64; 5]) {
    let over = limbs[4] >> 48; // below 16
    limbs[4] &= TOP;
    limbs[0] = limbs[0].wrapping_add(over.wrapping_mul(FOLD_256));
    for place in 0..4 {
        limbs[place + 1] = limbs[place + 1].wrapping_add(limbs[place] >> 52);
        limbs[place] &= LIMB;
    }
}

/// The columns of a product. Below 2^114, and the last two below 2^110, for magnitudes whose product is up to 144.
#[inline(always)]
fn columns(a: &Fe, b: &Fe) -> [u128; 9] {
    let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (a.0, b.0);
    [
        mac(0, a0, b0),
        mac(mac(0, a0, b1), a1, b0),
        mac(mac(mac(0, a0, b2), a1, b1), a2, b0),
        mac(mac(mac(mac(0, a0, b3), a1, b2), a2, b1), a3, b0),
        mac(mac(mac(mac(mac(0, a0, b4), a1, b3), a2, b2), a3, b1), a4, b0),
        mac(mac(mac(mac(0, a1, b4), a2, b3), a3, b2), a4, b1),
        mac(mac(mac(0, a2, b4), a3, b3), a4, b2),
        mac(mac(0, a3, b4), a4, b3),
        mac(0, a4, b4),
    ]
}

/// The product, reduced.
#[inline(always)]
fn mul(a: &Fe, b: &Fe) -> Fe {
    reduce(columns(a, b))
}

/// The square, reduced.
#[inline(always)]
fn sqr(a: &Fe) -> Fe {
    let [a0, a1, a2, a3, a4] = a.0;
    let (d0, d1, d2, d3) = (a0 << 1, a1 << 1, a2 << 1, a3 << 1);
    reduce([
        mac(0, a0, a0),
        mac(0, d0, a1),
        mac(mac(0, d0, a2), a1, a1),
        mac(mac(0, d0, a3), d1, a2),
        mac(mac(mac(0, d0, a4), d1, a3), a2, a2),
        mac(mac(0, d1, a4), d2, a3),
        mac(mac(0, d2, a4), a3, a3),
        mac(0, d3, a4),
        mac(0, a4, a4),
    ])
}

impl Fe {
    /// One.
    pub const ONE: Self = Self([1, 0, 0, 0, 0]);

    /// A number below 2^256.
    #[inline(always)]
    pub fn unpack(words: &Packed) -> Self {
        let [w0, w1, w2, w3] = *words;
        Self([
            w0 & LIMB,
            (w0 >> 52 | w1 << 12) & LIMB,
            (w1 >> 40 | w2 << 24) & LIMB,
            (w2 >> 28 | w3 << 36) & LIMB,
            w3 >> 16,
        ])
    }

    /// The number as it is written: below p. For magnitudes up to 12.
    pub fn pack(&self) -> Packed {
        let mut limbs = self.0;
        fold(&mut limbs);
        fold(&mut limbs); // below 2^256: had the first left 2^256 or more, it left next to nothing below that
        let [l0, l1, l2, l3, l4] = limbs;
        let words = [l0 | l1 << 52, l1 >> 12 | l2 << 40, l2 >> 24 | l3 << 28, l3 >> 36 | l4 << 16];
        if words[1..] == PRIME[1..] && words[0] >= PRIME[0] { [words[0] - PRIME[0], 0, 0, 0] } else { words }
    }
}

/// One lane, for any processor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

impl Lanes for Portable {
    type Element = Fe;
    const WIDTH: usize = 1;

    #[inline(always)]
    fn load(self, words: &[Packed]) -> Fe {
        Fe::unpack(&words[0])
    }

    fn store(self, element: &Fe, words: &mut [Packed]) {
        words[0] = element.pack();
    }

    #[inline(always)]
    fn gather(self, entries: &[Entry], picks: &[Pick]) -> (Fe, Fe) {
        let entry = &entries[picks[0].entry as usize];
        (Fe::unpack(&entry.x[picks[0].turn as usize]), Fe::unpack(&entry.y))
    }

    fn scatter(self, x: [&Fe; 3], y: &Fe, entries: &mut [Entry]) {
        entries[0] = Entry { x: x.map(Fe::pack), y: y.pack() };
    }

    #[inline(always)]
    fn mul(self, a: &Fe, b: &Fe) -> Fe {
        mul(a, b)
    }

    #[inline(always)]
    fn mul_sub(self, a: &Fe, b: &Fe, c: &Fe, d: &Fe) -> Fe {
        let (left, right) = (columns(a, b), columns(c, &self.sub::<2>(&Fe([0; 5]), d)));
        reduce(std::array::from_fn(|place| left[place].wrapping_add(right[place])))
    }

    #[inline(always)]
    fn sqr(self, a: &Fe) -> Fe {
        sqr(a)
    }

    #[inline(always)]
    fn add(self, a: &Fe, b: &Fe) -> Fe {
        Fe(std::array::from_fn(|place| a.0[place].wrapping_add(b.0[place])))
    }

    #[inline(always)]
    fn sub<const BIAS: u64>(self, a: &Fe, b: &Fe) -> Fe {
        // No limb falls below zero: BIAS p has limbs above those of a number of magnitude BIAS - 1.
        Fe(std::array::from_fn(|place| {
            a.0[place].wrapping_add(BIAS * PRIME_LIMBS[place]).wrapping_sub(b.0[place])
        }))
    }

    #[inline(always)]
    fn sub_signed(self, negative: u8, a: &Fe, b: &Fe) -> Fe {
        if negative == 0 { self.sub::<5>(a, b) } else { self.sub::<5>(&Fe([0; 5]), &self.add(a, b)) }
    }

    #[inline(always)]
    fn sub_thrice(self, a: &Fe, b: &Fe, c: &Fe) -> Fe {
        self.sub::<4>(a, &self.add(b, &self.add(c, c)))
    }

    #[inline(always)]
    fn reduce(self, a: &Fe) -> Fe {
        let mut limbs = a.0;
        fold(&mut limbs);
        Fe(limbs)
    }

    #[inline(always)]
    fn three_halves(self, a: &Fe) -> Fe {
        let odd = (a.0[0] & 1).wrapping_neg();
        let [l0, l1, l2, l3, l4] = std::array::from_fn::<u64, 5, _>(|place| {
            a.0[place].wrapping_mul(3).wrapping_add(PRIME_LIMBS[place] & odd)
        });
        let halved = |limb: u64, next: u64| (limb >> 1).wrapping_add((next & 1) << 51);
        Fe([halved(l0, l1), halved(l1, l2), halved(l2, l3), halved(l3, l4), l4 >> 1])
    }

    #[inline(always)]
    fn select(self, mask: u8, a: &Fe, b: &Fe) -> Fe {
        if mask == 0 { *b } else { *a }
    }
}
