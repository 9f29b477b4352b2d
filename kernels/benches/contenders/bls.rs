//! BLS over BLS12-381: signatures of one message, of different messages, some of them forged, and certificates of a
//! committee. A forged signature is one of another message, so that only the equation tells.
//!
//! All begin with the bytes of a signature, which is decoded and whose subgroup is checked in the time that is measured.
//! Keys are decoded beforehand, unless a name says otherwise: a committee is known. All run on the calling thread: blst is
//! built with its feature `no-threads`, with which its pool has no thread but the one that asks.
//!
//! blst's own batch multiplies each key and each signature by a random number, of 64 bits in practice; ours have 128, so
//! there is a row of that too. It is the sum of single verifications otherwise, and does not look for equal messages.

use std::ops::Range;
use std::rc::Rc;

use blst::blst_scalar;
use blst::min_pk::{AggregateSignature, PublicKey, SecretKey, Signature};
use pelton_kernels::bls12381::{BatchVerification, KnownKey, SIGNATURE_TAG, SignedMessage};
use pelton_kernels::{Level, keccak256};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::contest::Contest;

/// A signature takes so long that a turn over more of them would be interrupted.
const ITEMS_MAX: usize = 64;

/// How often forged ones are checked before anything is measured.
const PASSES_BEFORE: usize = 5;

/// Signers of a certificate.
const SIGNERS: usize = 100;

struct Signed {
    keys: Vec<[u8; 48]>,
    messages: Vec<[u8; 32]>,
    signatures: Vec<[u8; 96]>,
    is_valid: Vec<bool>,
}

pub fn contests(items: usize) -> Vec<Contest> {
    let items = items.min(ITEMS_MAX);
    let one = "one signature of 32 bytes checked, all of the same message";
    let different = "one signature of 32 bytes checked, messages all different";
    let mut contests = vec![
        signatures(Contest::new("bls-same-message", one, items), &signed(items, |_| 0, 0)),
        signatures(
            Contest::new("bls-different-messages", different, items),
            &signed(items, |index| index, 0),
        ),
        certificates(items.min(16)),
    ];
    contests.extend([1, 10, 50].map(|percent| {
        let item = "one signature of 32 bytes checked, messages all different, some signatures forged";
        forged(Contest::new(format!("bls-forged-{percent}%"), item, items), items, percent)
    }));
    contests
}

/// Only what checks one by one can be compared with: a failed batch of blst says nothing of its parts.
fn forged(mut contest: Contest, items: usize, percent: usize) -> Contest {
    let signed = signed(items, |index| index, percent);
    add_blst_one_by_one(&mut contest, &signed);
    for level in levels() {
        add_ours(&mut contest, &signed, level, 64, false);
    }
    contest
}

fn signatures(mut contest: Contest, signed: &Rc<Signed>) -> Contest {
    for bits in [64, 128] {
        add_blst_batch(&mut contest, signed, bits, 64, false);
    }
    add_blst_batch(&mut contest, signed, 64, 64, true);
    add_blst_one_by_one(&mut contest, signed);
    for level in levels() {
        for size in [1, 16, 64] {
            add_ours(&mut contest, signed, level, size, false);
        }
        add_ours(&mut contest, signed, level, 64, true);
    }
    contest
}

fn add_blst_one_by_one(contest: &mut Contest, signed: &Rc<Signed>) {
    let (all, keys) = (signed.clone(), decoded(signed));
    contest.add("blst verify, one by one", 1, move |range| {
        range.into_iter().all(|index| {
            let signature = Signature::sig_validate(&all.signatures[index], true);
            let is_valid = signature.is_ok_and(|signature| {
                let verdict =
                    signature.verify(false, &all.messages[index], SIGNATURE_TAG, &[], &keys[index], false);
                verdict == blst::BLST_ERROR::BLST_SUCCESS
            });
            is_valid == all.is_valid[index]
        })
    });
}

/// The batch of blst, with random numbers of `bits` bits.
fn add_blst_batch(contest: &mut Contest, signed: &Rc<Signed>, bits: usize, size: usize, decodes_keys: bool) {
    let (all, all_keys) = (signed.clone(), decoded(signed));
    let mut random = StdRng::seed_from_u64(1);
    let name = format!("blst verify_multiple, {bits} bits{}", suffix(decodes_keys));
    contest.add(name, size, move |range| {
        let keys: Vec<_> = if decodes_keys {
            all.keys[range.clone()].iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect()
        } else {
            all_keys[range.clone()].to_vec()
        };
        let signatures: Vec<_> =
            all.signatures[range.clone()].iter().filter_map(|one| Signature::from_bytes(one).ok()).collect();
        let numbers: Vec<_> = range.clone().map(|_| blst_scalar { b: random.random() }).collect();
        let checks_subgroup = true;
        let verdict = Signature::verify_multiple_aggregate_signatures(
            &all.messages[range].iter().map(|message| &message[..]).collect::<Vec<_>>(),
            SIGNATURE_TAG,
            &keys.iter().collect::<Vec<_>>(),
            decodes_keys,
            &signatures.iter().collect::<Vec<_>>(),
            checks_subgroup,
            &numbers,
            bits,
        );
        verdict == blst::BLST_ERROR::BLST_SUCCESS
    });
}

