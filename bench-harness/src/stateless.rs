//! Blocks with their witnesses, as files: written from a run, and checked by who has nothing else.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::Bytes;
use pelton_engine::block::Header;
use pelton_engine::limits::Limits;
use pelton_engine::stateless::{Proven, Refusal, Unprovable};
use pelton_pipeline::clock::{Clock, Nanos, WallClock};
use pelton_pipeline::stateless::verify_block;
use pelton_workloads::Workload;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::Serialize;

use crate::final_block::Final;
use crate::replay::Replay;

/// A larger file is not read.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Why no file was written.
#[derive(Debug)]
pub enum WitnessError {
    /// The run has no final block.
    NoBlock,
    /// The block cannot be proven.
    Unprovable(Unprovable),
    /// The file cannot be written.
    File(PathBuf, io::Error),
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WitnessError::NoBlock => f.write_str("there is no final block to write a witness of"),
            WitnessError::Unprovable(unprovable) => unprovable.fmt(f),
            WitnessError::File(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for WitnessError {}

/// Writes the newest block whose both roots headers above it speak of, or the last one where there are too few of them.
///
/// # Errors
/// [`WitnessError`].
pub fn write_witness(
    path: &Path,
    workload: &Workload,
    limits: &Limits,
    blocks: &[Final],
) -> Result<(), WitnessError> {
    let lag = usize::try_from(limits.root_lag).unwrap_or(usize::MAX);
    let last = blocks.len().checked_sub(1).ok_or(WitnessError::NoBlock)?;
    let (below, rest) = blocks.split_at(last.checked_sub(lag).unwrap_or(last));
    let above: Vec<Header> = rest[1..].iter().map(|one| one.header).collect();
    let mut replay = Replay::new(&workload.genesis, limits);
    for one in below {
        replay.execute(&one.block());
    }
    let bytes = replay.witness(&rest[0].block(), &above).map_err(WitnessError::Unprovable)?;
    fs::write(path, bytes).map_err(|error| WitnessError::File(path.to_owned(), error))
}

/// Why a file proves nothing.
#[derive(Debug)]
pub enum CheckError {
    /// It cannot be read.
    File(io::Error),
    /// What it says is refused.
    Refused(Refusal),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::File(error) => error.fmt(f),
            CheckError::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for CheckError {}

/// What a file has proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedBlock {
    /// Height of the block.
    pub height: u64,
    /// Its id.
    pub id: String,
    /// Transactions in it.
    pub transactions: u32,
    /// Those that were executed with success.
    pub succeeded: u64,
    /// Gas that they used.
    pub gas_used: u64,
    /// Digest of what became of each.
    pub outcomes: String,
    /// Root of the state before it.
    pub root_before: String,
    /// Whether a header up to the newest speaks of that root.
    pub root_before_in_headers: bool,
    /// Root of the state after it.
    pub root_after: String,
    /// Whether a header up to the newest speaks of that one.
    pub root_after_in_headers: bool,
    /// Height of the newest header in the file.
    pub newest_height: u64,
    /// Its id, on which all of this hangs.
    pub newest_id: String,
    /// Accounts and slots that the block touches.
    pub touched: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Time from bytes to this.
    pub elapsed_ns: Nanos,
}

/// Reads a file and executes its block again, on a chain with the standard limits and this id.
///
/// # Errors
/// [`CheckError`].
pub fn check_file(path: &Path, chain_id: u64) -> Result<CheckedBlock, CheckError> {
    let length = fs::metadata(path).map_err(CheckError::File)?.len();
    if length > FILE_BYTES_MAX {
        return Err(CheckError::Refused(Refusal::Malformed("it is longer than any block with its witness")));
    }
    let bytes = Bytes::from(fs::read(path).map_err(CheckError::File)?);
    let mut seed = [0; 32];
    getrandom(&mut seed, GetRandomFlags::empty()).map_err(|error| CheckError::File(error.into()))?;
    let backend = pelton_kernels::open("cpu", seed).expect("it is always there");
    let clock = WallClock::new();
    let started_ns = clock.now_ns();
    let proven = verify_block(&bytes, &Limits::standard(chain_id), backend.as_ref());
    let proven = proven.map_err(CheckError::Refused)?;
    Ok(CheckedBlock::new(&proven, bytes.len() as u64, clock.now_ns() - started_ns))
}

impl CheckedBlock {
    fn new(proven: &Proven, file_bytes: u64, elapsed_ns: Nanos) -> CheckedBlock {
        let Proven { header, newest, claim, executed, .. } = proven;
        let receipts = executed.outcomes.iter().filter_map(|outcome| outcome.receipt());
        CheckedBlock {
            height: header.height,
            id: header.id().to_string(),
            transactions: header.transactions,
            succeeded: receipts.filter(|receipt| receipt.success).count() as u64,
            gas_used: claim.gas_used,
            outcomes: claim.outcomes.to_string(),
            root_before: proven.root_before.to_string(),
            root_before_in_headers: proven.root_before_is_in_headers,
            root_after: claim.state_root.to_string(),
            root_after_in_headers: proven.root_after_is_in_headers,
            newest_height: newest.height,
            newest_id: newest.id().to_string(),
            touched: proven.touched as u64,
            file_bytes,
            elapsed_ns,
        }
    }
}

impl fmt::Display for CheckedBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |in_headers| if in_headers { "in a header" } else { "as the file says" };
        writeln!(f, "block       {} {}", self.height, self.id)?;
        writeln!(
            f,
            "executed    {} transactions, {} with success, {} gas",
            self.transactions, self.succeeded, self.gas_used
        )?;
        writeln!(f, "root before {} ({})", self.root_before, said(self.root_before_in_headers))?;
        writeln!(f, "root after  {} ({})", self.root_after, said(self.root_after_in_headers))?;
        writeln!(f, "outcomes    {}", self.outcomes)?;
        writeln!(f, "hangs on    header {} {}", self.newest_height, self.newest_id)?;
        writeln!(
            f,
            "without     a state: {} accounts and slots from {} bytes, in {:.1} ms",
            self.touched,
            self.file_bytes,
            self.elapsed_ns as f64 / 1e6
        )
    }
}
