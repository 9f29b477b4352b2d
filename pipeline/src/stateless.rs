//! A block checked by somebody who has no state: signatures in batches, and execution from its witness.
//!
//! ```text
//! bytes ──Opened──> transactions ──signatures by scheme──> Backend ──> Verified ──execute──> Proven
//! ```
//!
//! Here the engine's stateless execution meets the kernels. Nothing is kept from one block to the next.

use alloy_primitives::Bytes;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::stateless::{Opened, Proven, Refusal};
use pelton_engine::transaction::{Signature, Transaction, Verified};
use pelton_kernels::{Backend, Scheme, Signatures, Verdict};
use rayon::prelude::*;

/// Signatures that one thread takes at a time.
const CHUNK: usize = 256;

/// Checks all of a block with its witness, as `pelton_engine::stateless` makes it, on the threads of the rayon pool.
///
/// # Errors
/// [`Refusal`]: it proves nothing.
pub fn verify_block(bytes: &Bytes, limits: &Limits, backend: &dyn Backend) -> Result<Proven, Refusal> {
    let mut opened = Opened::open(bytes, limits)?;
    let transactions = signed(opened.take_transactions(), backend)?;
    opened.execute(&transactions)
}

/// All of these with who signed them.
fn signed(transactions: Vec<Transaction>, backend: &dyn Backend) -> Result<Vec<Verified>, Refusal> {
    let mut batches = [Scheme::Secp256k1, Scheme::Ed25519].map(Signatures::new);
    for transaction in &transactions {
        let payload = |out: &mut Vec<u8>| transaction.signing_payload(out);
        match transaction.signature() {
            Signature::Secp256k1 { rs, y_parity } => {
                batches[0].push_secp256k1_with(payload, rs, *y_parity, None)
            }
            Signature::Ed25519 { rs, key } => batches[1].push_ed25519_with(payload, rs, key),
        }
    }
    let [mut secp256k1, mut ed25519] = batches.map(|batch| verdicts(&batch, backend).into_iter());
    let mut verified = Vec::with_capacity(transactions.len());
    for (at, transaction) in (0..).zip(transactions) {
        let verdict = match transaction.signature() {
            Signature::Secp256k1 { .. } => secp256k1.next(),
            Signature::Ed25519 { .. } => ed25519.next(),
        };
        match verdict.expect("one verdict for each signature") {
            Verdict::Valid { address } => verified.push(Verified::new(transaction, address.into())),
            Verdict::Invalid => return Err(Refusal::Transaction(at, Reject::BadSignature)),
        }
    }
    Ok(verified)
}

fn verdicts(batch: &Signatures, backend: &dyn Backend) -> Vec<Verdict> {
    let starts: Vec<usize> = (0..batch.len()).step_by(CHUNK).collect();
    let chunks = starts.into_par_iter().map(|start| {
        let mut verdicts = Vec::with_capacity(CHUNK);
        backend.verify(batch, start..batch.len().min(start + CHUNK), &mut verdicts);
        verdicts
    });
    chunks.collect::<Vec<_>>().concat()
}
