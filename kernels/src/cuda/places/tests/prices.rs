//! What a signature costs the one thread that feeds a GPU.
//!
//! `cargo test --release -p pelton-kernels --lib places::tests::prices -- --ignored --nocapture`

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

use super::{Answer, Places, Scheme, Signatures};
use crate::cuda::input::Layout;
use crate::device::judge;

/// Signatures of a batch, as many as a slot holds, each of a message as long as that of a transfer.
const COUNT: usize = 1 << 17;
const MESSAGE: [u8; 110] = [0; 110];

/// Batches, of which the later half counts.
const ROUNDS: usize = 30;

const STEPS: [&str; 5] = ["look up", "write", "take answers", "judge", "learn"];

/// Nanoseconds of CPU time of this thread.
fn now() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Signatures of so many accounts in no order, and what is answered.
fn batch(scheme: Scheme, accounts: usize) -> (Signatures, Vec<Answer>) {
    let account = |index: usize| crate::keccak256(&(index * 40_503 % accounts).to_le_bytes());
    let (mut batch, mut answers) = (Signatures::new(scheme), Vec::new());
    for key in (0..COUNT).map(account) {
        let address = key.first_chunk().expect("20 of 32 bytes");
        match scheme {
            Scheme::Ed25519 => batch.push_ed25519(&MESSAGE, &[0; 64], &key),
            Scheme::Secp256k1 => batch.push_secp256k1(&MESSAGE, &[0; 64], 0, Some(address)),
        }
        let mut answer = [0; 32];
        answer[0] = 1;
        answer[1..21].copy_from_slice(address);
        answers.push(answer);
    }
    (batch, answers)
}

#[test]
#[ignore = "it measures"]
#[expect(clippy::print_stdout, reason = "it measures")]
fn of_a_signature() {
    for (scheme, accounts) in
        [(Scheme::Ed25519, 1 << 16), (Scheme::Ed25519, COUNT), (Scheme::Secp256k1, 1 << 16)]
    {
        let (batch, answers) = batch(scheme, accounts);
        let (mut places, none) = (Places::new(scheme, 1 << 16), Signatures::new(scheme));
        let layout = Layout::of(&none, &batch);
        let (mut memory, mut times, mut known) = (vec![0; layout.total], [const { Vec::new() }; 5], 0);
        for _ in 0..ROUNDS {
            let mut ends = [now(); 6];
            let plan = places.plan(&none, &batch);
            ends[1] = now();
            layout.write(&mut memory, &none, &batch, &plan, &[0; 32]);
            black_box(&mut memory);
            ends[2] = now();
            let taken = black_box(&answers).to_vec();
            ends[3] = now();
            black_box(judge(&[], &taken, COUNT)).expect("all are answers");
            ends[4] = now();
            places.learn(&plan, &taken);
            ends[5] = now();
            known = plan.known;
            for (step, times) in times.iter_mut().enumerate() {
                times.push(ends[step + 1] - ends[step]);
            }
        }
        println!("{scheme:?}, {known} of {COUNT} by known keys:");
        let mut all = 0.0;
        for (step, times) in STEPS.iter().zip(&mut times) {
            let later = &mut times[ROUNDS / 2..];
            later.sort_unstable();
            let ns = later[later.len() / 2] as f64 / COUNT as f64;
            all += ns;
            println!("  {step:<12} {ns:5.1} ns a signature");
        }
        println!("  {:<12} {all:5.1} ns", "together");
    }
}
