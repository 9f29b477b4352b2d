//! In the place of the back-ends: the device's arithmetic, held to the answers that are expected of all of them.

use std::ops::Range;
use std::sync::Arc;

use pelton_kernels::cuda::ceilings::Way;
use pelton_kernels::{Backend, Scheme, Signatures, Verdict, keccak256, open};

use crate::host::ask;

const ED25519: u8 = 16;
const SECP256K1: u8 = 17;
/// A group of ed25519 signatures that share a sum, and how many they are at most.
const GROUP: u8 = 20;
const GROUP_MAX: usize = 128;
/// Added to these: the same with a key that is known, for which secp256k1 takes the last one that was recovered.
const KNOWN: u8 = 2;
/// Added to these: how many products it takes.
const PRODUCTS: u8 = 8;

/// The device's arithmetic answers as `expected`, whether it knows the key, knows none or knows another one.
#[track_caller]
pub fn check(batch: &Signatures, expected: &[Verdict]) {
    let verdict = |answer: &[u8]| {
        let (is_valid, address) = answer.split_first().expect("21 bytes");
        Verdict::from((*is_valid == 1).then(|| address.try_into().expect("20 bytes")))
    };
    let behind = match batch.scheme() {
        Scheme::Ed25519 => &[0, KNOWN][..],
        // First with the key of the signature before it.
        Scheme::Secp256k1 => &[KNOWN, 0, KNOWN],
    };
    let mut questions = Vec::new();
    for index in 0..batch.len() {
        behind.iter().for_each(|behind| ask_about(batch, index, *behind, &mut questions));
    }
    let verdicts: Vec<_> = ask(&questions).chunks(21).map(verdict).collect();
    for way in 0..behind.len() {
        let verdicts: Vec<_> = verdicts.iter().skip(way).step_by(behind.len()).copied().collect();
        assert_eq!(verdicts, expected, "in the way {way}");
    }
    if batch.scheme() == Scheme::Ed25519 {
        check_sums(batch, verdict, expected);
    }
}

/// In groups that share a sum, too.
#[track_caller]
fn check_sums(batch: &Signatures, verdict: impl Fn(&[u8]) -> Verdict, expected: &[Verdict]) {
    // What fails is verified by itself, so many that fail are better spread over short groups.
    let length = if expected.iter().filter(|verdict| **verdict == Verdict::Invalid).count() > 20 {
        5
    } else {
        GROUP_MAX
    };
    let mut questions = Vec::new();
    for first in (0..batch.len()).step_by(length) {
        ask_about_group(batch, first..batch.len().min(first + length), 0, &mut questions);
    }
    let verdicts: Vec<_> = ask(&questions).chunks(21).map(&verdict).collect();
    assert_eq!(verdicts, expected, "in groups of {length}");
}

/// How many products of two words it takes to answer for each signature, or for all of a group on average.
pub fn products(batch: &Signatures, way: Way) -> Vec<u64> {
    let mut questions = Vec::new();
    for index in 0..batch.len() {
        ask_about(batch, index, PRODUCTS, &mut questions);
        ask_about(batch, index, PRODUCTS + KNOWN, &mut questions);
    }
    if way == Way::Summed {
        questions.clear();
        ask_about_group(batch, 0..batch.len(), PRODUCTS, &mut questions);
    }
    let answers = ask(&questions);
    let counted = answers.chunks(8).map(|count| u64::from_le_bytes(count.try_into().expect("8 bytes")));
    match way {
        Way::Alone => counted.step_by(2).collect(),
        Way::Known => counted.skip(1).step_by(2).collect(),
        Way::Summed => counted.map(|all| all / batch.len() as u64).cycle().take(batch.len()).collect(),
    }
}

/// What is asked of the program about a group.
fn ask_about_group(batch: &Signatures, range: Range<usize>, behind: u8, questions: &mut Vec<u8>) {
    questions.push(behind + GROUP);
    questions.extend((range.len() as u32).to_le_bytes());
    for index in range {
        let from = questions.len();
        ask_about(batch, index, 0, questions);
        questions.remove(from);
    }
}

/// What is asked of the program about a signature, as an operation that stands so far behind that of its verification.
fn ask_about(batch: &Signatures, index: usize, behind: u8, questions: &mut Vec<u8>) {
    questions.push(behind + if batch.scheme() == Scheme::Ed25519 { ED25519 } else { SECP256K1 });
    questions.extend_from_slice(&batch.signatures()[index]);
    match batch.scheme() {
        Scheme::Ed25519 => questions.extend_from_slice(&batch.keys()[index]),
        Scheme::Secp256k1 => questions.push(batch.parities()[index]),
    }
    questions.extend((batch.message(index).len() as u32).to_le_bytes());
    questions.extend_from_slice(batch.message(index));
}

pub fn answers(backend: &dyn Backend, batch: &Signatures, _chunk: usize) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    backend.verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

pub fn open_seeded(name: &str, seed: u8) -> Arc<dyn Backend> {
    open(name, [seed; 32]).expect("the name is listed")
}

/// 32 bytes that look random and are the same in each run.
pub fn bytes(what: &str, index: usize) -> [u8; 32] {
    keccak256(format!("{what} {index}").as_bytes())
}
