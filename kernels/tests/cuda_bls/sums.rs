//! Sums of points with random coefficients. A key is its secret times a generator and a signature that times a hash, so a sum
//! of them is the key, or the signature, of a sum of secrets.

use blst::min_pk::{AggregatePublicKey, AggregateSignature, SecretKey};
use blst::{blst_p1, blst_p2};
use pelton_kernels::bls12381::SIGNATURE_TAG;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use ruint::aliases::U256;

use crate::cases::{secret, sign};
use crate::host::ask;
use crate::points::{Memory, g1, g2, key, signature};
use crate::questions::{Operation, question};

const MESSAGE: &[u8] = b"what all have signed";

fn order() -> U256 {
    let digits = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
    U256::from_str_radix(digits, 16).expect("hexadecimal digits")
}

/// What a coefficient means: the digits that `bls12381/coefficients.rs` describes, with -x^2 for ω.
fn value(coefficient: u128) -> U256 {
    let r = order();
    let x = U256::from(0xd201_0000_0001_0000_u64);
    let omega = r - x.mul_mod(x, r);
    assert_eq!(omega.pow_mod(U256::from(3), r), U256::from(1));
    let one = U256::from(1);
    let turns = [one, omega, omega.mul_mod(omega, r)];
    let mut value = U256::ZERO;
    for place in (0..32).rev() {
        let digit = (coefficient >> (4 * place) & 15) as usize;
        let meant = match digit {
            0 => U256::ZERO,
            1..4 => turns[digit - 1],
            4..7 => r - turns[digit - 4],
            7..10 => turns[digit - 7].mul_mod(one + r - omega, r),
            10..13 => r - turns[digit - 10].mul_mod(one + r - omega, r),
            _ => turns[digit - 13].mul_mod(U256::from(2), r),
        };
        value = value.mul_mod(U256::from(4), r).add_mod(meant, r);
    }
    value
}

/// One point of a sum: whose key or signature, with what coefficient, and whether it counts.
type Part = (usize, u128, bool);

fn check(parts: &[Part]) {
    let r = order();
    let secrets: Vec<_> = parts.iter().map(|(index, ..)| secret(*index)).collect();
    let mut total = U256::ZERO;
    let (mut keys, mut signatures) = ((parts.len() as u32).to_le_bytes().to_vec(), Vec::new());
    signatures.clone_from(&keys);
    for ((index, coefficient, counts), secret) in parts.iter().zip(&secrets) {
        let rest = [&coefficient.to_le_bytes()[..], &[u8::from(*counts)]].concat();
        keys.extend([key(secret).memory(), rest.clone()].concat());
        signatures.extend([signature(&sign(*index, MESSAGE)).memory(), rest].concat());
        if *counts {
            let secret = U256::from_be_bytes(secret.to_bytes());
            total = total.add_mod(value(*coefficient).mul_mod(secret, r), r);
        }
    }
    let key_sum = g1(&ask(&question(Operation::SumOfKeys, &keys)));
    let signature_sum = g2(&ask(&question(Operation::SumOfSignatures, &signatures)));
    if total.is_zero() {
        assert_eq!((key_sum.z.memory(), signature_sum.z.memory()), (vec![0; 48], vec![0; 96]));
        return;
    }
    let total = SecretKey::from_bytes(&total.to_be_bytes::<32>()).expect("below the order, and not zero");
    assert_eq!(compressed(key_sum), total.sk_to_pk().to_bytes());
    assert_eq!(compressed_signature(signature_sum), total.sign(MESSAGE, SIGNATURE_TAG, &[]).to_bytes());
}

fn compressed(point: blst_p1) -> [u8; 48] {
    AggregatePublicKey::from(point).to_public_key().to_bytes()
}

fn compressed_signature(point: blst_p2) -> [u8; 96] {
    AggregateSignature::from(point).to_signature().to_bytes()
}

