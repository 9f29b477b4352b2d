//! `Filler`: puts the state together that others give, in a folder of its own, so that it is gone on with after a stop.
//!
//! ```text
//!  chain.parts/offer      what is gone for
//!             /part-...   pieces that are proven
//!  chain.new/             store and archive, made of all of them, to take the place of `chain`
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{B256, keccak256};
use parking_lot::Mutex;
use pelton_consensus::catch_up::{Offered, PieceName, Sink, SnapshotId, Verdict};
use pelton_consensus::{GROUP_KEY_BYTES, verify_certificate};
use pelton_engine::archive;
use pelton_engine::limits::Limits;
use pelton_engine::snapshot::{Assembly, ENTRIES_MAX, Offer, Proven, assembly};
use pelton_engine::store::{self, StateStore};

use super::shop::{CHUNK, CODE};
use super::{Counts, Folders};
use crate::validator::Membership;

/// Pieces between two lines about how far it has come.
const SAY_EVERY: u64 = 256;

/// Height and certificate of the first block that is told, of a state that was begun.
pub type SharedFloor = Arc<Mutex<Option<(u64, Vec<u8>)>>>;

/// See the head of this file.
pub struct Filler {
    folders: Folders,
    genesis: B256,
    height: u64,
    has_votes: bool,
    behind_min: u64,
    limits: Limits,
    namespace: Vec<u8>,
    group_key: [u8; GROUP_KEY_BYTES],
    counts: Arc<Counts>,
    begun: Option<Begun>,
    floor: SharedFloor,
}

/// A state of which there are pieces.
struct Begun {
    id: SnapshotId,
    proven: Proven,
    assembly: Assembly,
}

impl Filler {
    /// For a validator that stands at this height on the chain with this genesis. What an earlier start has left is gone on with.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(
        membership: &Membership,
        (genesis, height): (B256, u64),
        folders: &Folders,
    ) -> io::Result<Filler> {
        let mut filler = Filler {
            folders: folders.clone(),
            genesis,
            height,
            has_votes: true,
            behind_min: super::BEHIND_MIN,
            limits: membership.limits.clone(),
            namespace: membership.committee.namespace().to_vec(),
            group_key: membership.committee.group_key(),
            counts: Arc::default(),
            begun: None,
            floor: Arc::default(),
        };
        if let Some(offer) = folders.begun()?
            && filler.check(&offer).is_some_and(|(offered, ..)| offered.height > height)
        {
            filler.begin(&offer)?;
        }
        Ok(filler)
    }

    /// The same, for one that knows its votes or not, and takes a state if it is so many blocks behind.
    pub fn from(self, has_votes: bool, behind_min: u64) -> Filler {
        Filler { has_votes, behind_min, ..self }
    }

    /// The same, which counts here what comes of pieces.
    pub fn counting(self, counts: Arc<Counts>) -> Filler {
        Filler { counts, ..self }
    }

    /// Where the chain is taken up with the state that was begun: the first block that is told, and its certificate.
    pub fn floor(&self) -> SharedFloor {
        self.floor.clone()
    }

    /// What an offer proves.
    fn check(&self, offer: &[u8]) -> Option<(Offered, Offer, Proven)> {
        let offer = Offer::decode(offer).ok()?;
        let proven = offer.proven(self.genesis, &self.limits)?;
        let certifies = |certificate: &[u8], id: B256| {
            let certified = verify_certificate(&self.namespace, &self.group_key, certificate);
            certified.is_ok_and(|certified| certified.id.0 == id.0)
        };
        let is_final = certifies(&offer.floor_certificate, proven.floor)
            && certifies(&offer.top_certificate, proven.top);
        let tip = proven.base.tips.last()?;
        let offered = Offered { snapshot: tip.id.0, height: tip.height };
        is_final.then_some((offered, offer, proven))
    }

    fn count(&self, verdict: Verdict, bytes: usize) {
        let count: &AtomicU64 = match verdict {
            Verdict::Kept => &self.counts.kept,
            Verdict::Needless => &self.counts.needless,
            Verdict::Refused => &self.counts.refused,
        };
        let before = count.fetch_add(1, Ordering::Relaxed);
        self.counts.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if verdict == Verdict::Kept && (before + 1).is_multiple_of(SAY_EVERY) {
            eprintln!("pelton: {} pieces of the state are here", before + 1);
        }
    }
}

