//! `Accounts`: Ethereum's tree of a whole state, a tree of slots below each account that has any.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable as _;
use alloy_trie::TrieAccount;
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

use super::patricia::{Leaf, Patricia};

/// See the head of this file. A copy costs nothing and stays as it is.
#[derive(Clone, Default)]
pub struct Accounts(Patricia<Held>);

/// What stands in a state under an address, and the nodes from the root to it.
pub struct Proof {
    /// The account; none proves that there is none.
    pub account: Option<TrieAccount>,
    /// Nodes, the root first.
    pub nodes: Vec<Bytes>,
    /// For each slot that was asked for, its value and its nodes below the account's storage root.
    pub slots: Vec<(U256, Vec<Bytes>)>,
}

/// An account and its slots.
#[derive(Clone)]
struct Held {
    account: Account,
    slots: Patricia<U256>,
}

impl Held {
    fn shown(&self) -> TrieAccount {
        let Account { nonce, balance, code_hash } = self.account;
        TrieAccount { nonce, balance, storage_root: self.slots.root(), code_hash }
    }
}

impl Leaf for Held {
    fn encode(&self, out: &mut Vec<u8>) {
        self.shown().encode(out);
    }
}

impl Leaf for U256 {
    fn encode(&self, out: &mut Vec<u8>) {
        alloy_rlp::Encodable::encode(self, out);
    }
}

/// What becomes of an account.
#[derive(Default)]
struct Change {
    /// None leaves nonce, balance and code as they are.
    account: Option<Option<Account>>,
    slots: Vec<(B256, U256)>,
}

impl Accounts {
    /// The tree after these writes.
    pub fn after(&self, writes: &WriteSet) -> Accounts {
        let mut changes = BTreeMap::<Address, Change>::new();
        for (address, account) in &writes.accounts {
            changes.entry(*address).or_default().account = Some(*account);
        }
        for ((address, slot), value) in &writes.slots {
            changes.entry(*address).or_default().slots.push((key_of(slot), *value));
        }
        let mut changes: Vec<(B256, Change)> =
            changes.into_iter().map(|(address, change)| (keccak256(address), change)).collect();
        changes.sort_unstable_by_key(|change| change.0);
        for (_, change) in &mut changes {
            change.slots.sort_unstable_by_key(|slot| slot.0);
        }
        Accounts(self.0.after(&changes, changed))
    }

    /// The root of the whole state.
    pub fn root(&self) -> B256 {
        self.0.root()
    }

    /// Proves what stands under an address, and under some of its slots.
    pub fn prove(&self, address: &Address, slots: &[U256]) -> Proof {
        let key = keccak256(address);
        let held = self.0.get(&key);
        let none = Patricia::default();
        let stored = held.map_or(&none, |held| &held.slots);
        let prove_slot = |slot: &U256| {
            let key = key_of(slot);
            (stored.get(&key).copied().unwrap_or_default(), stored.prove(&key))
        };
        Proof {
            account: held.map(Held::shown),
            nodes: self.0.prove(&key),
            slots: slots.iter().map(prove_slot).collect(),
        }
    }
}

/// An account after a change. Slots of what is no account stand nowhere.
fn changed(before: Option<&Held>, change: &Change) -> Option<Held> {
    let account = match change.account {
        Some(account) => account?,
        None => before?.account,
    };
    let slots = before.map(|before| before.slots.clone()).unwrap_or_default();
    let slots = slots.after(&change.slots, |_, value| (!value.is_zero()).then_some(*value));
    Some(Held { account, slots })
}

