//! Ed25519 where some signatures are forged, and so spoil the sums that they are in.
//!
//! Each level is measured beside itself without sums, with the same lanes: that is what forgers may not push it far below.
//! Back-ends go on from turn to turn with what they have learnt.

use std::rc::Rc;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use pelton_kernels::backend::Cpu;
use pelton_kernels::{Backend, Level, Scheme, Signatures, Verdict, keccak256, open};

use crate::contest::Contest;

/// The greatest batch.
const BATCH: usize = 256;

pub fn contests(items: usize) -> Vec<Contest> {
    let mut contests = Vec::new();
    for percent in [1, 10, 50] {
        contests.push(contest(items, &format!("{percent}%"), |index| (index * 37 + 11) % 100 < percent));
    }
    // No sum of 64 ever holds, though one in 64 only is forged.
    contests.push(contest(items, "every-batch", |index| index % 64 == 33));
    // Trusted in one batch, and wrong in the next.
    contests.push(contest(items, "turns", |index| (index / 64).is_multiple_of(2)));
    contests
}

fn contest(items: usize, name: &str, is_forged: impl Fn(usize) -> bool) -> Contest {
    let batch = Rc::new(signed(items, is_forged));
    let mut verdicts = Vec::with_capacity(items);
    open("reference", [1; 32]).expect("listed").verify(&batch, 0..items, &mut verdicts);
    let expected: Rc<[Verdict]> = verdicts.into();
    let mut contest = Contest::new(
        format!("ed25519-160-forged-{name}"),
        "one signature of 160 bytes checked, some of which are forged, keys all different and not known",
        items,
    );
    let mut add = |name: String, size, backend: Arc<dyn Backend>| {
        let (batch, expected, mut verdicts) = (batch.clone(), expected.clone(), Vec::with_capacity(size));
        contest.add(name, size, move |range| {
            verdicts.clear();
            backend.verify(&batch, range.clone(), &mut verdicts);
            verdicts == expected[range]
        });
    };
    add("pelton reference".to_owned(), 1, open("reference", [1; 32]).expect("listed"));
    for level in Level::all() {
        let cpu = || Cpu::with([1; 32], level, 0);
        add(format!("pelton cpu, {level}, without sums"), BATCH, Arc::new(cpu().without_sums()));
        for size in [64, BATCH] {
            add(format!("pelton cpu, {level}"), size, Arc::new(cpu()));
        }
    }
    contest
}

fn signed(items: usize, is_forged: impl Fn(usize) -> bool) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..items {
        let secret = SigningKey::from_bytes(&keccak256(&index.to_le_bytes()));
        let mut message = [0x5a; 160];
        let signature = secret.sign(&message).to_bytes();
        message[8] ^= u8::from(is_forged(index));
        batch.push_ed25519(&message, &signature, &secret.verifying_key().to_bytes());
    }
    batch
}
