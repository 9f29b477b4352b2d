//! `Origin`: where a transaction came from.

/// What is known of a transaction beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who handed it in, as the transport numbers them: a connection, a peer.
    pub source: u32,
}
