//! `Link`: a bounded queue of batches between two stages.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam_queue::ArrayQueue;

/// A bounded queue from one stage to the next. The upstream end closes it once nothing more will come.
#[derive(Debug)]
pub struct Link<T> {
    queue: ArrayQueue<T>,
    closed: AtomicBool,
    depth_max: AtomicUsize,
}

impl<T> Link<T> {
    /// A link that holds at most this many batches.
    pub fn new(capacity_batches: usize) -> Link<T> {
        Link {
            queue: ArrayQueue::new(capacity_batches),
            closed: AtomicBool::new(false),
            depth_max: AtomicUsize::new(0),
        }
    }

    /// Appends a batch, or hands it back if there is no room.
    ///
    /// # Errors
    /// The batch, if the link is full.
    pub fn push(&self, batch: T) -> Result<(), T> {
        assert!(!self.is_closed(), "nothing is sent over a closed link");
        self.queue.push(batch)?;
        self.depth_max.fetch_max(self.queue.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Takes the oldest batch.
    pub fn pop(&self) -> Option<T> {
        self.queue.pop()
    }

    /// How many batches it holds at most.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    /// How many batches wait.
    pub fn depth(&self) -> usize {
        self.queue.len()
    }

    /// The most batches that ever waited.
    pub fn depth_max(&self) -> usize {
        self.depth_max.load(Ordering::Relaxed)
    }

    /// Says that nothing more will come.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether nothing more will come; what was sent before may still wait.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether nothing more will come and nothing waits.
    pub fn is_exhausted(&self) -> bool {
        self.is_closed() && self.queue.is_empty()
    }
}
