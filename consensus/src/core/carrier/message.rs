//! What validators tell each other of proposed blocks.
//!
//! | first byte | what follows | it is |
//! | --- | --- | --- |
//! | 0 | the bytes of a block | a block as it is |
//! | 1 | few words, as the application has written them | a block, for those who know most of what is in it |
//! | 2 | id of a block, 32 bytes ‖ what of it is lacking, as the application has written it; nothing for all | a question |
//! | 3 | id of a block, 32 bytes ‖ what was lacking, as the application has written it | its answer |
//!
//! A message ends where the network says that it does, so nothing else has a length.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::ordering::BlockId;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A block as it is.
    Whole(Bytes),
    /// A block in few words.
    Brief(Bytes),
    /// What somebody lacks of a block; nothing for all of it.
    Lacks(BlockId, Bytes),
    /// What somebody lacked of a block.
    Parts(BlockId, Bytes),
}

impl Message {
    /// As bytes.
    pub fn encode(&self) -> Bytes {
        let (kind, id, rest) = match self {
            Message::Whole(rest) => (0, None, rest),
            Message::Brief(rest) => (1, None, rest),
            Message::Lacks(id, rest) => (2, Some(id), rest),
            Message::Parts(id, rest) => (3, Some(id), rest),
        };
        let mut out = BytesMut::with_capacity(33 + rest.len());
        out.put_u8(kind);
        out.put_slice(id.map_or(&[], |BlockId(id)| id));
        out.put_slice(rest);
        out.freeze()
    }

    /// From bytes; none if they are no message.
    pub fn decode(bytes: &Bytes) -> Option<Message> {
        let rest = |from: usize| bytes.slice(from..);
        let id = || Some(BlockId(bytes.get(1..33)?.try_into().ok()?));
        match bytes.first()? {
            0 => Some(Message::Whole(rest(1))),
            1 => Some(Message::Brief(rest(1))),
            2 => Some(Message::Lacks(id()?, rest(33))),
            3 => Some(Message::Parts(id()?, rest(33))),
            _ => None,
        }
    }
}
