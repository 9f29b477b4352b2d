//! `Bell`: wakes threads that rest, when something has come for them from outside.
//!
//! ```text
//!   thread   rests ──> looks once more ──> sleeps until it is rung for, or a while
//!   other    puts something down ──> rings, if anybody rests
//! ```
//!
//! Who rests says so before it looks for the last time, and who brings something does so before it asks whether anybody
//! rests: so one of both sees the other. Each ring wakes one, and is to read one number where nobody rests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use parking_lot::Mutex;
use pelton_kernels::{Job, Spawn};

/// See the module.
#[derive(Debug, Default)]
pub struct Bell {
    /// How many rest.
    resting: AtomicUsize,
    threads: Mutex<Vec<Known>>,
    is_promised: AtomicBool,
}

/// A thread, and whether it rests.
#[derive(Debug)]
struct Known(Thread, Arc<AtomicBool>);

impl Bell {
    /// Promises that it is rung whenever something comes from outside, so that nobody has to look often.
    pub fn promise(&self) {
        self.is_promised.store(true, Ordering::Relaxed);
    }

    /// Whether that was promised.
    pub fn is_promised(&self) -> bool {
        self.is_promised.load(Ordering::Relaxed)
    }

    /// Wakes one who rests; whether anybody did.
    pub fn ring(&self) -> bool {
        fence(Ordering::SeqCst);
        if self.resting.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let threads = self.threads.lock();
        let resting = threads.iter().find(|Known(_, rests)| self.wakes(rests));
        resting.inspect(|Known(thread, _)| thread.unpark()).is_some()
    }

    /// Takes note that a thread does not rest any more; whether it did.
    fn wakes(&self, rests: &AtomicBool) -> bool {
        let rested = rests.swap(false, Ordering::Relaxed);
        self.resting.fetch_sub(usize::from(rested), Ordering::Relaxed);
        rested
    }

    /// Jobs that ring when they are done.
    pub fn behind(self: &Arc<Bell>, spawn: Arc<dyn Spawn>) -> Arc<dyn Spawn> {
        let bell = self.clone();
        Arc::new(move |job: Job| {
            let bell = bell.clone();
            spawn.spawn(Box::new(move || {
                job();
                bell.ring();
            }));
        })
    }

    /// For this thread.
    pub fn sleeper(self: &Arc<Bell>) -> Sleeper {
        let (this, rests) = (std::thread::current(), Arc::<AtomicBool>::default());
        let id = this.id();
        self.threads.lock().push(Known(this, rests.clone()));
        Sleeper { bell: self.clone(), rests, id }
    }
}

/// A thread that rests at times. It looks once more between [`Sleeper::begin`] and [`Sleeper::sleep`].
#[derive(Debug)]
pub struct Sleeper {
    bell: Arc<Bell>,
    rests: Arc<AtomicBool>,
    id: ThreadId,
}

impl Sleeper {
    /// Says that it is about to sleep; whether it had said so, and nobody has rung since.
    pub fn begin(&self) -> bool {
        let rests = self.rests.swap(true, Ordering::Relaxed);
        if !rests {
            self.bell.resting.fetch_add(1, Ordering::Relaxed);
            fence(Ordering::SeqCst);
        }
        rests
    }

    /// Sleeps until somebody rings, but not for longer than this.
    pub fn sleep(&self, most: Duration) {
        std::thread::park_timeout(most);
    }

    /// Says that it is awake.
    pub fn end(&self) {
        self.bell.wakes(&self.rests);
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.end();
        self.bell.threads.lock().retain(|Known(thread, _)| thread.id() != self.id);
    }
}
