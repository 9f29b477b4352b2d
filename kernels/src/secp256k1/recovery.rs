//! Recovery of many keys at once, with hints.
//!
//! ```text
//!   claims with a key ─> in range? ─> batches ─┬─ does it pay? ── tables ──> search: a sum of all, or of halves of halves
//!                                              └─ no ──────────────────────> one by one        │ a few that may be false
//!   claims without ──────────────────────────────────────────────────────────────^             v
//!                                                                                         one by one
//! ```
//!
//! Whether something pays is asked of [`Price`] and of [`Trust`], which says how often claims proved false of late and
//! how much sums may still cost; both change how long an answer takes, and no answer.

use std::ops::Range;

use super::equations::{Equation, Equations, Hinted, secret_point};
use super::known_key::KnownKey;
use super::level::Level;
use super::price::{GROUP_MIN, Price};
use super::sum::Start;
use super::trust::{ALLOWANCE, Record, Share, Trust};
use crate::ecdsa;

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
        let mut hinted = Vec::with_capacity(claims.len());
        for (place, claim) in claims.iter().enumerate() {
            if !ecdsa::is_in_range(claim.signature, claim.y_parity) {
                continue;
            }
            match claim.key {
                Some(key) => hinted.push(Hinted { place, claim: *claim, key: key.0 }),
                None => answers[place] = recovered(claim),
            }
        }
        hinted.sort_unstable_by_key(|one| one.key);
        let batches = hinted.len().div_ceil(BATCH_MAX).max(1);
        for batch in hinted.chunks(hinted.len().div_ceil(batches).max(1)) {
            let (before, found) = (self.trust.record(), Share::default());
            let mut search = Search { recovery: self, before, found, answers };
            search.answer(batch);
            self.trust.learn(&search.found);
        }
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

/// The search for the false claims of a batch: a sum of all that are likely enough to be true together, halves where it
/// fails, and at last a few that are recovered one by one.
struct Search<'a> {
    recovery: &'a BatchRecovery,
    /// What the batches before this one showed, and what this one did so far.
    before: Record,
    found: Share,
    /// Of all claims; nothing was recovered beforehand.
    answers: &'a mut [Answer],
}

impl Search<'_> {
    /// Answers a batch.
    fn answer(&mut self, hinted: &[Hinted]) {
        let BatchRecovery { seed, level, price, trust, .. } = self.recovery;
        let (preparation, sum) = (price.preparation(hinted.len()), price.sum(hinted.len()));
        let pays = price.preparation_pays(hinted.len(), self.share_of_false());
        if !pays || !trust.spend(preparation, sum) {
            self.recover(hinted.iter());
            return;
        }
        let list = Equations::new(hinted, seed, *level);
        // To find out that r is the x of no point takes as long here as there.
        trust.earn(preparation - price.preparation(list.list.len()));
        self.settle(&list, 0..list.list.len(), false);
    }

    fn share_of_false(&self) -> f64 {
        self.before.plus(&self.found).of_false()
    }

    /// Answers the claims in `range`, of whose sum it may be known that it `fails`. Gives whether all were true.
    fn settle(&mut self, equations: &Equations, range: Range<usize>, mut fails: bool) -> bool {
        let (len, share, price) = (range.len(), self.share_of_false(), &self.recovery.price);
        let list = &equations.list[range.clone()];
        if len < GROUP_MIN {
            return self.recover(list.iter().map(|one| &one.hinted));
        }
        if !fails && price.sum_pays(len, share) {
            if !self.recovery.trust.spend(price.sum(len), 0.0) {
                return self.recover(list.iter().map(|one| &one.hinted));
            }
            if equations.hold(range.clone(), &self.recovery.start, self.recovery.level) {
                self.are_true(list);
                return true;
            }
            fails = true;
        }
        if price.expected_apart(len, share) >= len as f64 {
            return self.recover(list.iter().map(|one| &one.hinted));
        }
        let middle = range.start + len / 2;
        let first = self.settle(equations, range.start..middle, false);
        // If the whole fails and its first half does not, the second does, and asking would say so again.
        let second = self.settle(equations, middle..range.end, fails && first);
        first && second
    }

    /// Their sum holds.
    fn are_true(&mut self, list: &[Equation]) {
        self.recovery.trust.earn(list.len() as f64);
        self.found.settled += list.len() as f64;
        for one in list {
            self.answers[one.hinted.place] = Answer::Claimed;
        }
    }

    /// One by one. Gives whether all were true.
    fn recover<'b>(&mut self, list: impl Iterator<Item = &'b Hinted<'b>>) -> bool {
        let mut batch = Share::default();
        for one in list {
            let answer = recovered(&one.claim);
            batch.settled += 1.0;
            batch.found_false += if answer == Answer::Claimed { 0.0 } else { 1.0 };
            self.answers[one.place] = answer;
        }
        self.recovery.trust.earn(batch.settled * ALLOWANCE);
        self.found = self.found.plus(&batch);
        batch.found_false == 0.0
    }
}
