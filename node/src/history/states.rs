//! `States`: the newest state, and what it was at every height that is kept.
//!
//! ```text
//!   newest:  address ───> account          before:  address ───> [(height, what it was before that block), ...]
//!
//!   at height h:  the first entry of a later block, or else the newest
//! ```
//!
//! A block costs as much memory as it changes keys, and forgetting the oldest one gives that back.

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::{Address, B256, U256};
use foldhash::{HashMap, HashMapExt};
use pelton_engine::evm::Code;
use pelton_engine::state::{Account, State};
use pelton_engine::writes::WriteSet;

/// What something was before each block that changed it, oldest first.
type Before<T> = VecDeque<(u64, T)>;
/// A slot of an account.
pub type Slot = (Address, U256);

/// Accounts and slots that one block changed.
struct Changed {
    height: u64,
    accounts: Vec<Address>,
    slots: Vec<Slot>,
}

/// A state with its past.
pub struct States {
    newest: State,
    accounts: HashMap<Address, Before<Option<Account>>>,
    slots: HashMap<Slot, Before<U256>>,
    changed: VecDeque<Changed>,
}

impl States {
    /// A state without a past.
    pub fn new(newest: State) -> States {
        let (accounts, slots) = (HashMap::new(), HashMap::new());
        States { newest, accounts, slots, changed: VecDeque::new() }
    }

    /// The newest state.
    pub fn newest(&self) -> &State {
        &self.newest
    }

    /// Makes the writes of the block at this height.
    pub fn apply(&mut self, height: u64, writes: &WriteSet) {
        for (address, _) in &writes.accounts {
            let before = self.newest.account(address);
            self.accounts.entry(*address).or_default().push_back((height, before));
        }
        for ((address, slot), _) in &writes.slots {
            let before = self.newest.slot(address, slot);
            self.slots.entry((*address, *slot)).or_default().push_back((height, before));
        }
        let accounts = writes.accounts.iter().map(|(address, _)| *address).collect();
        let slots = writes.slots.iter().map(|(slot, _)| *slot).collect();
        self.changed.push_back(Changed { height, accounts, slots });
        self.newest.apply(writes);
    }

    /// Forgets what the state was below this height.
    pub fn forget_below(&mut self, height: u64) {
        while let Some(oldest) = self.changed.pop_front_if(|oldest| oldest.height <= height) {
            forget(&mut self.accounts, &oldest.accounts, oldest.height);
            forget(&mut self.slots, &oldest.slots, oldest.height);
        }
    }

    /// The accounts and slots that blocks above one height and up to another changed, in no order and perhaps several times.
    pub fn changed(&self, above: u64, up_to: u64) -> (Vec<Address>, Vec<Slot>) {
        let [start, end] =
            [above, up_to].map(|height| self.changed.partition_point(|block| block.height <= height));
        let (mut accounts, mut slots) = (Vec::new(), Vec::new());
        for block in self.changed.range(start..end.max(start)) {
            accounts.extend_from_slice(&block.accounts);
            slots.extend_from_slice(&block.slots);
        }
        (accounts, slots)
    }

    /// The account after the block at this height.
    pub fn account(&self, height: u64, address: &Address) -> Option<Account> {
        at(self.accounts.get(address), height).unwrap_or_else(|| self.newest.account(address))
    }

    /// The slot after the block at this height.
    pub fn slot(&self, height: u64, address: &Address, slot: &U256) -> U256 {
        at(self.slots.get(&(*address, *slot)), height).unwrap_or_else(|| self.newest.slot(address, slot))
    }

    /// The code with this hash, of any height.
    pub fn code(&self, hash: &B256) -> Option<Code> {
        self.newest.code(hash).cloned()
    }

    /// The slots of an account that were not zero after the block at this height. Looks at every slot that ever changed.
    pub fn slots_of(&self, height: u64, address: &Address) -> Vec<U256> {
        let changed = self.slots.keys().filter(|(of, _)| of == address).map(|(_, slot)| *slot);
        let mut slots: Vec<U256> =
            self.newest.slots_of(address).map(|(slot, _)| slot).chain(changed).collect();
        slots.sort_unstable();
        slots.dedup();
        slots.retain(|slot| !self.slot(height, address, slot).is_zero());
        slots
    }

