//! `Folder`: where a development network is kept on disk, so that it goes on where it stood.
//!
//! One folder holds the store of the state and the archive of blocks, see `docs/durability.md`. Both are found at the same
//! block: the archive is opened at the height at which the state was recovered. Where there is an object store too, full
//! segments of blocks go there, on a thread of their own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use alloy_primitives::B256;
use parking_lot::Mutex;
use pelton_engine::archive::remote::Remote;
use pelton_engine::archive::{self, Archive, Mover};
use pelton_engine::block::Parent;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::store;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_pipeline::driver::disk::DiskThread;
use pelton_pipeline::durability::Durability;
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::Storage;

use crate::depot::moving::Moving;
use crate::depot::{Depot, Place};
use crate::history::{Entry, Kept, Next};

/// Of a segment of the state's log. A start begins one and fills it with zeros, and development networks start often.
const SEGMENT_BYTES: u64 = 4 << 20;

/// What is chosen.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name; it is made if only its parent is there.
    pub path: PathBuf,
    /// Newest blocks that are kept at least.
    pub blocks_max: u64,
    /// Of a segment of blocks: it is full when it is so long.
    pub segment_bytes: u64,
    /// Where full segments go whose blocks are older than these, if anywhere; else they are removed.
    pub place: Option<Place>,
}

impl Settings {
    /// A folder that keeps all blocks.
    pub fn whole(path: PathBuf) -> Settings {
        let segment_bytes = archive::Settings::standard().segment_bytes;
        Settings { path, blocks_max: u64::MAX, segment_bytes, place: None }
    }
}

/// See the head of this file.
pub struct Folder {
    path: PathBuf,
    durability: Arc<Durability>,
    archive: Archive,
    thread: DiskThread,
    remote: Option<Arc<Remote>>,
    /// Ends first when this is given back.
    moving: Mutex<Option<Moving>>,
    /// The point below the first block, and the root of the state there.
    origin: (Parent, B256),
}

impl Folder {
    /// Takes a folder, and finds where its chain stands; one without a chain gets this genesis. `stop` will be set if its
    /// disk fails.
    pub(super) fn open(
        settings: &Settings,
        genesis: &Genesis,
        limits: &Limits,
        stop: &Arc<AtomicBool>,
    ) -> io::Result<(Start, Folder)> {
        let Settings { path, blocks_max, segment_bytes, place } = settings;
        let failed = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
        let files: Arc<dyn Files> = Arc::new(Disk::open(path).map_err(|error| failed(&error))?);
        let chosen = store::Settings { segment_bytes: SEGMENT_BYTES, ..store::Settings::standard() };
        let depot = place.clone().map(Depot::open).transpose()?;
        let remote = depot.map(|depot| Arc::new(Remote::new(depot)));
        let keeps = archive::Settings {
            blocks_max: *blocks_max,
            segment_bytes: *segment_bytes,
            remote: remote.clone(),
            ..archive::Settings::standard()
        };
        let opened = Start::open_with_archive(&files, (&chosen, &keeps), genesis, limits);
        let (start, store, writer) = opened.map_err(|error| failed(&error))?;
        let Start { parent, summaries, .. } = Start::genesis(genesis, limits);
        let archive = writer.archive();
        let moving = Mutex::new(Mover::new(&writer).map(Moving::start).transpose()?);
        let durability = Arc::new(Durability::new(store, stop.clone()).with_archive(writer));
        let (path, thread) = (path.clone(), DiskThread::start()?);
        let origin = (parent, summaries[0].state_root);
        Ok((start, Folder { path, durability, archive, thread, remote, moving, origin }))
    }

    /// Whether of the block at which the chain stands only the header is known.
    pub(super) fn is_headless(&self, start: &Start) -> bool {
        start.parent.height > 0 && self.archive.oldest() > start.parent.height
    }

    /// For the pipeline.
    pub(super) fn storage(&self) -> Storage {
        Storage { durability: self.durability.clone(), thread: Arc::new(self.thread.clone()) }
    }

    /// The newest block as clients see it, and those below it on disk.
    pub(super) fn entries(&self, start: &Start, limits: &Limits) -> io::Result<(Entry, Kept)> {
        let (origin, root) = self.origin;
        let genesis = || Entry::genesis(origin.id, root, origin.base_fee, limits);
        let kept = Kept::new(self.archive.clone(), genesis(), limits);
        if start.parent.height == 0 {
            return Ok((genesis(), kept));
        }
        let newest = start.summaries.last().expect("a chain stands at a block");
        let spoken_of = (start.parent.height + 1).saturating_sub(limits.root_lag);
        let summary = start.summaries.iter().find(|summary| summary.height == spoken_of);
        let (Some(summary), Some(table)) = (summary, start.tables.after(spoken_of)) else {
            return Err(io::Error::other("the store does not go back as far as a header speaks of"));
        };
        let next = Next { base_fee: start.parent.next_base_fee(summary, limits), table: table.clone() };
        if self.archive.oldest() > start.parent.height {
            return Ok((Entry::headless(&start.parent, newest, next, limits), kept));
        }
        let newest = kept.newest(next).map_err(io::Error::other)?;
        let newest = newest.ok_or_else(|| io::Error::other("the newest block is not kept"))?;
        Ok((newest, kept))
    }

    /// What its disk has said, if that has ended everything.
    pub(super) fn fault(&self) -> Option<String> {
        self.durability.fault().map(|error| format!("{}: {error}", self.path.display()))
    }

    /// Its object store, if it has one.
    pub(super) fn remote(&self) -> Option<&Arc<Remote>> {
        self.remote.as_ref()
    }

    /// Gives it back, once the pipeline has ended.
    pub(super) fn close(&self) {
        drop(self.moving.lock().take());
        self.durability.close();
    }
}