fn add_ours(contest: &mut Contest, signed: &Rc<Signed>, level: Level, size: usize, decodes_keys: bool) {
    let (all, all_keys) = (signed.clone(), known(&signed.keys));
    let mut batch = BatchVerification::new([1; 32], level);
    let mut work = move |range: Range<usize>| {
        let decoded = if decodes_keys { known(&all.keys[range.clone()]) } else { Vec::new() };
        let keys = if decodes_keys { &decoded[..] } else { &all_keys[range.clone()] };
        let signed: Vec<_> = keys
            .iter()
            .zip(range.clone())
            .map(|(key, index)| SignedMessage {
                key,
                message: &all.messages[index],
                signature: &all.signatures[index],
            })
            .collect();
        let mut verdicts = Vec::with_capacity(signed.len());
        batch.verify(&signed, &mut verdicts);
        verdicts == all.is_valid[range]
    };
    // Some time is given away once, to whoever sends forged ones first. What matters is what comes then.
    if signed.is_valid.contains(&false) {
        assert!((0..PASSES_BEFORE).all(|_| work(0..signed.is_valid.len())));
    }
    contest.add(format!("pelton, {level}{}", suffix(decodes_keys)), size, work);
}

/// The levels that differ here: those without the multiplier compute alike.
fn levels() -> impl Iterator<Item = Level> {
    Level::all().filter(|level| [Level::PORTABLE, Level::best()].contains(level))
}

fn suffix(decodes_keys: bool) -> &'static str {
    if decodes_keys { ", keys decoded" } else { "" }
}

/// Certificates over different messages, each by all of one committee.
fn certificates(items: usize) -> Contest {
    let item = "one certificate checked, of 100 registered keys, messages all different";
    let mut contest = Contest::new("bls-certificate", item, items);
    let signers = signed(SIGNERS, |_| 0, 0);
    let messages: Rc<[[u8; 32]]> = (0..items).map(message).collect();
    let certificates: Rc<[[u8; 96]]> = messages.iter().map(certificate).collect();

    let (all, sums, keys) = (messages.clone(), certificates.clone(), decoded(&signers));
    contest.add("blst fast_aggregate_verify", 1, move |range| {
        let keys: Vec<_> = keys.iter().collect();
        range.into_iter().all(|index| {
            let signature = Signature::sig_validate(&sums[index], true);
            signature.is_ok_and(|signature| {
                let verdict = signature.fast_aggregate_verify(false, &all[index], SIGNATURE_TAG, &keys);
                verdict == blst::BLST_ERROR::BLST_SUCCESS
            })
        })
    });
    for (level, size) in levels().flat_map(|level| [1, 16].map(|size| (level, size))) {
        let (all, sums, keys) = (messages.clone(), certificates.clone(), known(&signers.keys));
        let mut batch = BatchVerification::new([1; 32], level);
        contest.add(format!("pelton, {level}"), size, move |range| {
            let sums_of_keys: Vec<_> = range.clone().filter_map(|_| KnownKey::sum(&keys)).collect();
            let signed: Vec<_> = sums_of_keys
                .iter()
                .zip(range)
                .map(|(key, index)| SignedMessage { key, message: &all[index], signature: &sums[index] })
                .collect();
            let mut verdicts = Vec::with_capacity(signed.len());
            batch.verify(&signed, &mut verdicts);
            verdicts.iter().all(|valid| *valid)
        });
    }
    contest
}

fn secret(index: usize) -> SecretKey {
    SecretKey::key_gen(&keccak256(&index.to_le_bytes()), &[]).expect("32 bytes are enough")
}

fn message(index: usize) -> [u8; 32] {
    keccak256(format!("message {index}").as_bytes())
}

/// The sum of the signatures of `message` by all signers.
fn certificate(message: &[u8; 32]) -> [u8; 96] {
    let all: Vec<_> = (0..SIGNERS).map(|index| secret(index).sign(message, SIGNATURE_TAG, &[])).collect();
    let sum = AggregateSignature::aggregate(&all.iter().collect::<Vec<_>>(), false);
    sum.expect("there are signatures").to_signature().to_bytes()
}

/// Signatures of the messages that `message_of` numbers. Of each hundred, `forged` are of other ones.
fn signed(items: usize, message_of: fn(usize) -> usize, forged: usize) -> Rc<Signed> {
    let messages: Vec<_> = (0..items).map(|index| message(message_of(index))).collect();
    let is_valid: Vec<_> = (0..items).map(|index| (index * 37 + 1) % 100 >= forged).collect();
    let signature = |index: usize| {
        let message = if is_valid[index] { messages[index] } else { message(items + index) };
        secret(index).sign(&message, SIGNATURE_TAG, &[]).to_bytes()
    };
    let signatures = (0..items).map(signature).collect();
    let keys = (0..items).map(|index| secret(index).sk_to_pk().to_bytes()).collect();
    Rc::new(Signed { keys, messages, signatures, is_valid })
}

fn decoded(signed: &Signed) -> Vec<PublicKey> {
    signed.keys.iter().map(|key| PublicKey::key_validate(key).expect("a key")).collect()
}

fn known(keys: &[[u8; 48]]) -> Vec<KnownKey> {
    keys.iter().map(|key| KnownKey::from_genesis_without_proof(key).expect("a key")).collect()
}
