//! From bytes that look random to points of G2, eight at once: the last steps of RFC 9380, sections 3, 6.6.3, 8.8.2 and
//! appendices E.3 and G.3, where the names below come from.
//!
//! ```text
//!   256 bytes ──> u0, u1 ──> two points of E', y² = x³ + A x + B ── sum ──> isogeny to E ──> the subgroup
//! ```
//!
//! Both steps between curves need no inversion, since the points are (x / z², y / z³).

use std::arch::x86_64::{__mmask8, _mm512_set1_epi64, _mm512_test_epi64_mask};

use blst::blst_p2;

use super::constants::{Limbs, ONE, PLAIN_ONE, SQUARE_OF_R, SQUARE_OF_R_TIMES_2_256, minus, number, small};
use super::curve::G2Points;
use super::field::Field;
use super::memory;
use super::power::{inverse_root, root_of};
use super::quadratic::Quadratic;

/// A = 240 i.
const A: [Limbs; 2] = [small(0), small(240)];
/// B = 1012 (1 + i).
const B: [Limbs; 2] = [small(1012), small(1012)];
/// -Z = 2 + i.
const MINUS_Z: [Limbs; 2] = [small(2), small(1)];
/// 1 / Z³.
const INVERSE_OF_Z_CUBED: [Limbs; 2] = [
    number(
        "0ec5373b4fc387140dfd46af348f55e2ca7901ef5b371b085d6da6bdbb39819171ad78d43fdbbe76a0f1189374bc3a07",
    ),
    number(
        "09c70eed928c402db9efc63a4a7484928607fdacdea2acefe74fcc1fd9af14de7a1fe76c0d6d687295ce78d4fdf39630",
    ),
];
/// a² + b² of that.
const ITS_NORM: Limbs = number(
    "059ded5774de2fc31e8f3083875e2b7a4cff24cacc26fbdb84e195f19dbbba49567f439538bc20c48c86f3b645a1b852",
);
/// The norm's power that [`inverse_root`] gives.
const INVERSE_ROOT_OF_ITS_NORM: Limbs = number(
    "0810e5a23cbb86fd12ded1af502287a397ed25c1d6fe0444e38c48e9c7ddb3c27cfebdd464e90f201fda0eb6983f2533",
);

/// What becomes of the bytes of eight messages, and the lanes in which it is lost, see [`super::curve`]. That takes a message
/// that nobody can find.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn points(bytes: [&[u8; 256]; 8]) -> ([blst_p2; 8], __mmask8) {
    let first = mapped(&element(bytes, 0));
    let second = mapped(&element(bytes, 128));
    let points = cleared(&isogenous(&first.plus(&second)));
    (points.for_blst(), points.z.zero_lanes())
}

/// The 128 bytes at `from` as two numbers of 512 bits, modulo p.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn element(bytes: [&[u8; 256]; 8], from: usize) -> Quadratic {
    Quadratic { re: part(bytes, from), im: part(bytes, from + 64) }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn part(bytes: [&[u8; 256]; 8], from: usize) -> Field {
    let high = half(bytes, from).mul(&Field::splat(&SQUARE_OF_R_TIMES_2_256));
    let low = half(bytes, from + 32).mul(&Field::splat(&SQUARE_OF_R));
    high.add(&low)
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn half(bytes: [&[u8; 256]; 8], from: usize) -> Field {
    let words = bytes.map(|bytes| {
        let (chunks, _) = bytes[from..from + 32].as_chunks();
        let mut words = [0; 6];
        for (word, chunk) in words[..4].iter_mut().rev().zip(chunks) {
            *word = u64::from_be_bytes(*chunk);
        }
        words
    });
    memory::load(words.each_ref())
}

/// The simplified map of Shallue, van de Woestijne and Ulas to E'.
///
/// It is (x, √g(x)) for g(x) = x³ + A x + B and one of two x, of which exactly one has a root: x = n / d with
/// n = B (t + 1), d = -A t, t = Z² u⁴ + Z u², or Z u² times that, and then g is Z³ u⁶ times as great. The root is taken of
/// g(x) d⁶ = v, or of v / Z³, whose inverse is as near.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn mapped(u: &Quadratic) -> G2Points {
    let uu = u.square();
    let zuu = Quadratic::zero().sub::<4>(&uu.mul(&Quadratic::splat(&MINUS_Z)));
    let t = zuu.square().add(&zuu);
    let n = t.add(&Quadratic::one()).mul(&Quadratic::splat(&B));
    // Where t is 0, d is Z A.
    let minus_d_over_a = t.replaced_if(t.zero_lanes(), &Quadratic::splat(&MINUS_Z));
    let d = Quadratic::zero().sub::<4>(&minus_d_over_a.mul(&Quadratic::splat(&A)));
    let dd = d.square();
    let ddd = dd.mul(&d);
    let n_part = n.square().add(&dd.mul(&Quadratic::splat(&A))).mul(&n);
    let g = n_part.add(&ddd.mul(&Quadratic::splat(&B))); // g(n / d) d³
    let (g_ddd, u_cubed) = (g.mul(&ddd), uu.mul(u));
    let (inverse, is_square) = inverse_root_or_of_fraction(&g_ddd.mul(&ddd.square()));
    let root = g_ddd.mul(&inverse); // of g(n / d), or of g(n / d) Z³
    let y = root.mul(&u_cubed).replaced_if(is_square, &root);
    let x = zuu.mul(&n).replaced_if(is_square, &n);
    let negative = Quadratic::zero().sub::<8>(&y);
    let y = y.replaced_if(odd_lanes(&y) ^ odd_lanes(u), &negative);
    G2Points { x: x.mul(&d), y: y.mul(&ddd), z: d }
}

