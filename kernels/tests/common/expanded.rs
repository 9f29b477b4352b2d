//! The first step of a hash to a curve: `expand_message_xmd` of RFC 9380, section 5.3.1, with SHA-256.

use pelton_kernels::bls12381::SIGNATURE_TAG;
use sha2::{Digest as _, Sha256};

/// The 256 bytes of a message.
pub fn expanded(message: &[u8]) -> [u8; 256] {
    let tag = [SIGNATURE_TAG, &[SIGNATURE_TAG.len() as u8]].concat();
    let first: [u8; 32] = Sha256::digest([&[0; 64], message, &[1, 0, 0], &tag].concat()).into();
    let mut bytes = [0; 256];
    let mut last = [0; 32];
    for (index, block) in bytes.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let mixed: [u8; 32] = std::array::from_fn(|at| first[at] ^ last[at]);
        last = Sha256::digest([&mixed[..], &[index as u8 + 1], &tag].concat()).into();
        *block = last;
    }
    bytes
}