fn key_of(slot: &U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256, keccak256};
    use alloy_rlp::Encodable as _;
    use alloy_trie::Nibbles;
    use alloy_trie::proof::verify_proof;
    use pelton_engine::state::{Account, State};
    use pelton_engine::writes::WriteSet;

    use super::Accounts;
    use crate::merkle::Tree;
    use crate::merkle::tests::state;

    /// What a block might do: pays some accounts, destroys some with their slots, changes slots of others and nothing else.
    fn block(state: &State, height: u64) -> WriteSet {
        let mut writes = WriteSet::default();
        let of_height = |byte: u8| keccak256([height.to_be_bytes()[7], byte])[0];
        for number in 0..u8::MAX {
            let address = Address::with_last_byte(number);
            let before = state.account(&address);
            match of_height(number) {
                0..8 => {
                    let mut slots: Vec<_> = state.slots_of(&address).map(|(slot, _)| slot).collect();
                    slots.sort_unstable();
                    writes.accounts.push((address, None));
                    writes.slots.extend(slots.into_iter().map(|slot| ((address, slot), U256::ZERO)));
                }
                8..40 => {
                    let mut account = before.unwrap_or_default();
                    account.balance += U256::from(height);
                    writes.accounts.push((address, Some(account)));
                }
                40..80 if before.is_some() => {
                    let slots =
                        (0..4).map(|slot| ((address, U256::from(slot)), U256::from(of_height(slot) % 3)));
                    writes.slots.extend(slots);
                }
                _ => {}
            }
        }
        writes
    }

    #[test]
    fn block_after_block_it_is_the_tree_of_the_whole_state() {
        let writes = state(200);
        let (mut state, mut tree) = (State::default(), Accounts::default());
        state.apply(&writes);
        tree = tree.after(&writes);
        for height in 0..60 {
            assert_eq!(tree.root(), Tree::new(&state.writes()).root(), "at {height}");
            let writes = block(&state, height);
            state.apply(&writes);
            tree = tree.after(&writes);
        }
    }

    #[test]
    fn what_is_proven_verifies_and_what_is_not_there_is_proven_to_be_absent() {
        let tree = Accounts::default().after(&state(60));
        for number in [0, 4, 9, 59, 60, 200] {
            let address = Address::with_last_byte(number);
            let proof = tree.prove(&address, &[U256::from(1), U256::from(100)]);
            assert_eq!(proof.account.is_some(), number < 60);
            let leaf = proof.account.map(alloy_rlp::encode);
            let key = Nibbles::unpack(keccak256(address));
            verify_proof(tree.root(), key, leaf, &proof.nodes).expect("the account's proof holds");
            let Some(account) = proof.account else { continue };
            for (slot, (value, nodes)) in [1, 100].into_iter().zip(&proof.slots) {
                let key = Nibbles::unpack(keccak256(U256::from(slot).to_be_bytes::<32>()));
                let mut leaf = Vec::new();
                value.encode(&mut leaf);
                let leaf = (!value.is_zero()).then_some(leaf);
                verify_proof(account.storage_root, key, leaf, nodes).expect("the slot's proof holds");
            }
        }
    }

    /// CPU time of this thread in nanoseconds, and memory of the process in bytes.
    fn spent() -> (u64, u64) {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let pages = std::fs::read_to_string("/proc/self/statm").expect("the system tells");
        let resident: u64 = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
        (time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64, resident * 4_096)
    }

    /// The account of a number that was mixed, so that batches are spread over all.
    fn scattered(number: u64, nonce: u64) -> (Address, Option<Account>) {
        let address = Address::from_slice(&keccak256(number.to_be_bytes())[..20]);
        (
            address,
            Some(Account { nonce, balance: U256::from(u128::from(number) << 64), ..Account::default() }),
        )
    }

    #[test]
    #[ignore = "says what a tree of a million accounts costs: a minute and half a gigabyte"]
    fn what_a_tree_costs() {
        const ACCOUNTS: u64 = 1_000_000;
        const BATCH: u64 = 10_000;
        let batch = |numbers: &mut dyn Iterator<Item = u64>, nonce| {
            let mut writes = WriteSet {
                accounts: numbers.map(|number| scattered(number, nonce)).collect(),
                ..WriteSet::default()
            };
            writes.accounts.sort_unstable_by_key(|entry| entry.0);
            writes.accounts.dedup_by_key(|entry| entry.0);
            writes
        };
        let mut tree = Accounts::default();
        let before = spent();
        for piece in 0..ACCOUNTS >> 16 {
            tree = tree.after(&batch(&mut (piece << 16..(piece + 1) << 16), 0));
        }
        let (built, count) = (spent(), ACCOUNTS >> 16 << 16);
        let per = |spent: u64, count: u64| spent as f64 / count as f64;
        let (ns, bytes) = (per(built.0 - before.0, count), per(built.1 - before.1, count));
        eprintln!("{count} accounts in pieces of 65,536: {ns:.0} ns of CPU and {bytes:.0} bytes each");
        let mut steps = Vec::new();
        for round in 0..30_u64 {
            let writes = batch(&mut (0..BATCH).map(|at| (at * 7_919 + round * 104_729) % count), round + 1);
            let before = spent();
            tree = tree.after(&writes);
            steps.push((spent().0 - before.0) / writes.accounts.len() as u64);
        }
        steps.sort_unstable();
        eprintln!("updates in batches of {BATCH}: {} ns of CPU each, median of {}", steps[15], steps.len());
        let before = spent();
        let nodes: usize = (0..BATCH).map(|at| tree.prove(&scattered(at * 91, 0).0, &[]).nodes.len()).sum();
        eprintln!(
            "a proof of {:.1} nodes: {:.0} ns of CPU",
            per(nodes as u64, BATCH),
            per(spent().0 - before.0, BATCH)
        );
    }
}
