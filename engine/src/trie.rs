//! The state commitment: one 32-byte root for a set of 32-byte keys and hashed values.
//!
//! The trie is binary. Bit `d` of a key, counted from its most significant bit, says which way to turn at
//! depth `d`. A subtree without keys is nothing, a subtree with one key is the leaf of that key, as high up
//! as it can stand:
//!
//! ```text
//!             inner                     keys 00…, 01…, 1…
//!            /     \
//!        inner      leaf 1…             nothing = 0^32
//!       /     \                         leaf    = BLAKE3(key ‖ value hash), first bit set
//!   leaf 00…   leaf 01…                 inner   = BLAKE3(left ‖ right),     first bit cleared
//! ```
//!
//! # What it promises
//!
//! 1. The root is a function of the set alone: no order of inserts, updates and deletes leaves a trace.
//! 2. The first bit of a hash tells a leaf from an inner node, so neither can pass for the other. These are
//!    the node rules of `nomt-core` 1.0.5; its `build_trie` is the oracle, and its proofs fit this root.
//! 3. There is nothing to grind. No node has a capacity, so keys that were ground to share a long prefix only
//!    make their own paths longer: one node of 72 bytes and one hash for every shared bit. No path is longer
//!    than 256.
//!
//! # How a batch flows
//!
//! A sorted batch goes down the trie as one slice, parted in two at every node it meets, and hashes are made
//! on the way back up. So a node above many updates is hashed once, and what the batch does not touch is not
//! read: each node holds the hashes of both its children. Keys that are hashes themselves cost about 32 +
//! 1.44 × 72 = 136 bytes each.
//!
//! Deliberately absent: values (the flat state has them), proofs, disk, and earlier roots.

/// A key: 32 bytes, evenly spread, hence hashed by the caller.
pub type Key32 = [u8; 32];

/// BLAKE3 of the bytes of a value, made by the caller.
pub type ValueHash32 = [u8; 32];

/// The commitment to the whole set; all zero for the empty set.
pub type Root = [u8; 32];

/// Names the shape of the trie and its hash. Roots can be compared only under equal names.
pub const SCHEME: &str = "binary trie, leaves raised, kind in the first bit, BLAKE3, version 1";

/// A subtree: its hash, which also tells its kind, and where its node is.
#[derive(Clone, Copy)]
struct Subtree {
    hash: [u8; 32],
    /// Index into `leaves` or `inners`, by kind; nothing has no place, so there it is 0.
    place: u32,
}

const NOTHING: Subtree = Subtree { hash: [0; 32], place: 0 };

enum Kind {
    Nothing,
    Leaf,
    Inner,
}

impl Subtree {
    fn kind(&self) -> Kind {
        match self.hash[0] & 0x80 {
            0 if self.hash == NOTHING.hash => Kind::Nothing,
            0 => Kind::Inner,
            _ => Kind::Leaf,
        }
    }
}

type Update = (Key32, Option<ValueHash32>);

/// A set of keys with hashed values, and its root.
pub struct Trie {
    top: Subtree,
    leaves: Slots<Key32>,
    inners: Slots<[Subtree; 2]>,
}

impl Default for Trie {
    fn default() -> Trie {
        Trie { top: NOTHING, leaves: Slots::default(), inners: Slots::default() }
    }
}

impl Trie {
    /// The empty set.
    #[must_use]
    pub fn new() -> Trie {
        Trie::default()
    }

    /// The root of the set as it is now.
    #[must_use]
    pub fn root(&self) -> Root {
        self.top.hash
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.used()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets each key to its value hash, or deletes it where there is none, and returns the new root. To
    /// delete a key that is not there changes nothing.
    ///
    /// # Panics
    ///
    /// If the updates are not sorted by key, or a key is there twice: a bug of the caller.
    pub fn apply(&mut self, updates: &[Update]) -> Root {
        assert!(updates.is_sorted_by(|a, b| a.0 < b.0), "updates come sorted by key, each key once");
        self.top = self.descend(self.top, 0, updates);
        self.top.hash
    }

    /// What becomes of the subtree `at`, whose keys share their first `depth` bits with each other and with
    /// `updates`. Goes no deeper than 256: below that there is at most one key, and at most one update.
    fn descend(&mut self, at: Subtree, depth: usize, updates: &[Update]) -> Subtree {
        let (node, [left, right]) = match (at.kind(), updates) {
            (_, []) => return at,
            (Kind::Nothing, [(key, value)]) => {
                return value.map_or(NOTHING, |value| leaf(self.leaves.put(*key), key, &value));
            }
            (Kind::Leaf, [(key, value)]) if self.leaves.get(at.place) == key => {
                return value.map_or_else(|| self.drop_leaf(at), |value| leaf(at.place, key, &value));
            }
            // Here two keys or more meet in a place that so far needed no inner node.
            (Kind::Nothing, _) => (None, [NOTHING; 2]),
            (Kind::Leaf, _) => match bit(self.leaves.get(at.place), depth) {
                false => (None, [at, NOTHING]),
                true => (None, [NOTHING, at]),
            },
            (Kind::Inner, _) => (Some(at.place), *self.inners.get(at.place)),
        };
        let (lefts, rights) = updates.split_at(updates.partition_point(|(key, _)| !bit(key, depth)));
        let left = self.descend(left, depth + 1, lefts);
        let right = self.descend(right, depth + 1, rights);
        self.join(node, left, right)
    }

    /// The subtree over two halves, in the inner node that stood there before, if one did.
    fn join(&mut self, node: Option<u32>, left: Subtree, right: Subtree) -> Subtree {
        let alone = match (left.kind(), right.kind()) {
            (Kind::Nothing, Kind::Nothing | Kind::Leaf) => Some(right),
            (Kind::Leaf, Kind::Nothing) => Some(left),
            _ => None,
        };
        match (alone, node) {
            (Some(raised), None) => raised,
            (Some(raised), Some(place)) => {
                self.inners.remove(place);
                raised
            }
            (None, Some(place)) => {
                *self.inners.get_mut(place) = [left, right];
                inner(place, &left, &right)
            }
            (None, None) => inner(self.inners.put([left, right]), &left, &right),
        }
    }

    fn drop_leaf(&mut self, at: Subtree) -> Subtree {
        self.leaves.remove(at.place);
        NOTHING
    }
}

fn bit(key: &Key32, depth: usize) -> bool {
    key[depth / 8] & (0x80 >> (depth % 8)) != 0
}

fn leaf(place: u32, key: &Key32, value: &ValueHash32) -> Subtree {
    let mut hash = hash_pair(key, value);
    hash[0] |= 0x80;
    Subtree { hash, place }
}

fn inner(place: u32, left: &Subtree, right: &Subtree) -> Subtree {
    let mut hash = hash_pair(&left.hash, &right.hash);
    hash[0] &= 0x7f;
    Subtree { hash, place }
}

/// 64 bytes are one BLAKE3 block, so one compression.
fn hash_pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(left);
    pair[32..].copy_from_slice(right);
    *blake3::hash(&pair).as_bytes()
}

/// Nodes of one kind, side by side, named by their index; those given up are used again first.
struct Slots<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    fn put(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            return place;
        }
        self.items.push(item);
        u32::try_from(self.items.len() - 1).expect("memory ends before 2^32 nodes do")
    }

    fn get(&self, place: u32) -> &T {
        &self.items[place as usize]
    }

    fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.items[place as usize]
    }

    fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    fn used(&self) -> usize {
        self.items.len() - self.free.len()
    }
}
