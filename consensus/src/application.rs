//! `Application`: what the core of several validators asks of the one who knows what is in a block.

use bytes::Bytes;
use commonware_utils::channel::oneshot;

use crate::BlockId;

/// How a block hangs on the one below, as its bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The block's id: it commits to all its bytes.
    pub id: BlockId,
    /// The block below.
    pub parent: BlockId,
    /// One more than that one's. Genesis is 0.
    pub height: u64,
}

/// A block as validators exchange it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it hangs.
    pub link: Link,
    /// What it is. Of genesis, none.
    pub bytes: Bytes,
}

/// What became of few words about a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    /// The block, whose bytes have its id.
    Whole(Block),
    /// What is lacking, for whoever has the block; never nothing.
    Lacks(Bytes),
    /// What is there does not make the block: all of it is needed.
    Other,
}

/// What the core asks of the one who knows what is in a block. No call may block or wait: answers may come later, from
/// any thread.
pub trait Application: Send + Sync + 'static {
    /// Where bytes that somebody sent say that they hang, or none if they are no block. What is not true of them for
    /// good need not be found here: it is the id that has to commit to the bytes.
    fn read(&self, bytes: &[u8]) -> Option<Link>;

    /// Asks for a block on top of this one, which need not be final. To give this one itself is to propose it again: for
    /// when nothing can stand on top of it until it is final. To let the reply fall is to let the turn pass.
    fn propose(&self, parent: Block, reply: Reply<Block>);

    /// Asks whether this block may follow its parent, which need not be final. Every honest validator must come
    /// to the same answer; while it may still change, the reply waits. To let it fall is not to vote.
    fn verify(&self, block: Block, parent: Block, reply: Reply<bool>);

    /// Below the parent that the next question to verify is about lies this block, which is not final, or was not when this was
    /// said. Who has been started again may never have been asked about it.
    fn lies_below(&self, _block: Block) {}

    /// The member with this key has signed two votes of one view that contradict each other. It is not listened to for a
    /// while. Its votes convince nobody else: whoever has a quorum of shares can make anybody's.
    fn equivocated(&self, _member: [u8; 32], _view: u64) {}

    /// The block in few words, for others who know most of what is in it; none if it is sent as it is.
    fn brief(&self, _block: &Block) -> Option<Bytes> {
        None
    }

    /// Where the block hangs that somebody has sent in these few words; none if they are of no block.
    fn read_brief(&self, _brief: &[u8]) -> Option<Link> {
        None
    }

    /// Asks for the block that was sent in these few words, given what was lacking when it was asked for before, if
    /// anything. To let the reply fall is to give it up.
    fn restore(&self, _brief: Bytes, _parts: Bytes, _reply: Reply<Restored>) {}

    /// What somebody lacks of a block, as they have said it; none if what they say makes no sense.
    fn parts(&self, _block: &Block, _lacks: &[u8]) -> Option<Bytes> {
        None
    }

    /// This block is final, and so is everything below, which was told before. Each height is told in its turn, once; after
    /// a restart, all of them from the first one on.
    fn finalized(&self, block: Block, certificate: Option<Vec<u8>>, done: Done);
}

/// Where an answer goes.
#[derive(Debug)]
pub struct Reply<T>(oneshot::Sender<T>);

impl<T> Reply<T> {
    pub(crate) fn new() -> (Reply<T>, oneshot::Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (Reply(sender), receiver)
    }

    /// Answers.
    pub fn give(self, answer: T) {
        // If nobody waits any more, the view is over.
        let _ = self.0.send(answer);
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_over(&self) -> bool {
        self.0.is_closed()
    }
}

/// To be called once a final block has been taken over. A few may be under way at a time, then no more are told.
pub struct Done(Option<Box<dyn FnOnce() + Send>>);

impl Done {
    pub(crate) fn new(tell: impl FnOnce() + Send + 'static) -> Done {
        Done(Some(Box::new(tell)))
    }
}

impl std::fmt::Debug for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Done")
    }
}

impl Done {
    /// The block need not be told again.
    pub fn tell(mut self) {
        if let Some(tell) = self.0.take() {
            tell();
        }
    }
}
