//! BLS signatures, from bytes to answers: decoded, summed up with coefficients, and paired.

use crate::cases::{Case, SMALL_ORDER, bytes, point};
use crate::expanded::expanded;
use crate::machine::Machine;
use crate::points::{Memory, hash, key, signature};
use crate::program::Program;

/// Room for a signature's pairs, and for its multiples or those of its key.
const PAIR: usize = 576;
const MULTIPLES: usize = 9 * 96;

#[test]
fn compiled_bls_verification_answers_as_the_reference() {
    let program = Program::read(&crate::text("bls.ptx.gz"));
    let mut machine = Machine::new(&program);
    let mut cases: Vec<_> = (1..4).map(|index| Case::signed(index, 2)).collect();
    cases[2] = cases[2].clone().plus(&point(SMALL_ORDER[1]));
    let other = Case::signed(4, 5).message;
    let encodings: Vec<u8> = cases.iter().flat_map(|case| case.signature).collect();
    let keys: Vec<u8> = (1..4).flat_map(|index| key(&crate::cases::secret(index)).memory()).collect();
    let hashed = [hash(&cases[0].message).memory(), hash(&other).memory()].concat();
    let expanded = [expanded(&cases[0].message), expanded(&other)].concat();
    let coefficients: Vec<u8> = (0..3).flat_map(|index| bytes("z", index)[..16].to_vec()).collect();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();

    let [points, hashes, multiples, pairs, key_sum, signature_sum] =
        [3 * 192, 2 * 192, 3 * MULTIPLES, 4 * PAIR, 144, 288].map(|room| machine.put(&[], room));
    let [are_valid, answers] = [0; 2].map(|_| machine.put(&[0xff; 4], 0));
    let [encodings, keys, expanded, coefficients, ends, messages, wrong, which, one] = [
        &encodings,
        &keys,
        &expanded,
        &coefficients,
        &words(&[3]),
        &words(&[0; 3]),
        &words(&[0, 1, 0]),
        &words(&[1, 2]),
        &words(&[1]),
    ]
    .map(|bytes| machine.put(bytes, 0));
    // One thread more than there are signatures, as in the last block of most batches.
    machine.run("pelton_bls_decode", &[points, are_valid, encodings, 3], 4);
    assert_eq!(machine.memory[are_valid as usize..][..4], [1, 1, 0, 0xff]);
    let expected: Vec<u8> = cases[..2].iter().flat_map(|case| signature(&case.signature).memory()).collect();
    assert_eq!(machine.memory[points as usize..][..2 * 192], expected);
    machine.run("pelton_bls_hash", &[hashes, expanded, 2], 3);
    assert_eq!(machine.memory[hashes as usize..][..2 * 192], hashed);

    // Two that are valid hold together; the second one alone holds for what it signed and not for something else.
    let sum = |kernel, machine: &mut Machine<'_>, sum, points| {
        machine.run(kernel, &[sum, multiples, points, are_valid, coefficients, ends, 1], 2);
    };
    sum("pelton_bls_sum_keys", &mut machine, key_sum, keys);
    sum("pelton_bls_sum_signatures", &mut machine, signature_sum, points);
    for (messages, holds) in [(messages, 1), (which, 0)] {
        let asked = [answers, pairs, key_sum, messages, hashes, signature_sum, one, 1];
        machine.run("pelton_bls_check", &asked, 2);
        assert_eq!(machine.memory[answers as usize..][..2], [holds, 0xff]);
    }
    for (messages, holds) in [(messages, 1), (wrong, 0)] {
        let asked = [answers, pairs, keys, messages, hashes, points, are_valid, which, 2];
        machine.run("pelton_bls_check_each", &asked, 3);
        assert_eq!(machine.memory[answers as usize..][..3], [holds, 0, 0xff]);
    }
    assert!(machine.count > 10_000_000, "it took {} instructions", machine.count);
}
