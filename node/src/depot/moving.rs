//! `Moving`: the thread that takes full segments to an object store, so that nothing else waits for one.
//!
//! It looks once a second. After a fault of the store it waits longer each time, up to a minute, and says so once; after
//! one of the disk it ends, and says that. Nothing is lost by either: what is not moved stays in the folder.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pelton_engine::archive::Mover;
use pelton_engine::store::error::StoreError;

use crate::devnet::say;

/// Between two looks when there is nothing to do.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two tries of a store that has failed again and again.
const TRY_EVERY_MAX: Duration = Duration::from_secs(60);
/// Looks between two questions after segments that the store has lost.
const SEARCH_EVERY: u32 = 60;

/// It ends when this is dropped, after the request that is under way.
pub struct Moving {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Moving {
    /// Starts it.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start(mover: Mover) -> io::Result<Moving> {
        let stop = Arc::new(AtomicBool::new(false));
        let until = stop.clone();
        let run = move || Life { mover, until, wait: LOOK_EVERY, is_ill: false, looks: 0 }.run();
        let thread = thread::Builder::new().name("pelton-archive".into()).spawn(run)?;
        Ok(Moving { stop, thread: Some(thread) })
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // If it panicked, that was said when it did.
            let _ = thread.join();
        }
    }
}

struct Life {
    mover: Mover,
    until: Arc<AtomicBool>,
    wait: Duration,
    is_ill: bool,
    looks: u32,
}

impl Life {
    fn run(mut self) {
        let mut all_seen = false;
        while !self.until.load(Ordering::Relaxed) {
            if !all_seen && self.looks.is_multiple_of(SEARCH_EVERY) {
                match self.mover.look() {
                    Ok(seen) => all_seen = seen,
                    Err(error) if self.endure(&error) => {}
                    Err(_) => return,
                }
                self.looks += 1;
            }
            match self.mover.step() {
                Ok(true) => {
                    self.recover();
                    continue;
                }
                Ok(false) => {}
                Err(error) if self.endure(&error) => continue,
                Err(_) => return,
            }
            self.looks += 1;
            thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Waits after a fault of the store; false after another, which ends all.
    fn endure(&mut self, error: &StoreError) -> bool {
        if !error.is_of_objects() {
            say(&format!("no more blocks go to the object store: {error}"));
            return false;
        }
        if !self.is_ill {
            say(&format!("{error}; it will be tried again"));
        }
        self.is_ill = true;
        thread::park_timeout(self.wait);
        self.wait = (self.wait * 2).min(TRY_EVERY_MAX);
        true
    }

    fn recover(&mut self) {
        if self.is_ill {
            say("the object store answers again");
        }
        (self.is_ill, self.wait) = (false, LOOK_EVERY);
    }
}
