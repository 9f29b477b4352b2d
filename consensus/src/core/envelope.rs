//! `Envelope`: a block as the consensus library carries it.
//!
//! On the wire and on disk: u32 length, big-endian, and that many bytes of the block; none for genesis. Where it hangs is
//! read out of those bytes by the application, so that a block whose bytes say nothing of the kind never comes in.

use std::fmt;
use std::sync::Arc;

use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error as CodecError, Read, Write};
use commonware_consensus::types::Height;
use commonware_consensus::{BoundedBlock, Heightable};
use commonware_cryptography::{Digested, Digestible, sha256};

use crate::application::{Application, Block, Link};
use crate::ordering::BlockId;

/// What the library calls a digest: 32 bytes. It never hashes anything into it here.
pub(crate) type Digest = sha256::Digest;

/// A block as the library carries it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Envelope(pub(super) Block);

/// What is needed to read one.
#[derive(Clone)]
pub(super) struct Format {
    /// Reads where a block hangs.
    pub application: Arc<dyn Application>,
    /// What hangs nowhere.
    pub genesis: BlockId,
    /// Longest block in bytes.
    pub bytes_max: usize,
}

impl Format {
    /// The block below all others.
    pub fn genesis(&self) -> Digested<Envelope> {
        let link = Link { id: self.genesis, parent: self.genesis, height: 0 };
        let envelope = Envelope(Block { link, bytes: Bytes::new() });
        let digest = envelope.digest();
        Digested::precomputed(envelope, digest)
    }
}

/// Of an id, what the library calls a digest.
pub(crate) fn digest_of(id: BlockId) -> Digest {
    Digest::from(id.0)
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} {}", self.0.link.height, self.0.link.id)
    }
}

impl Write for Envelope {
    fn write(&self, buffer: &mut impl BufMut) {
        buffer.put_u32(u32::try_from(self.0.bytes.len()).expect("blocks have their bounds"));
        buffer.put_slice(&self.0.bytes);
    }
}

impl EncodeSize for Envelope {
    fn encode_size(&self) -> usize {
        4 + self.0.bytes.len()
    }
}

impl Read for Envelope {
    type Cfg = Format;

    fn read_cfg(buffer: &mut impl Buf, format: &Format) -> Result<Envelope, CodecError> {
        let length = buffer.try_get_u32().map_err(|_| CodecError::EndOfBuffer)? as usize;
        if length == 0 {
            return Ok(format.genesis().inner().clone());
        }
        if length > format.bytes_max {
            return Err(CodecError::InvalidLength(length));
        }
        if buffer.remaining() < length {
            return Err(CodecError::EndOfBuffer);
        }
        let bytes = buffer.copy_to_bytes(length);
        let link = format.application.read(&bytes).filter(|link| link.height > 0);
        let link = link.ok_or(CodecError::Invalid("block", "the bytes hang nowhere"))?;
        Ok(Envelope(Block { link, bytes }))
    }
}

impl Digestible for Envelope {
    type Digest = Digest;

    fn digest(&self) -> Digest {
        digest_of(self.0.link.id)
    }
}

impl Heightable for Envelope {
    fn height(&self) -> Height {
        Height::new(self.0.link.height)
    }
}

impl commonware_consensus::Block for Envelope {
    fn parent(&self) -> Digest {
        digest_of(self.0.link.parent)
    }
}

impl BoundedBlock for Envelope {
    fn max_encode_size(format: &Format) -> usize {
        4 + format.bytes_max
    }
}
