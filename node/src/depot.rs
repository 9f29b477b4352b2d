//! `Depot`: an object store as the archive of blocks asks it, through the `object_store` library.
//!
//! ```text
//! whoever reads a block, the mover ──request──> two threads of the library's own ──> file system or network
//!              └── waits, but not for ever ──────────────────┘
//! ```
//!
//! A store that does not answer in time is one that is at fault; the request is given up. What may be tried again, and
//! when, those decide who asked.

pub mod moving;

use std::io;
use std::ops::Range;
use std::path::Path as FolderPath;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};
use pelton_engine::archive::objects::{ObjectError, ObjectFault, Objects};
use tokio::runtime::{Builder, Runtime};

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Of a length, or a range of bytes.
    pub read: Duration,
    /// Of an object that is put.
    pub put: Duration,
}

impl Patience {
    /// For any store: a client that waits for a block has its own bound.
    pub const STANDARD: Patience = Patience { read: Duration::from_secs(5), put: Duration::from_secs(120) };
}

/// Where segments go.
#[derive(Clone, Debug)]
pub struct Place {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// How long it is waited for.
    pub patience: Patience,
}

impl Place {
    /// The store that a URL names: `file:///folder`, where the folder is there already.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn parse(url: &str) -> Result<Place, String> {
        let Some(folder) = url.strip_prefix("file://") else {
            return Err(format!("{url} is not of the form file:///folder, the one that is built in"));
        };
        if !folder.starts_with('/') {
            return Err(format!("{url} names no folder from the root on"));
        }
        Place::folder(FolderPath::new(folder)).map_err(|error| format!("{folder}: {error}"))
    }

    /// A folder, of this machine or mounted.
    ///
    /// # Errors
    /// If it is not there.
    pub fn folder(folder: &FolderPath) -> Result<Place, Error> {
        // What is removed elsewhere must be durable here.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Place { store: Arc::new(store), patience: Patience::STANDARD })
    }
}

/// See the head of this file.
pub struct Depot {
    place: Place,
    /// None once it is dropped.
    runtime: Option<Runtime>,
}

impl Depot {
    /// Opens it; the store itself is not asked yet.
    ///
    /// # Errors
    /// Where the system gives no threads.
    pub fn open(place: Place) -> io::Result<Depot> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("pelton-objects").enable_all().build()?;
        Ok(Depot { place, runtime: Some(runtime) })
    }

    fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let (sender, answer) = sync_channel(1);
        let runtime = self.runtime.as_ref().expect("it is there until this is dropped");
        runtime.spawn(async move {
            // Whoever asked waits for it.
            let _ = sender.send(tokio::time::timeout(patience, request).await);
        });
        match answer.recv() {
            Ok(Ok(answer)) => answer.map_err(|error| fault(&error)),
            Ok(Err(_)) => {
                let cause = format!("no answer in {} ms", patience.as_millis());
                Err(ObjectError::new(ObjectFault::Late, cause))
            }
            Err(_) => Err(ObjectError::new(ObjectFault::Unreachable, "the request was not ended")),
        }
    }
}

fn fault(error: &Error) -> ObjectError {
    let fault = match error {
        Error::NotFound { .. } => ObjectFault::Missing,
        _ => ObjectFault::Unreachable,
    };
    ObjectError::new(fault, error)
}

impl Objects for Depot {
    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let (store, path) = (self.place.store.clone(), Path::from(name));
        self.ask(
            self.place.patience.put,
            async move { store.put(&path, PutPayload::from(bytes)).await.map(drop) },
        )
    }

    fn length(&self, name: &str) -> Result<u64, ObjectError> {
        let (store, path) = (self.place.store.clone(), Path::from(name));
        self.ask(self.place.patience.read, async move { store.head(&path).await.map(|object| object.size) })
    }

    fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, ObjectError> {
        let (store, path) = (self.place.store.clone(), Path::from(name));
        self.ask(self.place.patience.read, async move {
            store.get_range(&path, range).await.map(|bytes| bytes.to_vec())
        })
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        // The last one who has it may be a task, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
