//! `Desk`: where consensus leaves its questions for the pipeline. It asks a few at a time, so they need no other bound.

use std::sync::Arc;

use alloy_primitives::{Bytes, bytes, hex};
use crossbeam_queue::SegQueue;
use pelton_consensus::{Application, Block as Carried, BlockId, Done, Link, Reply, Restored};
use pelton_engine::block::{Block, Header, split};
use pelton_engine::limits::Limits;
use pelton_pipeline::brief::{self, Filled};
use pelton_pipeline::stages::agree::{Agreement, Answer, Question};

use crate::catch_up::Finals;

/// See the head of this file. Clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    questions: Arc<SegQueue<Question>>,
    limits: Arc<Limits>,
    finals: Option<Arc<Finals>>,
}

impl Desk {
    /// An empty one, for blocks within these limits.
    pub fn new(limits: &Limits) -> Desk {
        Desk { questions: Arc::default(), limits: Arc::new(limits.clone()), finals: None }
    }

    /// The same, which notes here what is final.
    pub fn noting(self, finals: Arc<Finals>) -> Desk {
        Desk { finals: Some(finals), ..self }
    }

    fn ask(&self, question: Question) {
        self.questions.push(question);
    }
}

impl Application for Desk {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        let (header, _) = split(&Bytes::copy_from_slice(bytes)).ok()?;
        Some(link_of(&header))
    }

    fn propose(&self, parent: Carried, reply: Reply<Carried>) {
        self.ask(Question::Propose { parent: parent.bytes.into(), answer: Box::new(OwnBlock(reply)) });
    }

    fn verify(&self, block: Carried, parent: Carried, reply: Reply<bool>) {
        let (block, parent) = (block.bytes.into(), parent.bytes.into());
        self.ask(Question::Verify { block, parent, answer: Box::new(Vote(reply)) });
    }

    fn lies_below(&self, block: Carried) {
        self.ask(Question::LiesBelow { block: block.bytes.into() });
    }

    fn equivocated(&self, member: [u8; 32], view: u64) {
        let member = hex::encode_prefixed(member);
        eprintln!(
            "pelton: validator {member} has signed two votes that contradict each other, in view {view}"
        );
    }

    fn brief(&self, block: &Carried) -> Option<bytes::Bytes> {
        brief::of(&block.bytes.clone().into()).map(|brief| brief.0)
    }

    fn read_brief(&self, brief: &[u8]) -> Option<Link> {
        brief::header_of(brief, &self.limits).map(|header| link_of(&header))
    }

    fn restore(&self, brief: bytes::Bytes, parts: bytes::Bytes, reply: Reply<Restored>) {
        let (brief, parts) = (brief.into(), parts.into());
        self.ask(Question::Restore { brief, parts, answer: Box::new(Whole(reply)) });
    }

    fn parts(&self, block: &Carried, lacks: &[u8]) -> Option<bytes::Bytes> {
        brief::parts(&block.bytes.clone().into(), lacks).map(|parts| parts.0)
    }

    fn finalized(&self, block: Carried, certificate: Option<Vec<u8>>, done: Done) {
        if let (Some(finals), Ok(header)) = (&self.finals, Header::decode(&block.bytes)) {
            finals.push(header, certificate);
        }
        self.ask(Question::Final { block: block.bytes.into(), done: Box::new(move || done.tell()) });
    }
}

impl Agreement for Desk {
    fn next(&mut self) -> Option<Question> {
        self.questions.pop()
    }
}

/// Where the block of this header hangs.
fn link_of(header: &Header) -> Link {
    Link { id: BlockId(header.id().0), parent: BlockId(header.parent.0), height: header.height }
}

/// Takes a block that was put together to consensus.
struct Whole(Reply<Restored>);

impl Answer<Filled> for Whole {
    fn give(self: Box<Self>, filled: Filled) {
        self.0.give(match filled {
            Filled::Whole(bytes) => match Header::decode(&bytes) {
                Ok(header) => Restored::Whole(Carried { link: link_of(&header), bytes: bytes.0 }),
                Err(_) => Restored::Other,
            },
            Filled::Lacks(lacks) => Restored::Lacks(lacks.0),
            Filled::Other => Restored::Other,
        });
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
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
