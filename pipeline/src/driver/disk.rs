//! `DiskThread`: one thread that does nothing but wait for a disk.
//!
//! A sync takes milliseconds, in which its thread uses no core. On a thread that also turns stages all of them would wait;
//! here nobody does. Jobs run one after the other, oldest first. Their number is bounded by who sends them, which has
//! one under way at most.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use pelton_kernels::{Job, Spawn};

/// The thread. When the last clone is dropped, what was begun is done and the thread has ended. No job may own a clone.
#[derive(Clone)]
pub struct DiskThread {
    inner: Arc<Inner>,
}

struct Inner {
    /// None while it ends.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl DiskThread {
    /// Starts it.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start() -> io::Result<DiskThread> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new().name("pelton-disk".to_owned()).spawn(move || work(&receiver))?;
        Ok(DiskThread { inner: Arc::new(Inner { jobs: Some(sender), thread: Some(thread) }) })
    }
}

fn work(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job();
    }
}

impl Spawn for DiskThread {
    fn spawn(&self, job: Job) {
        let jobs = self.inner.jobs.as_ref().expect("it has ended only when nobody has it");
        // After a job that panicked there is no thread, and the job is dropped: whoever waits for it sees that.
        let _ = jobs.send(job);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic on it was seen by whoever waited for the job.
            let _ = thread.join();
        }
    }
}
