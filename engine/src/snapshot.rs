//! `Snapshot`: a state in pieces, each of which proves itself against the root.
//!
//! ```text
//! one who has the state                                  one who has a certified root and nothing else
//! Snapshot ──chunk_at(key)──> chunk: range, entries, ──> Assembly ──all ranges, all codes──> WriteSet ──> StateStore
//!                             path from the root             └── what was refused, by peer
//! ```
//!
//! A range is all hashed keys that share their first bits. A chunk holds every account and slot of its range, and the
//! witness of the range's first key: the subtree over the entries must be the one that this path ends in. So nothing can be left out,
//! added or changed, whoever sends it, and chunks may come from several peers, in any order.
//!
//! Whoever sends chooses how long a range is, so that a chunk has so many entries at most: keys ground to share their first bits make
//! ranges shorter, never chunks longer. Chunks are asked for by the first key that is missing.
//!
//! What shows that the root is that of a final block is an [`Offer`].
//!
//! Deliberately absent: who asks whom, and what is executed on top of it, which are the network's and the pipeline's.

pub mod assembly;
pub mod chunk;
pub mod offer;

use alloy_primitives::{Address, B256, U256};

use crate::evm::Code;
use crate::state::Account;
use crate::trie::{Key32, Trie};
use crate::writes::{WriteSet, account_key, slot_key};

pub use assembly::Assembly;
pub use chunk::{Chunk, Range, Refusal};
pub use offer::{Offer, Proven};

/// Entries of a chunk at most, unless one is told otherwise.
pub const ENTRIES_MAX: usize = 4_096;

/// An account or a slot.
#[derive(Clone, Copy, Debug)]
enum Item {
    Account(Address, Account),
    Slot(Address, U256, U256),
}

/// See the head of this file.
pub struct Snapshot {
    trie: Trie,
    entries_max: usize,
    /// By hashed key.
    items: Vec<(Key32, Item)>,
    /// By hash.
    codes: Vec<(B256, Code)>,
}

impl Snapshot {
    /// Of a whole state, given as changes to the empty one, and the trie over it. A chunk gets so many entries at most.
    ///
    /// # Panics
    /// If the trie has another number of keys: a bug.
    pub fn new(state: WriteSet, trie: Trie, entries_max: usize) -> Snapshot {
        let WriteSet { accounts, slots, mut codes } = state;
        let accounts = accounts
            .into_iter()
            .filter_map(|(address, account)| Some((account_key(&address), Item::Account(address, account?))));
        let slots = slots
            .into_iter()
            .map(|((address, slot), value)| (slot_key(&address, &slot), Item::Slot(address, slot, value)));
        let mut items: Vec<_> = accounts.chain(slots).collect();
        items.sort_unstable_by_key(|item| item.0);
        assert_eq!(items.len(), trie.len(), "the trie is that of this state");
        codes.sort_unstable_by_key(|code| code.0);
        Snapshot { trie, entries_max: entries_max.max(1), items, codes }
    }

    /// The root that all chunks prove themselves against.
    pub fn root(&self) -> B256 {
        self.trie.root().into()
    }

    /// The chunk of the longest range that begins with this key and has no more entries than a chunk may have.
    pub fn chunk_at(&self, first: &Key32) -> Vec<u8> {
        let mut range = Range::longest_at(first);
        let mut items = self.within(&range);
        while items.len() > self.entries_max
            && let Some(half) = range.first_half()
        {
            range = half;
            items = self.within(&range);
        }
        let mut writes = WriteSet::default();
        for (_, item) in items {
            match *item {
                Item::Account(address, account) => writes.accounts.push((address, Some(account))),
                Item::Slot(address, slot, value) => writes.slots.push(((address, slot), value)),
            }
        }
        writes.sort_unique();
        chunk::encode(&range, &self.trie.witness(&[*first]), &writes)
    }

    /// The code with this hash, if an account has it.
    pub fn code(&self, hash: &B256) -> Option<&Code> {
        let at = self.codes.binary_search_by_key(hash, |code| code.0).ok()?;
        Some(&self.codes[at].1)
    }

    fn within(&self, range: &Range) -> &[(Key32, Item)] {
        let from = self.items.partition_point(|(key, _)| key < range.first());
        let length = self.items[from..].partition_point(|(key, _)| range.has(key));
        &self.items[from..][..length]
    }
}
