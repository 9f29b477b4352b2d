//! Recovery of many keys at once, with hints.
//!
//! ```text
//!   claims with a key ─> in range? ─> batches ─┬─ does it pay? ── tables ──> search: a sum of all, or of halves of halves
//!                                              └─ no ──────────────────────> one by one        │ a few that may be false
//!   claims without ──────────────────────────────────────────────────────────────^             v
//!                                                                                         one by one
//! ```
//!
//! Whether something pays is asked of [`Price`] and of [`Trust`](crate::search::Trust), which says how often claims proved
//! false of late and how much sums may still cost; both change how long an answer takes, and no answer.

use std::ops::Range;

use super::each::recover_each;
use super::equations::{Equations, Hinted, secret_point};
use super::known_key::KnownKey;
use super::level::Level;
use super::price::Price;
use super::sum::Start;
use crate::ecdsa;
use crate::search::{self, Search, Trust};

/// How many claims share a sum at most. More gain little, and their tables no longer fit a core's cache.
const BATCH_MAX: usize = 128;

/// A signature and who is said to have made it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What was signed.
    pub digest: &'a [u8; 32],
    /// r ‖ s, big-endian.
    pub signature: &'a [u8; 64],
    /// The parity of y, which is valid as 0 or 1 only.
    pub y_parity: u8,
    /// The key said to be its signer's, if one is; it changes how long the answer takes, and not the answer.
    pub key: Option<&'a KnownKey>,
}

/// Whose signature it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The claim is true: recovery would give [`Claim::key`].
    Claimed,
    /// What [`ecdsa::recover`] gives, and it is not [`Claim::key`]: x ‖ y of another key, or of any key if the claim has
    /// none, or nothing if the signature is not valid.
    Recovered(Option<[u8; 64]>),
}

/// Answers claims, those with a key in batches, on any thread and on several at once. From one call to the next it keeps
/// how often claims proved false and what sums may cost, and answers do not depend on that.
#[derive(Debug)]
pub struct BatchRecovery {
    seed: [u8; 32],
    start: Start,
    level: Level,
    price: Price,
    pub(super) trust: Trust,
}

impl BatchRecovery {
    /// With random numbers from `seed`, which is secret and comes from the operating system in production, and the
    /// instructions of `level`. Answers depend on neither.
    pub fn new(seed: [u8; 32], level: Level) -> Self {
        let start = Start::at(secret_point(&seed, level));
        Self { seed, start, level, price: Price::of(level), trust: Trust::new() }
    }

    /// Appends the answer to each of `claims` to `answers`, in order.
    pub fn answer(&self, claims: &[Claim], answers: &mut Vec<Answer>) {
        let first = answers.len();
        answers.resize(first + claims.len(), Answer::Recovered(None));
        let answers = &mut answers[first..];
        let (mut hinted, mut unknown) = (Vec::with_capacity(claims.len()), Vec::new());
        for (place, claim) in claims.iter().enumerate() {
            if !ecdsa::is_in_range(claim.signature, claim.y_parity) {
                continue;
            }
            match claim.key {
                Some(key) => hinted.push(Hinted { place, claim: *claim, key: key.0 }),
                None => unknown.push((place, *claim)),
            }
        }
        let (places, unknown): (Vec<_>, Vec<_>) = unknown.into_iter().unzip();
        for (place, key) in places.into_iter().zip(recover_each(&unknown, &self.start, self.level)) {
            answers[place] = Answer::Recovered(key);
        }
        hinted.sort_unstable_by_key(|one| one.key);
        let batches = hinted.len().div_ceil(BATCH_MAX).max(1);
        for batch in hinted.chunks(hinted.len().div_ceil(batches).max(1)) {
            self.answer_batch(batch, answers);
        }
    }

    /// Answers claims with a key in `answers`, which is of all claims.
    fn answer_batch(&self, hinted: &[Hinted], answers: &mut [Answer]) {
        let Self { seed, level, price, trust, .. } = self;
        let mut search = Search::new(trust, &price.sum);
        let (preparation, sum) = (price.preparation(hinted.len()), price.sum.sum(hinted.len()));
        let pays = price.preparation_pays(hinted.len(), search.share_of_false());
        if !pays || !trust.spend(preparation, sum) {
            search.note_alone(hinted.len(), recover(hinted.iter(), answers));
            return;
        }
        let equations = Equations::new(hinted, seed, *level);
        let len = equations.list.len();
        // To find out that r is the x of no point takes as long here as there.
        trust.earn(preparation - price.preparation(len));
        search.settle(&mut Prepared { recovery: self, equations, answers }, 0..len);
    }
}

/// What [`ecdsa::recover`] says, as an answer.
fn recovered(claim: &Claim) -> Answer {
    let recovered = ecdsa::recover(claim.digest, claim.signature, claim.y_parity);
    match (recovered, claim.key) {
        (Some(found), Some(key)) if found == key.to_bytes() => Answer::Claimed,
        _ => Answer::Recovered(recovered),
    }
}

/// Answers each of `list` in `answers`, one by one. Gives how many claims are false.
fn recover<'a>(list: impl Iterator<Item = &'a Hinted<'a>>, answers: &mut [Answer]) -> usize {
    let mut found_false = 0;
    for one in list {
        let answer = recovered(&one.claim);
        found_false += usize::from(answer != Answer::Claimed);
        answers[one.place] = answer;
    }
    found_false
}

/// Claims whose tables are made.
struct Prepared<'a> {
    recovery: &'a BatchRecovery,
    equations: Equations<'a>,
    /// Of all claims.
    answers: &'a mut [Answer],
}

impl search::Equations for Prepared<'_> {
    fn settle_sum(&mut self, range: Range<usize>) -> bool {
        let holds = self.equations.hold(range.clone(), &self.recovery.start, self.recovery.level);
        if holds {
            for one in &self.equations.list[range] {
                self.answers[one.hinted.place] = Answer::Claimed;
            }
        }
        holds
    }

    fn settle_alone(&mut self, range: Range<usize>) -> usize {
        recover(self.equations.list[range].iter().map(|one| &one.hinted), self.answers)
    }
}
