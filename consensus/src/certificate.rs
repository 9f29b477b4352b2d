//! Certificates: what convinces somebody who was not there that a block is final.
//!
//! Checking one needs the group key of the committee and nothing but BLS12-381: no list of validators, no earlier block.
//! Signatures are points of G1, the key is a point of G2; a quorum's shares add up to one signature of the group.
//!
//! ```text
//!   bytes, at most 140              signed by the group                under the namespace, chain's ‖
//!   ┌───────────────────┐
//!   │ epoch    1..=10   │ ┐ round   ┐
//!   │ view     1..=10   │ ┘         │ proposal
//!   │ parent's view ..10│           │
//!   │ id of block  32   │           ┘
//!   ├───────────────────┤
//!   │ signature    48   │ ── of the proposal ────────────────────────── "_FINALIZE"
//!   │ signature    48   │ ── of the round, the seed of later leaders ── "_SEED"
//!   └───────────────────┘
//! ```
//!
//! Numbers are of variable length, seven bits a byte, the lowest first, the highest bit set where more follow. What is
//! signed is `length of namespace ‖ namespace ‖ message`, hashed to G1 as the Internet draft on BLS signatures says.

use std::{error::Error, fmt};

use blst::BLST_ERROR;
use blst::min_sig::{PublicKey, Signature};

use crate::BlockId;

/// Longest certificate that is made or taken, in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 140;
/// Length of a group key in bytes: a compressed point of G2.
pub const GROUP_KEY_BYTES: usize = 96;
/// Length of a signature in bytes: a compressed point of G1.
const SIGNATURE_BYTES: usize = 48;
/// Length of a block's id in bytes.
const ID_BYTES: usize = 32;
/// The suite of the draft, basic with proofs of possession.
const SUITE: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

/// What a certificate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The committee's term.
    pub epoch: u64,
    /// The view that made the block final.
    pub view: u64,
    /// The block. With it everything below it is final.
    pub id: BlockId,
}

/// Why bytes convince nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// They are no certificate: cut short, too long, or numbers that could be written shorter.
    Malformed,
    /// The group key or a signature is no point of its group, or the neutral one.
    NoPoint,
    /// A signature is of something else, or of another group.
    Forged,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CertificateError::Malformed => "the bytes are no certificate",
            CertificateError::NoPoint => "a key or signature is no point of its group",
            CertificateError::Forged => "the group has signed something else",
        })
    }
}

impl Error for CertificateError {}

/// Checks a certificate against the group key and the namespace of a chain, and tells what it certifies.
///
/// # Errors
/// [`CertificateError`] if it convinces nobody.
pub fn verify_certificate(
    namespace: &[u8],
    group_key: &[u8; GROUP_KEY_BYTES],
    certificate: &[u8],
) -> Result<Certified, CertificateError> {
    if certificate.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::Malformed);
    }
    let mut reader = Reader { bytes: certificate, at: 0 };
    let (epoch, view) = (reader.number()?, reader.number()?);
    let round = &certificate[..reader.at];
    let _parent_view = reader.number()?;
    let id = BlockId(reader.array::<ID_BYTES>()?);
    let proposal = &certificate[..reader.at];
    let vote = reader.array::<SIGNATURE_BYTES>()?;
    let seed = reader.array::<SIGNATURE_BYTES>()?;
    if reader.at != certificate.len() {
        return Err(CertificateError::Malformed);
    }
    let key = PublicKey::key_validate(group_key).map_err(|_| CertificateError::NoPoint)?;
    check(&key, &vote, namespace, b"_FINALIZE", proposal)?;
    check(&key, &seed, namespace, b"_SEED", round)?;
    Ok(Certified { epoch, view, id })
}

fn check(
    key: &PublicKey,
    signature: &[u8],
    namespace: &[u8],
    purpose: &[u8],
    message: &[u8],
) -> Result<(), CertificateError> {
    let signature = Signature::sig_validate(signature, true).map_err(|_| CertificateError::NoPoint)?;
    let mut signed = Vec::with_capacity(10 + namespace.len() + purpose.len() + message.len());
    push_number(&mut signed, namespace.len() + purpose.len());
    for part in [namespace, purpose, message] {
        signed.extend_from_slice(part);
    }
    // Both points have just been found to lie in their groups.
    match signature.verify(false, &signed, SUITE, &[], key, false) {
        BLST_ERROR::BLST_SUCCESS => Ok(()),
        _ => Err(CertificateError::Forged),
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], CertificateError> {
        let taken = self.bytes.get(self.at..self.at + N).ok_or(CertificateError::Malformed)?;
        self.at += N;
        Ok(taken.try_into().expect("the slice has that length"))
    }

    /// A number in its shortest form, below 2^64.
    fn number(&mut self) -> Result<u64, CertificateError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array::<1>()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
                return Err(CertificateError::Malformed);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(CertificateError::Malformed)
    }
}
