//! All back-ends against an expected answer.

use std::sync::Arc;

use pelton_kernels::backend::Cpu;
use pelton_kernels::{BACKENDS, Backend, Signatures, Verdict, keccak256, open};

use crate::levels::levels;

/// Every back-end, on every level of this processor and however `batch` is cut, answers as `expected`.
#[track_caller]
pub fn check(batch: &Signatures, expected: &[Verdict]) {
    assert_eq!(batch.len(), expected.len(), "one expected verdict for each signature");
    for (seed, chunk) in [(1, batch.len()), (2, 1), (3, 5), (4, 64)] {
        for (name, backend) in back_ends(seed) {
            let verdicts = answers(&*backend, batch, chunk);
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

/// All that can be opened, and the `cpu` of every level with room for a few keys.
fn back_ends(seed: u8) -> Vec<(String, Arc<dyn Backend>)> {
    let named = BACKENDS.iter().map(|name| ((*name).to_owned(), open_seeded(name, seed)));
    let levels = levels().map(|level| {
        let backend: Arc<dyn Backend> = Arc::new(Cpu::with([seed; 32], level, 256));
        (format!("cpu on {level}"), backend)
    });
    named.chain(levels).collect()
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
