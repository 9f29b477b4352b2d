//! Numbers modulo p, eight at once, with the 52-bit multiply-add of AVX-512 IFMA.
//!
//! ```text
//!   value of a lane = Σ limbs[i] 2^(52 i)        one vector of eight 64-bit words for each i
//! ```
//!
//! The multiply-add reads the low 52 bits of its operands and nothing above, so that limbs are always below 2^52 and
//! every sum and difference is carried through. The value is therefore below 2^260, sixteen times 2^256, and that bounds
//! the magnitudes of [`Lanes`]: the greatest result is 12 of the left operand, or a bias of 8 with it, below 16.
#![expect(unsafe_code, reason = "calls for which a token proves the processor's features")]

mod layout;

use std::arch::x86_64::*;

use super::field::{FOLD_256, FOLD_260};
use super::lanes::{Entry, Lanes, Packed, Pick, Work};
use crate::level::Ifma;

/// Does `work` in eight lanes, compiled for the processor's features.
pub(super) fn run<W: Work>(lanes: Ifma, work: W) -> W::Output {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn compiled<W: Work>(lanes: Ifma, work: W) -> W::Output {
        work.run(lanes)
    }
    // SAFETY: `lanes` proves the features.
    unsafe { compiled(lanes, work) }
}

/// Five limbs, each below 2^52.
pub(super) type Limbs = [__m512i; 5];

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word as i64)
}

/// Carries signed limbs, each of an absolute value below 2^62, whose sum is neither negative nor 2^260 or more.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carry(mut limbs: Limbs) -> Limbs {
    let mask = splat((1 << 52) - 1);
    for place in 0..4 {
        limbs[place + 1] = _mm512_add_epi64(limbs[place + 1], _mm512_srai_epi64::<52>(limbs[place]));
        limbs[place] = _mm512_and_si512(limbs[place], mask);
    }
    limbs
}

/// Turns the ten columns of a product below 2^520, each below 2^57, into a number below 2^256 + 2^215.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn reduce(mut c: [__m512i; 10]) -> Limbs {
    let (limb, top) = (splat((1 << 52) - 1), splat((1 << 48) - 1));
    // The product is below 2^520, so the last column keeps below 2^52.
    for place in 5..9 {
        c[place + 1] = _mm512_add_epi64(c[place + 1], _mm512_srli_epi64::<52>(c[place]));
        c[place] = _mm512_and_si512(c[place], limb);
    }
    let fold = splat(FOLD_260);
    for place in 0..5 {
        c[place] = _mm512_madd52lo_epu64(c[place], c[place + 5], fold);
    }
    for place in 0..4 {
        c[place + 1] = _mm512_madd52hi_epu64(c[place + 1], c[place + 5], fold);
    }
    // What is above 2^256: below 2^37 · 2^4 + 2^10.
    let above = _mm512_madd52hi_epu64(_mm512_setzero_si512(), c[9], fold);
    let over = _mm512_add_epi64(_mm512_slli_epi64::<4>(above), _mm512_srli_epi64::<48>(c[4]));
    c[4] = _mm512_and_si512(c[4], top);
    let fold = splat(FOLD_256);
    c[0] = _mm512_madd52lo_epu64(c[0], over, fold);
    c[1] = _mm512_madd52hi_epu64(c[1], over, fold);
    carry([c[0], c[1], c[2], c[3], c[4]])
}

/// Adds the products of all pairs of limbs, each half of them to its column.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn add_product(mut columns: [__m512i; 10], a: &Limbs, b: &Limbs) -> [__m512i; 10] {
    for i in 0..5 {
        for j in 0..5 {
            columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], b[j]);
            columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], b[j]);
        }
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn mul(a: &Limbs, b: &Limbs) -> Limbs {
    reduce(add_product([_mm512_setzero_si512(); 10], a, b))
}

/// a b - c d: of magnitude 49 + 5 · 3 together before the reduction, so below 2^520 as a single product is.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_sub(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
    let minus_d = sub(&[_mm512_setzero_si512(); 5], d, 2);
    reduce(add_product(add_product([_mm512_setzero_si512(); 10], a, b), c, &minus_d))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sqr(a: &Limbs) -> Limbs {
    let mut columns = [_mm512_setzero_si512(); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], a[j]);
            columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], a[j]);
        }
    }
    // A doubled operand might have 53 bits; a doubled column has room.
    for column in &mut columns {
        *column = _mm512_add_epi64(*column, *column);
    }
    for i in 0..5 {
        columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], a[i], a[i]);
        columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], a[i], a[i]);
    }
    reduce(columns)
}

