//! Decoding, hashing and pairing, against blst on the same input.

use blst::*;

use super::{with_lanes, word};
use crate::bls12381::lanes::constants::{ONE, multiple_of_prime};
use crate::bls12381::lanes::curve::{G2Affine, G2Points};
use crate::bls12381::lanes::field::Field;
use crate::bls12381::lanes::quadratic::Quadratic;
use crate::bls12381::points::{self, G1, G2};

fn bytes(index: usize) -> [u8; 96] {
    let mut all = [0; 96];
    for (i, chunk) in all.chunks_mut(8).enumerate() {
        chunk.copy_from_slice(&word("bytes", 100 * index + i).to_le_bytes());
    }
    all
}

fn hashed(index: usize) -> blst_p2 {
    points::hash(&index.to_le_bytes(), b"tests")
}

#[test]
fn encodings_are_decoded_and_refused_as_by_blst() {
    with_lanes(|lanes| {
        let mut encodings: Vec<[u8; 96]> = (0..400).map(bytes).collect();
        for (index, encoding) in encodings.iter_mut().enumerate() {
            match index % 4 {
                0 => encoding[0] = encoding[0] & 0x2f | 0x80, // probably below p, half of them on the curve
                1 => encoding[48] &= 0x0f,
                2 => {
                    let hash = G2::normalized(&[hashed(index)])[0];
                    // SAFETY: reads a point and writes 96 bytes.
                    unsafe { blst_p2_affine_compress(encoding.as_mut_ptr(), &hash.0) };
                    encoding[0] ^= if index % 8 == 2 { 0x20 } else { 0 };
                }
                _ => {
                    encoding[0] = encoding[0] & 0x2f | 0x80;
                    encoding[48] &= 0x0f;
                }
            }
        }
        let expected: Vec<_> = encodings.iter().map(G2::decode).collect();
        assert_eq!(expected.iter().flatten().count(), 100);
        for size in [8, 5, 1] {
            let all: Vec<_> = encodings.iter().collect();
            let decoded: Vec<_> = all.chunks(size).flat_map(|some| lanes.decode(some)).collect();
            assert_eq!(decoded, expected, "{size} at once");
        }
    });
}

#[test]
fn messages_are_hashed_as_by_blst() {
    with_lanes(|lanes| {
        let messages: Vec<Vec<u8>> = (0..80).map(|index| vec![index as u8; index * 3]).collect();
        let expected: Vec<_> = messages.iter().map(|message| Some(points::hash(message, b"tests"))).collect();
        let expanded: Vec<_> = messages.iter().map(|message| points::expand(message, b"tests")).collect();
        for size in [8, 7, 1] {
            let hashes: Vec<_> = expanded.chunks(size).flat_map(|some| lanes.hash(some)).collect();
            assert_eq!(hashes, expected, "{size} at once");
        }
    });
}

#[test]
fn bytes_that_no_message_gives_are_mapped_as_by_blst() {
    // 0, for which the map has a case of its own, p, p + 1, and the greatest number, in some places.
    let prime = crate::hex::bytes::<48>(
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    );
    let mut numbers = [[0; 64], [0xff; 64], [0; 64], [0; 64]];
    numbers[2][16..].copy_from_slice(&prime);
    numbers[3] = numbers[2];
    numbers[3][63] += 1;
    let element = |bytes: &[u8]| {
        let mut out = blst_fp::default();
        // SAFETY: reads 64 bytes and writes a number.
        unsafe { blst_fp_from_be_bytes(&mut out, bytes.as_ptr(), 64) };
        out
    };
    with_lanes(|lanes| {
        for choice in 0..256 {
            let [a, b, c, d] = [choice & 3, choice >> 2 & 3, choice >> 4 & 3, choice >> 6];
            let bytes: [u8; 256] =
                [numbers[a], numbers[b], numbers[c], numbers[d]].concat().try_into().expect("256 bytes");
            let pair = |from: usize| blst_fp2 { fp: [element(&bytes[from..]), element(&bytes[from + 64..])] };
            let mut expected = blst_p2::default();
            // SAFETY: reads two numbers and writes a point.
            unsafe { blst_map_to_g2(&mut expected, &pair(0), &pair(128)) };
            // Where both numbers are equal up to the sign, the points are, and lanes cannot add them.
            match lanes.hash(&[bytes])[0] {
                Some(point) => assert_eq!(point, expected, "{choice}"),
                None => assert!(pair(0) == pair(128) || equal_up_to_sign(&pair(0), &pair(128)), "{choice}"),
            }
        }
    });
}

