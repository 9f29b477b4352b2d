//! `Wordy`: an application that sends its blocks whole, so that a villain has them at hand in what it sends.

use std::sync::Arc;

use bytes::Bytes;

use crate::application::{Application, Block, Done, Link, Reply, Restored};

/// See the head of this file.
pub(super) struct Wordy(pub(super) Arc<dyn Application>);

impl Application for Wordy {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        self.0.read(bytes)
    }

    fn propose(&self, parent: Block, reply: Reply<Block>) {
        self.0.propose(parent, reply);
    }

    fn lies_below(&self, block: Block) {
        self.0.lies_below(block);
    }

    fn verify(&self, block: Block, parent: Block, reply: Reply<bool>) {
        self.0.verify(block, parent, reply);
    }

    fn read_brief(&self, brief: &[u8]) -> Option<Link> {
        self.0.read_brief(brief)
    }

    fn restore(&self, brief: Bytes, parts: Bytes, reply: Reply<Restored>) {
        self.0.restore(brief, parts, reply);
    }

    fn parts(&self, block: &Block, lacks: &[u8]) -> Option<Bytes> {
        self.0.parts(block, lacks)
    }

    fn finalized(&self, block: Block, certificate: Option<Vec<u8>>, done: Done) {
        self.0.finalized(block, certificate, done);
    }
}
