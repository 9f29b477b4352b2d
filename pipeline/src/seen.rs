//! `Seen`: a set that remembers the newest and forgets the oldest, in bounded memory.
//!
//! Two generations: new keys go into the young one; when that is full it becomes the old one, and what was old is
//! forgotten. So between one and two generations are remembered, and nothing is ever reported that was not put in. Both
//! have their room from the start and keep it, so that nothing ever grows or moves; the system gives memory as it is used.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

/// The newest keys and what goes with them.
#[derive(Debug)]
pub struct Seen<K, V> {
    generation: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq, V> Seen<K, V> {
    /// Remembers at least this many.
    pub fn new(generation: usize) -> Seen<K, V> {
        let empty = || HashMap::with_capacity(generation);
        Seen { generation, young: empty(), old: empty() }
    }

    /// What went with this key, if it is remembered.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Remembers a key as the newest.
    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn the_newest_generation_is_always_remembered_and_the_third_oldest_never() {
        let mut seen = Seen::new(10);
        for key in 0..100_u32 {
            seen.insert(key, ());
            assert!((key.saturating_sub(9)..=key).all(|recent| seen.get(&recent).is_some()));
            assert!((0..key.saturating_sub(20)).all(|ancient| seen.get(&ancient).is_none()));
        }
    }
}
