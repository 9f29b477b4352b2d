//! The interface between a validator and the core that orders its blocks.

use std::{error::Error, fmt};

/// The id of a block: 32 bytes that commit to all of it. Only compared here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub [u8; 32]);

impl fmt::Display for BlockId {
    /// As `0x` and 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A block that this validator offers for a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The height of the block: one more than that of its parent.
    pub height: u64,
    /// The block.
    pub id: BlockId,
    /// The block that it follows.
    pub parent: BlockId,
}

/// What convinces somebody who was not there that a block is final.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificate {
    /// One validator ordered alone. It proves nothing to others.
    Solo,
}

/// What a core has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The block has this height for good.
    Finalized {
        /// One more than the height of the event before.
        height: u64,
        /// The block.
        id: BlockId,
        /// Why others should believe it.
        certificate: Certificate,
    },
}

/// A proposal that the core does not take. The core is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeError {
    /// The height is not one more than that of the last block, final or proposed: wrong use.
    Height {
        /// Height of the last block.
        last: u64,
        /// Height proposed.
        proposed: u64,
    },
    /// The height is right, but the parent is not the last block: wrong use.
    Parent {
        /// The last block.
        last: BlockId,
        /// The parent proposed.
        proposed: BlockId,
    },
    /// As many blocks as the core may hold wait to be polled. Right use: poll, then propose again.
    Full,
}

impl fmt::Display for ProposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProposeError::Height { last, proposed } => {
                write!(f, "proposed height {proposed} does not follow height {last}")
            }
            ProposeError::Parent { last, proposed } => {
                write!(f, "proposed parent {proposed} is not the last block, {last}")
            }
            ProposeError::Full => f.write_str("too many events wait to be polled"),
        }
    }
}

impl Error for ProposeError {}

/// A core that orders block ids. Neither call blocks.
pub trait Ordering: Send {
    /// Offers a block. It may become final, or lose to another validator's block at that height.
    ///
    /// # Errors
    ///
    /// [`ProposeError`] if the block does not extend the last one, or there is no room for it.
    fn propose(&mut self, proposal: Proposal) -> Result<(), ProposeError>;

    /// The next event, or none for now: each once, in order.
    fn poll(&mut self) -> Option<Event>;
}
