//! `Sidecar`: Ethereum's tree beside a chain that grows, on a thread of its own.
//!
//! ```text
//!   commit ──> History ──> whoever asks
//!                 │ changes, as many blocks as there are
//!                 v
//!   start ──pieces──> Accounts ──> the newest trees, by height ──> proofs, roots
//!                        └── falls behind further than the history goes back: begins anew, from pieces
//! ```
//!
//! 1. Nobody waits for it. The history, which is bounded, is its queue: it fetches from there what blocks have changed, and a
//!    block that is committed costs nothing more than waking it.
//! 2. It makes a tree after every block, and after several together when more than `TOGETHER` wait: then there are no trees of
//!    those in between.
//! 3. It has nothing on disk. After a start, and after having fallen behind too far, it reads the whole state while blocks go
//!    on, and follows the changes meanwhile.
//! 4. What it has not come to it says, and how far behind it is.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::accounts::Accounts;
use crate::history::{History, Read};

/// Trees that are kept, the newest ones. Each costs what its block has changed.
pub const KEPT: usize = 128;
/// So many blocks at most are taken together, once more of them wait.
const TOGETHER: u64 = 64;
/// Places of the state that are read in one piece.
const PIECE: usize = 1 << 16;

/// See the head of this file. It ends when this is dropped.
pub struct Sidecar {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    history: Arc<History>,
    kept: Mutex<VecDeque<(u64, Accounts)>>,
    /// Height of the newest tree, if there is one.
    height: watch::Sender<Option<u64>>,
    rebuilds: AtomicU64,
    stop: AtomicBool,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Height of the newest tree; none while the first one is made, or one anew.
    pub height: Option<u64>,
    /// Blocks that are committed and not in it: all of them while there is none.
    pub lag: u64,
    /// How often it was made from the whole state: once in any case.
    pub rebuilds: u64,
}

impl Sidecar {
    /// Starts it beside a history, from the newest state.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start(history: Arc<History>) -> io::Result<Sidecar> {
        let height = history.newest().number();
        Sidecar::start_at(history, height)
    }

    /// The same from the state after the block at this height, if that is known.
    ///
    /// # Errors
    /// As [`Sidecar::start`].
    pub fn start_at(history: Arc<History>, height: u64) -> io::Result<Sidecar> {
        let shared = Arc::new(Shared {
            history,
            kept: Mutex::default(),
            height: watch::Sender::new(None),
            rebuilds: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let works = shared.clone();
        let thread = thread::Builder::new().name("pelton-merkle".into()).spawn(move || works.run(height))?;
        Ok(Sidecar { shared, thread: Some(thread) })
    }

    /// Wakes it when there is another block.
    pub fn bell(&self) -> Thread {
        self.thread.as_ref().expect("it has ended only when nobody has it").thread().clone()
    }

    /// The tree after the block at this height, if it is there.
    pub fn tree(&self, height: u64) -> Option<Accounts> {
        let kept = self.shared.kept.lock();
        let at = kept.binary_search_by_key(&height, |(height, _)| *height).ok()?;
        Some(kept[at].1.clone())
    }

    /// The lowest and the newest height of which a tree is kept.
    pub fn heights(&self) -> Option<(u64, u64)> {
        let kept = self.shared.kept.lock();
        Some((kept.front()?.0, kept.back()?.0))
    }

    /// Returns when there is a tree at this height or above.
    pub async fn reached(&self, height: u64) {
        let mut heights = self.shared.height.subscribe();
        // Whoever asks has it, so the other side is there.
        let _ = heights.wait_for(|newest| newest.is_some_and(|newest| newest >= height)).await;
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let Shared { history, height, rebuilds, .. } = &*self.shared;
        // Asked first: the chain goes on meanwhile, and a tree is never above it.
        let height = *height.borrow();
        let newest = history.newest().number();
        let lag = newest - height.unwrap_or(0);
        Standing { height, lag, rebuilds: rebuilds.load(Ordering::Relaxed) }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // If it panicked, that was said when it did.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self, from: u64) {
        let mut begin = from;
        while !self.stop.load(Ordering::Relaxed) {
            self.rebuilds.fetch_add(1, Ordering::Relaxed);
            if let Some(built) = self.build(begin) {
                self.follow(built);
            }
            // The history has forgotten what comes next, or it is to stop.
            self.kept.lock().clear();
            self.height.send_replace(None);
            begin = self.newest();
        }
    }

    /// The tree after some block, from the whole state.
    fn build(&self, height: u64) -> Option<(u64, Accounts)> {
        let (mut built, mut read) = ((height, Accounts::default()), Read::default());
        while !self.history.is_read(&read) && !self.stop.load(Ordering::Relaxed) {
            let piece = self.history.piece(built.0, &mut read, PIECE)?;
            built.1 = built.1.after(&piece);
            // So that the history goes back as far as is needed, however large the state.
            while self.newest() - built.0 > TOGETHER {
                built = self.step(&built)?;
            }
        }
        Some(built)
    }

    /// Goes on with every block, until it is to stop or the next one is forgotten.
    fn follow(&self, built: (u64, Accounts)) {
        let mut newest = Some(built);
        while let Some(built) = newest {
            self.publish(&built);
            while self.newest() == built.0 {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                thread::park();
            }
            newest = self.step(&built).filter(|_| !self.stop.load(Ordering::Relaxed));
        }
    }

    /// The tree one block above, or several where many wait; none where what they changed is forgotten.
    fn step(&self, (height, tree): &(u64, Accounts)) -> Option<(u64, Accounts)> {
        let blocks = if self.newest() - height > TOGETHER { TOGETHER } else { 1 };
        let changes = self.history.changes(*height, height + blocks)?;
        Some((height + blocks, tree.after(&changes)))
    }

    fn publish(&self, (height, tree): &(u64, Accounts)) {
        let mut kept = self.kept.lock();
        kept.push_back((*height, tree.clone()));
        // What is forgotten is let go without the lock: that may be much.
        let forgotten = if kept.len() > KEPT { kept.pop_front() } else { None };
        drop(kept);
        drop(forgotten);
        self.height.send_replace(Some(*height));
    }

    fn newest(&self) -> u64 {
        self.history.newest().number()
    }
}

#[cfg(test)]
mod tests;
