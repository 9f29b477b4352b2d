//! Recovery of many keys at once, with hints.

use std::ops::Range;

use super::equations::{Equations, Hinted, secret_point};
use super::keys::KnownKey;
use super::level::Level;
use super::sum::Start;
use crate::ecdsa;

/// How many claims share a sum at most. More gain little, and their tables no longer fit a core's cache.
const BATCH_MAX: usize = 128;

/// Fewer claims than this are recovered one by one: a sum has a price of its own, for all its terms together.
const BATCH_MIN: usize = 4;

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

/// Answers claims, those with a key in batches. It keeps nothing from one call to the next, and any thread may ask.
#[derive(Clone, Debug)]
pub struct BatchRecovery {
    seed: [u8; 32],
    start: Start,
    level: Level,
}

impl BatchRecovery {
    /// With random numbers from `seed`, which is secret and comes from the operating system in production, and the
    /// instructions of `level`. Answers depend on neither.
    pub fn new(seed: [u8; 32], level: Level) -> Self {
        Self { start: Start::at(secret_point(&seed, level)), seed, level }
    }

    /// Appends the answer to each of `claims` to `answers`, in order.
    pub fn answer(&self, claims: &[Claim], answers: &mut Vec<Answer>) {
        for batch in claims.chunks(BATCH_MAX) {
            let first = answers.len();
            answers.resize(first + batch.len(), Answer::Recovered(None));
            self.answer_batch(batch, &mut answers[first..]);
        }
    }

    /// The answers are all [`Answer::Recovered`] of nothing beforehand.
    fn answer_batch(&self, batch: &[Claim], answers: &mut [Answer]) {
        let mut hinted = Vec::with_capacity(batch.len());
        for (place, claim) in batch.iter().enumerate() {
            if !ecdsa::is_in_range(claim.signature, claim.y_parity) {
                continue;
            }
            match claim.key {
                Some(key) => hinted.push(Hinted { place, claim: *claim, key: key.0 }),
                None => answers[place] = recovered(claim),
            }
        }
        if hinted.len() < BATCH_MIN {
            for one in hinted {
                answers[one.place] = recovered(&one.claim);
            }
            return;
        }
        hinted.sort_unstable_by_key(|one| one.key);
        let equations = Equations::new(&hinted, &self.seed, self.level);
        let mut search =
            Search { recovery: self, equations: &equations, settled: 0, found_false: 0, answers };
        let all = 0..equations.list.len();
        if !search.is_true(all.clone()) {
            search.settle(all, true);
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

/// The search for the false claims of a batch whose sum fails: halves of halves, down to a few that are recovered one by
/// one. Every sum is made only if it is likely enough to spare recoveries, judged by how many claims proved false so
/// far.
struct Search<'a> {
    recovery: &'a BatchRecovery,
    equations: &'a Equations<'a>,
    /// How many claims have their answer, and how many of them were false.
    settled: usize,
    found_false: usize,
    answers: &'a mut [Answer],
}

impl Search<'_> {
    /// Whether all claims in `range` are true, as their sum says; then they are answered.
    fn is_true(&mut self, range: Range<usize>) -> bool {
        let holds = self.equations.hold(range.clone(), &self.recovery.start, self.recovery.level);
        if holds {
            self.settled += range.len();
            for one in &self.equations.list[range] {
                self.answers[one.hinted.place] = Answer::Claimed;
            }
        }
        holds
    }

    /// Whether a sum of `len` claims is worth its time: not more of them are expected to be false than the level allows.
    /// Before anything is known, that is one of sixteen.
    fn pays(&self, len: usize) -> bool {
        let hundredths = 100 * len * (1 + self.found_false) / (16 + self.settled);
        hundredths <= self.recovery.level.false_hundredths_max()
    }

    /// Answers the claims in `range`, of whose sum it may be known that it `fails`. Gives whether all were true.
    fn settle(&mut self, range: Range<usize>, mut fails: bool) -> bool {
        if range.len() < BATCH_MIN || !self.pays(BATCH_MIN) {
            return self.recover(range);
        }
        if !fails && self.pays(range.len()) {
            if self.is_true(range.clone()) {
                return true;
            }
            fails = true;
        }
        let middle = range.start + range.len() / 2;
        let first = self.settle(range.start..middle, false);
        // If the whole fails and its first half does not, the second does, and asking would say so again.
        let second = self.settle(middle..range.end, fails && first);
        first && second
    }

    /// One by one.
    fn recover(&mut self, range: Range<usize>) -> bool {
        let before = self.found_false;
        self.settled += range.len();
        for one in &self.equations.list[range] {
            let answer = recovered(&one.hinted.claim);
            self.found_false += usize::from(answer != Answer::Claimed);
            self.answers[one.hinted.place] = answer;
        }
        self.found_false == before
    }
}
