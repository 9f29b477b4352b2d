//! A back-end made into a verifier: the batch is cut into chunks, and threads that someone else owns run them.
//!
//! The chunks of one batch share it behind a counted reference. Whoever gives up the last share sends the batch home:
//!
//! ```text
//!   submit ──> Work ──┬─ share ─> job: verify 0..64    ──┐
//!                     ├─ share ─> job: verify 64..128  ──┼─ the last one ──> channel ──> poll
//!                     └─ share ─> job: verify 128..150 ──┘
//! ```
//!
//! A job that is dropped before it ran, or that panics, gives up its share too, without an answer: its batch comes home
//! as a fault instead of never.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

use crate::backend::{Backend, Verdict};
use crate::signatures::{Scheme, Signatures};
use crate::verifier::{Completed, Fault, Report, Ticket, Verifier};

/// A piece of work to run once, on any thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs, on threads of its own or on this one: a thread pool, or a simulation that draws their order. Any
/// `Fn(Job)` is one.
pub trait Spawn: Send + Sync {
    /// Runs `job` now or later. To drop it is allowed and makes its batch a fault.
    fn spawn(&self, job: Job);
}

impl<F: Fn(Job) + Send + Sync> Spawn for F {
    fn spawn(&self, job: Job) {
        self(job);
    }
}

/// What one process chooses for a [`Chunked`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Secp256k1 signatures in one job: the fewer, the better spread over threads and the shorter the wait of others.
    pub secp256k1_chunk_len: NonZeroUsize,
    /// Ed25519 signatures in one job: likewise, but the more, the cheaper each of them.
    pub ed25519_chunk_len: NonZeroUsize,
    /// Batches accepted and not given back, above which the next is refused.
    pub in_flight_max: NonZeroUsize,
}

impl Default for Settings {
    /// Jobs of about a millisecond.
    fn default() -> Self {
        const SETTINGS: Settings = Settings {
            secp256k1_chunk_len: NonZeroUsize::new(32).expect("not zero"),
            ed25519_chunk_len: NonZeroUsize::new(256).expect("not zero"),
            in_flight_max: NonZeroUsize::new(64).expect("not zero"),
        };
        SETTINGS
    }
}

/// A [`Verifier`] over a [`Backend`] and a [`Spawn`].
pub struct Chunked {
    backend: Arc<dyn Backend>,
    spawn: Arc<dyn Spawn>,
    settings: Settings,
    finished: Receiver<Work>,
    finish: Sender<Work>,
    next_ticket: u64,
    in_flight: usize,
    answered: u64,
    faults: u64,
    last_fault: Option<Fault>,
}

impl Chunked {
    /// A verifier that has `spawn` run `backend`.
    pub fn new(backend: Arc<dyn Backend>, spawn: Arc<dyn Spawn>, settings: Settings) -> Self {
        let (finish, finished) = channel();
        Self {
            backend,
            spawn,
            settings,
            finished,
            finish,
            next_ticket: 0,
            in_flight: 0,
            answered: 0,
            faults: 0,
            last_fault: None,
        }
    }

    fn gather(&mut self, work: Work) -> Completed {
        let Work { ticket, batch, answers, .. } = work;
        let mut verdicts = Vec::with_capacity(batch.len());
        let mut complete = true;
        for answer in answers {
            match answer.into_inner() {
                Some(mut answer) => verdicts.append(&mut answer),
                None => complete = false,
            }
        }
        let outcome = if complete {
            assert_eq!(verdicts.len(), batch.len(), "a back-end gives one verdict for each signature");
            self.answered += batch.len() as u64;
            Ok(verdicts)
        } else {
            let fault =
                Fault { device: self.backend.name(), reason: "a chunk was dropped unanswered".to_owned() };
            self.faults += 1;
            self.last_fault = Some(fault.clone());
            Err(fault)
        };
        Completed { ticket, signatures: batch, outcome }
    }
}

impl Verifier for Chunked {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        if self.in_flight >= self.settings.in_flight_max.get() {
            return Err(batch);
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.in_flight += 1;
        let chunk_len = match batch.scheme() {
            Scheme::Secp256k1 => self.settings.secp256k1_chunk_len,
            Scheme::Ed25519 => self.settings.ed25519_chunk_len,
        };
        let chunk_len = chunk_len.get();
        // An empty batch has one empty chunk, so that it comes home like any other.
        let chunks = batch.len().div_ceil(chunk_len).max(1);
        let answers = (0..chunks).map(|_| OnceLock::new()).collect();
        let work = Arc::new(Work { ticket, batch, chunk_len, answers });
        for chunk in 0..chunks {
            let share = Share { work: Some(Arc::clone(&work)), finish: self.finish.clone() };
            let backend = Arc::clone(&self.backend);
            self.spawn.spawn(Box::new(move || share.answer(chunk, &*backend)));
        }
        drop(Share { work: Some(work), finish: self.finish.clone() });
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        let work = self.finished.try_recv().ok()?;
        self.in_flight -= 1;
        Some(self.gather(work))
    }

    fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn report(&self) -> Report {
        Report {
            answered: vec![(self.backend.name(), self.answered)],
            faults: self.faults,
            last_fault: self.last_fault.clone(),
        }
    }
}

/// A batch in flight, and a place for the answer to each of its chunks.
struct Work {
    ticket: Ticket,
    batch: Signatures,
    chunk_len: usize,
    answers: Vec<OnceLock<Vec<Verdict>>>,
}

/// One share of a batch in flight; dropping the last one sends the batch home.
struct Share {
    work: Option<Arc<Work>>,
    finish: Sender<Work>,
}

impl Share {
    fn answer(self, chunk: usize, backend: &dyn Backend) {
        let work = self.work.as_ref().expect("only drop takes the work out");
        let start = chunk * work.chunk_len;
        let end = (start + work.chunk_len).min(work.batch.len());
        let mut verdicts = Vec::with_capacity(end - start);
        backend.verify(&work.batch, start..end, &mut verdicts);
        work.answers[chunk].set(verdicts).expect("each chunk is answered by one job");
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(work) = self.work.take().and_then(Arc::into_inner) {
            // Without a receiver the verifier is gone, and nobody waits for the batch.
            drop(self.finish.send(work));
        }
    }
}
