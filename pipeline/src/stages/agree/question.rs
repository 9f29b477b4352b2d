//! What consensus asks of the pipeline, and how it is answered.

use std::sync::Arc;

use alloy_primitives::Bytes;
use pelton_engine::block::Block;

use crate::brief::Filled;

/// Where an answer goes.
pub trait Answer<T>: Send {
    /// Answers.
    fn give(self: Box<Self>, answer: T);

    /// Whether nobody waits for it any more.
    fn is_over(&self) -> bool;
}

/// What consensus asks of the pipeline. Blocks are header and body; of genesis, nothing.
pub enum Question {
    /// For a block on top of this one, or this one itself if nothing can stand on top of it until it is final.
    Propose {
        /// The block below.
        parent: Bytes,
        /// Where the block goes.
        answer: Box<dyn Answer<Arc<Block>>>,
    },
    /// Whether this one may follow.
    Verify {
        /// The block.
        block: Bytes,
        /// The block below.
        parent: Bytes,
        /// Where the vote goes. It falls silent where the answer may still change.
        answer: Box<dyn Answer<bool>>,
    },
    /// None: this one lies below the parent that the next question to verify is about, and is not final.
    LiesBelow {
        /// The block.
        block: Bytes,
    },
    /// For the block that somebody has sent in few words.
    Restore {
        /// The [few words](crate::brief).
        brief: Bytes,
        /// What was lacking when it was asked for before, if anything.
        parts: Bytes,
        /// Where the block goes.
        answer: Box<dyn Answer<Filled>>,
    },
    /// This one is final, and the one below it was said to be before.
    Final {
        /// The block.
        block: Bytes,
        /// To be called when it was taken over.
        done: Box<dyn FnOnce() + Send>,
    },
}

/// Consensus among several, as the pipeline sees it.
pub trait Agreement: Send {
    /// The next question, in the order in which they were asked.
    fn next(&mut self) -> Option<Question>;
}
