//! Reed-Solomon: any `k` of `n` shards of equal length give all the others, byte by byte, in GF(2^8).
//!
//! ```text
//!   data 0        …  data k-1          parity k          …  parity n-1           n ≤ 256
//!   f(0), bytes   …  f(k-1), bytes ──> f(k), bytes       …  f(n-1), bytes        f: the one polynomial of degree
//!                                                                                below k that fits, for each byte
//! ```
//!
//! # What it promises
//!
//! 1. The bytes of shard i at some place are the value at i of a polynomial of degree below `k`, in the field of
//!    `field.rs`. That says all about the code; it is the same as that of `reed-solomon-erasure` and others who begin with
//!    powers of 0, 1, 2 …. Tests hold every shape equal to that one, and freeze some by their hashes.
//! 2. All arithmetics give the same bytes ([`Arithmetic`]): they differ in speed.
//! 3. Shapes and lengths that do not fit are an [`ErasureError`], and nothing is written then.
//!
//! # How it is computed
//!
//! Shards that are wanted are sums of the shards that are there, each times a factor that depends on nothing but which
//! shards these are: Lagrange's interpolation, and so a [`Combination`]. Nothing is inverted. To encode is the case in
//! which data is there and parity is wanted. A combination can be kept, and used for any bytes.
//!
//! Deliberately absent: where wrong bytes are. A shard that is there must be right, and whoever calls has made sure.

mod arithmetic;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod combination;
mod error;
mod field;
#[cfg(target_arch = "x86_64")]
mod gfni256;
#[cfg(target_arch = "x86_64")]
mod gfni512;
mod interpolation;
mod portable;
mod tile;

pub use arithmetic::Arithmetic;
pub use combination::Combination;
pub use error::ErasureError;

/// Most shards that a code has: the field has as many numbers.
pub const SHARDS_MAX: usize = 256;

/// How many shards there are, and how many are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    data: usize,
    parity: usize,
}

impl Code {
    /// A code of `data` shards and `parity` more, numbered in this order.
    ///
    /// # Errors
    ///
    /// [`ErasureError::Shape`] unless there is one of each at least, and no more than [`SHARDS_MAX`] together.
    pub fn new(data: usize, parity: usize) -> Result<Code, ErasureError> {
        let shards = data.saturating_add(parity);
        if data == 0 || parity == 0 || shards > SHARDS_MAX {
            return Err(ErasureError::Shape { data, parity });
        }
        Ok(Code { data, parity })
    }

    /// `k`: how many shards hold the data, and how many are enough.
    #[must_use]
    pub fn data(self) -> usize {
        self.data
    }

    /// `n - k`.
    #[must_use]
    pub fn parity(self) -> usize {
        self.parity
    }

    /// `n`.
    #[must_use]
    pub fn shards(self) -> usize {
        self.data + self.parity
    }

    /// From all data shards to all parity shards, both in order.
    #[must_use]
    pub fn encoder(self, arithmetic: Arithmetic) -> Combination {
        let indices: Vec<u8> = (0..=u8::MAX).take(self.shards()).collect();
        let (present, wanted) = indices.split_at(self.data);
        Combination::new(arithmetic, present, wanted)
    }

    /// From the shards `present`, of which there are `k`, to the shards `wanted`, data or parity, both in any order.
    /// Takes about as long as to multiply a few hundred bytes of each shard.
    ///
    /// # Errors
    ///
    /// [`ErasureError::Count`] unless exactly `k` are present, [`ErasureError::Unknown`] for a number that is not below
    /// `n`, [`ErasureError::Repeated`] for one that comes twice in either or both.
    pub fn decoder(
        self,
        arithmetic: Arithmetic,
        present: &[u8],
        wanted: &[u8],
    ) -> Result<Combination, ErasureError> {
        if present.len() != self.data {
            return Err(ErasureError::Count { given: present.len(), needed: self.data });
        }
        let mut seen = [false; SHARDS_MAX];
        for &index in present.iter().chain(wanted) {
            if usize::from(index) >= self.shards() {
                return Err(ErasureError::Unknown { index });
            }
            if std::mem::replace(&mut seen[usize::from(index)], true) {
                return Err(ErasureError::Repeated { index });
            }
        }
        Ok(Combination::new(arithmetic, present, wanted))
    }
}
