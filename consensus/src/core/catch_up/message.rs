//! What is said while somebody catches up.
//!
//! | first byte | what follows | it is |
//! | --- | --- | --- |
//! | 0 | height u64 | a question: who stands where, and what is there above this height? |
//! | 1 | height u64 ‖ length u32 ‖ certificate of a final block ‖ any certificate, of the newest view | where somebody stands; certificates may be empty |
//! | 2 | as the application has written it | an offer |
//! | 3 | id of a state, 32 bytes ‖ name of a piece, 33 bytes | a question for a piece |
//! | 4 | the same ‖ the piece, as the application has written it | its answer |
//! | 5 | the same | its answer: the piece is not there |
//!
//! Numbers are big-endian. A message ends where the network says that it does, so nothing else has a length.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::catch_up::{PIECE_NAME_BYTES, PieceName, SnapshotId};

/// What a piece takes besides itself.
pub(crate) const PIECE_HEAD_BYTES: usize = 1 + 32 + PIECE_NAME_BYTES;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Asks who stands where, and what is there above a height.
    Ask(u64),
    /// Where somebody stands.
    Stand {
        /// Of the newest final block.
        height: u64,
        /// Of the newest final block that has one.
        finalization: Bytes,
        /// Of the newest view that has one.
        newest: Bytes,
    },
    /// A state that can be had.
    Offer(Bytes),
    /// Asks for a piece of it.
    Want(SnapshotId, PieceName),
    /// The piece.
    Piece(SnapshotId, PieceName, Bytes),
    /// There is none.
    Gone(SnapshotId, PieceName),
}

impl Message {
    /// As bytes.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        match self {
            Message::Ask(height) => {
                out.put_u8(0);
                out.put_u64(*height);
            }
            Message::Stand { height, finalization, newest } => {
                out.put_u8(1);
                out.put_u64(*height);
                out.put_u32(u32::try_from(finalization.len()).expect("certificates have their bounds"));
                out.put_slice(finalization);
                out.put_slice(newest);
            }
            Message::Offer(offer) => {
                out.put_u8(2);
                out.put_slice(offer);
            }
            Message::Want(snapshot, name) => put_piece(&mut out, 3, snapshot, name, &[]),
            Message::Piece(snapshot, name, piece) => put_piece(&mut out, 4, snapshot, name, piece),
            Message::Gone(snapshot, name) => put_piece(&mut out, 5, snapshot, name, &[]),
        }
        out.freeze()
    }

    /// From bytes; none if they are no message.
    pub fn decode(bytes: &Bytes) -> Option<Message> {
        let height = || Some(u64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?));
        let piece = || {
            let snapshot = bytes.get(1..33)?.try_into().ok()?;
            Some((snapshot, bytes.get(33..PIECE_HEAD_BYTES)?.try_into().ok()?))
        };
        let ends_at = |length: usize| (bytes.len() == length).then_some(());
        match bytes.first()? {
            0 => ends_at(9).and(height()).map(Message::Ask),
            1 => {
                let length = u32::from_be_bytes(bytes.get(9..13)?.try_into().ok()?) as usize;
                let end = 13_usize.checked_add(length).filter(|end| *end <= bytes.len())?;
                let (finalization, newest) = (bytes.slice(13..end), bytes.slice(end..));
                Some(Message::Stand { height: height()?, finalization, newest })
            }
            2 => Some(Message::Offer(bytes.slice(1..))),
            3 => ends_at(PIECE_HEAD_BYTES).and_then(|()| piece()).map(|(of, name)| Message::Want(of, name)),
            4 => {
                let (snapshot, name) = piece()?;
                Some(Message::Piece(snapshot, name, bytes.slice(PIECE_HEAD_BYTES..)))
            }
            5 => ends_at(PIECE_HEAD_BYTES).and_then(|()| piece()).map(|(of, name)| Message::Gone(of, name)),
            _ => None,
        }
    }
}

fn put_piece(out: &mut BytesMut, kind: u8, snapshot: &SnapshotId, name: &PieceName, piece: &[u8]) {
    out.reserve(PIECE_HEAD_BYTES + piece.len());
    out.put_u8(kind);
    out.put_slice(snapshot);
    out.put_slice(name);
    out.put_slice(piece);
}
