//! `Inode`: the bytes of one file, in the cache and on the disk.

use super::Random;

/// Bytes that are kept or lost together, one of these for each file and power cut.
const PIECES: [usize; 4] = [1, 16, 512, 4096];

/// What a process sees of a file, and what is left of it after a power cut.
#[derive(Default)]
pub(super) struct Inode {
    cached: Vec<u8>,
    durable: Vec<u8>,
    /// Writes since the last sync, in order.
    unsynced: Vec<(usize, Vec<u8>)>,
}

impl Inode {
    /// A file of these bytes.
    pub(super) fn durable(bytes: Vec<u8>) -> Inode {
        Inode { cached: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    /// What a process reads.
    pub(super) fn cached(&self) -> &[u8] {
        &self.cached
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        put(&mut self.cached, offset as usize, bytes);
        self.unsynced.push((offset as usize, bytes.to_vec()));
    }

    pub(super) fn sync(&mut self) {
        for (offset, bytes) in self.unsynced.drain(..) {
            put(&mut self.durable, offset, &bytes);
        }
    }

    /// Some of what was written becomes durable, the rest never does; the cache stays as it is.
    pub(super) fn fail_to_sync(&mut self, random: &mut Random) {
        let piece = PIECES[random.below(PIECES.len() as u64) as usize];
        // All and nothing are as likely as something between.
        let kept_of_four = random.below(5);
        for (offset, bytes) in std::mem::take(&mut self.unsynced) {
            if random.below(2) == 0 {
                let length = self.durable.len().max(offset + bytes.len());
                self.durable.resize(length, 0);
            }
            let mut at = 0;
            while at < bytes.len() {
                let end = (at + piece - (offset + at) % piece).min(bytes.len());
                if random.below(4) < kept_of_four {
                    put(&mut self.durable, offset + at, &bytes[at..end]);
                }
                at = end;
            }
        }
    }

    pub(super) fn lose_power(&mut self, random: &mut Random) {
        if !self.unsynced.is_empty() {
            self.fail_to_sync(random);
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
