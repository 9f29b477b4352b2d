//! `Workload`: signed transactions in order, what must come of each, and the state that they start from.

use alloy_primitives::{Address, B256, Bytes};
use pelton_engine::genesis::Genesis;
use rayon::prelude::*;

use crate::cast::Cast;
use crate::draft::Draft;
use crate::expectation::Expectation;
use crate::spec::Spec;
use crate::{funding, generators};

/// Transactions that one task signs: a few milliseconds of work, and the step of the progress.
const SIGNED_AT_ONCE: usize = 128;

/// Signed transactions and the state that they start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What all of it follows from.
    pub spec: Spec,
    /// Wire bytes in the order in which they are to be sent, and what must become of each.
    pub transactions: Vec<(Bytes, Expectation)>,
    /// Who sends each of them, also where the signature is somebody else's or nobody's.
    pub senders: Vec<Address>,
    /// The state below the first transaction.
    pub genesis: Genesis,
    /// BLAKE3 over all transactions and expectations: for each, length of the bytes (u32, big-endian), code of the
    /// expectation (u8), number of the contest (u32, big-endian) if it is one, and the bytes.
    pub digest: B256,
}

/// How many transactions must end how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Executed, and succeed.
    pub commit: u64,
    /// Executed, and fail.
    pub fail: u64,
    /// Executed, and succeed or fail.
    pub contested: u64,
    /// Turned away.
    pub reject: u64,
}

impl Workload {
    /// How many can win each contest; 0 where there are none.
    pub fn prizes(&self) -> u64 {
        generators::prizes(&self.spec)
    }

    /// Counts the expectations.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (_, expectation) in &self.transactions {
            match expectation {
                Expectation::Commit => tally.commit += 1,
                Expectation::Fail => tally.fail += 1,
                Expectation::Contested(_) => tally.contested += 1,
                Expectation::Reject(_) => tally.reject += 1,
            }
        }
        tally
    }
}

/// Makes a workload on all cores of the present rayon pool; the result does not depend on how many there are.
/// `progress` is called from their threads with the number of transactions signed since it was last called.
///
/// # Panics
/// With fewer accounts than the pattern needs.
pub fn generate(spec: &Spec, progress: &(dyn Fn(u64) + Sync)) -> Workload {
    check(spec);
    let cast = Cast::new(spec);
    let drafts = generators::drafts(spec, &cast);
    let sign = |drafts: &[Draft]| {
        let signed: Vec<_> = drafts.iter().map(|draft| draft.sign(&cast)).collect();
        progress(signed.len() as u64);
        signed
    };
    let transactions: Vec<_> = drafts.par_chunks(SIGNED_AT_ONCE).flat_map_iter(sign).collect();
    let digest = digest(&transactions);
    let senders = senders(&drafts, &cast);
    Workload { spec: *spec, transactions, senders, genesis: funding::genesis(spec, &cast), digest }
}

/// The genesis state and the senders alone, as [`generate`] would give them.
///
/// # Panics
/// With fewer accounts than the pattern needs.
pub(crate) fn unsigned(spec: &Spec) -> (Genesis, Vec<Address>) {
    check(spec);
    let cast = Cast::new(spec);
    (funding::genesis(spec, &cast), senders(&generators::drafts(spec, &cast), &cast))
}

fn senders(drafts: &[Draft], cast: &Cast) -> Vec<Address> {
    drafts.iter().map(|draft| cast.account(draft.sender).address()).collect()
}

fn check(spec: &Spec) {
    let least = spec.pattern.accounts_min();
    assert!(spec.accounts >= least, "{} needs at least {least} accounts", spec.pattern);
}

/// What stands in front of a transaction's bytes in files and digests.
pub(crate) fn prefix(wire: &Bytes, expectation: Expectation) -> Vec<u8> {
    let length = u32::try_from(wire.len()).expect("a transaction is shorter than 4 GiB");
    let mut out = Vec::with_capacity(9);
    out.extend_from_slice(&length.to_be_bytes());
    out.push(expectation.code());
    if let Expectation::Contested(contest) = expectation {
        out.extend_from_slice(&contest.to_be_bytes());
    }
    out
}

fn digest(transactions: &[(Bytes, Expectation)]) -> B256 {
    let mut hash = blake3::Hasher::new();
    for (wire, expectation) in transactions {
        hash.update(&prefix(wire, *expectation)).update(wire);
    }
    B256::from(*hash.finalize().as_bytes())
}
