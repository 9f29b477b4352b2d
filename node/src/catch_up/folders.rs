//! `Folders`: the folder of a chain, and those beside it while a state is taken from others.
//!
//! ```text
//!  chain.parts   pieces           ── all are there ──>  chain.new   made, or half of it
//!  chain         what there was   ── renamed ──>        chain.old   only while chain.new, which is whole, becomes chain
//! ```
//!
//! Where a chain is taken up stands in the file `floor` in its folder, which comes and goes with it:
//!
//! ```text
//! "pelton floor   1" ‖ height of the first block u64 ‖ length u8 ‖ its certificate ‖ certificate below which no vote is cast
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pelton_consensus::catch_up::Floor;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;

const FORMAT: &[u8; 16] = b"pelton floor   1";
const FLOOR: &str = "floor";
const OFFER: &str = "offer";

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Folders {
    chain: PathBuf,
    parts: PathBuf,
    new: PathBuf,
    old: PathBuf,
}

impl Folders {
    /// Those of this chain's folder.
    pub fn of(chain: &Path) -> Folders {
        let beside = |end: &str| {
            let mut name = chain.file_name().unwrap_or_default().to_owned();
            name.push(end);
            chain.with_file_name(name)
        };
        Folders { chain: chain.to_owned(), parts: beside(".parts"), new: beside(".new"), old: beside(".old") }
    }

    /// Brings an exchange to its end that was cut off. To be called before the chain's folder is opened.
    ///
    /// # Errors
    /// What the system says.
    pub fn heal(&self) -> io::Result<()> {
        if self.old.is_dir() && !self.chain.exists() {
            self.rename(&self.new, &self.chain)?;
        }
        remove(&self.old)?;
        remove(&self.new)
    }

    /// Where the chain is taken up, if not at its beginning.
    ///
    /// # Errors
    /// What the system says, or that the file is none.
    pub fn floor(&self) -> io::Result<Option<Floor>> {
        match fs::read(self.chain.join(FLOOR)) {
            Ok(bytes) => {
                let damaged = || io::Error::other(format!("{}: the floor is damaged", self.chain.display()));
                decode(&bytes).map(Some).ok_or_else(damaged)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes it in the chain's folder, durably.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_floor(&self, floor: &Floor) -> io::Result<()> {
        write(&self.chain, FLOOR, &encode(floor))
    }

    /// The offer that is gone for, if there is one.
    pub(super) fn begun(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.parts.join(OFFER)) {
            Ok(offer) => Ok(Some(offer)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder for the pieces of this offer. Pieces that are in it already are those of another one, or of the same.
    pub(super) fn begin(&self, offer: &[u8]) -> io::Result<Arc<dyn Files>> {
        fs::create_dir_all(&self.parts)?;
        write(&self.parts, OFFER, offer)?;
        Ok(Arc::new(Disk::open(&self.parts).map_err(io::Error::other)?))
    }

    /// An empty folder for what is made of all pieces.
    pub(super) fn make(&self) -> io::Result<Arc<dyn Files>> {
        remove(&self.new)?;
        Ok(Arc::new(Disk::open(&self.new).map_err(io::Error::other)?))
    }

    /// Puts what was made in place of the chain's folder, to which nobody may write, to be taken up here.
    ///
    /// # Errors
    /// What the system says.
    pub fn install(&self, floor: &Floor) -> io::Result<()> {
        write(&self.new, FLOOR, &encode(floor))?;
        self.rename(&self.chain, &self.old)?;
        self.rename(&self.new, &self.chain)?;
        remove(&self.old)?;
        remove(&self.parts)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        let parent = to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file whole or not at all.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(name))?;
    File::open(folder)?.sync_all()
}

fn encode(floor: &Floor) -> Vec<u8> {
    let block = floor.block.as_deref().unwrap_or_default();
    let mut out = FORMAT.to_vec();
    out.extend_from_slice(&floor.height.to_be_bytes());
    out.push(u8::try_from(block.len()).expect("certificates are short"));
    out.extend_from_slice(block);
    out.extend_from_slice(floor.votes_above.as_deref().unwrap_or_default());
    out
}

fn decode(bytes: &[u8]) -> Option<Floor> {
    let rest = bytes.strip_prefix(FORMAT)?;
    let (height, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first()?;
    let (block, votes_above) = rest.split_at_checked(usize::from(*length))?;
    let some = |certificate: &[u8]| (!certificate.is_empty()).then(|| certificate.to_vec());
    Some(Floor { height: u64::from_be_bytes(*height), block: some(block), votes_above: some(votes_above) })
}
