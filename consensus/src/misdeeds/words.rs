//! Blocks of words, of which each validator knows most.
//!
//! ```text
//!   block: height u64 ‖ parent 32 ‖ maker u64 ‖ words, 32 bytes each       its id is their SHA-256
//!   brief: id 32 ‖ height u64 ‖ parent 32 ‖ maker u64
//!   lacks: indexes, a byte each       parts: words of these indexes, 33 bytes each
//! ```

use std::sync::Arc;

use bytes::Bytes;
use commonware_cryptography::{Hasher as _, Sha256};
use parking_lot::Mutex;

use crate::application::{Application, Block, Done, Link, Reply, Restored};
use crate::ordering::BlockId;

const HEAD_BYTES: usize = 8 + 32 + 8;
const WORDS: u8 = 40;
/// Length of a block.
pub(super) const BLOCK_BYTES: usize = HEAD_BYTES + 32 * WORDS as usize;

/// What one validator has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Final blocks in their order.
    pub finals: Vec<BlockId>,
    /// Who signed two votes, and in which view.
    pub conflicts: Vec<([u8; 32], u64)>,
}

/// One validator's application.
pub(super) struct Words {
    index: usize,
    seen: Arc<Mutex<Seen>>,
}

/// The word of this index in a block that begins so.
fn word(head: &[u8], index: u8) -> [u8; 32] {
    Sha256::hash(&[head, &[index]]).0
}

impl Words {
    pub fn new(index: usize, seen: Arc<Mutex<Seen>>) -> Words {
        Words { index, seen }
    }

    /// Each block has words that this validator does not know, but for every fourth.
    fn knows(&self, head: &[u8], index: u8) -> bool {
        head[7].is_multiple_of(4) || (word(head, index)[0] as usize) % 8 != self.index
    }
}

fn link_of(id: BlockId, head: &[u8]) -> Option<Link> {
    let (height, rest) = head.split_first_chunk()?;
    Some(Link { id, parent: BlockId(*rest.first_chunk()?), height: u64::from_be_bytes(*height) })
}

impl Application for Words {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        let is_whole = bytes.len() == BLOCK_BYTES;
        is_whole.then(|| link_of(BlockId(Sha256::hash(&[bytes]).0), bytes)).flatten()
    }

    fn propose(&self, parent: Block, reply: Reply<Block>) {
        let height = parent.link.height + 1;
        let mut bytes = [&height.to_be_bytes()[..], &parent.link.id.0, &self.index.to_be_bytes()].concat();
        let head = bytes.clone();
        (0..WORDS).for_each(|index| bytes.extend_from_slice(&word(&head, index)));
        let link = self.read(&bytes).expect("it was just written");
        reply.give(Block { link, bytes: bytes.into() });
    }

    fn verify(&self, _block: Block, _parent: Block, reply: Reply<bool>) {
        reply.give(true);
    }

    fn equivocated(&self, member: [u8; 32], view: u64) {
        self.seen.lock().conflicts.push((member, view));
    }

    fn brief(&self, block: &Block) -> Option<Bytes> {
        Some([&block.link.id.0, &block.bytes[..HEAD_BYTES]].concat().into())
    }

    fn read_brief(&self, brief: &[u8]) -> Option<Link> {
        let (id, head) = brief.split_first_chunk()?;
        (head.len() == HEAD_BYTES).then(|| link_of(BlockId(*id), head)).flatten()
    }

    fn restore(&self, brief: Bytes, parts: Bytes, reply: Reply<Restored>) {
        let (id, head) = brief.split_at(32);
        let (parts, _) = parts.as_chunks::<33>();
        let mut bytes = head.to_vec();
        let mut lacks = Vec::new();
        for index in 0..WORDS {
            match parts.iter().find(|part| part[0] == index) {
                Some(part) => bytes.extend_from_slice(&part[1..]),
                None if self.knows(head, index) => bytes.extend_from_slice(&word(head, index)),
                None => lacks.push(index),
            }
        }
        reply.give(match self.read(&bytes) {
            _ if !lacks.is_empty() => Restored::Lacks(lacks.into()),
            Some(link) if link.id.0 == id => Restored::Whole(Block { link, bytes: bytes.into() }),
            _ => Restored::Other,
        });
    }

    fn parts(&self, block: &Block, lacks: &[u8]) -> Option<Bytes> {
        let head = &block.bytes[..HEAD_BYTES];
        let is_there = lacks.iter().all(|index| *index < WORDS);
        let part = |index: &u8| [&[*index][..], &word(head, *index)].concat();
        is_there.then(|| lacks.iter().flat_map(part).collect::<Vec<u8>>().into())
    }

    fn finalized(&self, block: Block, _certificate: Option<Vec<u8>>, done: Done) {
        self.seen.lock().finals.push(block.link.id);
        done.tell();
    }
}
