//! `Source`: which queue at the door a client's transactions wait in: one for each address, so that who floods crowds out itself.
//!
//! An address of version 6 counts by its first 64 bits, since whoever has one has all that begin so. Queues are a fixed number, and
//! which one an address has follows from a number that is drawn when the node starts, so that nobody can look for the queue of
//! somebody else. Clients behind one proxy are one address: what a request says of those before it is not believed.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

/// Above those of peers of the feed, which are numbered from 1.
const FIRST: u32 = 1 << 31;

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) u32);

/// The sources of one server.
#[derive(Default)]
pub(super) struct Sources(RandomState);

impl Sources {
    /// That of a client at this address.
    pub(super) fn of(&self, address: IpAddr) -> Source {
        let counted: u128 = match address.to_canonical() {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => (address.to_bits() >> 64) | 1 << 127,
        };
        Source(FIRST | self.0.hash_one(counted) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Sources};
    use std::collections::BTreeSet;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[test]
    fn an_address_is_one_source_and_others_are_others_however_many_a_host_has() {
        let sources = Sources::default();
        let old = |last| sources.of(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let new = |net, host| sources.of(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, net, 0, 0, 0, host)));
        let mapped = sources.of(IpAddr::V6(Ipv4Addr::new(10, 0, 0, 7).to_ipv6_mapped()));
        assert_eq!((old(7), new(7, 1)), (mapped, new(7, 2)));
        let many: BTreeSet<u32> =
            (0..200).map(|last| old(last).0).chain((0..200).map(|net| new(net, 1).0)).collect();
        assert!(many.len() > 390 && many.iter().all(|source| *source >= FIRST));
        let lanes: BTreeSet<u32> = many.iter().map(|source| source % 256).collect();
        assert!(lanes.len() > 120, "they spread over the queues: {}", lanes.len());
    }
}
