//! Each part against a plain one: arithmetic against doubling and adding, points against libsecp256k1.

mod arithmetic;
mod each;
mod keys;
mod points;
mod prices;
mod trust;

use super::lanes::Packed;
use crate::hash::keccak256;

/// Some number of 256 bits.
fn number(index: usize) -> Packed {
    super::scalar::words(&keccak256(&index.to_le_bytes()))
}
