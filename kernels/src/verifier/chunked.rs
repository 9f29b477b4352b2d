//! A back-end made into a verifier: the batch is cut into chunks, and threads that someone else owns run them.
//!
//! The chunks of one batch share it behind a counted reference. Whoever gives up the last share sends the batch home:
//!
//! ```text
//!   submit ──> Work ──┬─ share ─> job: verify 0..50    ──┐
//!                     ├─ share ─> job: verify 50..100  ──┼─ the last one ──> channel ──> poll
//!                     └─ share ─> job: verify 100..150 ──┘
//! ```
//!
//! Chunks of one batch are equally long. What is verified in sums is cheaper in long ones; what is not goes in short ones,
//! so that jobs are of about the same time and others do not wait long.
//!
//! A job that is dropped before it ran, or that panics, gives up its share too, without an answer: its batch comes home
//! as a fault instead of never.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

use crate::backend::{Backend, Verdict};
use crate::signatures::{NO_CLAIM, Scheme, Signatures};
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
    /// The same where all are claimed: the more, the cheaper each of them, if the claims are true and the keys known.
    pub secp256k1_claimed_chunk_len: NonZeroUsize,
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
            secp256k1_claimed_chunk_len: NonZeroUsize::new(128).expect("not zero"),
            ed25519_chunk_len: NonZeroUsize::new(256).expect("not zero"),
            in_flight_max: NonZeroUsize::new(64).expect("not zero"),
        };
        SETTINGS
    }
}

impl Settings {
    /// How many signatures of `batch` go in one job, the last of them excepted. Where some are claimed and some are not,
    /// it is between the two lengths, so that the time of a job is that of either.
    fn chunk_len(&self, batch: &Signatures) -> usize {
        let (one_by_one, together) = match batch.scheme() {
            Scheme::Secp256k1 => (self.secp256k1_chunk_len.get(), self.secp256k1_claimed_chunk_len.get()),
            Scheme::Ed25519 => (self.ed25519_chunk_len.get(), self.ed25519_chunk_len.get()),
        };
        let claimed = batch.claims().iter().filter(|claim| **claim != NO_CLAIM).count();
        let unclaimed = batch.len() - claimed;
        // claimed / together + unclaimed / one_by_one, rounded up
        let jobs = (claimed * one_by_one + unclaimed * together).div_ceil(one_by_one * together);
        batch.len().div_ceil(jobs.max(1)).max(1)
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
        let chunk_len = self.settings.chunk_len(&batch);
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

#[cfg(test)]
mod tests {
    use super::{Scheme, Settings, Signatures};

    fn secp256k1(claimed: usize, unclaimed: usize) -> Signatures {
        let mut batch = Signatures::new(Scheme::Secp256k1);
        (0..claimed).for_each(|_| batch.push_secp256k1(b"", &[0; 64], 0, Some(&[1; 20])));
        (0..unclaimed).for_each(|_| batch.push_secp256k1(b"", &[0; 64], 0, None));
        batch
    }

    #[test]
    fn claimed_signatures_go_in_longer_chunks_and_chunks_are_equal() {
        let chunk_len = |batch: Signatures| Settings::default().chunk_len(&batch);
        assert_eq!(chunk_len(secp256k1(0, 0)), 1);
        assert_eq!([1, 32, 33, 256].map(|len| chunk_len(secp256k1(0, len))), [1, 32, 17, 32]);
        assert_eq!([1, 128, 129, 256].map(|len| chunk_len(secp256k1(len, 0))), [1, 128, 65, 128]);
        assert_eq!(chunk_len(secp256k1(128, 32)), 80, "two jobs of equal time");
        let mut ed25519 = Signatures::new(Scheme::Ed25519);
        (0..300).for_each(|_| ed25519.push_ed25519(b"", &[0; 64], &[0; 32]));
        assert_eq!(chunk_len(ed25519), 150);
    }
}
