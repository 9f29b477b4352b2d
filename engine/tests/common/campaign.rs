//! A fuzzing campaign against `codec` and `block`: endless, seeded, and with no more state than a small corpus.
//!
//! A case takes bytes from the corpus, damages them and asserts what `agree` asserts of any bytes, or for a block, that
//! it splits into exactly what it was joined from. Damaged transactions that are accepted join the corpus, so that later
//! cases start from stranger ground. A case that fails prints its seed, number and bytes.

mod agree;
mod declared;
mod mutate;
mod random;
mod rlp;
mod samples;

use alloy_primitives::{Bytes, hex};
use pelton_engine::block::{self, HEADER_BYTES, Header};
use pelton_engine::reject::Reject;
use random::Random;

const CORPUS_MAX: usize = 512;

/// A campaign, and what has become of its cases.
pub struct Campaign {
    seed: u64,
    random: Random,
    /// The samples, and then what was found on the way.
    corpus: Vec<Vec<u8>>,
    samples: usize,
    /// Cases run.
    pub cases: u64,
    /// Transactions accepted.
    pub accepted: u64,
    /// Blocks that split.
    pub split: u64,
    /// Cases by what the codec said against them.
    pub rejected: [u64; Reject::ALL.len()],
}

impl Campaign {
    pub fn new(seed: u64) -> Campaign {
        let corpus: Vec<Vec<u8>> = samples::all().into_iter().map(|(_, wire)| wire).collect();
        Campaign {
            seed,
            random: Random::new(seed),
            samples: corpus.len(),
            corpus,
            cases: 0,
            accepted: 0,
            split: 0,
            rejected: [0; Reject::ALL.len()],
        }
    }

    /// Runs one case.
    pub fn step(&mut self) {
        let whole_block = self.random.below(8) == 0;
        let bytes = if whole_block { self.damaged_block() } else { self.damaged_transaction() };
        let report = Report { seed: self.seed, case: self.cases, bytes: &bytes };
        let verdict = if whole_block { check_block(&bytes) } else { agree::decode(&bytes).map(drop) };
        drop(report);
        self.cases += 1;
        match verdict {
            Ok(()) if whole_block => self.split += 1,
            Ok(()) => self.keep(bytes),
            Err(reject) => self.rejected[reject as usize] += 1,
        }
    }

    /// How the cases ended, in one line.
    pub fn summary(&self) -> String {
        let Campaign { seed, cases, accepted, split, .. } = self;
        let rejects = Reject::ALL.iter().zip(self.rejected).filter(|(_, count)| *count > 0);
        let rejects: Vec<String> = rejects.map(|(reject, count)| format!("{reject} {count}")).collect();
        format!(
            "seed {seed}: {cases} cases, {accepted} accepted, {split} blocks split, {}",
            rejects.join(", ")
        )
    }

    fn keep(&mut self, wire: Vec<u8>) {
        self.accepted += 1;
        if self.corpus.len() < CORPUS_MAX {
            self.corpus.push(wire);
        } else {
            let place = self.samples + self.random.below(CORPUS_MAX - self.samples);
            self.corpus[place] = wire;
        }
    }

    fn damaged_transaction(&mut self) -> Vec<u8> {
        let (at, other) = (self.random.below(self.corpus.len()), self.random.below(self.corpus.len()));
        let mut wire = self.corpus[at].clone();
        mutate::transaction(&mut self.random, &mut wire, &self.corpus[other]);
        wire
    }

    /// A block of some transactions, damaged inside or out. Half of them get a header that fits again.
    fn damaged_block(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        // The version.
        bytes[0] = 2;
        let transactions = self.random.below(4);
        for _ in 0..transactions {
            let wire = self.damaged_transaction();
            bytes.extend_from_slice(&(wire.len() as u32).to_be_bytes());
            bytes.extend(wire);
        }
        seal(&mut bytes, transactions as u32);
        let damages = self.random.below(3);
        for _ in 0..damages {
            mutate::bytes(&mut self.random, &mut bytes, &[]);
        }
        if self.random.below(2) == 0 {
            seal(&mut bytes, transactions as u32);
        }
        bytes
    }
}

/// Makes the header speak of this body.
fn seal(bytes: &mut [u8], transactions: u32) {
    let Ok(header) = Header::decode(bytes) else { return };
    let body = &bytes[HEADER_BYTES..];
    let hash = blake3::hash(body).as_bytes().into();
    let header = Header { transactions, body: hash, body_bytes: body.len() as u32, ..header };
    bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
}

fn check_block(bytes: &[u8]) -> Result<(), Reject> {
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(header.encode(), bytes[..HEADER_BYTES]);
    }
    let (header, wires) = block::split(&Bytes::copy_from_slice(bytes))?;
    let mut joined = header.encode().to_vec();
    for wire in &wires {
        joined.extend_from_slice(&(wire.len() as u32).to_be_bytes());
        joined.extend_from_slice(wire);
        // A verdict either way: a block may hold what does not decode, and is refused for it elsewhere.
        drop(agree::decode(wire));
    }
    assert_eq!(joined, bytes);
    Ok(())
}

/// Says what to look at when a case panics.
struct Report<'a> {
    seed: u64,
    case: u64,
    bytes: &'a [u8],
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, case {}, bytes {}", self.seed, self.case, hex::encode(self.bytes));
        }
    }
}
