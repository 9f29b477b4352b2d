use ed25519_dalek::{Signer as _, SigningKey};

use crate::Level;
use crate::ed25519::keys::Keys;
use crate::ed25519::portable::{self, Portable};
use crate::ed25519::sums::Arithmetic;
use crate::ed25519::{Parsed, Signature, coefficients, parse};
use crate::search::{BUDGET_MAX, Trust};
use curve25519_dalek::edwards::CompressedEdwardsY;

/// Message, signature and key.
pub(super) type Signed = (Vec<u8>, [u8; 64], [u8; 32]);

pub(super) fn signed(number: usize) -> Signed {
    let secret = SigningKey::from_bytes(&crate::keccak256(&number.to_le_bytes()));
    let message = vec![0x5a; 160];
    let signature = secret.sign(&message).to_bytes();
    (message, signature, secret.verifying_key().to_bytes())
}

fn forged(number: usize) -> Signed {
    let (mut message, signature, key) = signed(number);
    message[0] ^= 1;
    (message, signature, key)
}

pub(super) fn parsed((message, signature, key): &Signed) -> Parsed {
    let decode = |key: &[u8; 32]| CompressedEdwardsY(*key).decompress();
    parse((message, signature, key), decode).expect("rules 1 to 4 hold")
}

#[test]
fn the_sum_holds_for_valid_signatures_alone() {
    let sum_holds = |parsed: &[Parsed]| {
        let drawn = coefficients::draw(&[1; 32], parsed.iter().map(Portable::scalars));
        Portable.sum_is_neutral(parsed, &drawn)
    };
    let mut parsed: Vec<_> = (0..120).map(|number| parsed(&signed(number))).collect();
    for len in [0, 1, 2, 50, 120] {
        assert!(sum_holds(&parsed[..len]), "{len} valid signatures");
    }
    parsed[7].challenge = parsed[8].challenge;
    assert!(!sum_holds(&parsed[..50]) && !sum_holds(&parsed) && sum_holds(&parsed[8..]));
}

/// Has the arithmetic of `level` find the forged ones of a batch.
fn check(level: Level, trust: &Trust, batch: &[Signed], is_forged: &[bool]) {
    let signatures =
        || batch.iter().map(|(message, signature, key)| -> Signature<'_> { (message, signature, key) });
    #[cfg(target_arch = "x86_64")]
    let found = match crate::curve25519::Curve::of(level) {
        Some(curve) => crate::ed25519::lanes::verify(curve, &[1; 32], trust, &Keys::new(0), signatures()),
        None => portable::verify(&[1; 32], trust, &Keys::new(0), signatures()),
    };
    #[cfg(not(target_arch = "x86_64"))]
    let found = portable::verify(&[1; 32], trust, &Keys::new(0), signatures());
    assert!(found.iter().zip(is_forged).all(|(found, is_forged)| found.is_none() == *is_forged), "{level}");
}

#[test]
fn forgers_are_trusted_no_more_and_what_sums_cost_by_then_is_little() {
    let (all_true, all_forged): (Vec<_>, Vec<_>) =
        (0..64).map(|index| (signed(index), forged(index))).unzip();
    for level in Level::all() {
        let trust = Trust::new();
        check(level, &trust, &all_true, &[false; 64]);
        for _ in 0..8 {
            check(level, &trust, &all_forged, &[true; 64]);
        }
        assert!(trust.spend(BUDGET_MAX - 64.0, 0.0), "{level}: at most two sums and some halves");
        assert!(!trust.spend(64.0, 0.0));
        // Without a budget, and with full trust, all is checked alone and earns the allowance.
        let trust = Trust::new();
        assert!(trust.spend(BUDGET_MAX, 0.0));
        check(level, &trust, &all_true, &[false; 64]);
        assert!(trust.spend(4.0, 0.0) && !trust.spend(0.1, 0.0), "{level}: a sixteenth of 64");
    }
}
