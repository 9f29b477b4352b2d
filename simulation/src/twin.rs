//! The second block of a leader that makes two: as good as the first, and another.

use alloy_primitives::Bytes;
use pelton_engine::block::{HEADER_BYTES, split};

/// The same transactions a millisecond later.
pub fn twin(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut header, _) = split(&Bytes::copy_from_slice(bytes)).ok()?;
    header.timestamp_ms += 1;
    Some([&header.encode()[..], &bytes[HEADER_BYTES..]].concat())
}
