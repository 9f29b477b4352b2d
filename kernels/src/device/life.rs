//! The life of a device, whatever it verifies: it is here, is lost by a fault, and is opened again later by a job.
//!
//! ```text
//!   Away ── retry_ns later ──> Opening ──> Here ── any fault ──> Away
//!     ^                           │ fails
//!     └───────────────────────────┘
//! ```

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use super::{Now, Opens, Settings};
use crate::verifier::{Fault, Spawn};

/// A device of type `T` that is here, or will be. What is under way on it is its owner's.
pub(crate) struct Life<T> {
    name: &'static str,
    retry_ns: u64,
    open: Opens<T>,
    spawn: Arc<dyn Spawn>,
    now: Now,
    state: State<T>,
    last_fault: Option<Fault>,
}

enum State<T> {
    Away { since_ns: u64 },
    Opening(Receiver<Result<T, String>>),
    Here(T),
}

impl<T: Send + 'static> Life<T> {
    /// Of a device that was opened, or why it was not. `open` gives one that knows the known answers, by jobs on `spawn`.
    pub fn new(
        name: &'static str,
        opened: Result<T, String>,
        open: Opens<T>,
        spawn: Arc<dyn Spawn>,
        now: Now,
        settings: Settings,
    ) -> Life<T> {
        let state = State::Away { since_ns: now() };
        let mut life = Life { name, retry_ns: settings.retry_ns, open, spawn, now, state, last_fault: None };
        life.take(opened);
        life
    }

    /// The device, if it is here.
    pub fn device(&mut self) -> Option<&mut T> {
        match &mut self.state {
            State::Here(device) => Some(device),
            State::Away { .. } | State::Opening(_) => None,
        }
    }

    /// Whether it is here.
    pub fn is_here(&self) -> bool {
        matches!(self.state, State::Here(_))
    }

    /// Takes note of a fault, and gives the device that was here, to be abandoned.
    pub fn lose(&mut self, reason: &str) -> Option<T> {
        self.last_fault = Some(self.fault(reason));
        let away = State::Away { since_ns: (self.now)() };
        match std::mem::replace(&mut self.state, away) {
            State::Here(device) => Some(device),
            State::Away { .. } | State::Opening(_) => None,
        }
    }

    /// Begins to open a device that has been away for long enough, and takes one that has been opened: whether one has just
    /// come.
    pub fn look_after(&mut self) -> bool {
        match &self.state {
            State::Away { since_ns } if (self.now)() - since_ns >= self.retry_ns => {
                let (send, receive) = channel();
                let open = self.open.clone();
                // Without a receiver the owner is gone, and nobody needs the device.
                self.spawn.spawn(Box::new(move || drop(send.send(open()))));
                self.state = State::Opening(receive);
                false
            }
            State::Opening(opened) => match opened.try_recv() {
                Ok(opened) => self.take(opened),
                Err(TryRecvError::Empty) => false,
                // The job was dropped before it ran.
                Err(TryRecvError::Disconnected) => {
                    self.state = State::Away { since_ns: (self.now)() };
                    false
                }
            },
            State::Away { .. } | State::Here(_) => false,
        }
    }

    /// What went wrong last, if anything did.
    pub fn last_fault(&self) -> Option<&Fault> {
        self.last_fault.as_ref()
    }

    /// A fault of this device.
    pub fn fault(&self, reason: &str) -> Fault {
        Fault { device: self.name, reason: reason.to_owned() }
    }

    fn take(&mut self, opened: Result<T, String>) -> bool {
        let is_here = opened.is_ok();
        match opened {
            Ok(device) => self.state = State::Here(device),
            Err(reason) => drop(self.lose(&reason)),
        }
        is_here
    }
}

/// Waits until something is answered, but not for longer than it may take.
pub(crate) fn answered<T>(
    now: &Now,
    timeout_ns: u64,
    mut finish: impl FnMut() -> Result<Option<T>, String>,
) -> Result<T, String> {
    let started_ns = now();
    loop {
        if let Some(answers) = finish()? {
            return Ok(answers);
        }
        in_time(now, started_ns, timeout_ns)?;
        std::thread::yield_now();
    }
}

/// That it is not late.
pub(crate) fn in_time(now: &Now, started_ns: u64, timeout_ns: u64) -> Result<(), String> {
    match now() - started_ns > timeout_ns {
        true => Err("it did not answer in time".to_owned()),
        false => Ok(()),
    }
}
