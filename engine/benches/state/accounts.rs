//! The accounts that every contender holds, and what happens to them, from a seed.

use std::collections::BTreeMap;

use pelton_engine::trie::Key32;

/// As long as an account is.
pub const VALUE_BYTES: usize = 64;

pub type Value = [u8; VALUE_BYTES];

/// Sorted by key, each key once.
pub type Entries = Vec<(Key32, Value)>;

/// As many accounts are created together.
const LOAD: u64 = 100_000;

/// The evenly spread key of an account.
pub fn key(account: u64) -> Key32 {
    *blake3::hash(&account.to_le_bytes()).as_bytes()
}

fn value(account: u64, turn: u64) -> Value {
    let mut value = [0; VALUE_BYTES];
    value[..8].copy_from_slice(&account.to_le_bytes());
    value[8..16].copy_from_slice(&turn.to_le_bytes());
    value
}

/// All accounts, in the order of their creation.
pub fn all(accounts: u64) -> impl Iterator<Item = Entries> {
    (0..accounts).step_by(LOAD as usize).map(move |from| {
        let mut entries: Entries =
            (from..accounts.min(from + LOAD)).map(|account| (key(account), value(account, 0))).collect();
        entries.sort_unstable();
        entries
    })
}

/// Updates of different accounts, each as likely as the other.
pub fn batch(accounts: u64, updates: usize, turn: u64) -> Entries {
    let mut batch = BTreeMap::new();
    for pick in 0.. {
        if batch.len() == updates {
            break;
        }
        let account = spread(turn << 32 | pick) % accounts;
        batch.insert(key(account), value(account, turn));
    }
    batch.into_iter().collect()
}

/// SplitMix64.
pub fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
