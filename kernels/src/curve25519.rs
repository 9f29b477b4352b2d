//! The curve of ed25519, four or eight points at once.
//!
//! Points that have nothing to do with each other take the same steps, so each lane of a vector holds another one, and
//! next to no step moves anything between lanes:
//!
//! ```text
//!   field       numbers modulo 2^255 - 19
//!     five, ten     and how they are multiplied: by AVX-512 IFMA, by any other vectors
//!   memory      points as they are kept
//!   point       points in lanes: sums and doubles
//!   row         one point across lanes, for the last steps of a sum
//!   decompress  bytes to points
//!   sum         is the random sum of many equations neutral?     (is every signature of a batch valid?)
//!   each        which of some equations hold?                    (which of them are not?)
//!   scalar      numbers modulo the order of the base point, one at a time
//!   digits      of which both are made
//!   curve       the door: all of it, on the lanes of a level
//! ```
//!
//! What is valid is not said here but in [`ed25519`](crate::ed25519).

mod curve;
mod decompress;
mod digits;
mod each;
mod field;
mod five;
mod fused;
mod ifma;
mod memory;
mod point;
mod row;
mod scalar;
mod sha512;
mod sum;
mod ten;
#[cfg(test)]
mod tests;

pub(crate) use {curve::Curve, each::Equation, memory::Affine, scalar::Scalar};
