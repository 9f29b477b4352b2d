//! Items side by side in chunks, named by their index. Growth moves nothing, so it takes no longer in a big trie.

/// As many items of 64 bytes are four pages.
pub const CHUNK: usize = 256;

/// Aligned to a page, since allocators then give no byte more than that: with less, some give a quarter more.
#[repr(align(4096))]
struct Chunk<T, const N: usize>([T; N]);

/// `N` items in each chunk, which should fill pages.
pub struct Chunks<T, const N: usize>(Vec<Box<Chunk<T, N>>>);

impl<T, const N: usize> Default for Chunks<T, N> {
    fn default() -> Chunks<T, N> {
        Chunks(Vec::new())
    }
}

impl<T: Copy, const N: usize> Chunks<T, N> {
    /// Makes sure that there is an item of this index, which is no further behind all others than one chunk.
    pub fn reach(&mut self, at: u32, item: T) {
        if at as usize / N == self.0.len() {
            self.0.push(Box::new(Chunk([item; N])));
        }
    }

    /// The bytes that all chunks take.
    pub fn size_bytes(&self) -> usize {
        self.0.len() * size_of::<Chunk<T, N>>() + self.0.capacity() * size_of::<Box<Chunk<T, N>>>()
    }

    pub fn get(&self, at: u32) -> &T {
        &self.0[at as usize / N].0[at as usize % N]
    }

    pub fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.0[at as usize / N].0[at as usize % N]
    }

    /// Items that lie in one chunk.
    pub fn run(&self, at: u32, len: usize) -> &[T] {
        &self.0[at as usize / N].0[at as usize % N..][..len]
    }

    /// Items that lie in one chunk.
    pub fn run_mut(&mut self, at: u32, len: usize) -> &mut [T] {
        &mut self.0[at as usize / N].0[at as usize % N..][..len]
    }
}
