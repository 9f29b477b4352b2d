//! `Kept`: what a member of a ceremony must not forget, or say otherwise, when it is started again.
//!
//! A file of hexadecimal lines: the seed of its dealings, and each message that it has signed for all. A line that was cut
//! short was never acted upon. It is removed once the keys are written: who has it and the identity can work out what the
//! member has dealt.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use alloy_primitives::hex;
use pelton_node::validator::dkg::Keeper;
use pelton_node::validator::dkg::ceremony::Standing;

use crate::keys::random;

/// See the head of this file.
pub struct Kept {
    path: PathBuf,
    file: File,
    seed: [u8; 32],
    messages: Vec<Vec<u8>>,
}

impl Kept {
    /// Opens it, or begins it.
    ///
    /// # Errors
    /// What the system says, or if it is something else.
    pub fn open(path: &Path) -> io::Result<Kept> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(named)?;
        let text = fs::read_to_string(path).map_err(named)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let lines = whole.lines().map(hex::decode);
        let lines = lines.collect::<Result<Vec<_>, _>>();
        let mut lines = lines.map_err(|_| named(io::Error::other("it is no ceremony's")))?.into_iter();
        let seed = match lines.next() {
            Some(seed) => seed[..].try_into().map_err(|_| named(io::Error::other("it has no seed")))?,
            None => random()?,
        };
        if whole.len() < text.len() {
            file.set_len(whole.len() as u64)?;
        }
        if whole.is_empty() {
            append(&mut file, &seed)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Kept { path: path.to_owned(), file, seed, messages: lines.collect() })
    }

    /// What the dealings follow from.
    pub fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// What was kept before.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.messages.clone()
    }

    /// Removes it.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(format!("{}\n", hex::encode(bytes)).as_bytes())?;
    file.sync_all()
}

impl Keeper for Kept {
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        append(&mut self.file, bytes)
    }

    fn told(&mut self, standing: &Standing) {
        let Standing { members, absent, acks, logs, confirmations, same, wrong } = standing;
        let acks = acks.map_or("closed its own log".into(), |acks| format!("{acks} have acknowledged"));
        eprintln!(
            "pelton: {} of {members} are here; {acks}; {logs} logs; {same} of {confirmations} confirmations alike",
            members - absent.len()
        );
        for key in wrong {
            eprintln!("pelton: {} has dealt wrongly, or said two things", hex::encode_prefixed(key));
        }
    }
}
