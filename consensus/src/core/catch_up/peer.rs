//! `Peer`: what is known of one of the others, and what it was asked for.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::catch_up::{Offered, PieceName};

/// Pieces of one peer that are under way at a time.
const PIECES_MAX: usize = 4;
/// Who was late so often in a row rests.
const LATE_MAX: u32 = 4;
/// For so long.
const REST: Duration = Duration::from_secs(10);

/// See the head of this file.
#[derive(Default)]
pub(super) struct Peer {
    /// Index among the members.
    pub member: usize,
    /// Questions that it has not answered yet by where it stands, and by an offer. No more is listened to than was asked for.
    pub stands_due: u32,
    pub offers_due: u32,
    pub stand: Option<Stand>,
    /// What it offers.
    pub offer: Option<(Offered, Bytes)>,
    /// It has sent what was refused.
    pub is_liar: bool,
    /// Pieces under way, and when they are late.
    out: BTreeMap<PieceName, SystemTime>,
    late: u32,
    rests_until: Option<SystemTime>,
}

/// Where it stands.
pub(super) struct Stand {
    pub height: u64,
    /// Highest view of which it has shown a certificate; 0 for none.
    pub view: u64,
    /// View and certificate of a final block.
    pub finalization: Option<(u64, Bytes)>,
}

impl Peer {
    /// Nothing is known of this member.
    pub fn new(member: usize) -> Peer {
        Peer { member, ..Peer::default() }
    }

    /// Whether it can be asked for one more piece.
    pub fn has_room(&self, now: SystemTime) -> bool {
        let rests = self.rests_until.is_some_and(|until| now < until);
        !self.is_liar && !rests && self.out.len() < PIECES_MAX
    }

    /// How many pieces are under way.
    pub fn under_way(&self) -> usize {
        self.out.len()
    }

    /// Whether this piece is.
    pub fn is_asked(&self, name: &PieceName) -> bool {
        self.out.contains_key(name)
    }

    /// It is asked for a piece.
    pub fn ask(&mut self, name: PieceName, late_at: SystemTime) {
        self.out.insert(name, late_at);
    }

    /// It has answered; gives whether it was asked.
    pub fn answers(&mut self, name: &PieceName) -> bool {
        self.late = 0;
        self.out.remove(name).is_some()
    }

    /// Gives up what is late, and says how much that was.
    pub fn expire(&mut self, now: SystemTime) -> u64 {
        let before = self.out.len();
        self.out.retain(|_, late_at| now < *late_at);
        let late = before - self.out.len();
        self.late += late as u32;
        if self.late >= LATE_MAX {
            self.late = 0;
            self.rests_until = Some(now + REST);
        }
        late as u64
    }

    /// Nothing is to come of it any more.
    pub fn forget(&mut self) {
        self.offer = None;
        self.out.clear();
    }
}
