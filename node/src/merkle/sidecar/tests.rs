use std::sync::Arc;
use std::time::Duration;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256, keccak256};
use pelton_engine::limits::Limits;
use pelton_engine::state::{Account, State};
use pelton_engine::writes::WriteSet;

use super::Sidecar;
use crate::history::{Entry, History, Keep};
use crate::merkle::Tree;

fn entry(number: u64) -> Entry {
    let first = Entry::genesis(B256::ZERO, B256::ZERO, 1, &Limits::standard(1));
    let header = Header { number, ..Header::default() };
    Entry::imported(header, keccak256(number.to_be_bytes()), first.environment, Vec::new(), None, 0)
}

fn address(number: u64) -> Address {
    Address::from_word(B256::from(U256::from(number)))
}

fn state(accounts: u64) -> State {
    let account = |number| (address(number), Some(Account { nonce: number, ..Account::default() }));
    let slots = (0..accounts).step_by(3).map(|number| ((address(number), U256::ZERO), U256::from(1)));
    let mut state = State::default();
    state.apply(&WriteSet {
        accounts: (0..accounts).map(account).collect(),
        slots: slots.collect(),
        codes: Vec::new(),
    });
    state
}

/// Pays, makes and destroys accounts, and sets and clears slots.
fn block(height: u64, accounts: u64) -> WriteSet {
    let mut writes = WriteSet::default();
    for one in 0..8 {
        let dice = keccak256([height.to_be_bytes(), [one; 8]].concat());
        let number = u64::from_be_bytes(*dice.first_chunk().expect("it is long enough")) % (2 * accounts);
        let is_gone = dice[9] % 3 == 0;
        let account = (!is_gone).then(|| Account { nonce: height, ..Account::default() });
        let value = if is_gone || dice[10] % 2 == 0 { 0 } else { height };
        writes.accounts.push((address(number), account));
        writes.slots.push(((address(number), U256::ZERO), U256::from(value)));
    }
    writes.accounts.sort_unstable_by_key(|entry| entry.0);
    writes.accounts.dedup_by_key(|entry| entry.0);
    writes.slots.sort_unstable_by_key(|entry| entry.0);
    writes.slots.dedup_by_key(|entry| entry.0);
    // Of an account that two of these name, both say the same.
    writes.slots.retain(|((of, _), value)| {
        let at = writes.accounts.binary_search_by_key(of, |entry| entry.0).expect("it stands there");
        writes.accounts[at].1.is_some() || *value == U256::ZERO
    });
    for (address, _) in writes.accounts.iter().filter(|(_, account)| account.is_none()) {
        let slot = (*address, U256::ZERO);
        if let Err(at) = writes.slots.binary_search_by_key(&slot, |entry| entry.0) {
            writes.slots.insert(at, (slot, U256::ZERO));
        }
    }
    writes
}

fn oracle(history: &Arc<History>, height: u64) -> B256 {
    Tree::new(&history.at(height).everything(usize::MAX).expect("it is small")).root()
}

fn push(history: &History, height: u64, accounts: u64) {
    history.push(Arc::new(entry(height)), &block(height, accounts));
}

fn wait_for(sidecar: &Sidecar, height: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let reached = async { tokio::time::timeout(Duration::from_secs(60), sidecar.reached(height)).await };
    runtime.block_on(reached).expect("it gets there");
}

#[test]
fn there_is_a_tree_after_every_block_and_the_oldest_are_let_go() {
    let history = Arc::new(History::new(entry(0), state(50), Keep::ALL));
    let sidecar = Sidecar::start(history.clone()).expect("a thread");
    for height in 1..=200 {
        push(&history, height, 50);
        sidecar.bell().unpark();
        wait_for(&sidecar, height);
        let tree = sidecar.tree(height).expect("the newest is kept");
        assert_eq!(tree.root(), oracle(&history, height), "at {height}");
    }
    assert_eq!(sidecar.heights(), Some((73, 200)));
    assert_eq!(sidecar.tree(100).expect("it is kept").root(), oracle(&history, 100));
    assert!(sidecar.tree(72).is_none() && sidecar.tree(201).is_none());
    let standing = sidecar.standing();
    assert_eq!((standing.height, standing.lag, standing.rebuilds), (Some(200), 0, 1));
}

#[test]
fn one_that_waits_for_what_is_forgotten_begins_anew() {
    let history = Arc::new(History::new(entry(0), state(50), Keep { blocks: 3, transactions: usize::MAX }));
    (1..=10).for_each(|height| push(&history, height, 50));
    let sidecar = Sidecar::start_at(history.clone(), 0).expect("a thread");
    wait_for(&sidecar, 10);
    assert_eq!(sidecar.tree(10).expect("it is there").root(), oracle(&history, 10));
    let standing = sidecar.standing();
    assert_eq!((standing.lag, standing.rebuilds), (0, 2));
}

#[test]
fn blocks_go_on_while_the_whole_state_is_read_and_none_is_missed() {
    const ACCOUNTS: u64 = 80_000;
    let history = Arc::new(History::new(entry(0), state(ACCOUNTS), Keep::ALL));
    let sidecar = Sidecar::start(history.clone()).expect("a thread");
    let mut height = 0;
    while height < 300 || height < 5_000 && sidecar.standing().height.is_none() {
        height += 1;
        // Half of them in accounts of low numbers, which lie where was read first.
        push(&history, height, if height % 2 == 0 { 100 } else { ACCOUNTS });
        sidecar.bell().unpark();
        std::thread::yield_now();
    }
    wait_for(&sidecar, height);
    assert_eq!(sidecar.tree(height).expect("it is there").root(), oracle(&history, height));
}