/// a - b + bias p; p = 2^256 - c.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sub(a: &Limbs, b: &Limbs, bias: u64) -> Limbs {
    let mut limbs = [_mm512_setzero_si512(); 5];
    for place in 0..5 {
        limbs[place] = _mm512_sub_epi64(a[place], b[place]);
    }
    limbs[0] = _mm512_sub_epi64(limbs[0], splat(bias * FOLD_256));
    limbs[4] = _mm512_add_epi64(limbs[4], splat(bias << 48));
    carry(limbs)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn add(a: &Limbs, b: &Limbs) -> Limbs {
    let mut limbs = *a;
    for (limb, b) in limbs.iter_mut().zip(b) {
        *limb = _mm512_add_epi64(*limb, *b);
    }
    carry(limbs)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sub_signed(negative: u8, a: &Limbs, b: &Limbs) -> Limbs {
    let mut signed = *a;
    for limb in &mut signed {
        *limb = _mm512_mask_sub_epi64(*limb, negative, _mm512_setzero_si512(), *limb);
    }
    sub(&signed, b, 5)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn three_halves(a: &Limbs) -> Limbs {
    let one = splat(1);
    let odd = _mm512_test_epi64_mask(a[0], one);
    let mut limbs = *a;
    for limb in &mut limbs {
        *limb = _mm512_add_epi64(*limb, _mm512_add_epi64(*limb, *limb));
    }
    // Plus p where the number is odd.
    limbs[0] = _mm512_mask_sub_epi64(limbs[0], odd, limbs[0], splat(FOLD_256));
    limbs[4] = _mm512_mask_add_epi64(limbs[4], odd, limbs[4], splat(1 << 48));
    let even = carry(limbs);
    let mut halves = even;
    for place in 0..4 {
        let bit = _mm512_slli_epi64::<51>(_mm512_and_si512(even[place + 1], one));
        halves[place] = _mm512_or_si512(_mm512_srli_epi64::<1>(even[place]), bit);
    }
    halves[4] = _mm512_srli_epi64::<1>(even[4]);
    halves
}

/// a - b - 2 c + 4 p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sub_thrice(a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
    let mut limbs = *a;
    for place in 0..5 {
        let twice = _mm512_add_epi64(c[place], c[place]);
        limbs[place] = _mm512_sub_epi64(a[place], twice);
    }
    sub(&limbs, b, 4)
}

/// A number below 2^256 + 2^37: what is above 2^256 is folded once.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn fold(a: &Limbs) -> Limbs {
    let over = _mm512_srli_epi64::<48>(a[4]); // below 16
    let mut limbs = *a;
    limbs[0] = _mm512_madd52lo_epu64(limbs[0], over, splat(FOLD_256));
    limbs[4] = _mm512_and_si512(limbs[4], splat((1 << 48) - 1));
    carry(limbs)
}

/// The number of each lane, below p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn canonical(a: &Limbs) -> Limbs {
    let below = fold(a);
    // At least p where adding c reaches 2^256; then that sum without 2^256 is the number.
    let mut plus = below;
    plus[0] = _mm512_add_epi64(plus[0], splat(FOLD_256));
    let plus = carry(plus);
    let reaches = _mm512_test_epi64_mask(plus[4], splat(1 << 48));
    let mut out = below;
    for place in 0..5 {
        out[place] = _mm512_mask_blend_epi64(reaches, below[place], plus[place]);
    }
    out[4] = _mm512_and_si512(out[4], splat((1 << 48) - 1));
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn select(mask: u8, a: &Limbs, b: &Limbs) -> Limbs {
    let mut out = *b;
    for (out, a) in out.iter_mut().zip(a) {
        *out = _mm512_mask_blend_epi64(mask, *out, *a);
    }
    out
}

// SAFETY of every call here: a value of `Ifma` exists only where the processor has the features.
impl Lanes for Ifma {
    type Element = Limbs;
    const WIDTH: usize = 8;

    #[inline(always)]
    fn load(self, words: &[Packed]) -> Limbs {
        unsafe { layout::load(words) }
    }

    #[inline(always)]
    fn store(self, element: &Limbs, words: &mut [Packed]) {
        unsafe { layout::store(&canonical(element), words) }
    }

    #[inline(always)]
    fn gather(self, entries: &[Entry], picks: &[Pick]) -> (Limbs, Limbs) {
        unsafe { layout::gather(entries, picks) }
    }

    #[inline(always)]
    fn scatter(self, [x, turned, third]: [&Limbs; 3], y: &Limbs, entries: &mut [Entry]) {
        unsafe {
            let numbers = [canonical(x), canonical(turned), canonical(third), canonical(y)];
            layout::scatter(&numbers, entries);
        }
    }

    #[inline(always)]
    fn mul(self, a: &Limbs, b: &Limbs) -> Limbs {
        unsafe { mul(a, b) }
    }

    #[inline(always)]
    fn mul_sub(self, a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
        unsafe { mul_sub(a, b, c, d) }
    }

    #[inline(always)]
    fn sqr(self, a: &Limbs) -> Limbs {
        unsafe { sqr(a) }
    }

    #[inline(always)]
    fn add(self, a: &Limbs, b: &Limbs) -> Limbs {
        unsafe { add(a, b) }
    }

    #[inline(always)]
    fn sub<const BIAS: u64>(self, a: &Limbs, b: &Limbs) -> Limbs {
        unsafe { sub(a, b, BIAS) }
    }

    #[inline(always)]
    fn sub_signed(self, negative: u8, a: &Limbs, b: &Limbs) -> Limbs {
        unsafe { sub_signed(negative, a, b) }
    }

    #[inline(always)]
    fn sub_thrice(self, a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
        unsafe { sub_thrice(a, b, c) }
    }

    #[inline(always)]
    fn reduce(self, a: &Limbs) -> Limbs {
        unsafe { fold(a) }
    }

    #[inline(always)]
    fn three_halves(self, a: &Limbs) -> Limbs {
        unsafe { three_halves(a) }
    }

    #[inline(always)]
    fn select(self, mask: u8, a: &Limbs, b: &Limbs) -> Limbs {
        unsafe { select(mask, a, b) }
    }
}
