//! Blocks to be encoded, and what is lost of them.

use std::fmt;

/// How a block is cut.
#[derive(Clone, Copy)]
pub struct Shape {
    pub data: usize,
    pub parity: usize,
    pub shard_bytes: usize,
}

impl Shape {
    /// A committee of 50 and large blocks; Solana's packets; and this project's packets,
    /// but for one byte, since a contender wants an even number.
    pub const ALL: [Shape; 3] = [
        Shape { data: 17, parity: 33, shard_bytes: 64 << 10 },
        Shape { data: 32, parity: 32, shard_bytes: 1 << 10 },
        Shape { data: 64, parity: 32, shard_bytes: 1132 },
    ];

    pub fn data_bytes(self) -> usize {
        self.data * self.shard_bytes
    }

    /// All data shards, of bytes that look like nothing in particular.
    pub fn block(self) -> Vec<Vec<u8>> {
        let mut stream = blake3::Hasher::new().update(&[self.data as u8, self.parity as u8]).finalize_xof();
        let shard = |_| {
            let mut bytes = vec![0; self.shard_bytes];
            stream.fill(&mut bytes);
            bytes
        };
        (0..self.data).map(shard).collect()
    }

    /// Data shards that are lost at worst: the first ones.
    pub fn lost(self) -> usize {
        self.data.min(self.parity)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}+{} x {} bytes", self.data, self.parity, self.shard_bytes)
    }
}
