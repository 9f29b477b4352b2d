use super::prices::signed;
use crate::Level;
use crate::search::{ALLOWANCE, BUDGET_MAX};
use crate::secp256k1::{Answer, BatchRecovery, Claim};

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
