//! Signatures whose answers are known.

use blst::min_pk::SecretKey;

use crate::bls12381::points::{G1, expand};
use crate::bls12381::{KnownKey, SIGNATURE_TAG};

/// A point of the curve of signatures, but not of its subgroup: of order 13.
const SMALL_ORDER: &str = "832762e5199990da7d4ebc6409c2fdae09b25206fa89dded0a23c05406588284278c22ea15e6d03cee69a68b7d4704a4\
                           043ff79d06a80add8340a1a548d700c5ffeef5b14a3e246834d320e323d9fcc76bae16f9f2763ab556905843518bc0c2";

/// How many there are, and how many messages they have.
pub const COUNT: usize = 5;
pub const MESSAGES: usize = 2;

/// Of these, the first two are valid and have one message; then, each for itself, one is valid and has the other message, one
/// is of another message than it says, and one is of no message at all.
pub const ANSWERS: [u8; COUNT] = [1, 1, 1, 0, 0];

/// Behind how many of them a sum ends, and whether these hold.
pub const APART: [usize; 4] = [2, 3, 4, 5];
pub const SUMS: [u8; APART.len()] = [1, 1, 0, 1];

/// Of those that are points, a valid one and one that is not: checked by themselves wherever something is.
pub const ALWAYS: [u32; 2] = [0, 3];

/// See the constants.
#[derive(Clone, Debug)]
pub struct Known {
    pub keys: [G1; COUNT],
    pub messages: [u32; COUNT],
    pub encodings: [[u8; 96]; COUNT],
    pub expanded: [[u8; 256]; MESSAGES],
}

impl Known {
    pub fn new() -> Known {
        let messages: [&[u8]; MESSAGES] = [b"what two have signed", b"what one has signed"];
        let expanded = messages.map(|message| expand(message, SIGNATURE_TAG));
        let secrets: [SecretKey; COUNT] = std::array::from_fn(|index| {
            SecretKey::key_gen(&[index as u8 + 1; 32], &[]).expect("32 bytes are enough")
        });
        let keys = secrets.each_ref().map(|secret| {
            let known = KnownKey::from_genesis_without_proof(&secret.sk_to_pk().to_bytes());
            known.expect("it is not infinity").point
        });
        let signed = |index: usize, message: usize| {
            secrets[index].sign(messages[message], SIGNATURE_TAG, &[]).to_bytes()
        };
        let encodings =
            [signed(0, 0), signed(1, 0), signed(2, 1), signed(3, 0), crate::hex::bytes(SMALL_ORDER)];
        Known { keys, messages: [0, 0, 1, 1, 1], encodings, expanded }
    }
}

#[cfg(test)]
mod tests {
    use super::{ANSWERS, Known};
    use crate::bls12381::reference;

    #[test]
    fn the_reference_knows_the_known_answers() {
        let known = Known::new();
        let messages: [&[u8]; 2] = [b"what two have signed", b"what one has signed"];
        for (index, answer) in ANSWERS.into_iter().enumerate() {
            let message = messages[known.messages[index] as usize];
            let valid = reference::verify(&known.keys[index].encode(), message, &known.encodings[index]);
            assert_eq!(u8::from(valid), answer, "known signature {index}");
        }
    }
}
