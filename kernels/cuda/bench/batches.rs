//! Batches to measure with: valid signatures, the same ones on every machine, and some of them forged.

use pelton_kernels::cuda::Settings;
use pelton_kernels::{Scheme, Signatures, samples};
use rayon::prelude::*;

/// What is measured end to end.
pub struct Kind {
    pub name: &'static str,
    pub scheme: Scheme,
    /// Whether there is room for keys, which become known then; those of secp256k1 where senders are claimed.
    pub is_known: bool,
    /// Whether ed25519 signatures are verified in sums where keys are not known.
    pub is_summed: bool,
    /// Signatures a second that are wanted of one H200.
    pub wanted: f64,
}

impl Kind {
    /// Of a GPU that verifies in this way.
    pub fn settings(&self) -> Settings {
        let plain = Settings::new([7; 32]);
        Settings {
            keys_max: if self.is_known { plain.keys_max } else { 0 },
            sums_min: if self.is_summed { 0 } else { usize::MAX },
            ..plain
        }
    }
}

/// All that is measured.
pub const KINDS: [Kind; 5] = [
    Kind {
        name: "ed25519, one by one",
        scheme: Scheme::Ed25519,
        is_known: false,
        is_summed: false,
        wanted: 15e6,
    },
    Kind {
        name: "ed25519, random sums",
        scheme: Scheme::Ed25519,
        is_known: false,
        is_summed: true,
        wanted: 60e6,
    },
    Kind {
        name: "ed25519, known keys",
        scheme: Scheme::Ed25519,
        is_known: true,
        is_summed: true,
        wanted: 60e6,
    },
    Kind {
        name: "secp256k1, recovery",
        scheme: Scheme::Secp256k1,
        is_known: false,
        is_summed: false,
        wanted: 20e6,
    },
    Kind {
        name: "secp256k1, known keys",
        scheme: Scheme::Secp256k1,
        is_known: true,
        is_summed: false,
        wanted: 60e6,
    },
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
