//! `Origin`: where a transaction came from, and what was said beside its bytes.

use alloy_primitives::Address;

/// What comes in beside the bytes of a transaction. None of it is part of the transaction, and none of it is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who handed it in, as the transport numbers them: a connection, a peer.
    pub source: u32,
    /// Who is said to have signed it. The bytes of Ethereum's own transactions do not name their sender, whose key has to
    /// be recovered from each signature; a right claim saves that, and a wrong one changes nothing but the time it takes.
    pub claimed_sender: Option<Address>,
}
