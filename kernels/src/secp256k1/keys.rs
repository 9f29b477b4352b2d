//! Keys that earlier recoveries gave, by the address that hints at them.

use std::collections::HashMap;

use super::field::{Fe, PRIME, Portable};
use super::lanes::Lanes;
use super::scalar;
use super::table::Point;
use crate::address;

/// A public key: a point of the curve other than infinity. 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey(pub(super) Point);

impl KnownKey {
    /// The key x ‖ y, big-endian, as [`ecdsa::recover`](crate::ecdsa::recover) gives it; none if that is not a point of
    /// the curve or not its only spelling.
    pub fn from_bytes(bytes: &[u8; 64]) -> Option<Self> {
        let word = |from| bytes[from..].first_chunk().map(scalar::words).expect("32 bytes from 0 or 32");
        let point = Point { x: word(0), y: word(32) };
        let below_prime = |coordinate| scalar::sub(coordinate, &PRIME).1;
        let lanes = Portable;
        let (x, y) = (Fe::unpack(&point.x), Fe::unpack(&point.y));
        let cube = lanes.add(&lanes.mul(&lanes.sqr(&x), &x), &Fe::unpack(&[7, 0, 0, 0]));
        let on_curve = lanes.sqr(&y).pack() == cube.pack();
        (below_prime(&point.x) && below_prime(&point.y) && on_curve).then_some(Self(point))
    }

    /// x ‖ y, big-endian.
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&scalar::bytes(&self.0.x));
        bytes[32..].copy_from_slice(&scalar::bytes(&self.0.y));
        bytes
    }

    /// The account of the key.
    pub fn address(&self) -> [u8; 20] {
        address::of_secp256k1(&self.to_bytes())
    }
}

/// The keys last used, by address, in bounded memory.
///
/// Two generations: a key enters the young one, and so does an old one that is asked for. When the young generation is
/// full, it becomes the old one, and what was old is forgotten. So at least the last `keys_max / 2` different keys are
/// known, and never more than `keys_max`; each takes about 100 bytes.
#[derive(Debug)]
pub struct Keys {
    young: HashMap<[u8; 20], KnownKey>,
    old: HashMap<[u8; 20], KnownKey>,
    generation_len: usize,
}

impl Keys {
    /// Room for `keys_max` keys, at least two.
    pub fn new(keys_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation_len: (keys_max / 2).max(1) }
    }

    /// The key of `address`, if it is known.
    pub fn get(&mut self, address: &[u8; 20]) -> Option<KnownKey> {
        if let Some(key) = self.young.get(address) {
            return Some(*key);
        }
        let key = self.old.remove(address)?;
        self.put(*address, key);
        Some(key)
    }

    /// Remembers a key.
    pub fn insert(&mut self, key: KnownKey) {
        let address = key.address();
        self.old.remove(&address);
        self.put(address, key);
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn put(&mut self, address: [u8; 20], key: KnownKey) {
        if self.young.len() == self.generation_len && !self.young.contains_key(&address) {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(address, key);
    }
}
