//! `Network`: messages between validators, which are late, lost, doubled and overtaken as told, and end up where they
//! belong when the cluster is told the time.
//!
//! ```text
//!   core of one ──> Sender ──> villain, if it is one ──> due, in order of time ──deliver──> Receiver ──> core of another
//! ```
//!
//! A way is from one validator to one other, so that it may be open in one direction alone. Who blocks somebody hears nothing of it
//! for a while, as with sockets.

mod ends;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{PeerSetUpdate, TrackedPeers};
use commonware_runtime::IoBuf;
use commonware_utils::channel::{mpsc, ring};
use commonware_utils::ordered::Set;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

pub(super) use self::ends::{Blocker, Peers, Receiver, Sender};
use super::misdeed::Villain;
use super::votes::{Twice, Votes, is_to_finalize};
use crate::core::Channel;

/// How long somebody who was blocked is not heard.
const BLOCKED: Duration = Duration::from_secs(60);

/// What becomes of messages from one validator to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whether any come through.
    pub is_open: bool,
    /// The least time that one takes.
    pub delay: Duration,
    /// What it takes besides, at most; so messages overtake each other.
    pub jitter: Duration,
    /// Of a thousand, how many are lost.
    pub lost_per_mille: u32,
    /// Of a thousand, how many come twice.
    pub doubled_per_mille: u32,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that were sent, one for each who was to have it.
    pub sent: u64,
    /// Those that did not come through.
    pub lost: u64,
    /// Those that came twice.
    pub doubled: u64,
}

/// A message on its way.
#[derive(Clone)]
pub(super) struct Parcel {
    pub from: usize,
    pub to: usize,
    pub channel: Channel,
    pub bytes: Bytes,
}

/// See the head of this file.
#[derive(Clone)]
pub struct Network(Arc<Mutex<Inner>>);

struct Inner {
    random: StdRng,
    members: Vec<PublicKey>,
    message_bytes_max: usize,
    now: Duration,
    ways: Vec<Vec<Way>>,
    loses_finality: bool,
    due: BTreeMap<(Duration, u64), Parcel>,
    doors: Vec<Option<Doors>>,
    villains: Vec<Option<Box<dyn Villain>>>,
    /// Who does not hear whom, until when.
    blocked: BTreeMap<(usize, usize), Duration>,
    /// Who has blocked whom, ever.
    blocks: Vec<(usize, usize)>,
    /// What those who are no villains have voted.
    votes: Votes,
    counts: Counts,
}

/// Where a running validator hears.
struct Doors {
    channels: Vec<mpsc::UnboundedSender<(PublicKey, IoBuf)>>,
    /// Open as long as it runs; nothing more is said.
    peers: Vec<mpsc::UnboundedSender<PeerSetUpdate<PublicKey>>>,
    blocked: Vec<ring::Sender<Set<PublicKey>>>,
}

impl Network {
    pub(super) fn new(seed: u64, members: Vec<PublicKey>, message_bytes_max: usize) -> Network {
        let way = Way {
            is_open: true,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            lost_per_mille: 0,
            doubled_per_mille: 0,
        };
        let count = members.len();
        Network(Arc::new(Mutex::new(Inner {
            random: StdRng::seed_from_u64(seed),
            members,
            message_bytes_max,
            now: Duration::ZERO,
            ways: vec![vec![way; count]; count],
            loses_finality: false,
            due: BTreeMap::new(),
            doors: (0..count).map(|_| None).collect(),
            villains: (0..count).map(|_| None).collect(),
            blocked: BTreeMap::new(),
            blocks: Vec::new(),
            votes: Votes::default(),
            counts: Counts::default(),
        })))
    }

    /// Changes a way.
    pub fn set_way(&self, from: usize, to: usize, change: impl FnOnce(&mut Way)) {
        change(&mut self.0.lock().ways[from][to]);
    }

    /// Loses all votes to finalize from now on, and nothing else, or no longer: what is proposed is notarized, and not final.
    pub fn lose_finality(&self, is_lost: bool) {
        self.0.lock().loses_finality = is_lost;
    }

    /// Who has blocked whom, in that order.
    pub fn blocks(&self) -> Vec<(usize, usize)> {
        self.0.lock().blocks.clone()
    }

    /// Who has voted twice and is no villain.
    pub fn twice(&self) -> Vec<Twice> {
        self.0.lock().votes.twice()
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.0.lock().counts
    }

    /// How often a villain has done what it does.
    pub fn deeds(&self, member: usize) -> u64 {
        self.0.lock().villains[member].as_ref().map_or(0, |villain| villain.deeds())
    }

