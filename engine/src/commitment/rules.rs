//! The node rules: what a subtree hashes to, and how its hash tells its kind.
//!
//! 1. A subtree without keys is [`NOTHING`], 32 zero bytes.
//! 2. A subtree with one key is the leaf of that key, as high up as it can stand: BLAKE3 of key and value hash, with
//!    the first bit set. Its hash does not say how high that is.
//! 3. Any other subtree is BLAKE3 of the hashes of its two halves, with the first bit cleared. Bit `d` of a key, counted
//!    from its most significant bit, says which half of a subtree at depth `d` it is in.
//!
//! Both preimages are 64 bytes, one block of BLAKE3. These are the rules of `nomt-core` 1.0.5. Uses `core` only.

use core::cmp::Ordering;

/// Names how keys and values are derived, the shape of the trie and its hash. Roots can be compared, and witnesses be
/// opened, only under equal names; genesis commits to it.
pub const SCHEME: &str = "keys and values: BLAKE3 of whole blocks, a leaf for each account and slot; \
                          trie: binary, leaves raised, kind in the first bit, BLAKE3; witness: format 1";

/// BLAKE3 of something, with the first bit as the rules want it.
pub type Hash = [u8; 32];

/// A key: 32 bytes, evenly spread, hence hashed by the caller.
pub type Key32 = [u8; 32];

/// BLAKE3 of the bytes of a value, made by the caller.
pub type ValueHash32 = [u8; 32];

/// The commitment to a whole set; all zero for the empty set.
pub type Root = Hash;

/// What becomes of a key: it gets a value, or none.
pub type Update = (Key32, Option<ValueHash32>);

/// The bits of a key, and so the greatest depth of a leaf.
pub const DEPTH_MAX: usize = 256;

/// The subtree without keys.
pub const NOTHING: Hash = [0; 32];

/// What a subtree is, read from its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No key.
    Nothing,
    /// One key.
    Leaf,
    /// Two keys or more.
    Inner,
}

impl Kind {
    /// The kind of the subtree with this hash.
    pub fn of(hash: &Hash) -> Kind {
        match hash[0] & 0x80 {
            0 if *hash == NOTHING => Kind::Nothing,
            0 => Kind::Inner,
            _ => Kind::Leaf,
        }
    }
}

/// Makes the hash of a [`Block`] that of a leaf.
pub fn as_leaf(mut hash: Hash) -> Hash {
    hash[0] |= 0x80;
    hash
}

/// Makes the hash of a [`Block`] that of an inner node.
pub fn as_inner(mut hash: Hash) -> Hash {
    hash[0] &= 0x7f;
    hash
}

/// What is hashed for one node: two hashes, or a key and the hash of its value. One line of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub [u8; 64]);

impl Block {
    /// A block of zeros.
    pub const ZERO: Block = Block([0; 64]);

    /// The block of these halves.
    pub fn new(first: &Hash, second: &Hash) -> Block {
        let mut block = Block::ZERO;
        block.halves_mut().copy_from_slice(&[*first, *second]);
        block
    }

    /// The left hash, or the key.
    pub fn first(&self) -> &Hash {
        &self.halves()[0]
    }

    /// The right hash, or the hash of the value.
    pub fn second(&self) -> &Hash {
        &self.halves()[1]
    }

    /// Both.
    pub fn halves(&self) -> &[Hash] {
        self.0.as_chunks().0
    }

    /// Both.
    pub fn halves_mut(&mut self) -> &mut [Hash] {
        self.0.as_chunks_mut().0
    }
}

/// Bit `depth` of a key.
pub fn bit(key: &Key32, depth: usize) -> bool {
    key[depth / 8] & (0x80 >> (depth % 8)) != 0
}

/// The order of keys. Their first eight bytes nearly always decide.
pub fn order(a: &Key32, b: &Key32) -> Ordering {
    let head = |key: &Key32| u64::from_be_bytes(*key.first_chunk().expect("a key has 32 bytes"));
    head(a).cmp(&head(b)).then_with(|| a.cmp(b))
}

/// How many first bits two keys share.
pub fn shared_bits(a: &Key32, b: &Key32) -> usize {
    match a.iter().zip(b).position(|(a, b)| a != b) {
        Some(at) => at * 8 + (a[at] ^ b[at]).leading_zeros() as usize,
        None => DEPTH_MAX,
    }
}
