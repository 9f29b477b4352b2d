//! Frames and words: what goes over the wire, and nothing of sockets.

use alloy_primitives::{Address, Bytes};

/// Most bytes of one peer that are held at a time: the longest frame fits.
pub const BUFFER_BYTES: usize = 256 << 10;
/// Bytes before what a frame holds.
const HEAD_BYTES: usize = 5;
/// A frame that holds a transaction.
const PLAIN: u8 = 0;
/// A frame that holds who is said to have signed, and the transaction.
const CLAIMED: u8 = 1;

/// A transaction as a peer sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) claimed_sender: Option<Address>,
    pub(super) wire: Bytes,
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The frame that these bytes begin with, and its length; none if there is more to come.
pub(super) fn next(bytes: &[u8], wire_bytes_max: usize) -> Result<Option<(Frame, usize)>, Malformed> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let claim = match head[4] {
        PLAIN => 0,
        CLAIMED => Address::len_bytes(),
        _ => return Err(Malformed),
    };
    if length <= claim || length - claim > wire_bytes_max {
        return Err(Malformed);
    }
    let Some(held) = rest.get(..length) else { return Ok(None) };
    let (claimed, wire) = held.split_at(claim);
    let claimed_sender = (claim > 0).then(|| Address::from_slice(claimed));
    Ok(Some((Frame { claimed_sender, wire: Bytes::copy_from_slice(wire) }, HEAD_BYTES + length)))
}

/// Appends the frame of a transaction.
pub(crate) fn put(wire: &[u8], claimed_sender: Option<&Address>, out: &mut Vec<u8>) {
    let claim = claimed_sender.map_or(&[][..], |sender| sender.as_slice());
    let length = u32::try_from(claim.len() + wire.len()).expect("a transaction is shorter than 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.push(if claimed_sender.is_some() { CLAIMED } else { PLAIN });
    out.extend_from_slice(claim);
    out.extend_from_slice(wire);
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not at all so far.
    Open = 0,
    /// The peer has sent all that it wanted to, and it was taken.
    Done = 1,
    /// It sent what is no frame.
    Malformed = 2,
    /// It sent more than it may.
    Overrun = 3,
    /// It was silent for too long, or sent part of a frame, or did not read.
    Slow = 4,
}

/// What a peer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether this is the last word, and why.
    pub end: End,
    /// Transactions that it may send in all.
    pub may_send: u64,
    /// Transactions of its that were taken.
    pub taken: u64,
}

impl Word {
    /// Length on the wire.
    pub const BYTES: usize = 17;

    pub(super) fn encode(self) -> [u8; Word::BYTES] {
        let mut bytes = [0; Word::BYTES];
        bytes[0] = self.end as u8;
        bytes[1..9].copy_from_slice(&self.may_send.to_be_bytes());
        bytes[9..].copy_from_slice(&self.taken.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; Word::BYTES]) -> Option<Word> {
        let ends = [End::Open, End::Done, End::Malformed, End::Overrun, End::Slow];
        let end = *ends.get(usize::from(bytes[0]))?;
        let number = |at: usize| Some(u64::from_be_bytes(bytes[at..at + 8].try_into().ok()?));
        Some(Word { end, may_send: number(1)?, taken: number(9)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{BUFFER_BYTES, End, Frame, Malformed, Word, next, put};
    use alloy_primitives::Address;
    use pelton_engine::limits::Limits;

    #[test]
    fn frames_come_out_as_they_were_put_in_whatever_the_cuts() {
        let sender = Address::repeat_byte(7);
        let mut bytes = Vec::new();
        put(b"first", None, &mut bytes);
        put(b"second", Some(&sender), &mut bytes);
        let (first, length) = next(&bytes, 10).expect("frames").expect("whole");
        assert_eq!(first, Frame { claimed_sender: None, wire: b"first".into() });
        let (second, rest) = next(&bytes[length..], 10).expect("frames").expect("whole");
        assert_eq!(second, Frame { claimed_sender: Some(sender), wire: b"second".into() });
        assert_eq!(length + rest, bytes.len());
        for cut in 0..length {
            assert_eq!(next(&bytes[..cut], 10), Ok(None), "{cut} bytes");
        }
    }

    #[test]
    fn what_is_empty_too_long_or_of_no_known_kind_is_malformed_at_once() {
        let cases: [(&[u8], _); 6] = [
            (&[0, 0, 0, 0, 0], Err(Malformed)),
            (&[0, 0, 0, 11, 0], Err(Malformed)),
            (&[0xff, 0xff, 0xff, 0xff, 0], Err(Malformed)),
            (&[0, 0, 0, 1, 2], Err(Malformed)),
            (&[0, 0, 0, 20, 1], Err(Malformed)),
            (&[0, 0, 0, 10, 0], Ok(None)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(next(bytes, 10), expected, "{bytes:?}");
        }
        let longest = Limits::standard(1).transaction_bytes_max as usize;
        assert!(BUFFER_BYTES > longest + 25, "the longest frame fits");
    }

    #[test]
    fn words_come_out_as_they_were_put_in() {
        for end in [End::Open, End::Done, End::Malformed, End::Overrun, End::Slow] {
            let word = Word { end, may_send: u64::MAX, taken: 7 };
            assert_eq!(Word::decode(&word.encode()), Some(word));
        }
        assert_eq!(Word::decode(&[9; Word::BYTES]), None);
    }
}
