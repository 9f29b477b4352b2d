//! Whatever is claimed, and whatever a back-end has learnt of keys and of claims, verdicts are those of the reference.

use std::sync::Arc;

use pelton_kernels::Level;
use pelton_kernels::backend::Cpu;
use pelton_kernels::{Backend, Scheme, Signatures, Verdict, ecdsa, keccak256};
use proptest::prelude::*;

use crate::agree::{answers, bytes, open_seeded};
use crate::levels::levels;
use crate::secp256k1::{BASE_X, Case, join, near, negated, number};
use crate::valid;

/// A signature and the account that is claimed to have signed.
type Claimed = (Case, Option<[u8; 20]>);

fn batch<'a>(claimed: impl IntoIterator<Item = &'a Claimed>) -> Signatures {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    for (case, claim) in claimed {
        batch.push_secp256k1(&case.message, &case.signature, case.y_parity, claim.as_ref());
    }
    batch
}

/// Signature `index`, by one of `accounts` accounts that is claimed to have made it.
fn claimed(index: usize, accounts: usize) -> Claimed {
    let case = Case::signed_by(index, index % accounts);
    let claim = Some(case.signer);
    (case, claim)
}

/// The same claim about a signature of something else.
fn forged((mut case, claim): Claimed) -> Claimed {
    case.message.push(1);
    (case, claim)
}

/// Every way there is to be wrong, and none.
const KINDS: usize = 14;

/// What becomes of signature `index`, if it is made wrong in the way `kind`.
fn any(index: usize, accounts: usize, kind: usize) -> Claimed {
    let (mut case, claim) = claimed(index, accounts);
    let half = |signature: &[u8; 64], from| *signature[from..].first_chunk::<32>().expect("32 bytes");
    let (r, s) = (half(&case.signature, 0), half(&case.signature, 32));
    let (zero, above) = ([0; 32], near(ecdsa::ORDER, 1));
    match kind {
        0 => return (case, None),
        1 => return (case, Some(Case::signed_by(0, (index + 1) % accounts).signer)),
        2 => return (case, Some(*bytes("nobody", index).last_chunk().expect("20 of 32 bytes"))),
        3 => return forged((case, claim)),
        4 => case.y_parity ^= 1,
        5 => case.y_parity = 27,
        6 => {
            // The mirrored signature, for which the equation holds.
            case.signature = join(r, negated(&s));
            case.y_parity ^= 1;
        }
        7 => case.signature = join(zero, s),
        8 => case.signature = join(r, zero),
        9 => case.signature = join(if index.is_multiple_of(2) { ecdsa::ORDER } else { above }, s),
        10 => case.signature = join(near(zero, 5), s), // the x of no point
        11 => case.signature[index % 64] ^= 1 << (index % 8),
        12 => return (at_infinity(index), claim),
        _ => {}
    }
    (case, claim)
}

/// With R the base point, the key is (s B - e B) / r, which is infinity where s = e.
fn at_infinity(index: usize) -> Case {
    let message = (0..u8::MAX).map(|tail| [&bytes("infinity", index)[..], &[tail]].concat());
    let message = { message }.find(|message| keccak256(message)[0] < 0x7f).expect("every second is low");
    let signature = join(number(BASE_X), keccak256(&message));
    assert_eq!(ecdsa::recover(&keccak256(&message), &signature, 0), None);
    Case { message, signature, y_parity: 0, signer: [0; 20] }
}

/// Back-ends of all kinds answer as the reference, in each of several rounds over the same keys. Gives how many are valid.
#[track_caller]
fn check_rounds(rounds: &[Signatures]) -> usize {
    let reference = open_seeded("reference", 0);
    let expected: Vec<_> = rounds.iter().map(|batch| answers(&*reference, batch, 1)).collect();
    for level in levels() {
        for keys_max in [0, 1, 2, 20, 1 << 12] {
            let cpu = Cpu::with([9; 32], level, keys_max);
            for (round, (batch, expected)) in rounds.iter().zip(&expected).enumerate() {
                let at_once = [batch.len(), 64, 5, 150][round % 4];
                let verdicts = answers(&cpu, batch, at_once);
                assert_eq!(verdicts, *expected, "{level}, room for {keys_max} keys, round {round}");
            }
        }
    }
    expected.iter().map(|verdicts| valid(verdicts)).sum()
}

