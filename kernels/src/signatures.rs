//! One batch of signatures of one scheme, as flat arrays.
//!
//! Each field has its own array, so that a device copies whole arrays without gaps, and a back-end reads only what it
//! needs. Message i is the bytes between the end of message i-1 and its own end:
//!
//! ```text
//!   messages   [ m m m m | m m | m m m m m m ]        all messages, one behind the other
//!   ends       [         4     6             12 ]     u32 each
//!   signatures [ 64 bytes, 64 bytes, 64 bytes ]       r ‖ s big-endian, or R ‖ S of ed25519
//!   keys       [ 32 bytes, 32 bytes, 32 bytes ]       ed25519 only
//!   parities   [ 1 byte,   1 byte,   1 byte   ]       secp256k1 only
//!   claims     [ 20 bytes, 20 bytes, 20 bytes ]       secp256k1 only, all zero where nobody is claimed
//! ```
//!
//! A claim is a hint at the account that signed: whoever hands a transaction over may know it, and its bytes do not say.
//! It makes an answer faster where it is true, and changes no answer. Whether it was true shows from the verdict: it is
//! valid, and names the same address.
//!
//! Nothing here has been checked: any bytes may be pushed, and only a back-end says what they are worth.

use std::ops::Range;

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA over secp256k1, the key recovered from the signature, as Ethereum does.
    Secp256k1,
    /// Ed25519, the key given beside the signature.
    Ed25519,
}

/// In the place of a claim: none. No key is known to have this address, and a claim of it is none either.
pub const NO_CLAIM: [u8; 20] = [0; 20];

/// A batch of signatures of one scheme. [`Signatures::clear`] keeps the memory for the next batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures {
    scheme: Scheme,
    messages: Vec<u8>,
    ends: Vec<u32>,
    signatures: Vec<[u8; 64]>,
    keys: Vec<[u8; 32]>,
    parities: Vec<u8>,
    claims: Vec<[u8; 20]>,
}

impl Signatures {
    /// An empty batch.
    pub fn new(scheme: Scheme) -> Self {
        Self {
            scheme,
            messages: Vec::new(),
            ends: Vec::new(),
            signatures: Vec::new(),
            keys: Vec::new(),
            parities: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// The scheme of every signature in the batch.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// How many signatures the batch holds.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the batch holds none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.messages.clear();
        self.ends.clear();
        self.signatures.clear();
        self.keys.clear();
        self.parities.clear();
        self.claims.clear();
    }

    /// Appends a secp256k1 signature `r ‖ s` of the Keccak-256 of `message`, with the parity of y, which is valid as 0
    /// or 1 only, and the account that is claimed to have signed, if one is.
    pub fn push_secp256k1(
        &mut self,
        message: &[u8],
        signature: &[u8; 64],
        y_parity: u8,
        claim: Option<&[u8; 20]>,
    ) {
        self.push_secp256k1_with(|messages| messages.extend_from_slice(message), signature, y_parity, claim);
    }

    /// As [`Signatures::push_secp256k1`], with a message that `write` appends to what it is given, and so needs no
    /// memory of its own.
    pub fn push_secp256k1_with(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>),
        signature: &[u8; 64],
        y_parity: u8,
        claim: Option<&[u8; 20]>,
    ) {
        assert_eq!(self.scheme, Scheme::Secp256k1, "a batch holds signatures of one scheme");
        self.push_message(write);
        self.signatures.push(*signature);
        self.parities.push(y_parity);
        self.claims.push(*claim.unwrap_or(&NO_CLAIM));
    }

    /// Appends an ed25519 signature of `message` by the public key `key`.
    pub fn push_ed25519(&mut self, message: &[u8], signature: &[u8; 64], key: &[u8; 32]) {
        self.push_ed25519_with(|messages| messages.extend_from_slice(message), signature, key);
    }