#[test]
fn sums_with_coefficients_are_right_for_each_digit_at_each_place() {
    let mut random = StdRng::seed_from_u64(21);
    for digit in 1..16_u128 {
        let place = random.random_range(0..32);
        check(&[(digit as usize, digit << (4 * place), true)]);
    }
    let repeated = 0x1111_1111_1111_1111_1111_1111_1111_1111;
    check(&[(3, u128::MAX, true)]);
    check(&[(4, repeated * 7, true), (5, repeated * 12, true)]);
}

#[test]
fn sums_leave_out_what_does_not_count_and_survive_equal_and_opposite_points() {
    let mut random = StdRng::seed_from_u64(22);
    for count in [0, 1, 2, 8] {
        let part = |index| (index, random.random(), index % 4 != 3);
        check(&(0..count).map(part).collect::<Vec<_>>());
    }
    let same: u128 = random.random();
    // The same point again, with the same digits: doubled within a sum.
    check(&[(1, same, true), (1, same, true), (1, 1, true)]);
    // ω + ω² + 1 = 0, and 1 - 1 = 0: infinity on the way or at the end.
    check(&[(1, 1, true), (1, 2, true), (1, 3, true)]);
    check(&[(1, 1 << 100 | 7, true), (1, 4 << 100 | 7, true)]);
    check(&[(6, 9, true), (6, 12, true)]);
    check(&[(2, same, false), (3, same, false)]);
}

#[test]
fn sums_of_sums_are_right_with_infinity_equal_and_opposite_points_among_them() {
    let keys: Vec<blst_p1> = (0..4).map(jacobian_key).collect();
    let signatures: Vec<blst_p2> = (0..4).map(jacobian_signature).collect();
    for picked in [vec![], vec![0], vec![0, 1, 2, 3], vec![2, 2], vec![1, 1, 3, 3, 3]] {
        let count = (picked.len() as u32 + 2).to_le_bytes();
        // An infinity at each end.
        let mut asked = [&count[..], &[0; 144]].concat();
        picked.iter().for_each(|index| asked.extend(keys[*index].memory()));
        asked.extend([0; 144]);
        let sum = ask(&question(Operation::JoinOfKeys, &asked));
        let mut asked = [&count[..], &[0; 288]].concat();
        picked.iter().for_each(|index| asked.extend(signatures[*index].memory()));
        asked.extend([0; 288]);
        let signature_sum = ask(&question(Operation::JoinOfSignatures, &asked));
        let mut total = U256::ZERO;
        for index in &picked {
            total = total.add_mod(U256::from_be_bytes(secret(*index).to_bytes()), order());
        }
        if picked.is_empty() {
            assert_eq!((&sum[96..], &signature_sum[192..]), (&[0; 48][..], &[0; 96][..]));
            continue;
        }
        let total = SecretKey::from_bytes(&total.to_be_bytes::<32>()).expect("below the order");
        assert_eq!(compressed(g1(&sum)), total.sk_to_pk().to_bytes());
        let signed = total.sign(MESSAGE, SIGNATURE_TAG, &[]).to_bytes();
        assert_eq!(compressed_signature(g2(&signature_sum)), signed);
    }
}

/// A key whose z is not 1.
fn jacobian_key(index: usize) -> blst_p1 {
    let keys = [7, index].map(|index| secret(index).sk_to_pk());
    let mut sum = AggregatePublicKey::aggregate(&[&keys[0], &keys[1]], false).expect("two keys");
    sum.sub_aggregate(&AggregatePublicKey::from_public_key(&keys[0]));
    sum.into()
}

fn jacobian_signature(index: usize) -> blst_p2 {
    let signatures = [7, index].map(|index| secret(index).sign(MESSAGE, SIGNATURE_TAG, &[]));
    let mut sum = AggregateSignature::aggregate(&[&signatures[0], &signatures[1]], false).expect("two");
    let negative = crate::cases::minus(&signatures[0].to_bytes());
    let negative = blst::min_pk::Signature::from_bytes(&negative).expect("a point");
    sum.add_signature(&negative, false).expect("nothing is checked");
    sum.into()
}
