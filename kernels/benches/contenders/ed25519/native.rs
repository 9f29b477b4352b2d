//! Contenders that need AVX-512 IFMA when they are compiled, or that take too long to compile for every day.

use std::ops::Range;
use std::rc::Rc;

use commonware_codec::DecodeExt as _;
use commonware_cryptography::{BatchEntry, BatchVerifier as _};
use commonware_cryptography_curve25519::signing::{Signature, VerifyingKey};
use commonware_parallel::Sequential;
use ed25519_simd::{DalekVerifier, HotKeyCache, NullKeyCache, VerifyInput};
use pelton_kernels::Signatures;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contest::Contest;

/// How many keys may be kept: more than there are.
const KEYS_MAX: usize = 1 << 12;

pub fn add(contest: &mut Contest, batch: &Rc<Signatures>) {
    for size in [64, 256] {
        add_ed25519_simd(contest, batch, size);
        add_commonware(contest, batch, size);
    }
}

fn add_ed25519_simd(contest: &mut Contest, batch: &Rc<Signatures>, size: usize) {
    let (all, mut cold) = (batch.clone(), DalekVerifier::with_cache(NullKeyCache::new()));
    contest.add("ed25519-simd", size, move |range| {
        let inputs = inputs(&all, range);
        let mut verdicts = vec![false; inputs.len()];
        cold.verify_batch(&inputs, &mut verdicts);
        verdicts.iter().all(|valid| *valid)
    });
    let (all, mut warm) = (batch.clone(), DalekVerifier::with_cache(HotKeyCache::with_capacity(KEYS_MAX)));
    contest.add("ed25519-simd, keys known", size, move |range| {
        let inputs = inputs(&all, range);
        let mut verdicts = vec![false; inputs.len()];
        warm.verify_batch(&inputs, &mut verdicts);
        verdicts.iter().all(|valid| *valid)
    });
}

fn inputs(all: &Signatures, range: Range<usize>) -> Vec<VerifyInput<'_>> {
    let input = |(message, signature, public_key): (_, &[u8; 64], &[u8; 32])| VerifyInput {
        public_key: *public_key,
        signature: *signature,
        message,
    };
    all.ed25519(range).map(input).collect()
}

/// It keeps keys as bytes and decodes them when it verifies.
fn add_commonware(contest: &mut Contest, batch: &Rc<Signatures>, size: usize) {
    let all = batch.clone();
    let mut random = StdRng::seed_from_u64(1);
    let decoded: Vec<(VerifyingKey, Signature)> = all
        .ed25519(0..all.len())
        .map(|(_, signature, key)| {
            let key = VerifyingKey::decode(key.to_vec()).expect("any 32 bytes are taken");
            (key, Signature::decode(signature.to_vec()).expect("any 64 bytes are taken"))
        })
        .collect();
    contest.add("commonware-cryptography-curve25519", size, move |range| {
        let (all, first) = (&*all, range.start);
        VerifyingKey::verify_batch(
            &mut random,
            &decoded[range],
            |index, (public_key, signature)| BatchEntry {
                namespace: b"",
                message: &all.message(first + index)[1..],
                public_key,
                signature,
            },
            &Sequential,
        )
    });
}
