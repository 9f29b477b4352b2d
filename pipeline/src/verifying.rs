//! How a pipeline verifies: what is chosen for it at the start, and who is told when a device fails.
//!
//! ```text
//!   name ──choose──> Choice ──> Settings::fit ──> batches as long as it wants them
//!                       └─────> verifier ───────> what the stage submits them to
//! ```

mod watched;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use parking_lot::Mutex;
use pelton_kernels::choice::ChoiceError;
use pelton_kernels::{Choice, Report, Spawn, Verifier};

use self::watched::Watched;
use crate::clock::{Clock, WallClock};
use crate::driver::threads::Threads;
use crate::topology::{MakeVerifier, Settings};

/// Signatures in a batch where a device is used.
const DEVICE_BATCH: usize = 16_384;

/// Why nothing can be chosen.
#[derive(Debug)]
pub enum ChooseError {
    /// The system gives no threads or random numbers.
    System(io::Error),
    /// See there.
    Choice(ChoiceError),
}

impl fmt::Display for ChooseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChooseError::System(error) => write!(out, "{error}"),
            ChooseError::Choice(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for ChooseError {}

/// Finds, tests and measures what this name of [`pelton_kernels::choice::CHOICES`] stands for, on as many threads as the
/// pipeline will have.
///
/// # Errors
/// [`ChooseError`].
pub fn choose(name: &str, threads: usize) -> Result<Choice, ChooseError> {
    let mut seed = [0; 32];
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| ChooseError::System(error.into()))?;
    let threads = Threads::start(threads).map_err(|error| ChooseError::System(io::Error::other(error)))?;
    let clock = WallClock::new();
    let now = Arc::new(move || clock.now_ns());
    let choice = Choice::open(name, seed, pelton_kernels::cuda::devices, threads.workers(), now);
    choice.map_err(ChooseError::Choice)
}

/// Makes what verifies: its report is copied to `report`, and `log` is told of each new fault.
pub fn verifier(
    choice: &Choice,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    report: Arc<Mutex<Report>>,
    log: fn(&str),
) -> MakeVerifier {
    let (choice, clock) = (choice.clone(), clock.clone());
    // A batch holds one signature at least.
    let in_flight_max = settings.verify.in_flight_max as usize;
    let in_flight_max = NonZeroUsize::new(in_flight_max).expect("something is in flight");
    let settings = pelton_kernels::Settings { in_flight_max, ..pelton_kernels::Settings::default() };
    Box::new(move |spawn: Arc<dyn Spawn>| -> Box<dyn Verifier> {
        let now = Arc::new(move || clock.now_ns());
        Box::new(Watched::new(choice.verifier(spawn, now, settings), report, log))
    })
}

impl Settings {
    /// The same with batches as long as what verifies wants them: a device is given much at once, and several batches at a
    /// time.
    pub fn fit(mut self, choice: &Choice) -> Settings {
        if choice.is_on_device() {
            self.verify.batch_max = DEVICE_BATCH;
            self.verify.enough = DEVICE_BATCH as u64;
            self.verify.in_flight_max = self.verify.in_flight_max.max(4 * DEVICE_BATCH as u64);
        }
        self
    }
}