fn equal_up_to_sign(a: &blst_fp2, b: &blst_fp2) -> bool {
    let mut sum = blst_fp2::default();
    // SAFETY: reads two numbers and writes one.
    unsafe { blst_fp2_add(&mut sum, a, b) };
    sum == blst_fp2::default()
}

#[test]
fn pairings_of_any_number_of_pairs_are_those_of_blst() {
    with_lanes(|lanes| {
        let right = G2::normalized(&(0..70).map(hashed).collect::<Vec<_>>());
        let mut sum = blst_p1::default();
        let left: Vec<_> = (0..70)
            .map(|_| {
                // SAFETY: every pointer is to a value on the stack.
                unsafe { blst_p1_add_or_double_affine(&mut sum, &sum, &G1::minus_generator().0) };
                sum
            })
            .collect();
        let pairs: Vec<_> = G1::normalized(&left).into_iter().zip(right).collect();
        for len in (1..20).chain([63, 64, 65, 70]) {
            let expected = points::pairings(&pairs[..len]).expect("there are pairs");
            let product = lanes.pairings(&pairs[..len]).into_iter().fold(blst_fp12::default(), |a, b| a * b);
            assert_eq!(product.final_exp(), expected.final_exp(), "{len} pairs");
        }
    });
}

/// The coordinates that blst has, each `multiple` p greater.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn inflated(number: &blst_fp2, multiple: u64) -> Quadratic {
    let more = Field::splat(&multiple_of_prime(multiple));
    let number = Quadratic::from_blst([number; 8]);
    let below_prime = |part: &Field| part.canonical_times(&ONE).add(&more);
    Quadratic { re: below_prime(&number.re), im: below_prime(&number.im) }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn in_lanes(point: &blst_p2, multiple: u64) -> G2Points {
    G2Points {
        x: inflated(&point.x, multiple),
        y: inflated(&point.y, multiple),
        z: inflated(&point.z, multiple),
    }
}

/// The point of lane 0, which that of every lane must be.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read(points: &G2Points) -> blst_p2 {
    let lanes = points.for_blst();
    assert!(lanes.iter().all(|lane| [lane.x, lane.y, lane.z] == [lanes[0].x, lanes[0].y, lanes[0].z]));
    lanes[0]
}

/// One of blst's functions of two points.
fn apply(
    function: unsafe extern "C" fn(*mut blst_p2, *const blst_p2, *const blst_p2),
    a: &blst_p2,
    b: &blst_p2,
) -> blst_p2 {
    let mut out = blst_p2::default();
    // SAFETY: the functions read two points and write one.
    unsafe { function(&mut out, a, b) };
    out
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn check_curve() {
    for index in 0..10 {
        let (a, b) = (hashed(index), hashed(index + 1));
        let sum = apply(blst_p2_add, &a, &b);
        let double = apply(blst_p2_add_or_double, &a, &a);
        let affine = G2::normalized(&[b])[0].0;
        for multiple in [0, 1, 62, 63] {
            let (lanes, others) = (in_lanes(&a, multiple), in_lanes(&b, multiple));
            let near = G2Affine { x: inflated(&affine.x, multiple), y: inflated(&affine.y, multiple) };
            assert_eq!(read(&lanes.doubled()), double);
            assert_eq!(read(&lanes.plus(&others)), sum);
            assert_eq!(read(&lanes.plus_affine(&near)), sum);
            assert_eq!(read(&lanes.negative().plus(&others.negative()).negative()), sum);
            assert_eq!((others.equal_lanes(&near), lanes.equal_lanes(&near)), (0xff, 0));
            // Equal points cannot be added, nor opposite ones: the sum says so, and so does whatever is made of it.
            for lost in
                [others.plus_affine(&near), others.plus(&others), others.negative().plus_affine(&near)]
            {
                assert!(lost.z.zero_lanes() == 0xff && lost.equal_lanes(&near) == 0);
                let later = lost.doubled().plus(&lanes).plus_affine(&near).turned();
                assert!(later.z.zero_lanes() == 0xff && later.equal_lanes(&near) == 0);
            }
        }
    }
}

#[test]
fn points_are_added_and_doubled_as_by_blst_at_the_ends_of_their_ranges() {
    // SAFETY: the processor has the instructions.
    with_lanes(|_| unsafe { check_curve() });
}
