//! Batches to measure with: valid signatures, the same ones on every machine, and some of them forged.

use pelton_kernels::{Scheme, Signatures, samples};
use rayon::prelude::*;

/// What is measured end to end: a name, the scheme, and whether keys of it become known; those of secp256k1 do where senders
/// are claimed, those of ed25519 always, unless all keys differ.
pub const KINDS: [(&str, Scheme, bool); 4] = [
    ("ed25519, keys seldom known", Scheme::Ed25519, false),
    ("ed25519, keys known", Scheme::Ed25519, true),
    ("secp256k1, recovery", Scheme::Secp256k1, false),
    ("secp256k1, keys known", Scheme::Secp256k1, true),
];

/// So many valid signatures, of which `different` differ. Those of secp256k1 are claimed if `claimed` says so.
pub fn valid(scheme: Scheme, different: usize, count: usize, claimed: bool) -> Signatures {
    const AT_ONCE: usize = 64;
    let numbers: Vec<_> = (0..different).step_by(AT_ONCE).collect();
    let parts: Vec<_> = numbers
        .into_par_iter()
        .map(|first| samples::valid(scheme, first as u64, AT_ONCE.min(different - first), claimed))
        .collect();
    let mut once = Signatures::new(scheme);
    parts.iter().for_each(|part| once.append(part));
    let mut batch = Signatures::new(scheme);
    while batch.len() < count {
        let mut more = once.clone();
        drop(more.split_off((count - batch.len()).min(different)));
        batch.append(&more);
    }
    batch
}

/// The batch with every thousandth signature forged, from `first` on: a bit of what is signed, of either half of the
/// signature, or of the key or parity is another one.
pub fn forged(batch: &Signatures, first: usize) -> Signatures {
    let mut forged = Signatures::new(batch.scheme());
    for index in 0..batch.len() {
        let mut message = batch.message(index).to_vec();
        let mut signature = batch.signatures()[index];
        let mut key = batch.keys().get(index).copied().unwrap_or_default();
        let mut parity = batch.parities().get(index).copied().unwrap_or_default();
        if index % 1_000 == first % 1_000 {
            let place = index / 1_000 + first;
            match place % 4 {
                0 => message[place / 4 % 100] ^= 1 << (place % 8),
                1 => signature[place / 4 % 32] ^= 1 << (place % 8),
                2 => signature[32 + place / 4 % 32] ^= 1 << (place % 8),
                _ => {
                    key[place / 4 % 32] ^= 1 << (place % 8);
                    parity ^= 1;
                }
            }
        }
        match batch.scheme() {
            Scheme::Ed25519 => forged.push_ed25519(&message, &signature, &key),
            Scheme::Secp256k1 => {
                let claim = batch.claims()[index];
                forged.push_secp256k1(&message, &signature, parity, Some(&claim));
            }
        }
    }
    forged
}