    pub(super) fn is_villain(&self, member: usize) -> bool {
        self.0.lock().villains[member].is_some()
    }

    pub(super) fn corrupt(&self, member: usize, villain: Box<dyn Villain>) {
        self.0.lock().villains[member] = Some(villain);
    }

    /// Opens the doors of a validator that starts.
    pub(super) fn join(&self, member: usize) -> [(Sender, Receiver); Channel::ALL.len()] {
        let mut inner = self.0.lock();
        let mut channels = Vec::new();
        let ends = Channel::ALL.map(|channel| {
            let (door, receiver) = mpsc::unbounded_channel();
            channels.push(door);
            (Sender::new(self.clone(), member, channel), Receiver::new(receiver))
        });
        inner.doors[member] = Some(Doors { channels, peers: Vec::new(), blocked: Vec::new() });
        ends
    }

    /// Closes those of one that has died. What it sent is on its way.
    pub(super) fn leave(&self, member: usize) {
        self.0.lock().doors[member] = None;
    }

    /// Delivers what is due.
    pub(super) fn deliver(&self, now: Duration) {
        let inner = &mut *self.0.lock();
        inner.now = now;
        for member in 0..inner.members.len() {
            if inner.doors[member].is_some()
                && let Some(villain) = &mut inner.villains[member]
            {
                let mut out = Vec::new();
                villain.tick(&mut out);
                out.into_iter().for_each(|parcel| inner.post(parcel));
            }
        }
        while let Some(entry) = inner.due.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let Parcel { from, to, channel, bytes } = entry.remove();
            let is_blocked = inner.blocked.get(&(to, from)).is_some_and(|until| *until > now);
            match &inner.doors[to] {
                Some(doors) if !is_blocked => {
                    // Whoever does not listen any more is about to end.
                    let _ =
                        doors.channels[channel as usize].send((inner.members[from].clone(), bytes.into()));
                }
                _ => inner.counts.lost += 1,
            }
        }
    }

    fn send(&self, parcel: Parcel) {
        let inner = &mut *self.0.lock();
        let from = parcel.from;
        let Some(villain) = &mut inner.villains[from] else {
            inner.votes.see(&parcel, inner.now);
            return inner.post(parcel);
        };
        let mut out = Vec::new();
        villain.send(parcel, &mut out);
        out.into_iter().for_each(|parcel| inner.post(parcel));
    }

    fn index_of(&self, key: &PublicKey) -> Option<usize> {
        self.0.lock().members.iter().position(|member| member == key)
    }

    fn block(&self, by: usize, whom: usize) {
        let inner = &mut *self.0.lock();
        inner.blocked.insert((by, whom), inner.now + BLOCKED);
        inner.blocks.push((by, whom));
        let now_blocked = inner.blocked.keys().filter(|(one, _)| *one == by);
        let now_blocked = now_blocked.map(|(_, whom)| inner.members[*whom].clone());
        let set = Set::from_iter_dedup(now_blocked);
        if let Some(doors) = &inner.doors[by] {
            for listener in &doors.blocked {
                // Whoever does not listen any more need not know.
                listener.send_lossy(set.clone());
            }
        }
    }

    fn peers(&self) -> TrackedPeers<PublicKey> {
        TrackedPeers::primary(Set::from_iter_dedup(self.0.lock().members.iter().cloned()))
    }
}

impl Inner {
    /// Sends a message on its way, if it comes through.
    fn post(&mut self, parcel: Parcel) {
        let way = self.ways[parcel.from][parcel.to];
        self.counts.sent += 1;
        let is_lost = self.random.random_range(0..1_000) < way.lost_per_mille
            || self.loses_finality && is_to_finalize(&parcel);
        if !way.is_open || is_lost || parcel.bytes.len() > self.message_bytes_max {
            self.counts.lost += 1;
            return;
        }
        if self.random.random_range(0..1_000) < way.doubled_per_mille {
            self.counts.doubled += 1;
            self.carry(way, parcel.clone());
        }
        self.carry(way, parcel);
    }

    fn carry(&mut self, way: Way, parcel: Parcel) {
        let jitter = u64::try_from(way.jitter.as_micros()).unwrap_or(u64::MAX);
        let delay = way.delay + Duration::from_micros(self.random.random_range(0..=jitter));
        // Of those that are due together, the order is drawn as well.
        self.due.insert((self.now + delay, self.random.random()), parcel);
    }
}
