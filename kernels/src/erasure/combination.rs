//! Sums of shards, each times a factor, for all bytes of the shards.
//!
//! ```text
//!   inputs                 strips, in the first cache                outputs
//!   [ ──────────── ]  copy [ ── ]   multiply, a block of rows        [ ──────────── ]
//!   [ ──────────── ] ────> [ ── ]  ──────────────────────────────>   [ ──────────── ]
//!   …                      …        after the other                  …
//! ```
//!
//! Shards are cut into stretches so short that those of all inputs fit the first cache together.

use std::ops::Range;
use std::slice;

use super::arithmetic::Kind;
use super::interpolation::Interpolation;
use super::tile::{Inputs, ROWS_MAX, STRIP, Strip};
use super::{Arithmetic, ErasureError, portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, gfni256, gfni512};

/// Bytes of the first cache that a stretch of all inputs may take: the smallest cache has 32 KiB, and outputs pass
/// through it too.
const STRETCH_BYTES: usize = 20 << 10;

/// How some shards come from others. Keeps working memory of at most 32 KiB.
pub struct Combination {
    arithmetic: Arithmetic,
    inputs: usize,
    outputs: usize,
    /// For each block of rows, those of all its rows for the first input, then for the second and so on.
    factors: Vec<u8>,
    /// A stretch of all inputs, one after the other, filled up with zeros to whole strips.
    strips: Vec<Strip>,
}

impl Combination {
    /// From the shards `present` to the shards `wanted`, all of them distinct.
    pub(super) fn new(arithmetic: Arithmetic, present: &[u8], wanted: &[u8]) -> Combination {
        let interpolation = Interpolation::new(present);
        let mut factors = vec![0; present.len() * wanted.len()];
        let mut of_row = vec![0; present.len()];
        for block in blocks(wanted.len()) {
            let rows = block.len();
            let of_block = &mut factors[block.start * present.len()..block.end * present.len()];
            for (row, index) in wanted[block].iter().enumerate() {
                interpolation.factors(*index, &mut of_row);
                for (factors, factor) in of_block.chunks_exact_mut(rows).zip(&of_row) {
                    factors[row] = *factor;
                }
            }
        }
        Combination { arithmetic, inputs: present.len(), outputs: wanted.len(), factors, strips: Vec::new() }
    }

    /// Writes the wanted shards, given those that are present, in the orders in which they were named.
    ///
    /// # Errors
    ///
    /// [`ErasureError::Count`] if there are more or fewer of either, [`ErasureError::Empty`] and
    /// [`ErasureError::Length`] unless all have the same length above 0.
    pub fn apply<P: AsRef<[u8]>, W: AsMut<[u8]>>(
        &mut self,
        present: &[P],
        wanted: &mut [W],
    ) -> Result<(), ErasureError> {
        let length = self.length(present, wanted)?;
        let stretch = (STRETCH_BYTES / self.inputs / STRIP).max(1) * STRIP;
        for start in (0..length).step_by(stretch) {
            let end = length.min(start + stretch);
            self.load(present, start..end);
            for block in blocks(self.outputs) {
                self.multiply_block(block, wanted, start..end);
            }
        }
        Ok(())
    }

    fn length<P: AsRef<[u8]>, W: AsMut<[u8]>>(
        &self,
        present: &[P],
        wanted: &mut [W],
    ) -> Result<usize, ErasureError> {
        for (given, needed) in [(present.len(), self.inputs), (wanted.len(), self.outputs)] {
            if given != needed {
                return Err(ErasureError::Count { given, needed });
            }
        }
        let needed = present[0].as_ref().len();
        let others = wanted.iter_mut().map(|shard| shard.as_mut().len());
        let mut all = present.iter().map(|shard| shard.as_ref().len()).chain(others);
        match all.find(|given| *given != needed) {
            Some(given) => Err(ErasureError::Length { given, needed }),
            None if needed == 0 => Err(ErasureError::Empty),
            None => Ok(needed),
        }
    }

    fn load<P: AsRef<[u8]>>(&mut self, present: &[P], stretch: Range<usize>) {
        let width = stretch.len().div_ceil(STRIP);
        self.strips.resize(self.inputs * width, [0; STRIP]);
        for (strips, shard) in self.strips.chunks_exact_mut(width).zip(present) {
            let (bytes, rest) = strips.as_flattened_mut().split_at_mut(stretch.len());
            bytes.copy_from_slice(&shard.as_ref()[stretch.clone()]);
            rest.fill(0);
        }
    }

    /// Whole strips are written where they belong, what is left over by way of a strip of its own.
    fn multiply_block<W: AsMut<[u8]>>(&self, block: Range<usize>, wanted: &mut [W], stretch: Range<usize>) {
        let factors = &self.factors[block.start * self.inputs..block.end * self.inputs];
        let rows = block.len();
        let wanted = &mut wanted[block];
        let mut inputs = Inputs { strips: &self.strips, width: stretch.len().div_ceil(STRIP), first: 0 };

        let mut whole: [&mut [Strip]; ROWS_MAX] = Default::default();
        for (whole, shard) in whole.iter_mut().zip(wanted.iter_mut()) {
            (*whole, _) = shard.as_mut()[stretch.clone()].as_chunks_mut();
        }
        self.multiply(inputs, factors, &mut whole[..rows]);

        let left_over = stretch.len() % STRIP;
        if left_over > 0 {
            inputs.first = stretch.len() / STRIP;
            let mut strips = [[0; STRIP]; ROWS_MAX];
            self.multiply(inputs, factors, &mut strips.each_mut().map(slice::from_mut)[..rows]);
            for (strip, shard) in strips.iter().zip(wanted) {
                shard.as_mut()[stretch.end - left_over..stretch.end].copy_from_slice(&strip[..left_over]);
            }
        }
    }

    fn multiply(&self, inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
        match self.arithmetic.0 {
            Kind::Portable => portable::multiply(inputs, factors, outputs),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(token) => avx2::call(token, inputs, factors, outputs),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(token) => avx512::call(token, inputs, factors, outputs),
            #[cfg(target_arch = "x86_64")]
            Kind::Gfni256(token) => gfni256::call(token, inputs, factors, outputs),
            #[cfg(target_arch = "x86_64")]
            Kind::Gfni512(token) => gfni512::call(token, inputs, factors, outputs),
        }
    }
}

/// Rows in as few blocks as there can be, all about equally many.
fn blocks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(ROWS_MAX);
    (0..count).map(move |block| block * rows / count..(block + 1) * rows / count)
}
