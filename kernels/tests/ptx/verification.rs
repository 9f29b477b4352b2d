//! Whole verifications of both schemes, from bytes to answers.

use std::ops::Range;

use pelton_kernels::{Scheme, Signatures, Verdict, open, samples};

use crate::machine::Machine;
use crate::program::Program;

/// Two valid signatures, and one that is forged of the first.
fn batch(scheme: Scheme) -> Signatures {
    let mut batch = samples::valid(scheme, 5, 2, false);
    let (message, signature) = (batch.message(0).to_vec(), batch.signatures()[0]);
    match scheme {
        Scheme::Ed25519 => {
            let key = batch.keys()[0];
            batch.push_ed25519(&message[1..], &signature, &key);
        }
        Scheme::Secp256k1 => {
            let parity = batch.parities()[0];
            batch.push_secp256k1(&message[1..], &signature, parity, None);
        }
    }
    batch
}

/// The kernels of a scheme: where a key is known, where none is, and what makes one known.
struct Kernels {
    known: &'static [&'static str],
    all: &'static [&'static str],
    know: &'static str,
}

const NOWHERE: u32 = u32::MAX;
const NO_ANSWER: [u8; 32] = [0xff; 32];

/// A machine with a batch of three signatures in its memory.
struct Device<'a> {
    machine: Machine<'a>,
    arguments: [u64; 10],
}

impl<'a> Device<'a> {
    fn new(program: &'a Program, batch: &Signatures) -> Device<'a> {
        let mut machine = Machine::new(program);
        machine.run("pelton_tables", &[], 1);
        let ends: Vec<u8> = batch.ends().iter().flat_map(|end| end.to_le_bytes()).collect();
        let keys = match batch.scheme() {
            Scheme::Ed25519 => batch.keys().as_flattened(),
            Scheme::Secp256k1 => batch.parities(),
        };
        let answers = machine.put(NO_ANSWER.repeat(4).as_slice(), 0);
        let messages = machine.put(batch.messages(), 0);
        let [ends, signatures, keys] =
            [&ends[..], batch.signatures().as_flattened(), keys].map(|bytes| machine.put(bytes, 0));
        let [order, part, scratch, known, secret] =
            [8 * 8, 8, 16_384, 2 * 6_272, 32].map(|bytes| machine.put(&[], bytes));
        let arguments = [answers, messages, ends, signatures, keys, order, part, scratch, known, secret];
        Device { machine, arguments }
    }

    /// Runs kernels for some of the tasks: of the second signature, of the first and of the third one, with these places. One
    /// thread more than there are of them, as in the last block of most batches.
    fn run(&mut self, kernels: &[&str], part: Range<usize>, places: [u32; 3]) {
        let threads = part.len() as u64 + 1;
        self.run_in(kernels, part, places, threads);
    }

    fn run_in(&mut self, kernels: &[&str], part: Range<usize>, places: [u32; 3], threads: u64) {
        let order = [1, 0, 2].into_iter().zip(places).flat_map(|(signature, place)| [signature, place]);
        self.put_words(5, order);
        self.put_words(6, [part.start as u32, part.len() as u32].into_iter());
        for kernel in kernels {
            self.machine.run(kernel, &self.arguments, threads);
        }
    }

    /// Words in the memory of an argument.
    fn put_words(&mut self, argument: usize, words: impl Iterator<Item = u32>) {
        let bytes: Vec<_> = words.flat_map(u32::to_le_bytes).collect();
        self.machine.memory[self.arguments[argument] as usize..][..bytes.len()].copy_from_slice(&bytes);
    }

    fn answers(&mut self) -> &mut [u8] {
        &mut self.machine.memory[self.arguments[0] as usize..][..4 * 32]
    }
}

fn check(scheme: Scheme, kernels: &Kernels) {
    let program = Program::read(&crate::text("pelton.ptx.gz"));
    let batch = batch(scheme);
    let mut expected = Vec::new();
    open("reference", [0; 32]).expect("it is always there").verify(&batch, 0..3, &mut expected);
    assert!(
        matches!(expected[..2], [Verdict::Valid { .. }, Verdict::Valid { .. }]) && expected[2] != expected[0]
    );
    let bytes = |verdict: &Verdict| {
        let mut bytes = [0; 32];
        if let Verdict::Valid { address } = verdict {
            bytes[0] = 1;
            bytes[1..21].copy_from_slice(address);
        }
        bytes
    };
    let mut right = expected.iter().map(bytes).collect::<Vec<_>>();
    right.push(NO_ANSWER);

    let mut device = Device::new(&program, &batch);
    device.run(kernels.all, 0..3, [NOWHERE, 1, NOWHERE]);
    assert_eq!(device.answers(), right.as_flattened(), "nobody asked for a fourth answer");
    assert!(device.machine.count > 1_000_000, "it took {} instructions", device.machine.count);

    // The key of the first signature is known from now on, and said to be that of all.
    device.run(&[kernels.know], 1..2, [NOWHERE, 1, NOWHERE]);
    device.answers().fill(0xff);
    device.run(kernels.known, 0..3, [1; 3]);
    let mut proved = [right[0], NO_ANSWER, NO_ANSWER, NO_ANSWER];
    if scheme == Scheme::Ed25519 {
        proved[2] = right[2];
    }
    assert_eq!(device.answers(), proved.as_flattened(), "what a key proves, and nothing else");
    device.run(kernels.all, 0..3, [NOWHERE; 3]);
    assert_eq!(device.answers(), right.as_flattened());
}

#[test]
fn compiled_ed25519_verification_answers_as_the_reference() {
    let (known, all) = (&["pelton_ed25519_known"], &["pelton_ed25519"]);
    check(Scheme::Ed25519, &Kernels { known, all, know: "pelton_ed25519_know" });
}

#[test]
fn compiled_secp256k1_recovery_answers_as_the_reference() {
    let known = &["pelton_secp256k1_known_begin", "pelton_secp256k1_known", "pelton_secp256k1_known_end"];
    let all = &["pelton_secp256k1_begin", "pelton_secp256k1", "pelton_secp256k1_end"];
    check(Scheme::Secp256k1, &Kernels { known, all, know: "pelton_secp256k1_know" });
}

/// Random sums: the three signatures are in one group, which does not hold; the first two of them are in one that does.
#[test]
fn compiled_random_sums_answer_as_the_reference() {
    let program = Program::read(&crate::text("pelton.ptx.gz"));
    let batch = batch(Scheme::Ed25519);
    for (count, is_answered) in [(3, false), (2, true)] {
        let mut device = Device::new(&program, &batch);
        device.run(&["pelton_ed25519_equations"], 0..count, [NOWHERE; 3]);
        device.run_in(&["pelton_ed25519_windows"], 0..count, [NOWHERE; 3], 51 + 1);
        device.run(&["pelton_ed25519_groups", "pelton_ed25519_addresses"], 0..count, [NOWHERE; 3]);
        let answers = device.answers().to_vec();
        for index in 0..3 {
            let answer = &answers[32 * index..][..32];
            let address = pelton_kernels::address::of_ed25519(&batch.keys()[index]);
            let expected = [&[1][..], &address, &[0; 11]].concat();
            let expected = if is_answered && index < count { &expected[..] } else { &NO_ANSWER };
            assert_eq!(answer, expected, "signature {index} of {count}");
        }
    }
}
