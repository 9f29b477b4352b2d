//! Workloads in files, so that the signatures of a benchmark are made once.
//!
//! Layout, integers big-endian:
//!
//! ```text
//!  0 magic "PELTONWL"        8 version u16     10 name u8        11 scheme u8      12 accounts u32
//! 16 transactions u64       24 seed u64        32 parameters [u32; 6]
//! 56 digest [32]                                                                           = 88
//! then each transaction: length of the bytes u32, code of the expectation u8, number u32 if it is a contest, the bytes
//! ```
//!
//! The digest is BLAKE3 of all that follows it. The genesis state is not stored: it follows from the spec. A file is
//! written beside its place and then renamed, so a reader finds all of it or nothing; whatever else is found there is
//! told apart, refused, and made again.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{B256, Bytes};

use crate::expectation::Expectation;
use crate::spec::{Spec, VERSION};
use crate::workload::{Workload, generate, prefix, unsigned};

const MAGIC: [u8; 8] = *b"PELTONWL";
const HEADER_BYTES: usize = 88;
const DIGEST_AT: usize = 56;
const PREFIX_BYTES: usize = 5;

/// A file that gives no workload, or could not be written.
#[derive(Debug)]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum Flaw {
    /// The operating system refuses.
    Io(io::Error),
    /// It is not a workload.
    Foreign,
    /// Another version of the generators wrote it.
    Version(u16),
    /// It holds the workload of another spec.
    OtherSpec,
    /// It ends too early.
    Truncated,
    /// Its bytes are not those that were written.
    Damaged,
}

impl FileError {
    fn new(path: &Path, flaw: Flaw) -> FileError {
        FileError { path: path.to_owned(), flaw }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.flaw {
            Flaw::Io(error) => write!(f, "{error}"),
            Flaw::Foreign => f.write_str("not a workload"),
            Flaw::Version(found) => write!(f, "a workload of version {found}, not {VERSION}"),
            Flaw::OtherSpec => f.write_str("another workload"),
            Flaw::Truncated => f.write_str("the file ends too early"),
            Flaw::Damaged => f.write_str("the file is damaged"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.flaw {
            Flaw::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads the workload of this spec from `directory`; where there is none, or not a good one, makes it and writes it
/// there. The folder is made if need be. `progress` is called with the number of transactions made, or all at once
/// when read.
///
/// # Errors
/// When the file cannot be written. [`generate`] needs no file.
///
/// # Panics
/// As [`generate`].
pub fn load_or_make(
    directory: &Path,
    spec: &Spec,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Workload, FileError> {
    let path = directory.join(spec.file_name());
    if let Ok(workload) = read(&path, spec) {
        progress(spec.transactions);
        return Ok(workload);
    }
    fs::create_dir_all(directory).map_err(|error| FileError::new(directory, Flaw::Io(error)))?;
    let workload = generate(spec, progress);
    write(&path, &workload)?;
    Ok(workload)
}

/// Writes a workload. Whoever reads the file meanwhile finds the old one or the new one, whole.
///
/// # Errors
/// When the operating system refuses.
pub fn write(path: &Path, workload: &Workload) -> Result<(), FileError> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let nth = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{}-{nth}.part", std::process::id()));
    let written = write_whole(&beside, workload).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What cannot be written or renamed may well not be removable; the first error is the one to tell.
        drop(fs::remove_file(&beside));
        FileError::new(path, Flaw::Io(error))
    })
}

fn write_whole(path: &Path, workload: &Workload) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(&header(&workload.spec))?;
    out.write_all(workload.digest.as_slice())?;
    for (wire, expectation) in &workload.transactions {
        out.write_all(&prefix(wire, *expectation))?;
        out.write_all(wire)?;
    }
    out.into_inner()?.sync_all()
}

/// The header up to its digest.
fn header(spec: &Spec) -> [u8; DIGEST_AT] {
    let mut out = Vec::with_capacity(DIGEST_AT);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&[spec.pattern.name() as u8, spec.scheme as u8]);
    out.extend_from_slice(&spec.accounts.to_be_bytes());
    out.extend_from_slice(&spec.transactions.to_be_bytes());
    out.extend_from_slice(&spec.seed.to_be_bytes());
    spec.pattern.values().iter().for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
    out.try_into().expect("the layout has 56 bytes before the digest")
}

/// Reads the workload of a spec, every byte of it checked.
///
/// # Errors
/// When there is no file, or it does not hold exactly this workload.
///
/// # Panics
/// As [`generate`].
pub fn read(path: &Path, spec: &Spec) -> Result<Workload, FileError> {
    let fail = |flaw| FileError::new(path, flaw);
    let bytes = fs::read(path).map_err(|error| fail(Flaw::Io(error)))?;
    let (digest, transactions) = parse(&bytes, spec).map_err(fail)?;
    let (genesis, senders) = unsigned(spec);
    Ok(Workload { spec: *spec, transactions, senders, genesis, digest })
}

fn parse(bytes: &[u8], spec: &Spec) -> Result<(B256, Vec<(Bytes, Expectation)>), Flaw> {
    if !bytes.starts_with(&MAGIC) {
        return Err(Flaw::Foreign);
    }
    let (head, body) = bytes.split_at_checked(HEADER_BYTES).ok_or(Flaw::Truncated)?;
    let version = u16::from_be_bytes([head[8], head[9]]);
    if version != VERSION {
        return Err(Flaw::Version(version));
    }
    if head[..DIGEST_AT] != header(spec) {
        return Err(Flaw::OtherSpec);
    }
    let transactions = split(body, spec.transactions)?;
    let digest = B256::from(*blake3::hash(body).as_bytes());
    if head[DIGEST_AT..] == digest[..] { Ok((digest, transactions)) } else { Err(Flaw::Damaged) }
}

fn split(body: &[u8], count: u64) -> Result<Vec<(Bytes, Expectation)>, Flaw> {
    let mut rest = body;
    // No more room than the bytes can fill, whatever count was asked for.
    let mut transactions = Vec::with_capacity((body.len() / PREFIX_BYTES).min(count as usize));
    for _ in 0..count {
        let (prefix, after) = rest.split_first_chunk::<PREFIX_BYTES>().ok_or(Flaw::Truncated)?;
        let [a, b, c, d, code] = *prefix;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let (expectation, after) = expectation(code, after)?;
        let (wire, after) = after.split_at_checked(length).ok_or(Flaw::Truncated)?;
        // A copy each: slices of one buffer would share one counter, which every stage would then fight over.
        transactions.push((Bytes::copy_from_slice(wire), expectation));
        rest = after;
    }
    if rest.is_empty() { Ok(transactions) } else { Err(Flaw::Damaged) }
}

/// An expectation, and what stands behind it.
fn expectation(code: u8, rest: &[u8]) -> Result<(Expectation, &[u8]), Flaw> {
    if code != Expectation::CONTESTED {
        return Ok((Expectation::of_code(code).ok_or(Flaw::Damaged)?, rest));
    }
    let (contest, rest) = rest.split_first_chunk().ok_or(Flaw::Truncated)?;
    Ok((Expectation::Contested(u32::from_be_bytes(*contest)), rest))
}
