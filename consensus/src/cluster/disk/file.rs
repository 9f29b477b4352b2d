//! `File`: the bytes of one file, in the cache and on the disk.

use commonware_runtime::BlobVersion;
use rand::RngExt as _;
use rand::rngs::StdRng;

/// Bytes that are kept or lost together, one of these for each file and power cut.
const PIECES: [usize; 4] = [1, 16, 512, 4096];

/// See the head of this file.
pub(super) struct File {
    version: BlobVersion,
    cached: Vec<u8>,
    durable: Vec<u8>,
    /// Changes that no sync has covered, in order, and how many there were before the first of them.
    unsynced: Vec<Change>,
    passed: u64,
}

enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl File {
    pub fn new(version: BlobVersion) -> File {
        File { version, cached: Vec::new(), durable: Vec::new(), unsynced: Vec::new(), passed: 0 }
    }

    /// What a process finds, it may take for durable: a runtime syncs it first.
    pub fn open(&mut self, forgets: bool) -> (u64, BlobVersion) {
        if !forgets {
            self.sync(self.changes());
        }
        (self.cached.len() as u64, self.version)
    }

    /// As a process reads it.
    pub fn bytes(&self) -> &[u8] {
        &self.cached
    }

    pub fn write(&mut self, offset: usize, bytes: Vec<u8>) {
        put(&mut self.cached, offset, &bytes);
        self.unsynced.push(Change::Write(offset, bytes));
    }

    pub fn resize(&mut self, length: usize) {
        self.cached.resize(length, 0);
        self.unsynced.push(Change::Resize(length));
    }

    /// How many changes a sync that begins now covers.
    pub fn changes(&self) -> u64 {
        self.passed + self.unsynced.len() as u64
    }

    /// A sync that covers so many changes has ended.
    pub fn sync(&mut self, changes: u64) {
        let covered = changes.saturating_sub(self.passed) as usize;
        for change in self.unsynced.drain(..covered) {
            match change {
                Change::Write(offset, bytes) => put(&mut self.durable, offset, &bytes),
                Change::Resize(length) => self.durable.resize(length, 0),
            }
        }
        self.passed = self.passed.max(changes);
    }

    /// Bits of what is durable change; what a process has in its cache it reads from the disk again.
    pub fn rot(&mut self, random: &mut StdRng) {
        self.sync(self.changes());
        for _ in 0..random.random_range(1..5) {
            let at = random.random_range(0..self.durable.len());
            self.durable[at] ^= 1 << random.random_range(0..8);
        }
        self.cached.clone_from(&self.durable);
    }

    pub fn lose_power(&mut self, random: &mut StdRng) {
        let piece = PIECES[random.random_range(0..PIECES.len())];
        // All and nothing are as likely as something between.
        let kept_of_four = random.random_range(0..5);
        for change in std::mem::take(&mut self.unsynced) {
            self.passed += 1;
            match change {
                Change::Resize(length) if random.random_range(0..4) < kept_of_four => {
                    self.durable.resize(length, 0);
                }
                Change::Resize(_) => {}
                Change::Write(offset, bytes) => {
                    let mut at = 0;
                    while at < bytes.len() {
                        let end = (at + piece - (offset + at) % piece).min(bytes.len());
                        if random.random_range(0..4) < kept_of_four {
                            put(&mut self.durable, offset + at, &bytes[at..end]);
                        }
                        at = end;
                    }
                }
            }
        }
        self.cached.clone_from(&self.durable);
    }
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), 0);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}
