//! `View`: the state after one block, for whoever reads it beside the pipeline.
//!
//! ```text
//! Chain::state ──┬── execution, sealing: the newest block
//!                └── View, cloned to any thread: pinned to its block while others come
//! ```
//!
//! A view holds no lock between reads and keeps nothing alive. A read takes the shared side of the chain's lock, as the
//! workers of a block do, for [`BATCH`] keys at most, so that whoever waits to bring the state up to date waits for
//! microseconds. A view that has fallen too far behind says so ([`Unknown`]) and never gives another block's values.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use pelton_engine::evm::Code;
use pelton_engine::state::Account;
use pelton_engine::store::views::Unknown;

use crate::chain::{Chain, Standing};

/// Keys that are read under one lock.
pub const BATCH: usize = 64;

/// See the head of this file.
#[derive(Clone)]
pub struct View {
    chain: Arc<Chain>,
    height: u64,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("height", &self.height).finish_non_exhaustive()
    }
}

impl View {
    /// The state after the newest block.
    pub fn newest(chain: &Arc<Chain>) -> View {
        View { height: chain.read().views.highest(), chain: chain.clone() }
    }

    /// The state after the block at this height.
    ///
    /// # Errors
    /// [`Unknown`] if that block is not executed yet, or too far back.
    pub fn at(chain: &Arc<Chain>, height: u64) -> Result<View, Unknown> {
        let (lowest, highest) = {
            let views = &chain.read().views;
            (views.lowest(), views.highest())
        };
        let is_known = (lowest..=highest).contains(&height);
        if is_known { Ok(View { chain: chain.clone(), height }) } else { Err(Unknown { lowest, highest }) }
    }

    /// Height of its block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// An account, if there is one.
    ///
    /// # Errors
    /// [`Unknown`] once its block is too far back.
    pub fn account(&self, address: &Address) -> Result<Option<Account>, Unknown> {
        let Standing { state, views } = &*self.chain.read();
        views.account(state, self.height, address)
    }

    /// A slot; zero if it was never set.
    ///
    /// # Errors
    /// As [`View::account`].
    pub fn slot(&self, address: &Address, slot: &U256) -> Result<U256, Unknown> {
        let Standing { state, views } = &*self.chain.read();
        views.slot(state, self.height, address, slot)
    }

    /// Many accounts, in their order.
    ///
    /// # Errors
    /// As [`View::account`].
    pub fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, Unknown> {
        self.many(addresses, |Standing { state, views }, address| views.account(state, self.height, address))
    }

    /// Many slots, in their order.
    ///
    /// # Errors
    /// As [`View::account`].
    pub fn slots(&self, slots: &[(Address, U256)]) -> Result<Vec<U256>, Unknown> {
        self.many(slots, |Standing { state, views }, (address, slot)| {
            views.slot(state, self.height, address, slot)
        })
    }

    /// The code with this hash, of any block.
    pub fn code(&self, hash: &B256) -> Option<Code> {
        self.chain.state().code(hash).cloned()
    }

    fn many<K, V>(
        &self,
        keys: &[K],
        read: impl Fn(&Standing, &K) -> Result<V, Unknown>,
    ) -> Result<Vec<V>, Unknown> {
        let mut values = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let standing = self.chain.read();
            for key in batch {
                values.push(read(&standing, key)?);
            }
        }
        Ok(values)
    }
}
