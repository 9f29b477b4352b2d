//! `Table`: the hot keys of the chain and their excesses.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};

use super::Rule;
use super::key::{KEY_BYTES, Key};
use super::usage::Usage;

const ENTRY_BYTES: usize = KEY_BYTES + 8;

/// The excess of each hot key after some block: a function of the blocks up to it and of what came of them.
///
/// Invariants: every excess is above zero and at most `Rule::excess_max`; no more than `Rule::hot_keys_max` entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    excesses: BTreeMap<Key, u64>,
}

impl Table {
    /// The excess of a key in gas; 0 if it is cold.
    pub fn excess(&self, key: &Key) -> u64 {
        self.excesses.get(key).copied().unwrap_or(0)
    }

    /// The hot keys in ascending order, with their excesses.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, u64)> {
        self.excesses.iter().map(|(key, excess)| (key, *excess))
    }

    /// The hot slots of an account in ascending order, with their excesses.
    pub fn slots(&self, address: Address) -> impl Iterator<Item = (U256, u64)> {
        let all = Key::slot(address, U256::ZERO)..=Key::slot(address, U256::MAX);
        self.excesses.range(all).filter_map(|(key, excess)| Some((key.slot?, *excess)))
    }

    /// Whether an account or any slot of it is hot.
    pub fn names(&self, address: Address) -> bool {
        let all = Key::account(address)..=Key::slot(address, U256::MAX);
        !self.is_empty() && self.excesses.range(all).next().is_some()
    }

    /// How many keys are hot.
    pub fn len(&self) -> usize {
        self.excesses.len()
    }

    /// Whether no key is hot.
    pub fn is_empty(&self) -> bool {
        self.excesses.is_empty()
    }

    /// A table of these entries, if they ascend and are as a table's may be.
    pub(crate) fn from_ascending(entries: Vec<(Key, u64)>, rule: &Rule) -> Option<Table> {
        let fits = |(_, excess): &(Key, u64)| *excess > 0 && *excess <= rule.excess_max;
        let is_table = entries.len() <= rule.hot_keys_max
            && entries.iter().all(fits)
            && entries.is_sorted_by(|a, b| a.0 < b.0);
        is_table.then(|| Table { excesses: entries.into_iter().collect() })
    }

    /// The table after a block with this usage.
    pub fn update(&mut self, usage: &Usage, rule: &Rule) {
        let next = |key: &Key, excess: u64| {
            let load = usage.load(key).min(rule.load_max);
            (excess + load).saturating_sub(rule.target).min(rule.excess_max)
        };
        let heated = |key: &&Key| !self.excesses.contains_key(key) && next(key, 0) > 0;
        let heated: Vec<Key> = usage.keys().filter(heated).copied().collect();
        self.excesses.retain(|key, excess| {
            *excess = next(key, *excess);
            *excess > 0
        });
        self.excesses.extend(heated.iter().map(|key| (*key, next(key, 0))));
        self.evict(rule.hot_keys_max);
    }

    /// Makes room: the least excesses go first, and of equal ones the lesser keys.
    fn evict(&mut self, hot_keys_max: usize) {
        let Some(surplus) = self.excesses.len().checked_sub(hot_keys_max).filter(|surplus| *surplus > 0)
        else {
            return;
        };
        let mut ranked: Vec<(u64, Key)> = self.excesses.iter().map(|(key, excess)| (*excess, *key)).collect();
        ranked.select_nth_unstable(surplus - 1);
        ranked[..surplus].iter().for_each(|(_, key)| {
            self.excesses.remove(key);
        });
    }

    /// The entries in ascending order, each as the key's bytes and the excess as u64, big-endian.
    pub fn encode(&self) -> Vec<u8> {
        let entries = self.excesses.iter();
        entries.flat_map(|(key, excess)| key.encode().into_iter().chain(excess.to_be_bytes())).collect()
    }

    /// What [`Table::encode`] made; none of any other bytes.
    pub fn decode(bytes: &[u8], rule: &Rule) -> Option<Table> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        let read = |entry: &[u8; ENTRY_BYTES]| {
            let (key, excess) = entry.split_first_chunk().expect("an entry begins with a key");
            Some((Key::decode(key)?, u64::from_be_bytes(excess.try_into().expect("an excess follows"))))
        };
        let entries = entries.iter().map(read).collect::<Option<_>>().filter(|_| rest.is_empty())?;
        Table::from_ascending(entries, rule)
    }

    /// BLAKE3 of [`Table::encode`].
    pub fn digest(&self) -> B256 {
        B256::from(*blake3::hash(&self.encode()).as_bytes())
    }
}
