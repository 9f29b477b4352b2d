//! `Start`: where a chain stands when a pipeline takes it up, at genesis or where a store has kept it.
//!
//! ```text
//! genesis ──────────────────────────────┐
//!                                       ├──> Start ──> pipeline
//! store ──recover──> state, trie, tips ─┘
//! ```
//!
//! A chain that is taken up again goes on as if it had never stopped: the next header follows from the last one, and from
//! what came of the blocks that it and the next few look back on. The store knows their roots, and keeps the header and the
//! tables of hot keys as notes.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::archive;
use pelton_engine::block::{HEADER_BYTES, Header, Parent, Summary};
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::prices::Tables;
use pelton_engine::state::State;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::Files;
use pelton_engine::store::record::Tip;
use pelton_engine::store::recovery::Recovered;
use pelton_engine::store::{self, StateStore};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

/// See the head of this file.
pub struct Start {
    /// What the next block builds upon.
    pub parent: Parent,
    /// The newest blocks that were executed, rising; the last one is the parent.
    pub summaries: Vec<Summary>,
    /// The tables of hot keys after these.
    pub tables: Tables,
    /// The state after it.
    pub state: State,
    /// The commitment to that.
    pub trie: Trie,
}

/// Why a chain cannot be taken up from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// What the store said.
    Store(StoreError),
    /// The store holds a chain with another genesis, other limits or another scheme.
    OtherChain {
        /// Id of the genesis in the store.
        found: B256,
        /// Of the one that was to be gone on with.
        wanted: B256,
    },
    /// The store was not written by a pipeline of this version: the header of the last block, or the root of one that the
    /// next headers speak of, is not there.
    Notes,
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> StartError {
        StartError::Store(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Store(error) => error.fmt(f),
            StartError::OtherChain { found, wanted } => {
                write!(f, "the store holds the chain of genesis {found}, not {wanted}")
            }
            StartError::Notes => write!(f, "the store does not say how its last block is gone on from"),
        }
    }
}

impl std::error::Error for StartError {}

impl Start {
    /// At genesis.
    pub fn genesis(genesis: &Genesis, limits: &Limits) -> Start {
        Start::new(&genesis.writes(), limits)
    }

    fn new(writes: &WriteSet, limits: &Limits) -> Start {
        let (mut state, mut trie) = (State::default(), Trie::new());
        state.apply(writes);
        let state_root = B256::from(trie.apply(&writes.trie_updates()));
        let tables = Tables::new(limits);
        let prices = tables.newest().digest();
        let summaries = vec![Summary { height: 0, gas_used: 0, state_root, prices }];
        Start { parent: Parent::genesis(state_root, limits), summaries, tables, state, trie }
    }

    /// Where a store stands, which is made with this genesis if there is none.
    ///
    /// # Errors
    /// [`StartError`]; then nothing in a store has been changed.
    pub fn open(
        files: &Arc<dyn Files>,
        settings: &store::Settings,
        genesis: &Genesis,
        limits: &Limits,
    ) -> Result<(Start, StateStore), StartError> {
        let writes = genesis.writes();
        let start = Start::new(&writes, limits);
        if let Some((store, recovered)) = StateStore::recover(files, settings)? {
            let (found, wanted) = (recovered.genesis, start.parent.id);
            if found != wanted {
                return Err(StartError::OtherChain { found, wanted });
            }
            if recovered.tip.height == 0 {
                return Ok((start, store));
            }
            return Start::recovered(recovered, limits).map(|start| (start, store));
        }
        let tip =
            Tip { height: 0, id: start.parent.id, gas_used: 0, root: Some(start.summaries[0].state_root) };
        StateStore::create(files, settings, tip, writes)?;
        let opened = StateStore::recover(files, settings)?;
        let (store, _) = opened.expect("a store that was made is there");
        Ok((start, store))
    }

    /// The same with the archive of the blocks that led there.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open_with_archive(
        files: &Arc<dyn Files>,
        settings: (&store::Settings, &archive::Settings),
        genesis: &Genesis,
        limits: &Limits,
    ) -> Result<(Start, StateStore, archive::Writer), StartError> {
        let (start, store) = Start::open(files, settings.0, genesis, limits)?;
        let newest = start.summaries.last().expect("a chain stands at a block");
        let (gas_used, root) = (newest.gas_used, Some(newest.state_root));
        let tip = Tip { height: start.parent.height, id: start.parent.id, gas_used, root };
        let origin = Start::genesis(genesis, limits).parent.id;
        let writer = archive::open(files, settings.1, origin, &tip)?;
        Ok((start, store, writer))
    }

    /// Where a chain stands that was found on a disk, above genesis.
    ///
    /// # Errors
    /// [`StartError::Notes`].
    pub fn recovered(recovered: Recovered, limits: &Limits) -> Result<Start, StartError> {
        let Recovered { tip, tips, notes, state, trie, .. } = recovered;
        let header = Header::decode(&notes).map_err(|_| StartError::Notes)?;
        if header.id() != tip.id {
            return Err(StartError::Notes);
        }
        let tables = notes.get(HEADER_BYTES..).and_then(|notes| Tables::decode(notes, limits));
        let tables = tables.ok_or(StartError::Notes)?;
        let summary = |tip: &Tip| {
            let Tip { height, gas_used, root, .. } = *tip;
            Some(Summary { height, gas_used, state_root: root?, prices: tables.after(height)?.digest() })
        };
        // A store knows more blocks than the next headers speak of; of the older ones there are no tables.
        let spoken_of = usize::try_from(limits.root_lag).unwrap_or(usize::MAX).saturating_add(1);
        let tips = &tips[tips.len().saturating_sub(spoken_of)..];
        let summaries = tips.iter().map(summary).collect::<Option<_>>().ok_or(StartError::Notes)?;
        Ok(Start { parent: header.as_parent(), summaries, tables, state, trie })
    }
}
