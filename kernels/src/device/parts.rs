//! The parts of a batch that is packed for a device: whoever has time takes the next one, so that each is done once.
//!
//! ```text
//!   who submits ── takes parts until none is left ──┐
//!   a job       ── likewise ────────────────────────┼──> done: the device begins
//!   a job       ── likewise ────────────────────────┘
//! ```
//!
//! Nobody waits: where all other threads are busy, who submits takes every part, and what a job still has in hand then is
//! looked for at each poll.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::verifier::{Job, Spawn};

/// Threads that pack one batch at most, beside the one that submits it: memory is not faster for more of them.
const HELPERS_MAX: usize = 15;

/// See the module.
pub struct Parts {
    parts: Vec<Mutex<Option<Job>>>,
    taken: AtomicUsize,
    done: AtomicUsize,
}

impl Parts {
    /// Has all of these done, by this thread and by jobs. Some may still be in the hands of jobs when it returns.
    pub fn begin(parts: Vec<Job>, spawn: &dyn Spawn) -> Arc<Parts> {
        let parts = parts.into_iter().map(|part| Mutex::new(Some(part))).collect();
        let parts = Arc::new(Parts { parts, taken: AtomicUsize::new(0), done: AtomicUsize::new(0) });
        for _ in 1..parts.parts.len().min(1 + HELPERS_MAX) {
            let parts = parts.clone();
            spawn.spawn(Box::new(move || parts.help()));
        }
        parts.help();
        parts
    }

    /// Whether all parts are done, and what they held is free.
    pub fn are_done(&self) -> bool {
        // Whoever sees the last one done sees what was written in it.
        self.done.load(Ordering::Acquire) == self.parts.len()
    }

    fn help(&self) {
        while let Some(part) = self.parts.get(self.taken.fetch_add(1, Ordering::Relaxed)) {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner).take();
            part.expect("each part is taken once")();
            self.done.fetch_add(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::Parts;
    use crate::verifier::Job;

    fn counted(count: usize) -> (Vec<Job>, Arc<AtomicUsize>) {
        let ran = Arc::new(AtomicUsize::new(0));
        let part = |_| {
            let ran = ran.clone();
            Box::new(move || {
                ran.fetch_add(1, Ordering::Relaxed);
            }) as Job
        };
        ((0..count).map(part).collect(), ran)
    }

    #[test]
    fn each_part_is_done_once_whoever_helps() {
        for count in [0, 1, 2, 100] {
            let (parts, ran) = counted(count);
            let parts = std::thread::scope(|threads| {
                Parts::begin(parts, &|job: Job| {
                    threads.spawn(job);
                })
            });
            assert!(parts.are_done());
            assert_eq!(ran.load(Ordering::Relaxed), count);
        }
    }

    #[test]
    fn where_nobody_helps_who_submits_does_all() {
        for are_kept in [false, true] {
            let (parts, ran) = counted(9);
            let kept = Mutex::new(Vec::new());
            let spawn = |job: Job| {
                if are_kept {
                    kept.lock().expect("nobody panics with it").push(job);
                }
            };
            assert!(Parts::begin(parts, &spawn).are_done());
            assert_eq!(ran.load(Ordering::Relaxed), 9);
            assert_eq!(kept.into_inner().expect("nobody panics with it").is_empty(), !are_kept);
        }
    }
}
