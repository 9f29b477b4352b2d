//! `WriteSet`: what a block changes in the state, in one canonical form.
//!
//! Equal effects are equal write sets, whatever order or thread they came from: each key stands once, sorted, with its
//! last value. The commitment sees a write set as updates of hashed keys:
//!
//! ```text
//! account   key = BLAKE3(0x00 ‖ address [20] ‖ 0^43)              value = BLAKE3(nonce u64 ‖ balance [32] ‖ code hash [32] ‖ 0^56)
//! slot      key = BLAKE3(0x01 ‖ address [20] ‖ slot [32] ‖ 0^11)  value = BLAKE3(value [32] ‖ 0^32)
//! ```
//!
//! Integers are big-endian. Zeros fill whole blocks of 64 bytes, so that many are hashed at once, in
//! [lanes](crate::commitment::lanes).

use alloy_primitives::{Address, B256, U256};

use crate::commitment::lanes::Lanes;
use crate::commitment::rules::{Key32, Update, ValueHash32, order};
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

    /// Brings codes into the canonical form, which the rest has. One may stand here several times.
    pub(crate) fn sorted_codes(mut self) -> WriteSet {
        keep_last(&mut self.codes);
        self
    }

    /// Brings entries in any order into the canonical form; of equal keys the last one counts.
    pub(crate) fn canonical(mut self) -> WriteSet {
        keep_last(&mut self.accounts);
        keep_last(&mut self.slots);
        keep_last(&mut self.codes);
        self
    }

    /// The same as updates of the state commitment, sorted by hashed key: none deletes.
    pub fn trie_updates(&self) -> Vec<Update> {
        let lanes = Lanes::detect();
        let mut keys = Vec::with_capacity(self.len());
        lanes.hash_made(self.accounts.iter().map(|(address, _)| account_key_block(address)), &mut keys);
        lanes.hash_made(
            self.slots.iter().map(|((address, slot), _)| slot_key_block(address, slot)),
            &mut keys,
        );

        let mut values = Vec::with_capacity(self.len());
        let accounts = self.accounts.iter().filter_map(|(_, account)| account.as_ref());
        lanes.hash_made(accounts.map(account_value_blocks), &mut values);
        let slots = self.slots.iter().map(|(_, value)| value).filter(|value| !value.is_zero());
        lanes.hash_made(slots.map(slot_value_block), &mut values);

        let accounts_kept = self.accounts.iter().map(|(_, account)| account.is_some());
        let is_kept = accounts_kept.chain(self.slots.iter().map(|(_, value)| !value.is_zero()));
        let mut values = values.into_iter();
        let value_if = |is_kept: bool| is_kept.then(|| values.next().expect("all that is kept was hashed"));
        let mut updates: Vec<Update> = keys.into_iter().zip(is_kept.map(value_if)).collect();
        updates.sort_unstable_by(|(a, _), (b, _)| order(a, b));
        updates
    }
}

/// Where an account stands in the state commitment.
pub fn account_key(address: &Address) -> Key32 {
    hash(&account_key_block(address))
}

/// Where a slot stands in the state commitment.
pub fn slot_key(address: &Address, slot: &U256) -> Key32 {
    hash(&slot_key_block(address, slot))
}

/// What the state commitment holds of an account.
pub fn account_value(account: &Account) -> ValueHash32 {
    hash(&account_value_blocks(account))
}

/// What the state commitment holds of a slot that is not zero.
pub fn slot_value(value: &U256) -> ValueHash32 {
    hash(&slot_value_block(value))
}

fn account_key_block(address: &Address) -> [u8; 64] {
    let mut block = [0; 64];
    block[0] = 0x00;
    block[1..21].copy_from_slice(address.as_slice());
    block
}

fn slot_key_block(address: &Address, slot: &U256) -> [u8; 64] {
    let mut block = [0; 64];
    block[0] = 0x01;
    block[1..21].copy_from_slice(address.as_slice());
    block[21..53].copy_from_slice(&slot.to_be_bytes::<32>());
    block
}

fn account_value_blocks(account: &Account) -> [u8; 128] {
    let mut blocks = [0; 128];
    blocks[..8].copy_from_slice(&account.nonce.to_be_bytes());
    blocks[8..40].copy_from_slice(&account.balance.to_be_bytes::<32>());
    blocks[40..72].copy_from_slice(account.code_hash.as_slice());
    blocks
}

fn slot_value_block(value: &U256) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&value.to_be_bytes::<32>());
    block
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Sorts by key and keeps the last of equal ones. Runs that are sorted already are merged, not sorted again.
pub(crate) fn keep_last<K: Ord + Copy, V>(entries: &mut Vec<(K, V)>) {
    entries.sort_by_key(|entry| entry.0);
    entries.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
}
