//! What keys that are known change: how long an answer takes, and nothing else.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use pelton_kernels::cuda::Settings;
use pelton_kernels::{Job, Scheme, Signatures, Verifier, samples};

use crate::faults::{next, patient, verifier, verifier_on, verifier_with};
use crate::kernels::right;
use crate::stand_in::{Misdeed, answered_by_known_keys, tell};

const SCHEMES: [Scheme; 2] = [Scheme::Ed25519, Scheme::Secp256k1];

/// Settings of a GPU on which so many keys are known at most.
fn with_places(keys_max: usize) -> Settings {
    Settings { keys_max, ..Settings::new([0; 32]) }
}

/// Signatures of few accounts.
pub struct Accounts(Signatures);

impl Accounts {
    pub fn new(scheme: Scheme, count: usize) -> Accounts {
        Accounts(samples::valid(scheme, 40, count, true))
    }

    /// Appends a signature of an account: as it is, or wrong in one of several ways.
    fn push(&self, batch: &mut Signatures, account: usize, kind: u32) {
        let Accounts(all) = self;
        let mut message = all.message(account).to_vec();
        let mut signature = all.signatures()[account];
        message[50] ^= u8::from(kind == 1);
        signature[40] ^= u8::from(kind == 2);
        match all.scheme() {
            Scheme::Ed25519 => {
                let mut key = all.keys()[account];
                key[3] ^= u8::from(kind == 3);
                batch.push_ed25519(&message, &signature, &key);
            }
            Scheme::Secp256k1 => {
                let parity = all.parities()[account] ^ u8::from(kind == 3);
                // Another account, known or not; or nobody.
                let claimed = if kind == 4 { (account + 1) % all.len() } else { account };
                let claim = (kind != 5).then_some(&all.claims()[claimed]);
                batch.push_secp256k1(&message, &signature, parity, claim);
            }
        }
    }

    pub fn batch(&self, random: &mut StdRng, count: usize, share_of_wrong: f64) -> Signatures {
        let mut batch = Signatures::new(self.0.scheme());
        for _ in 0..count {
            let kind = if random.random_bool(share_of_wrong) { random.random_range(1..6) } else { 0 };
            self.push(&mut batch, random.random_range(0..self.0.len()), kind);
        }
        batch
    }
}

/// Sends batches, three of them in flight, and holds each answer to the reference. Gives how many signatures were answered
/// by keys that are known.
fn check(verifier: &mut dyn Verifier, accounts: &Accounts, rounds: usize, share_of_wrong: f64) -> usize {
    let mut random = StdRng::seed_from_u64(9);
    answered_by_known_keys();
    for _ in 0..rounds {
        for _ in 0..3 {
            let batch = accounts.batch(&mut random, 9, share_of_wrong);
            verifier.submit(batch).expect("it holds three batches");
        }
        for _ in 0..3 {
            let completed = next(verifier);
            assert_eq!(completed.outcome, Ok(right(&completed.signatures)));
        }
    }
    answered_by_known_keys()
}

pub fn often() {
    for scheme in SCHEMES {
        let mut verifier = verifier();
        let accounts = Accounts::new(scheme, 4);
        check(&mut *verifier, &accounts, 6, 0.0);
        // All that is sent, and of the known answers, which go with each batch, those whose key may be known.
        let known = if scheme == Scheme::Ed25519 { 2 } else { 1 };
        assert_eq!(check(&mut *verifier, &accounts, 2, 0.0), 2 * 3 * (9 + known), "{scheme:?}");
        let with_wrong = check(&mut *verifier, &accounts, 6, 0.3);
        assert!(with_wrong > 6 * 3 * 5, "{scheme:?}: {with_wrong}");
    }
}

pub fn in_parts() {
    for scheme in SCHEMES {
        for has_graphs in [true, false] {
            let settings = Settings { part_min: 2, sums_min: 8, has_graphs, ..Settings::new([0; 32]) };
            let mut verifier = verifier_on(settings, Arc::new(|job: Job| rayon::spawn(job)), patient());
            let accounts = Accounts::new(scheme, 4);
            check(&mut *verifier, &accounts, 6, 0.2);
            let known = if scheme == Scheme::Ed25519 { 2 } else { 1 };
            assert_eq!(check(&mut *verifier, &accounts, 2, 0.0), 2 * 3 * (9 + known), "{scheme:?}");
            assert_eq!(verifier.report().faults, 0);
        }
    }
}

pub fn few_places() {
    for scheme in SCHEMES {
        let mut verifier = verifier_with(with_places(2));
        let accounts = Accounts::new(scheme, 7);
        let known = check(&mut *verifier, &accounts, 25, 0.2);
        assert!((20..25 * 3 * 9 / 2).contains(&known), "{scheme:?}: {known}");
        assert_eq!(verifier.report().faults, 0);
        let mut without = verifier_with(with_places(0));
        assert_eq!(check(&mut *without, &accounts, 3, 0.2), 0);
    }
}

pub fn lost() {
    for scheme in SCHEMES {
        let mut verifier = verifier_with(with_places(5));
        let accounts = Accounts::new(scheme, 4);
        tell(Misdeed::Forgetful);
        assert_eq!(check(&mut *verifier, &accounts, 6, 0.2), 0, "{scheme:?}");
        // From now on places are written, those that are given anew; the others still hold nothing.
        tell(Misdeed::None);
        check(&mut *verifier, &Accounts::new(scheme, 9), 12, 0.2);
        assert_eq!(verifier.report().faults, 0);
    }
}
