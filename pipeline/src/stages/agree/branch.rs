//! `Branch`: the blocks above the newest final one, and those of them whose transactions have their places in the pool.
//!
//! ```text
//!   final ── a ── b ── c     held: a, b, c, oldest first, each on top of the one before
//!             └── d          asked for a block on d: c and b take their places back, d gets its own
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;
use foldhash::{HashMap, HashMapExt};
use pelton_engine::block::{Block, Parent};
use pelton_engine::reject::Reject;

use crate::pool::{Accounts, Place, Pool};

/// Blocks that are kept at most; more than can be undecided unless somebody makes them for nothing.
const BLOCKS_MAX: usize = 64;

/// See the head of this file.
pub(super) struct Branch {
    tip: Parent,
    blocks: HashMap<B256, Result<Arc<Block>, Reject>>,
    order: VecDeque<B256>,
    held: VecDeque<Held>,
    /// The newest final blocks, oldest first, and how many of them are kept.
    finals: VecDeque<Arc<Block>>,
    finals_max: usize,
    /// Transactions that waited in the pool before they got their places here.
    waited: u64,
}

/// A block whose transactions have their places.
struct Held {
    block: Arc<Block>,
    places: Vec<Place>,
}

impl Branch {
    /// Nothing above this block. Of those that become final so many are kept.
    pub fn new(tip: Parent, finals_max: usize) -> Branch {
        Branch {
            tip,
            blocks: HashMap::new(),
            order: VecDeque::new(),
            held: VecDeque::new(),
            finals: VecDeque::new(),
            finals_max,
            waited: 0,
        }
    }

    /// The newest so many blocks below one that stands on this path, oldest first, or all since genesis where these are
    /// fewer; none if they are not all known here.
    pub fn newest<'a>(
        &'a self,
        path: &'a [Arc<Block>],
        count: usize,
    ) -> Option<impl Iterator<Item = &'a Arc<Block>>> {
        let has_all = self.finals.len() as u64 == self.tip.height;
        let known = self.finals.len() + path.len();
        let is_known = has_all || known >= count;
        is_known.then(|| self.finals.iter().chain(path).skip(known.saturating_sub(count)))
    }

    /// The newest final block.
    pub fn tip(&self) -> Parent {
        self.tip
    }

    /// Whether anything is known of a block.
    pub fn has(&self, id: &B256) -> bool {
        self.blocks.contains_key(id)
    }

    /// A block above the final one, or why it is none.
    pub fn get(&self, id: &B256) -> Option<&Result<Arc<Block>, Reject>> {
        self.blocks.get(id)
    }

    /// Keeps what was found of a block.
    pub fn insert(&mut self, id: B256, examined: Result<Arc<Block>, Reject>) {
        if self.blocks.insert(id, examined).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > BLOCKS_MAX {
            let oldest = self.order.pop_front().expect("there are some");
            self.blocks.remove(&oldest);
        }
    }

    /// The blocks from above the final one to this one, if all are known.
    pub fn path_to(&self, id: &B256) -> Option<Vec<Arc<Block>>> {
        let (mut path, mut at) = (Vec::new(), *id);
        while at != self.tip.id {
            let block = self.blocks.get(&at)?.as_ref().ok()?;
            if block.header().height <= self.tip.height {
                return None;
            }
            path.push(block.clone());
            at = block.header().parent;
        }
        path.reverse();
        Some(path)
    }

    /// Gives places to the transactions of exactly these blocks, the first of which stands on the final one.
    pub fn follow(
        &mut self,
        path: &[Arc<Block>],
        pool: &mut Pool,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) {
        let same =
            self.held.iter().zip(path).take_while(|(held, block)| held.block.id() == block.id()).count();
        while self.held.len() > same {
            let Held { block, mut places } = self.held.pop_back().expect("there are more");
            self.waited -= waited(&places);
            for transaction in block.transactions().iter().rev() {
                let place = places.pop().expect("one for each transaction");
                pool.release(transaction, place, accounts, reject);
            }
        }
        for block in &path[same..] {
            let places =
                block.transactions().iter().map(|transaction| pool.hold(transaction, accounts)).collect();
            self.push(block.clone(), places);
        }
    }

    /// Adds a block to those whose transactions have their places.
    pub fn push(&mut self, block: Arc<Block>, places: Vec<Place>) {
        self.waited += waited(&places);
        self.held.push_back(Held { block, places });
    }

    /// Hears that a block on top of the final one is final, and gives the places of its transactions. They stay held in
    /// the pool until they are settled.
    pub fn finalize(
        &mut self,
        block: &Arc<Block>,
        pool: &mut Pool,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) -> Vec<Place> {
        assert_eq!(block.header().parent, self.tip.id, "blocks become final one on top of the other");
        if self.held.front().is_none_or(|held| held.block.id() != block.id()) {
            self.follow(std::slice::from_ref(block), pool, accounts, reject);
        }
        let Held { places, .. } = self.held.pop_front().expect("it was just pushed, or was there");
        self.waited -= waited(&places);
        self.tip = block.as_parent();
        self.finals.push_back(block.clone());
        while self.finals.len() > self.finals_max {
            self.finals.pop_front();
        }
        let height = self.tip.height;
        let is_above = |examined: &Result<Arc<Block>, Reject>| {
            examined.as_ref().is_ok_and(|block| block.header().height > height)
        };
        self.blocks.retain(|_, examined| is_above(examined));
        self.order.retain(|id| self.blocks.contains_key(id));
        places
    }

    /// Transactions that waited here before they got their places.
    pub fn held(&self) -> u64 {
        self.waited
    }

    /// Blocks whose transactions have their places.
    pub fn undecided(&self) -> usize {
        self.held.len()
    }
}

fn waited(places: &[Place]) -> u64 {
    places.iter().filter(|place| place.waited.is_some()).count() as u64
}
