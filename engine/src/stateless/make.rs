//! Making the witness of a block, where its state is.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::{Address, B256};

use super::Claim;
use super::file::{File, entries};
use super::recorder::Recorder;
use crate::block::{Block, Header};
use crate::commitment::rules::Key32;
use crate::commitment::verifier::Verifier;
use crate::environment::Environment;
use crate::limits::Limits;
use crate::prices::{PriceList, Rule, Table};
use crate::serial::serial_on;
use crate::state::State;
use crate::trie::Trie;

/// What stands below a block.
#[derive(Clone, Copy)]
pub struct Below<'a> {
    /// The state.
    pub state: &'a State,
    /// The commitment to it.
    pub trie: &'a Trie,
    /// Header of the parent; none below the first block.
    pub parent: Option<&'a Header>,
    /// The hot keys after the block that the block's header speaks of.
    pub hot_keys: &'a Table,
}

/// The block has voided the slots of this account, which had neither nonce nor code. Only genesis can make such an
/// account, and only who has the whole state knows all of its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unprovable(pub Address);

impl fmt::Display for Unprovable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slots of {} became void, and no witness can show that these were all", self.0)
    }
}

impl std::error::Error for Unprovable {}

/// The bytes of a block with its witness. Above it may stand as many headers as are known; from `root_lag` on they speak
/// of the root after it.
///
/// # Errors
/// [`Unprovable`].
///
/// # Panics
/// If state and trie are not those below the block: a bug of the caller.
pub fn make(below: &Below, block: &Block, above: &[Header], limits: &Limits) -> Result<Vec<u8>, Unprovable> {
    let header = block.header();
    let prices = PriceList::new(below.hot_keys, header.base_fee, &Rule::new(limits));
    let environment = Environment::of(header, Arc::new(prices), limits);
    let recorder = Recorder::new(below.state);
    let executed = serial_on(&recorder, &environment, block.transactions());
    let executed = executed.expect("of a whole state everything is known");
    let touched = recorder.into_touched().map_err(Unprovable)?;
    let keys: Vec<Key32> = touched.trie_updates().into_iter().map(|(key, _)| key).collect();
    let witness = below.trie.witness(&keys);
    let opened = Verifier::open(&below.trie.root(), &witness).expect("a witness just made is good");
    let root = opened.post_root(&executed.writes.trie_updates()).expect("what is written was read before");
    let file = File {
        newest: above.last().map_or_else(|| block.id(), Header::id),
        root_before: B256::from(below.trie.root()),
        claim: Claim { state_root: root.into(), outcomes: executed.digest(), gas_used: executed.gas_used },
        parent: below.parent.copied(),
        above: above.to_vec(),
        block: block.bytes().clone(),
        hot_keys: entries(below.hot_keys),
        touched,
        witness,
    };
    Ok(file.encode(limits))
}
