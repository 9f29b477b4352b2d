//! What all threads that pack batches read: which keys are known and where, and which signed of late. One thread changes it,
//! without a lock.
//!
//! ```text
//!   bucket   8 entries, one line of a cache, next to where a hash says
//!   entry    40 bits of a hash │ 24 bits: the place, counted from 1; 0 where there is none
//! ```
//!
//! Whoever reads while it is changed finds a key or does not, and either will do. What a place holds is not changed as long
//! as somebody may have read of it: see `Places`.

use std::array::from_fn;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use super::ids::Secrets;
use super::plan::NOWHERE;

/// Places that can be told apart.
pub const PLACES_MAX: usize = (1 << PLACE_BITS) - 1;
const PLACE_BITS: u32 = 24;

/// Entries for each place, so that buckets are seldom full; and for each key that signed of late.
const SPARE: usize = 2;
const SEEN_SPARE: usize = 4;

/// Buckets that are looked at for a key, of which all but the last are full.
const PROBES: usize = 8;

/// Rounds of the hand that a key outlives at most without being used.
const USES_MAX: u8 = 7;

/// See the module.
pub struct Index {
    pub secrets: Secrets,
    buckets: Vec<Bucket>,
    /// How many rounds of the hand each place outlives.
    uses: Vec<AtomicU8>,
    /// Keys that signed once: the other half of a hash, next to where this half says.
    seen: Vec<Seen>,
}

#[repr(align(32))]
struct Seen([AtomicU32; 8]);

#[repr(align(64))]
struct Bucket([AtomicU64; 8]);

impl Index {
    pub fn new(places_max: usize) -> Index {
        let buckets = (SPARE * places_max).div_ceil(8).next_power_of_two();
        let seen = (SEEN_SPARE * places_max).div_ceil(8).next_power_of_two();
        Index {
            secrets: Secrets::new(),
            buckets: (0..buckets).map(|_| Bucket(from_fn(|_| AtomicU64::new(0)))).collect(),
            uses: (0..places_max).map(|_| AtomicU8::new(0)).collect(),
            seen: (0..seen).map(|_| Seen(from_fn(|_| AtomicU32::new(0)))).collect(),
        }
    }

    /// Has the line come that is looked at for a key, and gives something of it that means nothing.
    pub fn touch(&self, hash: u64) -> u64 {
        self.buckets[(hash >> 3) as usize & (self.buckets.len() - 1)].0[0].load(Ordering::Relaxed)
    }

    /// The place of a key, or [`NOWHERE`].
    pub fn find(&self, hash: u64) -> u32 {
        for bucket in self.buckets(hash) {
            let (mut found, mut is_full) = (0, true);
            for entry in &bucket.0 {
                let entry = entry.load(Ordering::Relaxed);
                let place = if entry >> PLACE_BITS == hash >> PLACE_BITS { place(entry) } else { 0 };
                found = place.max(found);
                is_full &= entry != 0;
            }
            if found != 0 {
                return found - 1;
            }
            if !is_full {
                break;
            }
        }
        NOWHERE
    }

    /// Takes note of where a key is. A place that no entry is left for is not found.
    pub fn put(&self, hash: u64, place: u32) {
        let entry = entry(hash, place);
        let empty =
            self.buckets(hash).flat_map(|bucket| &bucket.0).find(|entry| entry.load(Ordering::Relaxed) == 0);
        if let Some(empty) = empty {
            empty.store(entry, Ordering::Relaxed);
        }
    }

    /// Forgets where a key is.
    pub fn take(&self, hash: u64, place: u32) {
        let entry = entry(hash, place);
        let entries = self.buckets(hash).flat_map(|bucket| &bucket.0);
        let its = entries.filter(|its| its.load(Ordering::Relaxed) == entry);
        its.for_each(|its| its.store(0, Ordering::Relaxed));
    }

    /// Takes note of a use. Of several at a time one may be lost.
    pub fn count_use(&self, place: u32) {
        let uses = &self.uses[place as usize];
        let count = uses.load(Ordering::Relaxed);
        if count < USES_MAX {
            uses.store(count + 1, Ordering::Relaxed);
        }
    }

    /// How many uses of a place are left, of which it loses one.
    pub fn take_use(&self, place: usize) -> u8 {
        let count = self.uses[place].load(Ordering::Relaxed);
        self.uses[place].store(count.saturating_sub(1), Ordering::Relaxed);
        count
    }

    /// Whether a key signed of late, as far as others did not since.
    pub fn was_seen(&self, hash: u64) -> bool {
        let is_it = |entry: &AtomicU32| entry.load(Ordering::Relaxed) == half(hash);
        // Without a branch for each.
        self.line(hash).iter().fold(false, |was_seen, entry| was_seen | is_it(entry))
    }

    /// Takes note of a key that signed. Where there is no room for it, another one is forgotten.
    pub fn see(&self, hash: u64) {
        let (line, half) = (self.line(hash), half(hash));
        let holds = |what: u32| line.iter().position(|entry| entry.load(Ordering::Relaxed) == what);
        let at = holds(half).or_else(|| holds(0)).unwrap_or((hash >> 58) as usize % 8);
        line[at].store(half, Ordering::Relaxed);
    }

    fn line(&self, hash: u64) -> &[AtomicU32; 8] {
        &self.seen[(hash >> 3) as usize & (self.seen.len() - 1)].0
    }

    fn buckets(&self, hash: u64) -> impl Iterator<Item = &Bucket> {
        let (first, mask) = ((hash >> 3) as usize, self.buckets.len() - 1);
        (first..first + PROBES.min(self.buckets.len())).map(move |at| &self.buckets[at & mask])
    }
}

fn entry(hash: u64, place: u32) -> u64 {
    (hash >> PLACE_BITS << PLACE_BITS) | u64::from(place + 1)
}

fn place(entry: u64) -> u32 {
    entry as u32 & PLACES_MAX as u32
}

/// Bits that do not say where it stands; never 0, which stands where nothing was seen.
fn half(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

#[cfg(test)]
mod tests {
    use super::{Index, NOWHERE, USES_MAX};

    #[test]
    fn as_many_keys_as_there_are_places_are_found_and_those_that_were_taken_out_are_not() {
        for count in [1_u32, 2, 8, 65_536] {
            let index = Index::new(count as usize);
            let hash = |key: u32| index.secrets.hash(&crate::keccak256(&key.to_le_bytes()));
            (0..count).for_each(|key| index.put(hash(key), key));
            assert!((0..count).all(|key| index.find(hash(key)) == key), "{count}");
            assert!((count..2 * count).all(|key| index.find(hash(key)) == NOWHERE));
            (0..count).step_by(2).for_each(|key| index.take(hash(key), key));
            assert!((0..count).step_by(2).all(|key| index.find(hash(key)) == NOWHERE));
            // One whose bucket has room again is looked for there, and not behind it.
            let found = (1..count).step_by(2).filter(|key| index.find(hash(*key)) == *key).count();
            assert!(found * 100 >= count as usize / 2 * 97, "{found} of {}", count / 2);
        }
    }

    #[test]
    fn uses_are_counted_up_to_a_bound_and_keys_are_seen_until_others_are() {
        let index = Index::new(2);
        (0..100).for_each(|_| index.count_use(1));
        assert_eq!((index.take_use(1), index.take_use(1), index.take_use(0)), (USES_MAX, USES_MAX - 1, 0));
        let hash = |key: u8| index.secrets.hash(&[key; 32]);
        assert!(!index.was_seen(hash(7)));
        index.see(hash(7));
        assert!(index.was_seen(hash(7)) && !index.was_seen(hash(8)));
    }
}
