//! `Disk`: [`Files`] on a real folder, and the only file of the engine that touches one.

use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::store::files::{File, FileError, Files, Operation};

/// Held while a folder is in use. No name of the store's own files.
const LOCK: &str = "lock";

/// A folder that belongs to this process until it is dropped.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// The folder itself, to be synced.
    directory: fs::File,
    _lock: fs::File,
}

impl Disk {
    /// Takes a folder, and makes it, durably, if only its parent is there.
    ///
    /// # Errors
    /// What the system said; [`io::ErrorKind::WouldBlock`] if another process has it.
    pub fn open(folder: &Path) -> Result<Disk, FileError> {
        let failed =
            |error: &io::Error| FileError::new(Operation::Open, &folder.display().to_string(), error);
        if !folder.is_dir() {
            let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
            let made = fs::create_dir(folder).and_then(|()| fs::File::open(parent)?.sync_all());
            made.map_err(|error| failed(&error))?;
        }
        let directory = fs::File::open(folder).map_err(|error| failed(&error))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK));
        let lock = lock.map_err(|error| failed(&error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                failed(&io::Error::new(io::ErrorKind::WouldBlock, "another process has it"))
            }
            TryLockError::Error(error) => failed(&error),
        })?;
        Ok(Disk { folder: folder.to_owned(), directory, _lock: lock })
    }

    fn handle(
        &self,
        operation: Operation,
        name: &str,
        options: &OpenOptions,
    ) -> Result<Box<dyn File>, FileError> {
        let file = options.open(self.folder.join(name));
        let inner = file.map_err(|error| FileError::new(operation, name, &error))?;
        Ok(Box::new(DiskFile { inner, name: name.to_owned() }))
    }
}

impl Files for Disk {
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        self.handle(Operation::Create, name, OpenOptions::new().read(true).write(true).create_new(true))
    }

    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        self.handle(Operation::Open, name, OpenOptions::new().read(true).write(true))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        fs::rename(self.folder.join(from), self.folder.join(to))
            .map_err(|error| FileError::new(Operation::Rename, from, &error))
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        fs::remove_file(self.folder.join(name))
            .map_err(|error| FileError::new(Operation::Remove, name, &error))
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let names = fs::read_dir(&self.folder).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        });
        let mut names: Vec<String> = names.map_err(|error| FileError::new(Operation::List, "", &error))?;
        names.retain(|name| name != LOCK);
        names.sort_unstable();
        Ok(names)
    }

    fn sync_directory(&self) -> Result<(), FileError> {
        self.directory.sync_all().map_err(|error| FileError::new(Operation::SyncDirectory, "", &error))
    }
}

struct DiskFile {
    inner: fs::File,
    name: String,
}

impl DiskFile {
    fn failed(&self, operation: Operation) -> impl Fn(io::Error) -> FileError + '_ {
        move |error| FileError::new(operation, &self.name, &error)
    }
}

impl File for DiskFile {
    fn length(&self) -> Result<u64, FileError> {
        self.inner.metadata().map(|data| data.len()).map_err(self.failed(Operation::Read))
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        self.inner.read_exact_at(into, offset).map_err(self.failed(Operation::Read))
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.inner.write_all_at(bytes, offset).map_err(self.failed(Operation::Write))
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.inner.sync_data().map_err(self.failed(Operation::Sync))
    }
}