    /// As [`Signatures::push_ed25519`], with a message that `write` appends to what it is given, and so needs no memory
    /// of its own.
    pub fn push_ed25519_with(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>),
        signature: &[u8; 64],
        key: &[u8; 32],
    ) {
        assert_eq!(self.scheme, Scheme::Ed25519, "a batch holds signatures of one scheme");
        self.push_message(write);
        self.signatures.push(*signature);
        self.keys.push(*key);
    }

    /// Takes the signatures from `at` on out, into a batch of their own.
    ///
    /// # Panics
    /// If the batch holds fewer than `at`.
    pub fn split_off(&mut self, at: usize) -> Self {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let mut ends = self.ends.split_off(at);
        ends.iter_mut().for_each(|end| *end -= start);
        let (keys_at, parities_at) = match self.scheme {
            Scheme::Secp256k1 => (0, at),
            Scheme::Ed25519 => (at, 0),
        };
        Self {
            scheme: self.scheme,
            messages: self.messages.split_off(start as usize),
            ends,
            signatures: self.signatures.split_off(at),
            keys: self.keys.split_off(keys_at),
            parities: self.parities.split_off(parities_at),
            claims: self.claims.split_off(parities_at),
        }
    }

    /// Appends all signatures of another batch of the same scheme.
    pub fn append(&mut self, other: &Self) {
        assert_eq!(self.scheme, other.scheme, "a batch holds signatures of one scheme");
        let start = u32::try_from(self.messages.len()).expect("the messages of one batch stay below 4 GiB");
        self.messages.extend_from_slice(&other.messages);
        assert!(u32::try_from(self.messages.len()).is_ok(), "the messages of one batch stay below 4 GiB");
        self.ends.extend(other.ends.iter().map(|end| start + end));
        self.signatures.extend_from_slice(&other.signatures);
        self.keys.extend_from_slice(&other.keys);
        self.parities.extend_from_slice(&other.parities);
        self.claims.extend_from_slice(&other.claims);
    }

    fn push_message(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.messages.len();
        write(&mut self.messages);
        assert!(
            self.messages.len() >= start,
            "whoever writes a message appends it, and leaves the others alone"
        );
        let end = u32::try_from(self.messages.len()).expect("the messages of one batch stay below 4 GiB");
        self.ends.push(end);
    }

    /// Message `index`.
    pub fn message(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.messages[start as usize..self.ends[index] as usize]
    }

    /// Message, signature `r ‖ s` and parity of each signature in `range`, which is all that verdicts depend on. The batch
    /// is of [`Scheme::Secp256k1`].
    pub fn secp256k1(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = (&[u8], &[u8; 64], u8)> {
        assert_eq!(self.scheme, Scheme::Secp256k1, "only a batch of secp256k1 has parities");
        range.map(|index| (self.message(index), &self.signatures[index], self.parities[index]))
    }

    /// Message, signature `R ‖ S` and key of each signature in `range`. The batch is of [`Scheme::Ed25519`].
    pub fn ed25519(
        &self,
        range: Range<usize>,
    ) -> impl ExactSizeIterator<Item = (&[u8], &[u8; 64], &[u8; 32])> {
        assert_eq!(self.scheme, Scheme::Ed25519, "only a batch of ed25519 has keys");
        range.map(|index| (self.message(index), &self.signatures[index], &self.keys[index]))
    }

    /// All messages, one behind the other.
    pub fn messages(&self) -> &[u8] {
        &self.messages
    }

    /// Where each message ends in [`Signatures::messages`], in bytes.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// All signatures, 64 bytes each.
    pub fn signatures(&self) -> &[[u8; 64]] {
        &self.signatures
    }

    /// All public keys of a batch of [`Scheme::Ed25519`]; empty otherwise.
    pub fn keys(&self) -> &[[u8; 32]] {
        &self.keys
    }

    /// All parities of a batch of [`Scheme::Secp256k1`]; empty otherwise.
    pub fn parities(&self) -> &[u8] {
        &self.parities
    }

    /// All claims of a batch of [`Scheme::Secp256k1`], [`NO_CLAIM`] where there is none; empty otherwise.
    pub fn claims(&self) -> &[[u8; 20]] {
        &self.claims
    }
}

#[cfg(test)]
mod tests {
    use super::{NO_CLAIM, Scheme, Signatures};

    #[test]
    fn messages_of_any_length_come_back_as_they_went_in_and_memory_is_kept() {
        let mut batch = Signatures::new(Scheme::Ed25519);
        for round in 0..2 {
            batch.push_ed25519(b"", &[1; 64], &[2; 32]);
            batch.push_ed25519_with(|out| out.extend([round; 5]), &[3; 64], &[4; 32]);
            batch.push_ed25519(b"abc", &[5; 64], &[6; 32]);
            let items: Vec<_> = batch.ed25519(1..3).collect();
            assert_eq!(items, [(&[round; 5][..], &[3; 64], &[4; 32]), (&b"abc"[..], &[5; 64], &[6; 32])]);
            assert_eq!((batch.message(0), batch.len()), (&b""[..], 3));
            batch.clear();
            assert!(batch.is_empty() && batch.messages().is_empty() && batch.messages.capacity() >= 8);
        }
    }

    #[test]
    fn claims_stand_beside_their_signatures() {
        let mut batch = Signatures::new(Scheme::Secp256k1);
        batch.push_secp256k1(b"a", &[1; 64], 0, Some(&[7; 20]));
        batch.push_secp256k1(b"b", &[2; 64], 1, None);
        assert_eq!(batch.claims(), [[7; 20], NO_CLAIM]);
        batch.clear();
        assert!(batch.claims().is_empty());
    }

    #[test]
    fn a_batch_that_is_cut_anywhere_and_joined_again_is_as_it_was() {
        let (mut ed25519, mut secp256k1) =
            (Signatures::new(Scheme::Ed25519), Signatures::new(Scheme::Secp256k1));
        for index in 0..5 {
            ed25519.push_ed25519(&vec![index; index.into()], &[index; 64], &[index; 32]);
            secp256k1.push_secp256k1(&[index; 9], &[index; 64], index, Some(&[index; 20]));
        }
        for whole in [ed25519, secp256k1] {
            for at in 0..=whole.len() {
                let mut head = whole.clone();
                let tail = head.split_off(at);
                assert_eq!((head.len(), tail.len()), (at, whole.len() - at));
                assert!((0..tail.len()).all(|index| tail.message(index) == whole.message(at + index)));
                head.append(&tail);
                assert_eq!(head, whole);
            }
        }
    }

    #[test]
    #[should_panic(expected = "one scheme")]
    fn a_signature_of_another_scheme_is_a_bug_of_the_caller() {
        Signatures::new(Scheme::Ed25519).push_secp256k1(b"", &[0; 64], 0, None);
    }
}
