//! `Expectation`: what must become of a transaction.
//!
//! # How to judge
//!
//! Expectations stand beside bytes, but a node answers by id, and equal bytes have one id, the Keccak-256 of the
//! bytes (also of bytes that do not decode). So count by id: if c of the positions with an id expect `Commit`, f
//! expect `Fail` and r expect `Reject`, then the node must have executed c of them well and f badly, and turned r
//! away for reasons from the union of their sets. Which of several equal ones was executed does not matter: that a
//! repeat overtakes its original is no mistake.
//!
//! Where many want what only a few can have, the order of the blocks decides who gets it, and that depends on timing. How
//! many get it does not: if n transactions of one contest were executed, the smaller of n and `Workload::prizes` of them
//! succeeded.

use pelton_engine::reject::Reject;

/// What must become of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// It is executed and succeeds.
    Commit,
    /// It is executed and fails; its gas is charged and its nonce is used.
    Fail,
    /// It is executed. The first few of those with this number succeed, and the others fail.
    Contested(u32),
    /// It is turned away for one of these reasons, and leaves no trace in the state.
    Reject(&'static [Reject]),
}

impl Expectation {
    /// The second of two equal ones. If the first was committed long ago, its nonce is all that is known of it.
    pub(crate) const REPEAT: Expectation =
        Expectation::Reject(&[Reject::Repeat, Reject::Duplicate, Reject::StaleNonce]);
    /// No signature at all. Two copies of one transaction may be damaged alike.
    pub(crate) const FORGED: Expectation = Expectation::Reject(&[Reject::BadSignature, Reject::Repeat]);
    /// Perhaps a good signature, but then of a key that nobody knows, whose account owns nothing.
    pub(crate) const STRANGER: Expectation = Expectation::Reject(&[
        Reject::BadSignature,
        Reject::Repeat,
        Reject::Duplicate,
        Reject::NonceGap,
        Reject::InsufficientFunds,
    ]);
    /// The first few bytes are those of many transactions.
    pub(crate) const TRUNCATED: Expectation = Expectation::Reject(&[Reject::Truncated, Reject::Repeat]);
    pub(crate) const UNKNOWN_TYPE: Expectation = Expectation::Reject(&[Reject::UnknownType]);
    pub(crate) const MALFORMED: Expectation = Expectation::Reject(&[Reject::Malformed]);
    pub(crate) const NON_CANONICAL: Expectation = Expectation::Reject(&[Reject::NonCanonical]);
    pub(crate) const OVERSIZED: Expectation = Expectation::Reject(&[Reject::Oversized]);
    pub(crate) const WRONG_CHAIN: Expectation = Expectation::Reject(&[Reject::WrongChain]);
    pub(crate) const STALE: Expectation = Expectation::Reject(&[Reject::StaleNonce]);
    pub(crate) const UNAFFORDABLE: Expectation = Expectation::Reject(&[Reject::InsufficientFunds]);

    /// Every expectation but contests. Its place in this list is its code in files and digests.
    const ALL: [Expectation; 13] = [
        Expectation::Commit,
        Expectation::Fail,
        Expectation::REPEAT,
        Expectation::FORGED,
        Expectation::STRANGER,
        Expectation::TRUNCATED,
        Expectation::UNKNOWN_TYPE,
        Expectation::MALFORMED,
        Expectation::NON_CANONICAL,
        Expectation::OVERSIZED,
        Expectation::WRONG_CHAIN,
        Expectation::STALE,
        Expectation::UNAFFORDABLE,
    ];

    /// The code of contests.
    pub(crate) const CONTESTED: u8 = Expectation::ALL.len() as u8;

    /// One byte for files and digests. That of contests stands before the number.
    pub(crate) fn code(self) -> u8 {
        if let Expectation::Contested(_) = self {
            return Expectation::CONTESTED;
        }
        let place = Expectation::ALL.iter().position(|one| *one == self);
        place.expect("generators give only expectations of the list") as u8
    }

    /// What [`Expectation::code`] came from, unless it is a contest.
    pub(crate) fn of_code(code: u8) -> Option<Expectation> {
        Expectation::ALL.get(usize::from(code)).copied()
    }
}
