//! Each kernel on each level alone, for whoever changes one and wants to know at once what that did.
//!
//! ```text
//! cargo bench -p pelton-kernels --bench everyday                                          all of them, some minutes
//! cargo bench -p pelton-kernels --bench everyday -- ed25519 --save-baseline before        one, and keep the figures
//! cargo bench -p pelton-kernels --bench everyday -- ed25519 --baseline before             the same against these
//! cargo test  -p pelton-kernels --bench everyday                                          each runs once
//! ```
//!
//! Wall time, unlike `contenders`, which says how these compare with libraries. The steps of blst are the floor of levels on
//! which BLS12-381 has no lanes of our own.

use std::hint::black_box;
use std::time::Duration;

use blst::Pairing;
use blst::min_pk::{PublicKey, SecretKey, Signature};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pelton_kernels::backend::Cpu;
use pelton_kernels::bls12381::{BatchVerification, KnownKey, SIGNATURE_TAG, SignedMessage};
use pelton_kernels::keccak::keccak256_many;
use pelton_kernels::{Backend, Level, Scheme, Signatures, Verdict, keccak256, samples};

const SEED: [u8; 32] = [1; 32];

/// More keys than there are in a batch.
const KEYS_MAX: usize = 1 << 12;

fn keccak(criterion: &mut Criterion) {
    let messages: Vec<_> = (0..128_u8).map(|byte| [byte; 128]).collect();
    let expected: Vec<_> = messages.iter().map(|message| keccak256(message)).collect();
    let mut group = criterion.benchmark_group("keccak256-128");
    group.throughput(Throughput::Elements(messages.len() as u64));
    for level in Level::all() {
        let mut hashes = Vec::with_capacity(messages.len());
        group.bench_function(BenchmarkId::from_parameter(level), |bencher| {
            bencher.iter(|| {
                hashes.clear();
                keccak256_many(level, black_box(&messages), &mut hashes);
                assert!(hashes == expected);
            });
        });
    }
}

fn ed25519(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ed25519");
    for level in Level::all() {
        for size in [1, 16, 64, 256] {
            let batch = samples::valid(Scheme::Ed25519, 0, size, false);
            verify(&mut group, &format!("{level}/keys unknown"), &batch, &Cpu::with(SEED, level, 0));
            verify(&mut group, &format!("{level}/keys known"), &batch, &Cpu::with(SEED, level, KEYS_MAX));
        }
    }
}

fn secp256k1(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("secp256k1");
    let unclaimed = samples::valid(Scheme::Secp256k1, 0, 32, false);
    verify(&mut group, "nobody claimed", &unclaimed, &Cpu::new(SEED));
    for level in Level::all() {
        for size in [16, 64, 256] {
            let batch = samples::valid(Scheme::Secp256k1, 0, size, true);
            verify(
                &mut group,
                &format!("{level}/claimed and known"),
                &batch,
                &Cpu::with(SEED, level, KEYS_MAX),
            );
        }
    }
}

/// All of a batch of valid signatures at once. The first time is not measured: keys become known by it.
fn verify(group: &mut BenchmarkGroup<WallTime>, name: &str, batch: &Signatures, backend: &Cpu) {
    let mut verdicts = Vec::with_capacity(batch.len());
    let mut pass = || {
        verdicts.clear();
        backend.verify(black_box(batch), 0..batch.len(), &mut verdicts);
        assert!(verdicts.iter().all(|verdict| *verdict != Verdict::Invalid));
    };
    pass();
    group.throughput(Throughput::Elements(batch.len() as u64));
    group.bench_function(BenchmarkId::new(name, batch.len()), |bencher| bencher.iter(&mut pass));
}

fn bls12381(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bls12381");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for (name, differ) in [("one message", false), ("different messages", true)] {
        let signed: Vec<_> = (0..64).map(|index| Signed::new(index, differ)).collect();
        let batch: Vec<_> = signed.iter().map(Signed::borrow).collect();
        group.throughput(Throughput::Elements(batch.len() as u64));
        // Those without the multiplier of AVX-512 IFMA compute alike.
        for level in Level::all().filter(|level| [Level::PORTABLE, Level::best()].contains(level)) {
            let (mut verification, mut verdicts) = (BatchVerification::new(SEED, level), Vec::new());
            group.bench_function(BenchmarkId::new(format!("{level}/{name}"), batch.len()), |bencher| {
                bencher.iter(|| {
                    verdicts.clear();
                    verification.verify(black_box(&batch), &mut verdicts);
                    assert!(verdicts.iter().all(|valid| *valid));
                });
            });
        }
    }
}

struct Signed {
    key: KnownKey,
    message: [u8; 32],
    signature: [u8; 96],
}

impl Signed {
    fn new(index: u64, differ: bool) -> Signed {
        let secret = SecretKey::key_gen(&keccak256(&index.to_le_bytes()), &[]).expect("32 bytes are enough");
        let message = keccak256(&(if differ { index } else { 0 }).to_le_bytes());
        let key = KnownKey::from_genesis_without_proof(&secret.sk_to_pk().to_bytes());
        Signed {
            key: key.expect("a key"),
            message,
            signature: secret.sign(&message, SIGNATURE_TAG, &[]).to_bytes(),
        }
    }

    fn borrow(&self) -> SignedMessage<'_> {
        SignedMessage { key: &self.key, message: &self.message, signature: &self.signature }
    }
}

/// What one signature over a message of its own costs blst, apart from its random numbers.
fn steps_of_blst(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("steps of blst");
    let signed: Vec<_> = (0..64).map(|index| Signed::new(index, true)).collect();
    let keys: Vec<_> =
        signed.iter().map(|one| PublicKey::from_bytes(&one.key.to_bytes()).expect("a key")).collect();
    group.sample_size(20).throughput(Throughput::Elements(signed.len() as u64));
    group.bench_function("decode a signature, check its subgroup", |bencher| {
        let check = |one: &Signed| Signature::sig_validate(black_box(&one.signature), true).is_ok();
        bencher.iter(|| assert!(signed.iter().all(check)));
    });
    group.bench_function("hash a message, a Miller loop", |bencher| {
        bencher.iter(|| {
            let mut pairing = Pairing::new(true, SIGNATURE_TAG);
            for (one, key) in signed.iter().zip(&keys) {
                let key: &blst::blst_p1_affine = key.into();
                let error = pairing.aggregate(key, false, &(), false, &one.message, &[]);
                assert!(error == blst::BLST_ERROR::BLST_SUCCESS);
            }
            pairing.commit();
            pairing
        });
    });
}

criterion_group!(benches, keccak, ed25519, secp256k1, bls12381, steps_of_blst);
criterion_main!(benches);
