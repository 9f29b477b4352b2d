//! `Chunked`: a vector whose items never move, so that it grows by little at a time.

use std::ops::Range;

const CHUNK: usize = 4_096;

/// Items by number.
#[derive(Clone, Debug)]
pub(super) struct Chunked<T>(Vec<Vec<T>>);

impl<T> Default for Chunked<T> {
    fn default() -> Chunked<T> {
        Chunked(Vec::new())
    }
}

impl<T> Chunked<T> {
    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    pub(super) fn get(&self, number: u32) -> &T {
        &self.0[number as usize / CHUNK][number as usize % CHUNK]
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut T {
        &mut self.0[number as usize / CHUNK][number as usize % CHUNK]
    }

    /// Adds an item and gives its number.
    pub(super) fn push(&mut self, item: T) -> u32 {
        let number = u32::try_from(self.len()).expect("memory ends before 2^32 items do");
        if self.0.last().is_none_or(|last| last.len() == CHUNK) {
            self.0.push(Vec::with_capacity(CHUNK));
        }
        self.0.last_mut().expect("there is a chunk with room").push(item);
        number
    }

    /// The items with these numbers, as far as there are such.
    pub(super) fn within(&self, numbers: Range<usize>) -> impl Iterator<Item = &T> {
        let end = numbers.end.min(self.len());
        (numbers.start..end).map(|number| &self.0[number / CHUNK][number % CHUNK])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}
