//! A signature with what it is over, and the one check of a batch of them.

use blst::min_pk::{AggregateSignature, SecretKey, Signature};
use pelton_kernels::Level;
use pelton_kernels::bls12381::{
    BatchVerification, KnownKey, PROOF_TAG, SIGNATURE_TAG, SignedMessage, reference,
};
use pelton_kernels::keccak256;

/// Points of the curve of signatures, but not of its subgroup: of order 13 and 23.
pub const SMALL_ORDER: [&str; 2] = [
    "832762e5199990da7d4ebc6409c2fdae09b25206fa89dded0a23c05406588284278c22ea15e6d03cee69a68b7d4704a4\
     043ff79d06a80add8340a1a548d700c5ffeef5b14a3e246834d320e323d9fcc76bae16f9f2763ab556905843518bc0c2",
    "a1c8529db7e45f16111c0c95106d37fb89a90afb348c9082db6d49fc34ee0077501c7ac278ed112708313a28768cc52c\
     0503fbc16c24192886d4bb5c5f791e3c3448dc4e19f0ca8d0bcd6cf6cbe9ccd602478cafaf1d7847458df499807d8ae2",
];

/// The levels that differ here: those without the multiplier compute alike.
pub fn levels() -> impl Iterator<Item = Level> {
    crate::levels::levels().filter(|level| [Level::PORTABLE, Level::best()].contains(level))
}

#[derive(Clone, Debug)]
pub struct Case {
    pub key: KnownKey,
    pub message: Vec<u8>,
    pub signature: [u8; 96],
}

impl Case {
    /// Key `key` has signed message `message`.
    pub fn signed(key: usize, message: usize) -> Self {
        let message = bytes("message", message)[..message % 33].to_vec();
        let known = KnownKey::from_genesis_without_proof(&public(key)).expect("a key");
        Self { key: known, signature: sign(key, &message), message }
    }

    /// With another message than the one that was signed.
    pub fn spoilt(mut self) -> Self {
        self.message.push(1);
        self
    }

    /// With a point added to its signature.
    pub fn plus(mut self, point: &[u8; 96]) -> Self {
        self.signature = plus(&self.signature, point);
        self
    }

    pub fn is_valid(&self) -> bool {
        reference::verify(&self.key.to_bytes(), &self.message, &self.signature)
    }
}

/// 32 bytes that look random and are the same in each run.
pub fn bytes(what: &str, index: usize) -> [u8; 32] {
    keccak256(format!("{what} {index}").as_bytes())
}

pub fn secret(key: usize) -> SecretKey {
    SecretKey::key_gen(&bytes("bls key", key), &[]).expect("32 bytes are enough")
}

pub fn sign(key: usize, message: &[u8]) -> [u8; 96] {
    secret(key).sign(message, SIGNATURE_TAG, &[]).to_bytes()
}

pub fn proof(key: usize) -> [u8; 96] {
    secret(key).sign(&public(key), PROOF_TAG, &[]).to_bytes()
}

pub fn public(key: usize) -> [u8; 48] {
    secret(key).sk_to_pk().to_bytes()
}

pub fn known(key: usize) -> KnownKey {
    KnownKey::register(&public(key), &proof(key)).expect("proved")
}

/// The sum of two points of the curve of signatures.
pub fn plus(a: &[u8; 96], b: &[u8; 96]) -> [u8; 96] {
    let decoded = |encoding| Signature::from_bytes(encoding).expect("a point of the curve");
    let mut sum = AggregateSignature::from_signature(&decoded(a));
    sum.add_signature(&decoded(b), false).expect("nothing is checked");
    sum.to_signature().to_bytes()
}

/// The negative of a point other than infinity.
pub fn minus<const N: usize>(point: &[u8; N]) -> [u8; N] {
    let mut negative = *point;
    negative[0] ^= 0x20;
    negative
}

pub fn point<const N: usize>(text: &str) -> [u8; N] {
    const_hex::decode_to_array(text).expect("hexadecimal digits")
}

pub fn verdicts(batch: &mut BatchVerification, cases: &[Case]) -> Vec<bool> {
    let signed: Vec<_> = cases
        .iter()
        .map(|Case { key, message, signature }| SignedMessage { key, message, signature })
        .collect();
    let mut verdicts = Vec::new();
    batch.verify(&signed, &mut verdicts);
    verdicts
}

/// On every level a batch of `cases` has the verdicts of the reference; gives how many are valid.
#[track_caller]
pub fn check(cases: &[Case]) -> usize {
    let expected: Vec<_> = cases.iter().map(Case::is_valid).collect();
    check_expected(cases, &expected);
    expected.iter().filter(|valid| **valid).count()
}

/// The same, where it is known what the reference says.
#[track_caller]
pub fn check_expected(cases: &[Case], expected: &[bool]) {
    for level in levels() {
        let mut batch = BatchVerification::new(bytes("seed", cases.len()), level);
        assert_eq!(verdicts(&mut batch, cases), expected, "{} at once, {level}", cases.len());
    }
}
