//! A chain of random blocks, with the state and the root after each: what a store must give back.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use pelton_engine::evm::Code;
use pelton_engine::state::{Account, State};
use pelton_engine::store::record::Tip;
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

use crate::random::Random;

/// Accounts that take part: few, so that each is changed, deleted and made again.
const ACCOUNTS: usize = 48;
const SLOTS: usize = 6;
const CODES: usize = 12;

/// A block and what it changed.
#[derive(Clone, Debug)]
pub struct Grown {
    pub tip: Tip,
    pub parent: B256,
    pub writes: WriteSet,
}

impl Grown {
    /// What is noted with it.
    pub fn notes(&self) -> Vec<u8> {
        notes(&self.tip)
    }
}

/// What is noted with a block: up to 32 bytes, and none with genesis.
pub fn notes(tip: &Tip) -> Vec<u8> {
    tip.id[..tip.height as usize % 33].to_vec()
}

/// A chain, with all states that it has been in.
pub struct Model {
    random: Random,
    /// Height of the first block that is remembered.
    base: u64,
    /// By height above that.
    tips: Vec<Tip>,
    roots: Vec<B256>,
    states: Vec<State>,
    trie: Trie,
    /// How often it was forked, so that no two blocks have one id.
    forks: u64,
}

impl Model {
    pub fn new(seed: u64) -> Model {
        let mut model = Model {
            random: Random::new(seed),
            base: 0,
            tips: Vec::new(),
            roots: Vec::new(),
            states: Vec::new(),
            trie: Trie::new(),
            forks: seed << 32,
        };
        let mut state = State::default();
        let writes = model.changes(&state, ACCOUNTS);
        state.apply(&writes);
        let root = B256::from(model.trie.apply(&writes.trie_updates()));
        model.tips.push(Tip { height: 0, id: B256::from(root.0), gas_used: 0, root: Some(root) });
        model.roots.push(root);
        model.states.push(state);
        model
    }

    /// The last height.
    pub fn height(&self) -> u64 {
        self.base + self.tips.len() as u64 - 1
    }

    pub fn tip(&self, height: u64) -> Tip {
        self.tips[self.at(height)]
    }

    pub fn tips(&self) -> &[Tip] {
        &self.tips
    }

    pub fn state(&self, height: u64) -> &State {
        &self.states[self.at(height)]
    }

    pub fn root(&self, height: u64) -> B256 {
        self.roots[self.at(height)]
    }

    fn at(&self, height: u64) -> usize {
        (height - self.base) as usize
    }

    /// Forgets all blocks below the last.
    pub fn forget(&mut self) {
        let last = self.tips.len() - 1;
        self.base += last as u64;
        self.tips.drain(..last);
        self.roots.drain(..last);
        self.states.drain(..last);
    }

    /// Adds a block of a few changes, and seldom of many. One root in five is not known.
    pub fn grow(&mut self) -> Grown {
        let below = self.tip(self.height());
        let entries = if self.random.below(12) == 0 { 30 } else { 1 + self.random.below(6) };
        let mut state = self.state(below.height).clone();
        let writes = self.changes(&state, entries);
        state.apply(&writes);
        let root = B256::from(self.trie.apply(&writes.trie_updates()));
        let height = below.height + 1;
        let numbers = [self.forks.to_be_bytes(), height.to_be_bytes()].concat();
        let known = self.random.below(5) > 0;
        let gas_used = self.random.next() >> self.random.below(64);
        let tip = Tip {
            height,
            id: B256::from(*blake3::hash(&numbers).as_bytes()),
            gas_used,
            root: known.then_some(root),
        };
        self.tips.push(tip);
        self.roots.push(root);
        self.states.push(state);
        Grown { tip, parent: below.id, writes }
    }

    /// Forgets what is above this height.
    pub fn cut(&mut self, height: u64) {
        if height == self.height() {
            return;
        }
        let length = self.at(height) + 1;
        self.tips.truncate(length);
        self.roots.truncate(length);
        self.states.truncate(length);
        self.trie = Trie::new();
        self.trie.apply(&self.states[length - 1].writes().trie_updates());
        self.forks += 1;
    }

    /// Changes to so many accounts at most: new ones, updates, slots, codes, deletions.
    fn changes(&mut self, state: &State, entries: usize) -> WriteSet {
        let mut writes = WriteSet::default();
        let mut addresses: Vec<Address> =
            (0..entries).map(|_| address(self.random.below(ACCOUNTS))).collect();
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses {
            let slots = (0..SLOTS).map(slot);
            if state.account(&address).is_some() && self.random.below(5) == 0 {
                writes.accounts.push((address, None));
                let set = slots.filter(|slot| !state.slot(&address, slot).is_zero());
                writes.slots.extend(set.map(|slot| ((address, slot), U256::ZERO)));
                continue;
            }
            let code = self.code();
            let code_hash = code.as_ref().map_or(KECCAK256_EMPTY, Code::hash);
            let account = Account {
                nonce: self.random.next() >> self.random.below(64),
                balance: self.number(),
                code_hash,
            };
            writes.accounts.push((address, Some(account)));
            writes.codes.extend(code.map(|code| (code_hash, code)));
            for slot in slots {
                if self.random.below(3) == 0 {
                    let value = if self.random.below(3) == 0 { U256::ZERO } else { self.number() };
                    writes.slots.push(((address, slot), value));
                }
            }
        }
        writes.slots.sort_unstable_by_key(|entry| entry.0);
        writes.codes.sort_unstable_by_key(|entry| entry.0);
        writes.codes.dedup_by_key(|entry| entry.0);
        writes
    }

    fn code(&mut self) -> Option<Code> {
        let number = self.random.below(4 * CODES);
        (number < CODES).then(|| Code::new(Bytes::from(vec![number as u8; 1 + 7 * number])))
    }

    fn number(&mut self) -> U256 {
        let words = [0; 4].map(|_: u8| self.random.next());
        (U256::from_limbs(words) >> self.random.below(256)).max(U256::ONE)
    }
}

fn address(number: usize) -> Address {
    Address::from_slice(&blake3::hash(&[number as u8]).as_bytes()[..20])
}

fn slot(number: usize) -> U256 {
    match number {
        0 => U256::ZERO,
        1 => U256::MAX,
        _ => U256::from(number) << (40 * number),
    }
}
