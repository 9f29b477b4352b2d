//! Encodings of signatures, good and bad, and the points that they stand for.

use blst::min_pk::Signature;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::cases::{SMALL_ORDER, minus, plus, point, sign};
use crate::host::ask;
use crate::points::{Memory, signature};
use crate::questions::{Operation, question};

/// Encodings of valid signatures, of points outside of the subgroup, of none, and spoilt ones.
fn encodings() -> Vec<[u8; 96]> {
    let mut random = StdRng::seed_from_u64(12);
    let mut encodings: Vec<_> = (0..12).map(|index| sign(index, &[index as u8; 32])).collect();
    let good = encodings.clone();
    encodings.extend(good.iter().map(minus));
    for small in SMALL_ORDER.map(point) {
        encodings.extend([small, minus(&small), plus(&good[0], &small), plus(&small, &small)]);
    }
    // Infinity, with every flag, and with something behind it.
    for flags in 0..8 {
        let mut infinity = [0; 96];
        infinity[0] = flags << 5;
        encodings.push(infinity);
        infinity[95] = 1;
        encodings.push(infinity);
        let mut flagged = good[1];
        flagged[0] = flagged[0] & 0x1f | flags << 5;
        encodings.push(flagged);
    }
    // Coordinates at p, around it, and beyond.
    let p = point::<48>(
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    );
    for half in [0, 48] {
        for (change, byte) in [(0, 0), (1, 47), (0xff, 47), (1, 0), (0xfe, 30)] {
            let mut beyond = good[2];
            beyond[half..half + 48].copy_from_slice(&p);
            beyond[half + byte] = beyond[half + byte].wrapping_add(change);
            beyond[0] |= 0x80;
            encodings.push(beyond);
        }
    }
    // Any x: half of them have a y, next to none in the subgroup.
    for _ in 0..24 {
        let mut any: [u8; 96] = random.random();
        any[0] = any[0] & 0x2f | 0x80;
        any[48] &= 0x0f;
        encodings.push(any);
    }
    for _ in 0..24 {
        let mut spoilt = good[random.random_range(0..good.len())];
        spoilt[random.random_range(0..96)] ^= 1 << random.random_range(0..8);
        encodings.push(spoilt);
    }
    encodings
}

#[test]
fn exactly_what_rules_1_to_3_allow_is_decoded_and_to_the_right_point() {
    let encodings = encodings();
    let questions: Vec<_> =
        encodings.iter().flat_map(|encoding| question(Operation::Decode, encoding)).collect();
    let answers = ask(&questions);
    assert_eq!(answers.len(), 193 * encodings.len());
    let mut valid = 0;
    for (encoding, answer) in encodings.iter().zip(answers.chunks(193)) {
        let expected = Signature::sig_validate(encoding, true).is_ok();
        assert_eq!(answer[0] == 1, expected, "{}", const_hex::encode(encoding));
        if expected {
            assert_eq!(answer[1..], signature(encoding).memory(), "{}", const_hex::encode(encoding));
            valid += 1;
        }
    }
    assert!((24..50).contains(&valid), "{valid} of {} are valid", encodings.len());
}
