//! `Folder`: a temporary folder of processes, removed with them when this process ends, also by Ctrl-C or SIGTERM.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tempfile::TempDir;

/// See the head of this file. Those processes are killed that were named to it.
pub struct Folder {
    folder: TempDir,
    users: Arc<Mutex<Vec<Pid>>>,
}

impl Folder {
    /// Makes one with this prefix.
    ///
    /// # Errors
    /// Where there can be none, or no thread that waits for signals.
    pub fn new(prefix: &str) -> io::Result<Folder> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        let users = Arc::<Mutex<Vec<Pid>>>::default();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let (path, named) = (folder.path().to_owned(), users.clone());
        let wait = move || {
            let Some(signal) = signals.forever().next() else { return };
            // Held to the end, so that no other process begins to use the folder.
            let named = named.lock();
            for user in named.iter() {
                // One that has ended has no more use for it either.
                let _ = kill_process(*user, Signal::KILL);
                let _ = waitpid(Some(*user), WaitOptions::empty());
            }
            if let Err(error) = std::fs::remove_dir_all(&path) {
                eprintln!("pelton: {}: {error}", path.display());
            }
            std::process::exit(128 + signal);
        };
        std::thread::Builder::new().name("pelton-signals".into()).spawn(wait)?;
        Ok(Folder { folder, users })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a process that uses it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut users = self.users.lock();
        let process = command.spawn()?;
        users.extend(Pid::from_raw(process.id() as i32));
        Ok(process)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A signal's thread holds this while it ends the process: its exit code is the one that counts.
        drop(self.users.lock());
    }
}
