//! `Desk`: where consensus leaves its questions for the pipeline. It asks a few at a time, so they need no other bound.

use std::sync::Arc;

use alloy_primitives::Bytes;
use crossbeam_queue::SegQueue;
use pelton_consensus::{Application, Block as Carried, BlockId, Done, Link, Reply};
use pelton_engine::block::{Block, split};
use pelton_pipeline::stages::agree::{Agreement, Answer, Question};

/// See the head of this file. Clones are the same desk.
#[derive(Clone, Default)]
pub struct Desk(Arc<SegQueue<Question>>);

impl Application for Desk {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        let (header, _) = split(&Bytes::copy_from_slice(bytes)).ok()?;
        let (id, parent) = (BlockId(header.id().0), BlockId(header.parent.0));
        Some(Link { id, parent, height: header.height })
    }

    fn propose(&self, parent: Carried, reply: Reply<Carried>) {
        self.0.push(Question::Propose { parent: parent.bytes.into(), answer: Box::new(OwnBlock(reply)) });
    }

    fn verify(&self, block: Carried, parent: Carried, reply: Reply<bool>) {
        let (block, parent) = (block.bytes.into(), parent.bytes.into());
        self.0.push(Question::Verify { block, parent, answer: Box::new(Vote(reply)) });
    }

    fn finalized(&self, block: Carried, _certificate: Option<Vec<u8>>, done: Done) {
        self.0.push(Question::Final { block: block.bytes.into(), done: Box::new(move || done.tell()) });
    }
}

impl Agreement for Desk {
    fn next(&mut self) -> Option<Question> {
        self.0.pop()
    }
}

/// Takes a block to consensus.
struct OwnBlock(Reply<Carried>);

impl Answer<Arc<Block>> for OwnBlock {
    fn give(self: Box<Self>, block: Arc<Block>) {
        let header = block.header();
        let link =
            Link { id: BlockId(block.id().0), parent: BlockId(header.parent.0), height: header.height };
        self.0.give(Carried { link, bytes: block.bytes().0.clone() });
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

/// Takes a vote to consensus.
struct Vote(Reply<bool>);

impl Answer<bool> for Vote {
    fn give(self: Box<Self>, is_valid: bool) {
        self.0.give(is_valid);
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
    }
}
