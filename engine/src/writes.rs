//! `WriteSet`: what a block changes in the state, in one canonical form.
//!
//! Equal effects are equal write sets, whatever order or thread they came from: each key stands once, sorted, with its
//! last value. The commitment sees a write set as updates of hashed keys:
//!
//! ```text
//! account   key = BLAKE3(0x00 ‖ address [20])              value = BLAKE3(nonce u64 ‖ balance [32] ‖ code hash [32])
//! slot      key = BLAKE3(0x01 ‖ address [20] ‖ slot [32])  value = BLAKE3(value [32])          integers big-endian
//! ```

use alloy_primitives::{Address, B256, U256};

use crate::evm::Code;
use crate::state::Account;

/// Changes to accounts, slots and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteSet {
    /// By address; none deletes the account, and its slots are then deleted below.
    pub accounts: Vec<(Address, Option<Account>)>,
    /// By address and slot; zero deletes.
    pub slots: Vec<((Address, U256), U256)>,
    /// New codes by hash.
    pub codes: Vec<(B256, Code)>,
}

impl WriteSet {
    /// Number of accounts and slots.
    pub fn len(&self) -> usize {
        self.accounts.len() + self.slots.len()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Brings entries with different keys into the canonical form.
    pub(crate) fn sort_unique(&mut self) {
        self.accounts.sort_unstable_by_key(|entry| entry.0);
        self.slots.sort_unstable_by_key(|entry| entry.0);
        self.codes.sort_unstable_by_key(|entry| entry.0);
    }

    /// Brings entries in any order into the canonical form; of equal keys the last one counts.
    pub(crate) fn canonical(mut self) -> WriteSet {
        keep_last(&mut self.accounts);
        keep_last(&mut self.slots);
        keep_last(&mut self.codes);
        self
    }

    /// The same as updates of the state commitment, sorted by hashed key: none deletes.
    pub fn trie_updates(&self) -> Vec<([u8; 32], Option<[u8; 32]>)> {
        let accounts = self
            .accounts
            .iter()
            .map(|(address, account)| (account_key(address), account.as_ref().map(account_value)));
        let slots = self.slots.iter().map(|((address, slot), value)| {
            (slot_key(address, slot), (!value.is_zero()).then(|| hash(&value.to_be_bytes::<32>())))
        });
        let mut updates: Vec<_> = accounts.chain(slots).collect();
        updates.sort_unstable_by_key(|entry| entry.0);
        updates
    }
}

/// Where an account stands in the state commitment.
pub fn account_key(address: &Address) -> [u8; 32] {
    let mut bytes = [0x00; 21];
    bytes[1..].copy_from_slice(address.as_slice());
    hash(&bytes)
}

/// Where a slot stands in the state commitment.
pub fn slot_key(address: &Address, slot: &U256) -> [u8; 32] {
    let mut bytes = [0x01; 53];
    bytes[1..21].copy_from_slice(address.as_slice());
    bytes[21..].copy_from_slice(&slot.to_be_bytes::<32>());
    hash(&bytes)
}

/// What the state commitment holds of an account.
pub fn account_value(account: &Account) -> [u8; 32] {
    let mut bytes = [0; 72];
    bytes[..8].copy_from_slice(&account.nonce.to_be_bytes());
    bytes[8..40].copy_from_slice(&account.balance.to_be_bytes::<32>());
    bytes[40..].copy_from_slice(account.code_hash.as_slice());
    hash(&bytes)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Sorts by key and keeps the last of equal ones. Runs that are sorted already are merged, not sorted again.
fn keep_last<K: Ord + Copy, V>(entries: &mut Vec<(K, V)>) {
    entries.sort_by_key(|entry| entry.0);
    entries.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
}
