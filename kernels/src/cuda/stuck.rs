//! GPUs that were given up while they worked on something. To free their memory would wait for that, and it may never end;
//! while it has not, no GPU is opened, so that there are never more of them than were open at a time.

use std::sync::{Mutex, PoisonError};

/// What may still be written to by a GPU.
pub(super) trait Busy {
    /// Whether the GPU still works on what is in its memory.
    fn is_in_use(&self) -> bool;
}

/// Those of one kind.
pub(super) struct Stuck<T>(Mutex<Vec<T>>);

impl<T: Busy> Stuck<T> {
    pub const fn new() -> Stuck<T> {
        Stuck(Mutex::new(Vec::new()))
    }

    /// Frees one that is given up, or keeps it if it is in use.
    pub fn give_up(&self, given_up: T) {
        if given_up.is_in_use() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(given_up);
        }
    }

    /// Frees those that are done by now.
    ///
    /// # Errors
    /// If one is not, for people.
    pub fn none_is_left(&self) -> Result<(), String> {
        let mut stuck = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.retain(Busy::is_in_use);
        match stuck.is_empty() {
            true => Ok(()),
            false => Err("the CUDA device is not done with what it was given up for".to_owned()),
        }
    }
}
