//! `Views`: what the newest state was, some blocks ago.
//!
//! ```text
//! state, flat, after block h      replaced by h   replaced by h−1   …   replaced by h−n+1
//!        └──────── read at h          │                │                     │
//!        └──────── read at h−1 <──────┘                │                     │     the first that has the key,
//!        └──────── read at h−2 <──────┴────────────────┘                     │     from the block above on, else the
//!        └──────── read at h−n <──────┴────────────────┴─────────────────────┘     newest state
//! ```
//!
//! The state changes in place, and execution reads it as it is; who reads at an earlier height pays for that, by one binary
//! search in each write set since. Keeping a block costs what it has changed, and a read of that before it is changed.
//! Views know no locks: state and views change together, and who shares them sees to that.
//!
//! Deliberately absent: heights further back than the settings say. Who asks for them is told so, and never gets another
//! block's state.

use std::collections::VecDeque;
use std::fmt;

use alloy_primitives::{Address, U256};

use crate::state::{Account, State};
use crate::writes::WriteSet;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Views {
    /// Height of the newest state.
    height: u64,
    blocks_max: usize,
    /// What the newest blocks have replaced, the newest first.
    replaced: VecDeque<WriteSet>,
}

/// The state at this height is not known, not yet or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The lowest height that is known.
    pub lowest: u64,
    /// The newest.
    pub highest: u64,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state is known at heights {} to {}", self.lowest, self.highest)
    }
}

impl std::error::Error for Unknown {}

/// What these writes will replace in a state: the writes that take them back. Codes stay where they are.
pub fn replaced(state: &State, writes: &WriteSet) -> WriteSet {
    let mut accounts: Vec<_> = writes.accounts.iter().map(|(address, _)| (*address, None)).collect();
    state.find_each(
        &mut accounts,
        |(address, _)| address,
        |(_, account), found| *account = found.map(|(_, basics)| state.account_of(basics)),
    );
    let slots =
        writes.slots.iter().map(|((address, slot), _)| ((*address, *slot), state.slot(address, slot)));
    WriteSet { accounts, slots: slots.collect(), codes: Vec::new() }
}

impl Views {
    /// Of a state at this height, and of so many blocks below it at most as time goes on.
    pub fn new(height: u64, blocks_max: usize) -> Views {
        Views { height, blocks_max, replaced: VecDeque::new() }
    }

    /// How many heights below the newest one are kept at most. With none, what a block replaces need not be found out.
    pub fn blocks_max(&self) -> usize {
        self.blocks_max
    }

    /// Height of the newest state.
    pub fn highest(&self) -> u64 {
        self.height
    }

    /// The lowest height that is known.
    pub fn lowest(&self) -> u64 {
        self.height - self.replaced.len() as u64
    }

    /// The state has gone on by a block, which has replaced this.
    pub fn push(&mut self, replaced: WriteSet) {
        self.height += 1;
        if self.blocks_max > 0 {
            self.replaced.truncate(self.blocks_max - 1);
            self.replaced.push_front(replaced);
        }
    }

    /// The account after the block at this height; `state` is the newest.
    ///
    /// # Errors
    /// [`Unknown`].
    pub fn account(&self, state: &State, height: u64, address: &Address) -> Result<Option<Account>, Unknown> {
        let before = |writes: &WriteSet| {
            let at = writes.accounts.binary_search_by_key(address, |entry| entry.0).ok()?;
            Some(writes.accounts[at].1)
        };
        Ok(self.since(height)?.find_map(before).unwrap_or_else(|| state.account(address)))
    }

    /// The slot after the block at this height, likewise.
    ///
    /// # Errors
    /// [`Unknown`].
    pub fn slot(&self, state: &State, height: u64, address: &Address, slot: &U256) -> Result<U256, Unknown> {
        let before = |writes: &WriteSet| {
            let at = writes.slots.binary_search_by_key(&(*address, *slot), |entry| entry.0).ok()?;
            Some(writes.slots[at].1)
        };
        Ok(self.since(height)?.find_map(before).unwrap_or_else(|| state.slot(address, slot)))
    }

    /// What blocks above this height have replaced, the lowest of them first.
    fn since(&self, height: u64) -> Result<impl Iterator<Item = &WriteSet>, Unknown> {
        let (lowest, highest) = (self.lowest(), self.height);
        let blocks = highest.checked_sub(height).filter(|_| height >= lowest);
        let blocks = blocks.ok_or(Unknown { lowest, highest })?;
        Ok(self.replaced.range(..blocks as usize).rev())
    }
}