impl Begun {
    fn take(&mut self, member: usize, name: &PieceName, piece: &[u8]) -> io::Result<Verdict> {
        let (kind, rest) = (name[0], name.last_chunk().expect("a name is longer"));
        let verdict = match kind {
            // What it was not asked for may be good, but a sender of such things could go on for ever.
            CODE if keccak256(piece).0 != *rest => return Ok(Verdict::Refused),
            CODE => self.assembly.take_code(piece),
            _ => self.assembly.take(member as u64, piece),
        };
        let verdict = match verdict.map_err(io::Error::other)? {
            assembly::Verdict::Kept => Verdict::Kept,
            assembly::Verdict::Needless => Verdict::Needless,
            assembly::Verdict::Refused(_) => Verdict::Refused,
        };
        let is_answer = kind == CODE || self.assembly.has(rest);
        Ok(if is_answer { verdict } else { Verdict::Refused })
    }
}

impl Sink for Filler {
    fn height(&self) -> u64 {
        self.height
    }

    fn has_votes(&self) -> bool {
        self.has_votes
    }

    fn behind_min(&self) -> u64 {
        self.behind_min
    }

    fn judge(&mut self, offer: &[u8]) -> Option<Offered> {
        self.check(offer).map(|(offered, ..)| offered)
    }

    fn begun(&self) -> Option<SnapshotId> {
        self.begun.as_ref().map(|begun| begun.id)
    }

    fn begin(&mut self, offer: &[u8]) -> io::Result<()> {
        let checked = self.check(offer);
        let (Offered { snapshot: id, .. }, read, proven) = checked.expect("an offer that was found good");
        if self.begun.as_ref().is_some_and(|begun| begun.id == id) {
            return Ok(());
        }
        // It has the folder.
        self.begun = None;
        let files = self.folders.begin(offer)?;
        let assembly = Assembly::open(&files, proven.root, ENTRIES_MAX).map_err(io::Error::other)?;
        *self.floor.lock() = Some((read.floor, read.floor_certificate));
        self.begun = Some(Begun { id, proven, assembly });
        Ok(())
    }

    fn wanted(&mut self, pieces_max: usize) -> Vec<PieceName> {
        let Some(Begun { assembly, .. }) = &self.begun else { return Vec::new() };
        let name = |kind: u8, rest: &[u8; 32]| {
            let mut name = [kind; 33];
            name[1..].copy_from_slice(rest);
            name
        };
        let codes = assembly.missing_codes(pieces_max).into_iter().map(|hash| name(CODE, &hash.0));
        let chunks = assembly.starts(pieces_max).into_iter().map(|first| name(CHUNK, &first));
        codes.chain(chunks).take(pieces_max).collect()
    }

    fn take(&mut self, member: usize, name: &PieceName, piece: &[u8]) -> io::Result<Verdict> {
        let Some(begun) = &mut self.begun else { return Ok(Verdict::Needless) };
        let verdict = begun.take(member, name, piece)?;
        self.count(verdict, piece.len());
        Ok(verdict)
    }

    fn is_complete(&self) -> bool {
        self.begun.as_ref().is_some_and(|begun| begun.assembly.is_complete())
    }

    fn finish(&mut self) -> io::Result<()> {
        let Begun { proven, assembly, .. } = self.begun.as_ref().expect("a state that is complete was begun");
        let state = assembly.state().map_err(io::Error::other)?;
        let files = self.folders.make()?;
        let base = &proven.base;
        let tip = base.tips.last().expect("a state stands at a block");
        archive::begin_above(&files, base.genesis, tip).map_err(io::Error::other)?;
        StateStore::create_at(&files, &store::Settings::standard(), base, state).map_err(io::Error::other)
    }

    fn note(&mut self, words: &str) {
        eprintln!("pelton: catching up: {words}");
    }
}
