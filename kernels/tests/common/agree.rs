//! All back-ends against an expected answer.

use std::sync::Arc;

use pelton_kernels::{BACKENDS, Backend, Signatures, Verdict, keccak256, open};

/// Every back-end, however `batch` is cut, answers as `expected`.
#[track_caller]
pub fn check(batch: &Signatures, expected: &[Verdict]) {
    assert_eq!(batch.len(), expected.len(), "one expected verdict for each signature");
    for name in BACKENDS {
        for (seed, chunk) in [(1, batch.len()), (2, 1), (3, 5), (4, 64)] {
            let verdicts = answers(&*open_seeded(name, seed), batch, chunk);
            for (index, (verdict, expected)) in verdicts.iter().zip(expected).enumerate() {
                assert_eq!(
                    verdict,
                    expected,
                    "{name}, signature {index} of {}, {chunk} at once",
                    batch.len()
                );
            }
            assert_eq!(verdicts.len(), batch.len(), "{name}");
        }
    }
}

pub fn answers(backend: &dyn Backend, batch: &Signatures, chunk: usize) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for first in (0..batch.len()).step_by(chunk.max(1)) {
        backend.verify(batch, first..(first + chunk).min(batch.len()), &mut verdicts);
    }
    verdicts
}

pub fn open_seeded(name: &str, seed: u8) -> Arc<dyn Backend> {
    open(name, [seed; 32]).expect("the name is listed")
}

/// 32 bytes that look random and are the same in each run.
pub fn bytes(what: &str, index: usize) -> [u8; 32] {
    keccak256(format!("{what} {index}").as_bytes())
}
