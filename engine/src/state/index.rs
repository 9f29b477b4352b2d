//! `Index`: from the hash of a key to the number of what it names.
//!
//! ```text
//! entry, 8 bytes:  low half of the hash │ number + 1        0: nothing here
//! ```
//!
//! Open addressing with linear probing: an entry stands at the place that its hash names, or after it with no gap
//! between. Half a hash in each entry tells nearly all strangers apart without a look at what they name, and lets the
//! index grow by a pass over itself alone. It is at most three quarters full.
//!
//! Hashes must come from a seed that nobody outside knows, as keys that were made to collide would all stand in one row.

/// Numbers by hash.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    entries: Vec<u64>,
    used: usize,
}

const ENTRIES_MIN: usize = 8;

impl Index {
    /// An index that holds this many without growing.
    pub(crate) fn with_capacity(count: usize) -> Index {
        let entries = (count * 4 / 3 + 1).next_power_of_two().max(ENTRIES_MIN);
        Index { entries: vec![0; entries], used: 0 }
    }

    /// The first number whose hash is this one as far as the index knows: nearly always the right one, if there is one.
    pub(crate) fn glance(&self, hash: u64) -> Option<u32> {
        let mut at = self.home(hash);
        loop {
            let number = number(self.entries[at])?;
            if half(self.entries[at]) == half(hash) {
                return Some(number);
            }
            at = self.after(at);
        }
    }

    /// Looks at where a hash stands, so that it is near afterwards. What comes of it means nothing.
    pub(crate) fn approach(&self, hash: u64) -> u64 {
        self.entries[self.home(hash)]
    }

    /// The number with this hash that is the right one.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        loop {
            let number = number(self.entries[at])?;
            if half(self.entries[at]) == half(hash) && is_it(number) {
                return Some(number);
            }
            at = self.after(at);
        }
    }

    /// Adds a number that is not there.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        if self.used + 1 > self.entries.len() / 4 * 3 {
            self.grow();
        }
        self.used += 1;
        self.place(half(hash) | (u64::from(number) + 1) << 32);
    }

    /// Takes out a number that is there.
    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let entry = half(hash) | (u64::from(number) + 1) << 32;
        let mut gap = self.home(hash);
        while self.entries[gap] != entry {
            assert!(self.entries[gap] != 0, "what is taken out of an index stands in it");
            gap = self.after(gap);
        }
        self.used -= 1;
        // Whoever stands behind the gap, and not before its own home, moves up.
        let mut at = self.after(gap);
        while self.entries[at] != 0 {
            let mask = self.entries.len() - 1;
            let from_home = at.wrapping_sub(self.home(self.entries[at])) & mask;
            if from_home >= (at.wrapping_sub(gap) & mask) {
                self.entries[gap] = self.entries[at];
                gap = at;
            }
            at = self.after(at);
        }
        self.entries[gap] = 0;
    }

    fn grow(&mut self) {
        let larger = vec![0; self.entries.len() * 2];
        let entries = std::mem::replace(&mut self.entries, larger);
        entries.into_iter().filter(|entry| *entry != 0).for_each(|entry| self.place(entry));
    }

    fn place(&mut self, entry: u64) {
        let mut at = self.home(entry);
        while self.entries[at] != 0 {
            at = self.after(at);
        }
        self.entries[at] = entry;
    }

    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.entries.len() - 1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }
}

fn half(hash: u64) -> u64 {
    hash & 0xffff_ffff
}

fn number(entry: u64) -> Option<u32> {
    ((entry >> 32) as u32).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Few homes and few halves, so that rows are long and wrap around.
    fn hash(key: u32) -> u64 {
        u64::from(key % 7) * 3 + u64::from(key) / 64
    }

    #[test]
    fn an_index_holds_what_a_map_holds() {
        let (mut index, mut map) = (Index::with_capacity(0), BTreeMap::new());
        let mut dice = 1u32;
        for _ in 0..20_000 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = dice >> 16 & 0xff;
            match map.remove(&key) {
                Some(()) => index.remove(hash(key), key),
                None => {
                    index.insert(hash(key), key);
                    map.insert(key, ());
                }
            }
            let other = dice >> 8 & 0xff;
            let found = index.find(hash(other), |number| number == other);
            assert_eq!(found, map.contains_key(&other).then_some(other));
        }
        let all = (0..256).filter(|key| index.find(hash(*key), |number| number == *key).is_some());
        assert_eq!(all.collect::<Vec<_>>(), map.into_keys().collect::<Vec<_>>());
    }
}
