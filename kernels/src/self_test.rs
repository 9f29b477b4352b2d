//! Known answers, asked of a back-end before it is trusted.

use crate::backend::{Backend, Verdict};
use crate::hex;
use crate::signatures::{Scheme, Signatures};
use crate::verifier::Fault;

/// The example of EIP-155: what is signed, r ‖ s, and the account of the private key 0x46…46. The parity is 0.
const SECP256K1_MESSAGE: [u8; 45] =
    hex::bytes("ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080");
const SECP256K1_SIGNATURE: [u8; 64] = hex::bytes(
    "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa63627667cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
);
const SECP256K1_ADDRESS: [u8; 20] = hex::bytes("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");

/// How often it is claimed: often enough for a sum to be made, on one lane as well.
const SECP256K1_CLAIMED: usize = 12;

/// The second test of RFC 8032, section 7.1, and the account of its key.
const ED25519_MESSAGE: [u8; 1] = [0x72];
const ED25519_KEY: [u8; 32] = hex::bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const ED25519_SIGNATURE: [u8; 64] = hex::bytes(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
);
const ED25519_ADDRESS: [u8; 20] = hex::bytes("09cc9ed6df4d31bb149e3dbeb9ff2f570775f9f3");

/// A valid and an invalid signature, twice, and what is to be said of them. The second time they are claimed, as far as there
/// are claims, so that a device that keeps keys answers in two ways.
pub(crate) fn known(scheme: Scheme) -> (Signatures, [Verdict; 4]) {
    let mut signatures = Signatures::new(scheme);
    let (valid, claim) = match scheme {
        Scheme::Secp256k1 => (SECP256K1_ADDRESS, Some(&SECP256K1_ADDRESS)),
        Scheme::Ed25519 => (ED25519_ADDRESS, None),
    };
    for claim in [None, claim] {
        match scheme {
            Scheme::Secp256k1 => {
                signatures.push_secp256k1(&SECP256K1_MESSAGE, &SECP256K1_SIGNATURE, 0, claim);
                signatures.push_secp256k1(&SECP256K1_MESSAGE, &SECP256K1_SIGNATURE, 2, claim);
            }
            Scheme::Ed25519 => {
                signatures.push_ed25519(&ED25519_MESSAGE, &ED25519_SIGNATURE, &ED25519_KEY);
                signatures.push_ed25519(b"another message", &ED25519_SIGNATURE, &ED25519_KEY);
            }
        }
    }
    let verdicts = [Verdict::Valid { address: valid }, Verdict::Invalid];
    (signatures, [verdicts, verdicts].concat().try_into().expect("twice two"))
}

/// Asks `backend` about one valid and one spoilt signature of each scheme; a wrong answer is a fault.
pub fn self_test(backend: &dyn Backend) -> Result<(), Fault> {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    let claim = Some(&SECP256K1_ADDRESS);
    batch.push_secp256k1(&SECP256K1_MESSAGE, &SECP256K1_SIGNATURE, 0, None);
    for _ in 0..SECP256K1_CLAIMED {
        batch.push_secp256k1(&SECP256K1_MESSAGE, &SECP256K1_SIGNATURE, 0, claim);
    }
    batch.push_secp256k1(&SECP256K1_MESSAGE[1..], &SECP256K1_SIGNATURE, 0, claim);
    batch.push_secp256k1(&SECP256K1_MESSAGE, &SECP256K1_SIGNATURE, 2, claim);
    let known = Verdict::Valid { address: SECP256K1_ADDRESS };
    // Asked a second time, a back-end that keeps keys knows this one, and answers in another way.
    for _ in 0..2 {
        let verdicts = answers(backend, &batch);
        // Another message recovers another key, not none: the answer only has to differ.
        const VALID: usize = 1 + SECP256K1_CLAIMED;
        let right = verdicts.len() == VALID + 2
            && verdicts[..VALID] == [known; VALID]
            && verdicts[VALID] != known
            && verdicts[VALID + 1] == Verdict::Invalid;
        if !right {
            return Err(wrong(backend, "secp256k1"));
        }
    }

    let mut batch = Signatures::new(Scheme::Ed25519);
    batch.push_ed25519(&ED25519_MESSAGE, &ED25519_SIGNATURE, &ED25519_KEY);
    let known = Verdict::Valid { address: ED25519_ADDRESS };
    if answers(backend, &batch) != [known] {
        return Err(wrong(backend, "ed25519"));
    }
    batch.push_ed25519(b"another message", &ED25519_SIGNATURE, &ED25519_KEY);
    if answers(backend, &batch) != [known, Verdict::Invalid] {
        return Err(wrong(backend, "ed25519"));
    }
    Ok(())
}

fn answers(backend: &dyn Backend, batch: &Signatures) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(batch.len());
    backend.verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

fn wrong(backend: &dyn Backend, scheme: &str) -> Fault {
    Fault { device: backend.name(), reason: format!("gives a wrong answer to a known {scheme} signature") }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::self_test;
    use crate::backend::{BACKENDS, Backend, Verdict, open};
    use crate::signatures::Signatures;

    #[test]
    fn every_back_end_knows_the_known_answers() {
        for name in BACKENDS {
            let backend = open(name, [7; 32]).expect("the name is listed");
            assert_eq!(self_test(&*backend), Ok(()), "{name}");
        }
    }

    struct SaysYes;

    impl Backend for SaysYes {
        fn name(&self) -> &'static str {
            "says-yes"
        }

        fn verify(&self, _batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
            verdicts.extend(range.map(|_| Verdict::Valid { address: [0; 20] }));
        }
    }

    #[test]
    fn a_back_end_that_accepts_everything_does_not_pass() {
        let fault = self_test(&SaysYes).expect_err("the spoilt signature was accepted");
        assert_eq!(fault.to_string(), "says-yes: gives a wrong answer to a known secp256k1 signature");
    }
}
