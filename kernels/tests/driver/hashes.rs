//! Keccak-256 of many messages on a GPU.

use pelton_kernels::cuda::Hasher;
use pelton_kernels::keccak256;

use crate::stand_in::{Misdeed, tell};

/// Messages of these lengths, one behind the other, where each ends, and their hashes.
fn messages(lengths: impl Iterator<Item = usize>) -> (Vec<u8>, Vec<u32>, Vec<[u8; 32]>) {
    let (mut all, mut ends, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for length in lengths {
        let start = all.len();
        all.extend((0..length).map(|at| (at * 31 + length) as u8));
        ends.push(all.len() as u32);
        hashes.push(keccak256(&all[start..]));
    }
    (all, ends, hashes)
}

fn hashes(hasher: &mut Hasher, all: &[u8], ends: &[u32]) -> Result<Vec<[u8; 32]>, String> {
    hasher.start(all, ends)?;
    for _ in 0..1_000 {
        if let Some(hashes) = hasher.finish()? {
            return Ok(hashes);
        }
    }
    Err("it never ends".to_owned())
}

pub fn of_any_length() {
    let mut hasher = Hasher::open(0).expect("the stand-in has one");
    for lengths in [0..0, 0..1, 0..420, 130..140] {
        let (all, ends, expected) = messages(lengths);
        assert!(Hasher::fits(&all, &ends));
        assert_eq!(hashes(&mut hasher, &all, &ends), Ok(expected));
    }
    assert!(!Hasher::fits(&[], &vec![0; 1 << 17]), "one place is for a message whose hash is known");
    assert_eq!(Hasher::open(1).err().as_deref(), Some("there is no CUDA device 1; there are 1"));
}

pub fn failing() {
    let (all, ends, _) = messages(0..9);
    for (misdeed, reason) in [
        (Misdeed::Refuses, "launch failure"),
        (Misdeed::Lost, "launch failure"),
        (Misdeed::Silent, "wrong hash of a known message"),
        (Misdeed::Stuck, "never ends"),
    ] {
        tell(Misdeed::None);
        let mut hasher = Hasher::open(0).expect("the stand-in has one");
        tell(misdeed);
        let failed = hashes(&mut hasher, &all, &ends).expect_err("a fault is never a hash");
        assert!(failed.contains(reason), "{misdeed:?}: {failed}");
        // The driver ends this process if somebody frees what is still in use.
        hasher.abandon();
    }
    tell(Misdeed::None);
}
