//! Points of the two groups and products of pairings, by `blst`.
//!
//! This and [`reference`](super::reference) are the only files that compute with it. A [`G1`] or [`G2`] is a point of the subgroup
//! of order r, or infinity: [`G1::decode`] and [`G2::decode`] check it, and sums and hashes stay within. Infinity has the
//! coordinates 0 and 0, which no point of either curve has.
//!
//! Every function of blst used here reads and writes what its arguments point to, keeps none of it, and starts no thread.
//! A list of points is given as two pointers, to the first point and null, which means that the others lie behind it.
#![expect(unsafe_code, reason = "calls of blst, which is written in C and assembly")]

use std::ptr;

use blst::*;

use super::coefficients::Coefficient;

/// β of G1 and of G2, see [`coefficients`](super::coefficients): the two cube roots of 1 modulo p other than 1.
pub(super) const BETA_OF_G1: &str =
    "00000000000000005f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe";
pub(super) const BETA_OF_G2: &str =
    "1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaac";

/// Where a sum in lanes starts, and the negative of what that is in the end, 4^32 times as much.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<P> {
    pub point: P,
    pub end: P,
}

/// One of the two groups, by the names that blst has for its functions.
macro_rules! group {
    (
        $name:ident, $size:literal, $affine:ident, $jacobian:ident,
        $uncompress:ident, $is_inf:ident, $in_group:ident, $normalize:ident,
        $combine:ident, $scratch:ident, $generator:ident, $multiply:ident, $negate:ident, $add:ident
    ) => {
        #[doc = concat!("A point of ", stringify!($name), " or infinity.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(transparent)]
        pub(super) struct $name(pub $affine);

        impl $name {
            /// The point that `encoding` stands for, if rules 1 to 3 hold of it.
            pub fn decode(encoding: &[u8; $size]) -> Option<Self> {
                let mut point = $affine::default();
                // SAFETY: reads the encoding, whose length is that of the group, and writes the point.
                let result = unsafe { $uncompress(&mut point, encoding.as_ptr()) }; // rule 1
                // SAFETY: both read the point.
                let is_good = || unsafe { !$is_inf(&point) && $in_group(&point) };
                (result == BLST_ERROR::BLST_SUCCESS && is_good()).then_some(Self(point)) // rules 2 and 3
            }

            pub fn is_infinity(&self) -> bool {
                *self == Self::default()
            }

            /// The points as two coordinates each, at the price of one inversion for all of them.
            pub fn normalized(points: &[$jacobian]) -> Vec<Self> {
                let mut out = vec![Self::default(); points.len()];
                if !points.is_empty() {
                    let list = [points.as_ptr(), ptr::null()];
                    // SAFETY: reads as many points as there are, and writes as many to `out`, whose elements are laid
                    // out as those of blst.
                    unsafe { $normalize(out.as_mut_ptr().cast(), list.as_ptr(), points.len()) };
                }
                out
            }

            /// The sum of all points.
            pub fn joined(points: &[$jacobian]) -> $jacobian {
                points.iter().fold($jacobian::default(), |sum, point| {
                    let mut next = $jacobian::default();
                    // SAFETY: reads two points and writes one.
                    unsafe { $add(&mut next, &sum, point) };
                    next
                })
            }

            /// A multiple of the generator, and -4^32 times that.
            #[cfg(target_arch = "x86_64")]
            pub fn start(scalar: &[u8; 32]) -> Start<$affine> {
                let (mut point, mut end) = ($jacobian::default(), $jacobian::default());
                let two_to_64 = [0, 0, 0, 0, 0, 0, 0, 0, 1];
                // SAFETY: the scalars are of 32 and 9 bytes, of which no more than 255 and 65 bits are read; the other
                // pointers are to a constant and to values on the stack.
                unsafe {
                    $multiply(&mut point, $generator(), scalar.as_ptr(), 255);
                    $multiply(&mut end, &point, two_to_64.as_ptr(), 65);
                    $negate(&mut end, true);
                }
                let both = Self::normalized(&[point, end]);
                Start { point: both[0].0, end: both[1].0 }
            }

            /// The sum of all points, each times its coefficient. Each becomes two points with scalars of 64 bits.
            pub fn combination(all: &[Self], coefficients: &[Coefficient]) -> $jacobian {
                let (mut points, mut scalars) = (Vec::new(), Vec::new());
                for (point, coefficient) in all.iter().zip(coefficients) {
                    for (point, part) in [*point, point.times_omega()].into_iter().zip(coefficient.parts()) {
                        points.push(if part < 0 { point.negative().0 } else { point.0 });
                        let scalar = u64::try_from(part.unsigned_abs()).expect("below 2^64");
                        scalars.push(scalar.to_le_bytes());
                    }
                }
                let mut sum = $jacobian::default();
                if points.is_empty() {
                    return sum;
                }
                // SAFETY: computes a size.
                let scratch_bytes = unsafe { $scratch(points.len()) };
                let mut scratch = vec![0_u64; scratch_bytes.div_ceil(size_of::<u64>())];
                let point_list = [points.as_ptr(), ptr::null()];
                let scalar_list = [scalars.as_ptr().cast::<u8>(), ptr::null()];
                // SAFETY: reads as many points and scalars of 64 bits as there are points, writes the sum, and uses no
                // more scratch than it asked for.
                unsafe {
                    $combine(
                        &mut sum,
                        point_list.as_ptr(),
                        points.len(),
                        scalar_list.as_ptr(),
                        64,
                        scratch.as_mut_ptr(),
                    );
                }
                sum
            }
        }
    };
}

