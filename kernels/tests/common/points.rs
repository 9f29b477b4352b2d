//! Points as they lie in memory, for `blst` and for kernels alike.

use blst::min_pk::{PublicKey, SecretKey, Signature};
use blst::{blst_fp, blst_fp2, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine};
use pelton_kernels::bls12381::SIGNATURE_TAG;

use crate::cases;

/// How something lies in memory.
pub trait Memory {
    fn memory(&self) -> Vec<u8>;
}

impl Memory for blst_fp {
    fn memory(&self) -> Vec<u8> {
        self.l.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

impl Memory for blst_fp2 {
    fn memory(&self) -> Vec<u8> {
        self.fp.iter().flat_map(Memory::memory).collect()
    }
}

impl Memory for blst_p1_affine {
    fn memory(&self) -> Vec<u8> {
        [self.x.memory(), self.y.memory()].concat()
    }
}

impl Memory for blst_p2_affine {
    fn memory(&self) -> Vec<u8> {
        [self.x.memory(), self.y.memory()].concat()
    }
}

impl Memory for blst_p1 {
    fn memory(&self) -> Vec<u8> {
        [self.x.memory(), self.y.memory(), self.z.memory()].concat()
    }
}

impl Memory for blst_p2 {
    fn memory(&self) -> Vec<u8> {
        [self.x.memory(), self.y.memory(), self.z.memory()].concat()
    }
}

/// The number that lies in 48 bytes.
pub fn number(memory: &[u8]) -> blst_fp {
    let (words, rest) = memory.as_chunks();
    assert!(rest.is_empty());
    blst_fp { l: std::array::from_fn(|index| u64::from_le_bytes(words[index])) }
}

/// The number of the extension that lies in 96 bytes.
pub fn quadratic(memory: &[u8]) -> blst_fp2 {
    blst_fp2 { fp: [number(&memory[..48]), number(&memory[48..])] }
}

/// The point of G1 that lies in 144 bytes.
pub fn g1(memory: &[u8]) -> blst_p1 {
    blst_p1 { x: number(&memory[..48]), y: number(&memory[48..96]), z: number(&memory[96..]) }
}

/// The point of G2 that lies in 288 bytes.
pub fn g2(memory: &[u8]) -> blst_p2 {
    blst_p2 { x: quadratic(&memory[..96]), y: quadratic(&memory[96..192]), z: quadratic(&memory[192..]) }
}

/// The point of G2 of an encoding that stands for one.
pub fn signature(encoding: &[u8; 96]) -> blst_p2_affine {
    Signature::from_bytes(encoding).expect("a point of the curve").into()
}

/// The public key of a secret.
pub fn key(secret: &SecretKey) -> blst_p1_affine {
    PublicKey::from(*<&blst_p1_affine>::from(&secret.sk_to_pk())).into()
}

/// The hash of a message: what the secret 1 signs it with.
pub fn hash(message: &[u8]) -> blst_p2_affine {
    let mut one = [0; 32];
    one[31] = 1;
    let one = SecretKey::from_bytes(&one).expect("it is below the order");
    one.sign(message, SIGNATURE_TAG, &[]).into()
}

/// The key of this number.
pub fn numbered(index: usize) -> blst_p1_affine {
    key(&cases::secret(index))
}
