//! `Host`: the files in which a Linux system says what it is.

use std::fs;
use std::path::{Path, PathBuf};

/// A root under which `proc` and `sys` lie.
#[derive(Clone, Debug)]
pub struct Host {
    root: PathBuf,
}

impl Host {
    /// This host.
    pub fn here() -> Host {
        Host::at(Path::new("/"))
    }

    /// What lies below a folder, in place of a host.
    pub fn at(root: &Path) -> Host {
        Host { root: root.to_owned() }
    }

    /// A file's text without blanks at its ends; none if it cannot be read.
    pub fn read(&self, path: &str) -> Option<String> {
        let text = fs::read_to_string(self.root.join(path)).ok()?;
        Some(text.trim().to_owned())
    }

    /// A file that is no text; none if it cannot be read.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.root.join(path)).ok()
    }

    /// A file that is one number.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.read(path)?.parse().ok()
    }

    /// Names in a folder, in order.
    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
