//! `Trust`: which sources have their signatures verified together with those of others.
//!
//! Signatures that are checked as one sum are cheap while all of them are good. One bad signature, or one wrong claim of
//! who signed, and the sum has to be taken apart. So a source is *suspect* while more than one in [`ONE_IN`] of its
//! recent answers was a miss; what it sends is verified apart from the others, without its claims, until enough of it
//! has been right. No verdict depends on this.

use crate::seen::Seen;

/// Share of misses above which a source is suspect; so many answers' worth are forgiven in advance.
const ONE_IN: u32 = 64;
/// Answers after which the older half of them counts no more.
const RECENT: u32 = 4_096;

/// What is known of the sources that were heard last.
pub struct Trust(Seen<u32, Record>);

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    answers: u32,
    misses: u32,
}

impl Trust {
    /// Remembers at least this many sources; who is forgotten is trusted anew.
    pub fn new(sources: usize) -> Trust {
        Trust(Seen::new(sources))
    }

    /// Whether the source has been wrong too often.
    pub fn is_suspect(&self, source: u32) -> bool {
        self.0.get(&source).is_some_and(|record| record.misses * ONE_IN > record.answers + ONE_IN)
    }

    /// Counts one answer about what this source sent.
    pub fn note(&mut self, source: u32, is_miss: bool) {
        let mut record = self.0.get(&source).copied().unwrap_or_default();
        record.answers += 1;
        record.misses += u32::from(is_miss);
        if record.answers >= RECENT {
            record = Record { answers: record.answers / 2, misses: record.misses / 2 };
        }
        self.0.insert(source, record);
    }
}

#[cfg(test)]
mod tests {
    use super::{RECENT, Trust};

    #[test]
    fn a_source_is_forgiven_one_miss_and_wins_trust_back_by_being_right() {
        let mut trust = Trust::new(2);
        trust.note(7, true);
        assert!(!trust.is_suspect(7), "anyone may be wrong once");
        trust.note(7, true);
        assert!(trust.is_suspect(7) && !trust.is_suspect(8), "twice at once is too often");
        (0..100).for_each(|_| trust.note(7, false));
        assert!(!trust.is_suspect(7));
        (0..RECENT).for_each(|_| trust.note(7, true));
        (0..RECENT).for_each(|_| trust.note(7, false));
        assert!(trust.is_suspect(7), "half of what it sent was wrong");
        (0..20 * RECENT).for_each(|_| trust.note(7, false));
        assert!(!trust.is_suspect(7), "what is long ago does not count");
    }

    #[test]
    fn honest_sources_stay_trusted_while_one_in_a_hundred_of_their_signatures_is_bad() {
        let mut trust = Trust::new(2);
        for number in 1..100_000 {
            trust.note(1, number % 100 == 0);
            assert!(!trust.is_suspect(1));
        }
    }
}