group! {
    G1, 48, blst_p1_affine, blst_p1,
    blst_p1_uncompress, blst_p1_affine_is_inf, blst_p1_affine_in_g1, blst_p1s_to_affine,
    blst_p1s_mult_pippenger, blst_p1s_mult_pippenger_scratch_sizeof, blst_p1_generator, blst_p1_mult, blst_p1_cneg,
    blst_p1_add_or_double
}
group! {
    G2, 96, blst_p2_affine, blst_p2,
    blst_p2_uncompress, blst_p2_affine_is_inf, blst_p2_affine_in_g2, blst_p2s_to_affine,
    blst_p2s_mult_pippenger, blst_p2s_mult_pippenger_scratch_sizeof, blst_p2_generator, blst_p2_mult, blst_p2_cneg,
    blst_p2_add_or_double
}

impl G1 {
    /// The point as it lies in memory, also in that of a device.
    pub fn memory(&self) -> [u8; 96] {
        let mut bytes = [0; 96];
        let words = [&self.0.x, &self.0.y].into_iter().flat_map(|number| number.l);
        bytes.as_chunks_mut().0.iter_mut().zip(words).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
        bytes
    }

    /// The one encoding of the point.
    pub fn encode(&self) -> [u8; 48] {
        let mut encoding = [0; 48];
        // SAFETY: reads the point and writes 48 bytes.
        unsafe { blst_p1_affine_compress(encoding.as_mut_ptr(), &self.0) };
        encoding
    }

    /// The sum of all points.
    pub fn sum(points: &[Self]) -> Self {
        let mut sum = blst_p1::default();
        if !points.is_empty() {
            let list = [points.as_ptr().cast::<blst_p1_affine>(), ptr::null()];
            // SAFETY: reads as many points as there are, laid out as those of blst, and writes the sum.
            unsafe { blst_p1s_add(&mut sum, list.as_ptr(), points.len()) };
        }
        Self::normalized(&[sum])[0]
    }

    /// The generator, negated.
    pub fn minus_generator() -> Self {
        // SAFETY: gives the address of a constant.
        let generator = unsafe { *blst_p1_affine_generator() };
        Self(generator).negative()
    }

