//! A public key, in the form that the sums take.

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
        self.0.to_bytes()
    }

    /// The account of the key.
    pub fn address(&self) -> [u8; 20] {
        address::of_secp256k1(&self.to_bytes())
    }
}