    /// What has to be done to the newest state to get to that after the block at this height.
    pub fn back_to(&self, height: u64) -> WriteSet {
        let accounts = self.accounts.keys().map(|address| (*address, self.account(height, address)));
        let slots = self.slots.keys().map(|(of, slot)| ((*of, *slot), self.slot(height, of, slot)));
        let (mut accounts, mut slots): (Vec<_>, Vec<_>) = (accounts.collect(), slots.collect());
        accounts.sort_unstable_by_key(|(address, _)| *address);
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        WriteSet { accounts, slots, ..WriteSet::default() }
    }

    /// The whole state after the block at this height, as changes to the empty one, with codes of any height; none if more accounts
    /// and slots than so many would have to be looked at.
    pub fn everything(&self, height: u64, keys_max: usize) -> Option<WriteSet> {
        let changed = self.accounts.len() + self.slots.len();
        if self.newest.len() + self.newest.slot_count() + changed > keys_max {
            return None;
        }
        let mut state = self.newest.writes();
        let mut accounts: BTreeMap<Address, Option<Account>> = state.accounts.into_iter().collect();
        let changed = self.accounts.keys().map(|address| (*address, self.account(height, address)));
        accounts.extend(changed);
        let mut slots: BTreeMap<Slot, U256> = state.slots.into_iter().collect();
        slots.extend(self.slots.keys().map(|(of, slot)| ((*of, *slot), self.slot(height, of, slot))));
        state.accounts = accounts.into_iter().filter(|(_, account)| account.is_some()).collect();
        state.slots = slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
        Some(state)
    }
}

/// What it was after the block at this height, if a later one changed it.
fn at<T: Copy>(before: Option<&Before<T>>, height: u64) -> Option<T> {
    let before = before?;
    let later = before.partition_point(|(changed_at, _)| *changed_at <= height);
    before.get(later).map(|(_, value)| *value)
}

fn forget<K: std::hash::Hash + Eq, T>(all: &mut HashMap<K, Before<T>>, keys: &[K], height: u64) {
    for key in keys {
        if let Some(before) = all.get_mut(key) {
            while before.pop_front_if(|(changed_at, _)| *changed_at <= height).is_some() {}
            if before.is_empty() {
                all.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::States;
    use alloy_primitives::{Address, U256};
    use pelton_engine::state::{Account, State};
    use pelton_engine::writes::WriteSet;

    const A: Address = Address::repeat_byte(0xaa);

    fn account(nonce: u64) -> Option<Account> {
        Some(Account { nonce, ..Account::default() })
    }

    /// Sets the nonce of an account, and its slot 1 to the same.
    fn writes(nonce: u64) -> WriteSet {
        let slots = vec![((A, U256::from(1)), U256::from(nonce))];
        WriteSet { accounts: vec![(A, account(nonce))], slots, ..WriteSet::default() }
    }

    #[test]
    fn every_height_that_is_kept_reads_as_it_was() {
        let mut states = States::new(State::default());
        for height in [2, 3, 7] {
            states.apply(height, &writes(10 * height));
        }
        let nonces =
            [(0, None), (1, None), (2, Some(20)), (3, Some(30)), (6, Some(30)), (7, Some(70)), (9, Some(70))];
        for (height, nonce) in nonces {
            assert_eq!(states.account(height, &A), nonce.and_then(account), "at {height}");
            assert_eq!(
                states.slot(height, &A, &U256::from(1)),
                U256::from(nonce.unwrap_or(0)),
                "at {height}"
            );
            let slots: &[U256] = if nonce.is_some() { &[U256::from(1)] } else { &[] };
            assert_eq!(states.slots_of(height, &A), slots, "at {height}");
            let everything = states.everything(height, 4).expect("it is small");
            let expected = nonce.map_or_else(WriteSet::default, writes);
            assert_eq!(everything, expected, "at {height}");
            let mut copy = states.newest().clone();
            copy.apply(&states.back_to(height));
            assert_eq!(copy.writes(), expected, "at {height}");
            assert!(states.everything(height, 3).is_none(), "two keys, and what they were");
        }
        states.forget_below(3);
        for (height, nonce) in nonces.into_iter().filter(|(height, _)| *height >= 3) {
            assert_eq!(
                states.account(height, &A),
                nonce.and_then(account),
                "at {height}, once less is known"
            );
        }
        states.forget_below(7);
        assert!(states.accounts.is_empty() && states.slots.is_empty() && states.changed.is_empty());
        assert_eq!(states.account(7, &A), account(70));
    }
}
