//! `Shop`: gives the state to those who are far behind.
//!
//! ```text
//!   asked ──> newest state that can be proven ──a thread copies it, and makes a trie over it──> Snapshot ──> pieces
//! ```
//!
//! There is one state at a time, however many ask: it takes about as much memory as the node's own. A newer one takes its place when
//! nobody has wanted a piece of it for a while, and it is given up when nobody does for longer.

use std::sync::{Arc, Weak};

use alloy_primitives::B256;
use alloy_primitives::bytes::Bytes;
use parking_lot::Mutex;
use pelton_consensus::catch_up::{PIECE_NAME_BYTES, PieceName, SnapshotId, Source};
use pelton_engine::limits::Limits;
use pelton_engine::snapshot::{ENTRIES_MAX, Offer, Snapshot};
use pelton_engine::trie::Trie;
use pelton_pipeline::clock::{Clock, Nanos};

use super::Finals;
use crate::history::History;

/// A state that nobody has wanted a piece of for so long may make room for a newer one.
const WANTED_NS: Nanos = 10_000_000_000;
/// And after so long it is given up, so that somebody who was started again finds what it has begun.
const KEPT_NS: Nanos = 600_000_000_000;
/// How often that is looked at.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// First byte of the name of a chunk, before the first key of its range.
pub(super) const CHUNK: u8 = 0;
/// First byte of the name of a code, before its hash.
pub(super) const CODE: u8 = 1;

/// See the head of this file.
pub struct Shop {
    finals: Arc<Finals>,
    history: Arc<History>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    stock: Mutex<Stock>,
    own: Weak<Shop>,
}

#[derive(Default)]
struct Stock {
    made: Option<Made>,
    /// One is being made.
    is_making: bool,
    /// A thread looks whether it is still wanted.
    is_watched: bool,
}

struct Made {
    id: SnapshotId,
    height: u64,
    offer: Bytes,
    snapshot: Arc<Snapshot>,
    wanted_ns: Nanos,
}

impl Shop {
    /// Of a chain.
    pub fn open(
        finals: Arc<Finals>,
        history: Arc<History>,
        limits: &Limits,
        clock: Arc<dyn Clock>,
    ) -> Arc<Shop> {
        Arc::new_cyclic(|own| Shop {
            finals,
            history,
            limits: limits.clone(),
            clock,
            stock: Mutex::default(),
            own: own.clone(),
        })
    }

    /// Begins to make a state, unless that is under way.
    fn make(&self) {
        let Some(offer) = self.finals.newest_offer(self.limits.root_lag) else { return };
        let Some(shop) = self.own.upgrade() else { return };
        if std::mem::replace(&mut self.stock.lock().is_making, true) {
            return;
        }
        let make = move || {
            let made = shop.made(offer);
            let mut stock = shop.stock.lock();
            stock.is_making = false;
            if made.is_some() {
                stock.made = made;
            }
            let is_watched = std::mem::replace(&mut stock.is_watched, true);
            drop(stock);
            let own = Arc::downgrade(&shop);
            drop(shop);
            if !is_watched {
                Shop::look_after(&own);
            }
        };
        let thread = std::thread::Builder::new().name("pelton-snapshot".into()).spawn(make);
        if thread.is_err() {
            // Where the system gives no thread there is no state to be had.
            self.stock.lock().is_making = false;
        }
    }

    fn made(&self, offer: Offer) -> Option<Made> {
        let state = self.history.copy_at(offer.height)?.writes();
        let at = |height: u64| offer.headers.iter().find(|header| header.height == height);
        let (block, above) = (at(offer.height)?, at(offer.height + self.limits.root_lag)?);
        let mut trie = Trie::new();
        trie.apply(&state.trie_updates());
        let snapshot = Snapshot::new(state, trie, ENTRIES_MAX);
        assert_eq!(snapshot.root(), above.executed.state_root, "what was executed is what is remembered");
        Some(Made {
            id: block.id().0,
            height: offer.height,
            offer: offer.encode().into(),
            snapshot: Arc::new(snapshot),
            wanted_ns: self.clock.now_ns(),
        })
    }

    /// Gives the state up when nobody wants it any more.
    fn look_after(shop: &Weak<Shop>) {
        loop {
            std::thread::park_timeout(LOOK_EVERY);
            let Some(shop) = shop.upgrade() else { return };
            let mut stock = shop.stock.lock();
            let wanted_ns = stock.made.as_ref().map(|made| made.wanted_ns);
            if wanted_ns.is_none_or(|wanted| shop.clock.now_ns().saturating_sub(wanted) > KEPT_NS) {
                stock.made = None;
                stock.is_watched = false;
                return;
            }
        }
    }
}

impl Source for Shop {
    fn height(&self) -> u64 {
        self.finals.newest()
    }

    fn offer(&self, above: u64) -> Option<Bytes> {
        let newest = self.finals.newest();
        if newest < above {
            return None;
        }
        let found = self.stock.lock().made.as_ref().map(|made| {
            let unwanted_ns = self.clock.now_ns().saturating_sub(made.wanted_ns);
            // Who comes now should not begin with one that it will hardly get before it is too old.
            let is_old = newest.saturating_sub(made.height) > super::BEHIND_MIN;
            (made.offer.clone(), (is_old || made.height < above) && unwanted_ns > WANTED_NS)
        });
        match found {
            Some((offer, false)) => Some(offer),
            _ => {
                self.make();
                None
            }
        }
    }

    fn piece(&self, snapshot: &SnapshotId, name: &PieceName) -> Option<Bytes> {
        let found = {
            let mut stock = self.stock.lock();
            let made = stock.made.as_mut().filter(|made| made.id == *snapshot)?;
            made.wanted_ns = self.clock.now_ns();
            made.snapshot.clone()
        };
        let rest: [u8; PIECE_NAME_BYTES - 1] = *name.last_chunk()?;
        match name[0] {
            CHUNK => Some(found.chunk_at(&rest).into()),
            CODE => found.code(&B256::from(rest)).map(|code| code.bytes().0),
            _ => None,
        }
    }
}