/// 1 / √v, and the lanes in which it is that; in the others it is 1 / √(v / Z³). The sign is any.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn inverse_root_or_of_fraction(v: &Quadratic) -> (Quadratic, __mmask8) {
    let norm = v.norm();
    let inverse = inverse_root(&norm);
    let is_square = inverse.square().mul(&norm).sub::<1>(&Field::splat(&ONE)).zero_lanes();
    let norm = norm.mul(&Field::splat(&ITS_NORM)).replaced_if(is_square, &norm);
    let inverse = inverse.mul(&Field::splat(&INVERSE_ROOT_OF_ITS_NORM)).replaced_if(is_square, &inverse);
    let fraction = v.mul(&Quadratic::splat(&INVERSE_OF_Z_CUBED)).replaced_if(is_square, v);
    // The norm of the root is a root of the norm, up to its sign.
    let root = root_of(&fraction, &inverse.mul(&norm));
    (root.conjugate::<8>().scaled(&inverse), is_square)
}

/// The lanes whose number is odd: whose part without i is, or if that is 0, the other part.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn odd_lanes(a: &Quadratic) -> __mmask8 {
    let (re, im) = (a.re.canonical_times(&PLAIN_ONE), a.im.canonical_times(&PLAIN_ONE));
    let one = _mm512_set1_epi64(1);
    let (re_odd, im_odd) = (_mm512_test_epi64_mask(re.0[0], one), _mm512_test_epi64_mask(im.0[0], one));
    re_odd | re.empty_lanes() & im_odd
}

/// The isogeny of degree 3 from E' to E: with s = 6 i - 6 and t = x - s,
///
/// ```text
///   (x, y) ──> ( (x + 48 i / t + 16 (1 + i) / t²) / 9,  -y (1 - 48 i / t² - 32 (1 + i) / t³) / 27 )
/// ```
///
/// which are the numbers of appendix E.3 for who multiplies them out.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn isogenous(points: &G2Points) -> G2Points {
    let zz = points.z.square();
    let z4 = zz.square();
    let minus_szz = zz.mul(&Quadratic::splat(&[small(6), minus(6)]));
    let t = points.x.add(&minus_szz);
    let tt = t.square();
    let ttt = tt.mul(&t);
    let linear = z4.mul(&t).mul(&Quadratic::splat(&[small(0), small(48)]));
    let constant = z4.mul(&zz).mul(&Quadratic::splat(&[small(16), small(16)]));
    let x = ttt.add(&linear).add(&constant).sub::<4>(&minus_szz.mul(&tt));
    let y = ttt.wide().minus(&linear.wide()).minus(&constant.wide().doubled()).carry::<16>();
    let z = points.z.mul(&t).mul(&Quadratic::splat(&[minus(3), small(0)]));
    G2Points { x, y: y.mul(&points.y), z }
}

/// The points times the cofactor that the RFC wants: (x² - x - 1) P + (x - 1) ψ(P) + ψ²(2 P), x being the curve's parameter.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn cleared(points: &G2Points) -> G2Points {
    let minus_turned = points.turned().negative();
    let twice_turned = points.doubled().turned().turned();
    let short = twice_turned.plus(&points.negative()).plus(&minus_turned);
    let once = points.times_parameter(|sum| sum.plus(points)).plus(points).plus(&minus_turned);
    once.times_parameter(|sum| sum.plus(&once)).plus(&short)
}