    pub fn negative(&self) -> Self {
        Self(blst_p1_affine { x: self.0.x, y: negative(&self.0.y) })
    }

    /// The point times ω.
    fn times_omega(&self) -> Self {
        let beta = number(&crate::hex::bytes(BETA_OF_G1));
        Self(blst_p1_affine { x: product(&self.0.x, &beta), y: self.0.y })
    }
}

impl G2 {
    fn negative(&self) -> Self {
        Self(blst_p2_affine { x: self.0.x, y: blst_fp2 { fp: self.0.y.fp.map(|part| negative(&part)) } })
    }

    /// The point times ω.
    fn times_omega(&self) -> Self {
        let beta = number(&crate::hex::bytes(BETA_OF_G2));
        let x = self.0.x.fp.map(|part| product(&part, &beta));
        Self(blst_p2_affine { x: blst_fp2 { fp: x }, y: self.0.y })
    }
}

/// The hash of a message to G2 under `tag` (rule 4), by RFC 9380.
pub(super) fn hash(message: &[u8], tag: &[u8]) -> blst_p2 {
    let mut point = blst_p2::default();
    let (no_augmentation, len) = (ptr::null(), 0);
    // SAFETY: reads message and tag, and writes the point.
    unsafe {
        blst_hash_to_g2(
            &mut point,
            message.as_ptr(),
            message.len(),
            tag.as_ptr(),
            tag.len(),
            no_augmentation,
            len,
        );
    }
    point
}

/// The 256 bytes that the hash of a message begins with.
pub(super) fn expand(message: &[u8], tag: &[u8]) -> [u8; 256] {
    let mut bytes = [0; 256];
    // SAFETY: reads message and tag, and writes 256 bytes.
    unsafe {
        blst_expand_message_xmd(
            bytes.as_mut_ptr(),
            bytes.len(),
            message.as_ptr(),
            message.len(),
            tag.as_ptr(),
            tag.len(),
        );
    }
    bytes
}

/// A number whose final exponentiation is the product of the pairings of all `pairs`, none of them infinity; none of none.
pub(super) fn pairings(pairs: &[(G1, G2)]) -> Option<blst_fp12> {
    let (left, right): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    if pairs.is_empty() {
        return None;
    }
    let left_list = [left.as_ptr().cast::<blst_p1_affine>(), ptr::null()];
    let right_list = [right.as_ptr().cast::<blst_p2_affine>(), ptr::null()];
    let mut product = blst_fp12::default();
    // SAFETY: reads as many points of each group as there are pairs, laid out as those of blst, and writes the number.
    unsafe { blst_miller_loop_n(&mut product, right_list.as_ptr(), left_list.as_ptr(), left.len()) };
    Some(product)
}

/// Whether the final exponentiation of the product of all `factors` is 1.
pub(super) fn power_of_product_is_one(factors: &[blst_fp12]) -> bool {
    let (mut product, mut power) = (blst_fp12::default(), blst_fp12::default());
    for factor in factors {
        product *= *factor;
    }
    // SAFETY: reads a number and writes another, which then is read.
    unsafe {
        blst_final_exp(&mut power, &product);
        blst_fp12_is_one(&power)
    }
}

fn number(bytes: &[u8; 48]) -> blst_fp {
    let mut number = blst_fp::default();
    // SAFETY: reads 48 bytes and writes the number.
    unsafe { blst_fp_from_bendian(&mut number, bytes.as_ptr()) };
    number
}

fn product(a: &blst_fp, b: &blst_fp) -> blst_fp {
    let mut product = blst_fp::default();
    // SAFETY: reads two numbers and writes one.
    unsafe { blst_fp_mul(&mut product, a, b) };
    product
}

fn negative(a: &blst_fp) -> blst_fp {
    let mut negative = blst_fp::default();
    // SAFETY: reads a number and writes one.
    unsafe { blst_fp_cneg(&mut negative, a, true) };
    negative
}