#[test]
fn right_claims_of_known_keys_change_nothing_in_a_batch_of_any_length() {
    let all: Vec<_> = (0..300).map(|index| claimed(index, 75)).collect();
    let expected: Vec<_> = all.iter().map(|(case, _)| Verdict::Valid { address: case.signer }).collect();
    let all = batch(&all);
    for level in levels() {
        let cpu = Cpu::with([1; 32], level, 1 << 12);
        assert_eq!(answers(&cpu, &all, 64), expected, "{level}, keys not known");
        // All lengths in rows of 300, the short ones on every level.
        let longest = if level == Level::best() { 300 } else { 40 };
        for len in (1..=longest).chain([63, 64, 65, 127, 128, 129, 255, 256, 257, 300]) {
            let first = len * 7 % (301 - len);
            let mut verdicts = Vec::new();
            cpu.verify(&all, first..first + len, &mut verdicts);
            assert_eq!(verdicts, expected[first..first + len], "{level}, {len} at once");
        }
    }
}

#[test]
fn every_way_to_be_wrong_is_found_beside_right_ones_in_every_round() {
    let mixed = |round: usize| {
        let kind = |index: usize| if index.is_multiple_of(5) { (index / 5 + round) % KINDS } else { KINDS };
        let cases: Vec<_> = (0..200).map(|index| any(200 * round + index, 30, kind(index))).collect();
        batch(&cases)
    };
    let right = batch(&(0..200).map(|index| claimed(index, 30)).collect::<Vec<_>>());
    let rounds = [right.clone(), mixed(0), mixed(1), right.clone(), mixed(2), mixed(3), right];
    assert!(check_rounds(&rounds) > 1200);
}

#[test]
fn a_batch_of_nothing_but_one_way_to_be_wrong_is_judged_as_by_the_reference() {
    let right = batch(&(0..20).map(|index| claimed(index, 20)).collect::<Vec<_>>());
    for kind in 0..KINDS {
        let wrong = batch(&(0..40).map(|index| any(index, 20, kind)).collect::<Vec<_>>());
        check_rounds(&[right.clone(), wrong.clone(), wrong]);
    }
}

#[test]
fn any_share_of_forged_signatures_is_told_apart() {
    let right: Vec<_> = (0..64).map(|index| claimed(index, 40)).collect();
    let with_forged = |percent: usize| {
        let draw =
            |index: usize| usize::from(bytes("forged?", 100 * index + percent)[0]) * 100 / 256 < percent;
        let one =
            |(index, one): (usize, &Claimed)| if draw(index) { forged(one.clone()) } else { one.clone() };
        batch(&right.iter().enumerate().map(one).collect::<Vec<_>>())
    };
    // In this order, so that a back-end has every opinion of claims when it comes to each.
    let rounds: Vec<_> = (0..=50).flat_map(|low| [low, 100 - low]).map(with_forged).collect();
    let reference = open_seeded("reference", 0);
    let expected: Vec<_> = rounds.iter().map(|batch| answers(&*reference, batch, 1)).collect();
    for level in levels() {
        let cpu = Cpu::with([2; 32], level, 1 << 12);
        answers(&cpu, &batch(&right), 64);
        for (round, expected) in rounds.iter().zip(&expected) {
            assert_eq!(answers(&cpu, round, 64), *expected, "{level}");
        }
    }
}

#[test]
fn threads_share_one_back_end() {
    let kind = |index: usize| if index.is_multiple_of(9) { index / 9 % KINDS } else { KINDS };
    let all = batch(&(0..240).map(|index| any(index, 60, kind(index))).collect::<Vec<_>>());
    let expected = answers(&*open_seeded("reference", 0), &all, 1);
    for (level, keys_max) in levels().flat_map(|level| [(level, 2), (level, 16), (level, 1000)]) {
        let cpu = Arc::new(Cpu::with([3; 32], level, keys_max));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (cpu, all, expected) = (&cpu, &all, &expected);
                scope.spawn(move || {
                    for round in 0..4 {
                        let at_once = [30, 64, 7, 240][(thread + round) % 4];
                        assert_eq!(answers(&**cpu, all, at_once), *expected, "{level}, {keys_max} keys");
                    }
                });
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_of_claims_is_judged_alike(
        rounds in prop::collection::vec(prop::collection::vec((0..60_usize, 0..2 * KINDS), 1..70), 1..4),
        accounts in 1..20_usize,
    ) {
        let batches: Vec<_> = rounds
            .iter()
            .map(|round| batch(&round.iter().map(|(index, kind)| any(*index, accounts, *kind)).collect::<Vec<_>>()))
            .collect();
        check_rounds(&batches);
    }
}
