//! Frames: how every file of the store is cut into pieces that vouch for each other.
//!
//! ```text
//!  0  length u32 of the payload, big-endian; 0 where the file was filled up and holds nothing yet
//!  4  kind u8
//!  5  hash [32] = BLAKE3(hash of the frame before ‖ length ‖ kind ‖ payload)
//! 37  payload
//! ```
//!
//! A frame is good only behind the very frames that it was written behind, so nothing old, copied or out of order is ever
//! taken for what is looked for, whatever else lies on the disk.

use crate::store::error::StoreError;
use crate::store::files::File;

/// The hash that the next frame goes on from.
pub(crate) type Chain = [u8; 32];

/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 37;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the file is; its first frame.
    Head = 1,
    /// A block's changes.
    Record = 2,
    /// A piece of the state.
    Chunk = 3,
    /// That the file is whole; its last frame.
    End = 4,
    /// The code of a contract.
    Code = 5,
    /// A block and what came of it.
    Block = 6,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        [Kind::Head, Kind::Record, Kind::Chunk, Kind::End, Kind::Code, Kind::Block]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// Appends a frame whose payload is written by `fill`.
///
/// # Panics
/// If the payload is empty or 4 GiB long: nothing that is stored can be, a bug.
pub(crate) fn put(out: &mut Vec<u8>, chain: &mut Chain, kind: Kind, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.resize(start + HEAD_BYTES, 0);
    fill(out);
    let length = u32::try_from(out.len() - start - HEAD_BYTES).expect("a payload is below 4 GiB");
    assert!(length > 0, "a payload is not empty");
    let (head, payload) = out[start..].split_at_mut(HEAD_BYTES);
    head[..4].copy_from_slice(&length.to_be_bytes());
    head[4] = kind as u8;
    *chain = hash(chain, &head[..5], payload);
    head[5..].copy_from_slice(chain);
}

fn hash(before: &Chain, head: &[u8], payload: &[u8]) -> Chain {
    *blake3::Hasher::new().update(before).update(head).update(payload).finalize().as_bytes()
}

/// The hash that the frame at this offset says of itself.
pub(crate) fn hash_at(file: &dyn File, offset: u64) -> Result<Chain, StoreError> {
    let mut hash = Chain::default();
    file.read_at(offset + 5, &mut hash)?;
    Ok(hash)
}

/// What stands at the place of the next frame.
pub(crate) enum Next {
    /// A good frame.
    Frame(Kind, Vec<u8>),
    /// The end of the file, or zeros.
    End,
    /// Something else.
    Broken,
}

/// Reads frames one behind the other.
pub(crate) struct Frames {
    file: Box<dyn File>,
    length: u64,
    /// Where the next frame begins.
    pub offset: u64,
    /// Hash of the frame before.
    pub chain: Chain,
}

impl Frames {
    /// Reads a file from this offset on, where the frame before has this hash.
    pub(crate) fn new(file: Box<dyn File>, offset: u64, chain: Chain) -> Result<Frames, StoreError> {
        Ok(Frames { length: file.length()?, file, offset, chain })
    }

    /// The next frame. After anything but a frame the reader stands where it stood.
    pub(crate) fn next(&mut self) -> Result<Next, StoreError> {
        let left = self.length.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Next::End);
        }
        let mut head = [0; HEAD_BYTES];
        if left < HEAD_BYTES as u64 {
            self.file.read_at(self.offset, &mut head[..left as usize])?;
            return Ok(if head == [0; HEAD_BYTES] { Next::End } else { Next::Broken });
        }
        self.file.read_at(self.offset, &mut head)?;
        if head == [0; HEAD_BYTES] {
            return Ok(Next::End);
        }
        let [a, b, c, d, kind, ..] = head;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        let (Some(kind), true) = (Kind::of(kind), length > 0 && length <= left - HEAD_BYTES as u64) else {
            return Ok(Next::Broken);
        };
        let mut payload = vec![0; length as usize];
        self.file.read_at(self.offset + HEAD_BYTES as u64, &mut payload)?;
        let chain = hash(&self.chain, &head[..5], &payload);
        if chain != head[5..] {
            return Ok(Next::Broken);
        }
        self.chain = chain;
        self.offset += HEAD_BYTES as u64 + length;
        Ok(Next::Frame(kind, payload))
    }

    /// Length of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The file, for who goes on where the frames end.
    pub(crate) fn into_file(self) -> Box<dyn File> {
        self.file
    }
}
