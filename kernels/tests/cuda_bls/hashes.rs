//! Hashes of messages to G2.

use blst::blst_p2_affine;

use crate::expanded::expanded;
use crate::host::ask;
use crate::points::{Memory, hash};
use crate::questions::{Operation, question};

#[test]
fn hashes_of_any_message_are_those_of_blst() {
    let messages: Vec<Vec<u8>> = (0..40).map(|length| vec![length as u8; 3 * length]).collect();
    let questions: Vec<_> =
        messages.iter().flat_map(|message| question(Operation::Hash, &expanded(message))).collect();
    let answers = ask(&questions);
    assert_eq!(answers.len(), 192 * messages.len());
    for (message, answer) in messages.iter().zip(answers.chunks(192)) {
        assert_eq!(answer, hash(message).memory(), "{message:?}");
    }
}

#[test]
fn bytes_at_the_ends_of_their_range_are_hashed_to_points_of_the_subgroup() {
    // 0, for which the map takes another way, and 2^512 - 1.
    for bytes in [[0; 256], [0xff; 256]] {
        let mut mixed = bytes;
        mixed[..128].fill(7);
        for bytes in [bytes, mixed] {
            let answer = ask(&question(Operation::Hash, &bytes));
            let [x, y] = [0, 96].map(|at| crate::points::quadratic(&answer[at..at + 96]));
            let point = blst::min_pk::Signature::from(blst_p2_affine { x, y });
            // Of twice the same point there is no sum: see `bls_hash`.
            let is_twice_the_same = bytes[..128] == bytes[128..];
            assert_eq!(point.validate(true).is_ok(), !is_twice_the_same);
        }
    }
}
