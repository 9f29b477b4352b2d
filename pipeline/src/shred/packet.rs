//! One packet: its header, its payload, its checksum. The layout stands at the top of the parent module.

use super::checksum::{CHECKSUM_BYTES, Checksum};
use super::{Geometry, VERSION};

pub(super) const HEADER_BYTES: usize = 51;

/// One packet of a block, as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shred {
    packet: Box<[u8]>,
}

impl Shred {
    /// The packet: at most [`super::PACKET_BYTES_MAX`] bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.packet
    }
}

/// What shreds must agree on to be of one block, as far as anyone can tell before it is rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub id: [u8; 32],
    pub height: u64,
    pub block_bytes: u32,
}

/// The packet of one shard, its payload zeros and its checksum missing.
pub(super) fn unsealed(claim: &Claim, geometry: &Geometry, index: usize) -> Vec<u8> {
    let short =
        |number: usize| u16::try_from(number).expect("a geometry has fewer than 2^16 shreds").to_le_bytes();
    let mut packet = Vec::with_capacity(geometry.packet_bytes());
    packet.push(VERSION);
    packet.extend_from_slice(&claim.id);
    packet.extend_from_slice(&claim.height.to_le_bytes());
    packet.extend_from_slice(&claim.block_bytes.to_le_bytes());
    packet.extend_from_slice(&short(geometry.data_shreds()));
    packet.extend_from_slice(&short(geometry.parity_shreds()));
    packet.extend_from_slice(&short(index));
    packet.resize(HEADER_BYTES + geometry.shard_bytes, 0);
    packet
}

/// Adds the checksum.
pub(super) fn seal(mut packet: Vec<u8>, checksum: &Checksum) -> Shred {
    packet.extend_from_slice(checksum);
    Shred { packet: packet.into_boxed_slice() }
}

/// A datagram taken apart, its checksum not yet looked at.
pub(super) struct Packet<'a> {
    pub claim: Claim,
    pub geometry: Geometry,
    pub index: usize,
    pub payload: &'a [u8],
    /// All bytes before the checksum.
    pub sealed: &'a [u8],
    pub checksum: &'a [u8; CHECKSUM_BYTES],
}

impl<'a> Packet<'a> {
    /// None unless all lengths and counts are those of the block length that the packet names.
    pub fn read(datagram: &'a [u8]) -> Option<Packet<'a>> {
        let (sealed, checksum) = datagram.split_last_chunk()?;
        let (header, payload) = sealed.split_first_chunk::<HEADER_BYTES>()?;
        let mut fields = &header[1..];
        let claim = Claim {
            id: *take(&mut fields),
            height: u64::from_le_bytes(*take(&mut fields)),
            block_bytes: u32::from_le_bytes(*take(&mut fields)),
        };
        let [data, parity, index] = [(); 3].map(|()| usize::from(u16::from_le_bytes(*take(&mut fields))));
        let geometry = Geometry::of(claim.block_bytes as usize)?;
        let cut_right = (data, parity, payload.len())
            == (geometry.data_shreds(), geometry.parity_shreds(), geometry.shard_bytes);
        (cut_right && index < geometry.shreds()).then_some(Packet {
            claim,
            geometry,
            index,
            payload,
            sealed,
            checksum,
        })
    }
}

/// The next field of the header.
fn take<'a, const N: usize>(fields: &mut &'a [u8]) -> &'a [u8; N] {
    let (field, rest) = fields.split_first_chunk().expect("the fields add up to the length of the header");
    *fields = rest;
    field
}
