//! `Runs`: sorted runs of changes, read as one.
//!
//! ```text
//! block by block ──> 65,536 changes at a time are sorted: a run ──┐
//!                                                          run ──┼──> a window of a few thousand, sorted ──> next
//!                                                          run ──┘
//! ```
//!
//! A window holds, of all runs, everything up to one key, so what comes next is always at its front. Compared with a map that
//! is sorted all the time, no change is looked for in memory that is far away.

use std::iter::Peekable;
use std::vec;

use crate::writes::keep_last;

/// Changes in a window, about.
const WINDOW: usize = 4_096;

/// Sorted runs. Where several have a key, the one that was added last counts.
pub(crate) struct Runs<K, V> {
    /// What is left of each, oldest first; none is empty.
    runs: Vec<vec::IntoIter<(K, V)>>,
    window: Peekable<vec::IntoIter<(K, V)>>,
}

impl<K, V> Default for Runs<K, V> {
    fn default() -> Runs<K, V> {
        Runs { runs: Vec::new(), window: Vec::new().into_iter().peekable() }
    }
}

impl<K: Ord + Copy, V> Runs<K, V> {
    /// Adds a run, of which each key stands once.
    pub(crate) fn push(&mut self, run: Vec<(K, V)>) {
        if !run.is_empty() {
            self.runs.push(run.into_iter());
        }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.window.len() == 0
    }

    /// The next key.
    pub(crate) fn peek(&mut self) -> Option<&K> {
        if self.window.len() == 0 {
            self.fill();
        }
        self.window.peek().map(|(key, _)| key)
    }

    /// The next key and its newest value.
    pub(crate) fn next(&mut self) -> Option<(K, V)> {
        self.peek()?;
        self.window.next()
    }

    /// Takes an equal share of each run, or less where that would go beyond the least last key of all shares.
    fn fill(&mut self) {
        let share = (WINDOW / self.runs.len().max(1)).max(1);
        let last_of = |run: &vec::IntoIter<(K, V)>| run.as_slice()[share.min(run.len()) - 1].0;
        let Some(bound) = self.runs.iter().map(last_of).min() else { return };
        let mut window = Vec::with_capacity(WINDOW);
        for run in &mut self.runs {
            let of_share = &run.as_slice()[..share.min(run.len())];
            let taken = of_share.partition_point(|(key, _)| *key <= bound);
            window.extend(run.take(taken));
        }
        self.runs.retain(|run| run.len() > 0);
        keep_last(&mut window);
        self.window = window.into_iter().peekable();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Runs;

    /// Pushes so many runs of so many keys below `keys`, and compares with a map.
    fn check(runs: u64, length: u64, keys: u64) {
        let (mut merged, mut map) = (Runs::default(), BTreeMap::new());
        for run in 0..runs {
            let key = |at: u64| {
                (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ run.wrapping_mul(0xbf58_476d_1ce4_e5b9)) % keys
            };
            let run: BTreeMap<u64, u64> = (0..length).map(|at| (key(at), run)).collect();
            map.extend(&run);
            merged.push(run.into_iter().collect());
        }
        for (key, value) in map {
            assert!(!merged.is_empty());
            assert_eq!(merged.peek(), Some(&key));
            assert_eq!(merged.next(), Some((key, value)));
        }
        assert!(merged.is_empty() && merged.next().is_none());
    }

    #[test]
    fn many_runs_are_read_as_one_map() {
        check(0, 0, 1);
        check(3, 0, 1);
        check(1, 10_000, 1 << 40);
        check(7, 5_000, 1 << 40);
        check(7, 5_000, 3_000);
        check(300, 40, 1 << 20);
        check(9_000, 3, 1 << 20);
    }
}
