use super::number;
use super::prices::signed;
use crate::Level;
use crate::secp256k1::trust::{ALLOWANCE, BUDGET_MAX, Share, Trust};
use crate::secp256k1::{Answer, BatchRecovery, Claim};

fn share(settled: u32, found_false: u32) -> Share {
    Share { settled: settled.into(), found_false: found_false.into() }
}

#[test]
fn the_share_of_false_claims_follows_the_last_of_them() {
    let trust = Trust::new();
    let of_false = || trust.record().of_false();
    let unknown = of_false();
    assert!(unknown > 0.001 && unknown < 0.01, "{unknown}");
    for _ in 0..20 {
        trust.learn(&share(128, 0));
    }
    assert!(of_false() < unknown / 4.0);
    trust.learn(&share(64, 64));
    assert!(of_false() > 0.4, "lost at once");
    for _ in 0..8 {
        trust.learn(&share(64, 0));
    }
    assert!(of_false() > 0.02, "and not won back by a few");
    for _ in 0..200 {
        trust.learn(&share(64, 0));
    }
    trust.learn(&share(0, 0));
    assert!(of_false() < unknown, "but by many");
}

#[test]
fn sums_never_cost_more_than_the_first_budget_and_what_was_earned() {
    let trust = Trust::new();
    let (mut spent, mut earned, mut refused) = (0.0, 0.0, 0);
    for index in 0..20_000 {
        let [draw, amount, ..] = number(index);
        // Long stretches of more expenses than earnings, and the other way round.
        let amount = (amount % 1000) as f64 / 10.0;
        if draw % 100 < if index / 5000 % 2 == 0 { 70 } else { 40 } {
            let suffices = trust.spend(amount, 0.0);
            spent += if suffices { amount } else { 0.0 };
            refused += usize::from(!suffices);
        } else {
            trust.earn(amount);
            earned += amount;
        }
        assert!(spent <= earned + BUDGET_MAX + 1e-6);
    }
    assert!(refused > 100, "{refused}");
    trust.earn(1e9);
    assert!(
        trust.spend(BUDGET_MAX - 1.0, 1.0) && !trust.spend(1.0, 0.1),
        "no credit beyond the greatest budget"
    );
}

#[test]
fn without_a_budget_claims_are_recovered_until_their_allowance_pays_for_a_batch() {
    let signed = signed(64);
    let claims: Vec<_> = signed
        .iter()
        .map(|(digest, signature, y_parity, key)| Claim {
            digest,
            signature,
            y_parity: *y_parity,
            key: Some(key),
        })
        .collect();
    for level in Level::all() {
        let recovery = BatchRecovery::new([1; 32], level);
        assert!(recovery.trust.spend(BUDGET_MAX, 0.0));
        let answer = || {
            let mut answers = Vec::new();
            recovery.answer(&claims, &mut answers);
            assert_eq!(answers, [Answer::Claimed; 64]);
        };
        answer();
        assert!(
            recovery.trust.spend(64.0 * ALLOWANCE, 0.0) && !recovery.trust.spend(0.01, 0.0),
            "all were recovered"
        );
        for _ in 0..40 {
            answer();
        }
        assert!(recovery.trust.spend(64.0, 0.0), "{level}: what sums have spared by then");
    }
}
