//! The curve of ed25519, eight points at once.
//!
//! Points that have nothing to do with each other take the same steps, so each lane of a vector holds another one, and
//! next to no step moves anything between lanes:
//!
//! ```text
//!   field       eight numbers modulo 2^255 - 19
//!   point       eight points: sums and doubles
//!   row         one point across lanes, for the last steps of a sum
//!   decompress  bytes to points
//!   sum         is the random sum of many equations neutral?     (is every signature of a batch valid?)
//!   each        which of eight equations hold?                    (which of them are not?)
//!   scalar      numbers modulo the order of the base point, one at a time
//!   digits      of which both are made
//!   memory      lanes to memory and back, the only place with `unsafe` but for this file
//! ```
//!
//! What is valid is not said here but in [`ed25519`](crate::ed25519).

#[cfg(target_arch = "x86_64")]
mod decompress;
#[cfg(target_arch = "x86_64")]
mod digits;
#[cfg(target_arch = "x86_64")]
mod each;
#[cfg(target_arch = "x86_64")]
mod field;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(target_arch = "x86_64")]
mod memory;
#[cfg(target_arch = "x86_64")]
mod point;
#[cfg(target_arch = "x86_64")]
mod row;
#[cfg(target_arch = "x86_64")]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod sha512;
#[cfg(target_arch = "x86_64")]
mod sum;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(crate) use {each::Equation, point::Affine, scalar::Scalar};
