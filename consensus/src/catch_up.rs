//! How a validator that has nothing, or was away for long, gets to where the others are.
//!
//! ```text
//!   who comes                                              others
//!     │  asks: what is there above this height?              │
//!     │ <──────────────── where they stand, certificates ─── │
//!     │ <──────────────── an offer: a state, and its proof ── │   Source: what they have
//!   Sink: judges offers, says which pieces are missing       │
//!     │  wants pieces of it, some of each at a time ───────> │
//!     │ <──────────────── pieces, each with its own proof ── │
//!     └─ then the blocks above it, as everybody gets them
//! ```
//!
//! Consensus carries all of this and knows nothing of it: what an offer proves and whether a piece belongs to it is for
//! the [`Sink`] to say. What is seen to here:
//!
//! 1. Nothing is believed of one: somebody is behind if more say so than may be faulty, and what is taken was proven.
//! 2. Of each peer there are a few pieces under way at a time. Who does not answer rests for a while; whose offer or piece is
//!    refused is not asked again.
//! 3. Nobody makes a validator keep anything but what it has asked for.
//! 4. A validator that has lost its votes votes in no view in which it may have voted: see [`Outcome::votes_above`].

use std::io;

use bytes::Bytes;

/// Length of a piece's name.
pub const PIECE_NAME_BYTES: usize = 33;

/// Longest piece and longest offer in bytes.
pub const PIECE_BYTES_MAX: usize = 1 << 20;

/// Which piece of a state; what it means is the application's.
pub type PieceName = [u8; PIECE_NAME_BYTES];

/// Which state.
pub type SnapshotId = [u8; 32];

/// What a validator has for others that catch up. No call may wait.
pub trait Source: Send + Sync + 'static {
    /// Height of the newest final block here.
    fn height(&self) -> u64;

    /// A state above this height, if there is one; otherwise one may be made meanwhile.
    fn offer(&self, above: u64) -> Option<Bytes>;

    /// A piece of a state that was offered; none if that is gone, or has no such piece.
    fn piece(&self, snapshot: &SnapshotId, name: &PieceName) -> Option<Bytes>;
}

/// What somebody offers, once it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Which state: equal ones of different peers have equal names.
    pub snapshot: SnapshotId,
    /// The block after which the chain was in it.
    pub height: u64,
}

/// What has come of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Kept,
    /// It is good, and was there.
    Needless,
    /// It is none of the pieces.
    Refused,
}

/// Where a state is put together. Errors are those of its disk, and end everything.
pub trait Sink: Send + 'static {
    /// Height of the block at which this validator stands.
    fn height(&self) -> u64;

    /// Whether it knows how it has voted.
    fn has_votes(&self) -> bool;

    /// Who is not so many blocks behind gets them one by one.
    fn behind_min(&self) -> u64;

    /// What is offered, if the offer proves itself.
    fn judge(&mut self, offer: &[u8]) -> Option<Offered>;

    /// The state of which there are pieces from an earlier start, if there are any.
    fn begun(&self) -> Option<SnapshotId>;

    /// Goes for the state of this offer, which was found good.
    ///
    /// # Errors
    /// What the disk says.
    fn begin(&mut self, offer: &[u8]) -> io::Result<()>;

    /// Pieces that are missing, so many at most. Who has some of them soon is asked for others.
    fn wanted(&mut self, pieces_max: usize) -> Vec<PieceName>;

    /// Takes a piece that the member with this index has sent.
    ///
    /// # Errors
    /// What the disk says.
    fn take(&mut self, member: usize, name: &PieceName, piece: &[u8]) -> io::Result<Verdict>;

    /// Whether nothing is missing.
    fn is_complete(&self) -> bool;

    /// Makes what the validator will start from of all pieces.
    ///
    /// # Errors
    /// What the disk says.
    fn finish(&mut self) -> io::Result<()>;

    /// Hears in words what goes on.
    fn note(&mut self, _words: &str) {}
}

/// What has come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many others have answered.
    pub answered: usize,
    /// A state was taken, and the sink is through with it.
    pub has_state: bool,
    /// The certificate of a final block. All views in which this validator may have voted before it came are below that
    /// one's, so that it may vote in those above. None if it knows its votes, or has cast none.
    pub votes_above: Option<Vec<u8>>,
    /// Members that have sent what was refused; each was not asked again.
    pub liars: Vec<usize>,
    /// Pieces that did not come in time.
    pub late: u64,
}

/// Where a validator takes up a chain that it has not seen from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Height of the first block that it is told of.
    pub height: u64,
    /// The certificate of that block; none if it is the first one of all.
    pub block: Option<Vec<u8>>,
    /// It votes only in views above that of this certificate.
    pub votes_above: Option<Vec<u8>>,
}
