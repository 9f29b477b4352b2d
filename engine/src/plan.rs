//! `Plan`: which transactions of a block can run beside each other.
//!
//! ```text
//! block order   0  1  2  3  4  5  6  7 │ 8  9  10
//! lanes         ●──────●─────●         │             a lane: transactions that share keys, in block order
//!                  ●─────●        ●    │
//!                     ●        ●       │
//!               prefix, in parallel    │ tail, serial: from the first transaction whose touches are not known
//! ```
//!
//! A *key* is an account or a slot. Where any transaction of the prefix names a whole account, the account and all its
//! slots are one key; else each named slot is a key, and of the account nobody changes anything. A key that some
//! transaction of the prefix may write belongs to one lane, which all transactions that name it are part of. A key that
//! is only read belongs to no lane. So:
//!
//! 1. What a transaction names is its own lane's, or is written by nobody.
//! 2. What it touches besides is harmless if rule 1 holds for it too, otherwise the touch is a *violation*.
//! 3. Every transaction before the first violation in block order saw what serial execution would have shown it: a key
//!    that changed under it would have been changed from another lane, which is a violation earlier in the block.
//!
//! The prefix then ends at the first violation, is run once more without it, and the rest joins the tail.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use alloy_primitives::map::{AddressMap, HashMap};
use alloy_primitives::{Address, U256};

use crate::access::{AccessSet, Bound, Mode};
use crate::transaction::Verified;

/// A block's transactions in order, and how they may be spread over workers.
#[derive(Debug)]
pub struct Plan {
    transactions: Vec<Verified>,
    beneficiary: Address,
    /// Number of transactions before the tail.
    prefix: u32,
    /// Position of the first violation seen; the length of the prefix as long as there is none. Jobs that run at the
    /// same time lower it. It ends as the least one, whoever comes first.
    first_violation: AtomicU32,
    keys: Keys,
    /// Lane of each transaction of the prefix: the key that stands for it.
    lanes: Vec<u32>,
}

/// Lanes that run on one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Positions in the block, ascending.
    pub positions: Vec<u32>,
}

/// A lane as its transactions see it.
#[derive(Clone, Copy)]
pub struct Lane<'a> {
    plan: &'a Plan,
    lane: u32,
}

impl Plan {
    /// Plans a block that pays this beneficiary.
    pub fn new(transactions: Vec<Verified>, beneficiary: Address) -> Plan {
        let is_clear =
            |t: &Verified| t.access().bound != Bound::Open && !t.access().covers_account(beneficiary);
        let prefix = transactions.iter().take_while(|t| is_clear(t)).count();
        let (keys, lanes) = Keys::join(transactions[..prefix].iter().map(Verified::access));
        let prefix = u32::try_from(prefix).expect("a block's transactions are bounded");
        Plan { transactions, beneficiary, prefix, first_violation: prefix.into(), keys, lanes }
    }

    /// All transactions, in block order.
    pub fn transactions(&self) -> &[Verified] {
        &self.transactions
    }

    /// Those that run one after the other once the lanes are done.
    pub fn tail(&self) -> &[Verified] {
        &self.transactions[self.prefix()..]
    }

    /// Number of transactions that run in lanes.
    pub fn prefix(&self) -> usize {
        self.prefix as usize
    }

    /// Spreads the lanes over at most so many jobs with about equal gas limits, the largest first.
    pub fn jobs(&self, count_max: usize) -> Vec<Job> {
        let mut gas = vec![0u64; self.keys.nodes.len()];
        let lanes = &self.lanes[..self.prefix()];
        for (lane, transaction) in lanes.iter().zip(&self.transactions) {
            gas[*lane as usize] += transaction.fields().gas_limit;
        }
        let mut by_gas: Vec<(u64, u32)> = Vec::new();
        for lane in lanes {
            let gas = std::mem::take(&mut gas[*lane as usize]);
            if gas > 0 {
                by_gas.push((gas, *lane));
            }
        }
        by_gas.sort_unstable_by_key(|(gas, lane)| (Reverse(*gas), *lane));

        let mut job_of = vec![0usize; self.keys.nodes.len()];
        let mut loads: BinaryHeap<_> = (0..count_max.max(1)).map(|job| Reverse((0u64, job))).collect();
        for (gas, lane) in by_gas {
            let mut least = loads.peek_mut().expect("there is at least one job");
            job_of[lane as usize] = least.0.1;
            least.0.0 += gas;
        }
        let mut jobs = vec![Job { positions: Vec::new() }; loads.len()];
        for (position, lane) in (0..).zip(lanes) {
            jobs[job_of[*lane as usize]].positions.push(position);
        }
        jobs.retain(|job| !job.positions.is_empty());
        jobs
    }

    /// The lane of a transaction of the prefix.
    pub(crate) fn lane(&self, position: u32) -> Lane<'_> {
        Lane { plan: self, lane: self.lanes[position as usize] }
    }

    /// Whether it is still of use to run this transaction in its lane.
    pub(crate) fn reaches(&self, position: u32) -> bool {
        position < self.first_violation.load(Relaxed)
    }

    /// Notes that the transaction at this position reached out of its lane.
    pub(crate) fn violated(&self, position: u32) {
        self.first_violation.fetch_min(position, Relaxed);
    }

    /// Ends the prefix at the first violation; says whether there was one. The lanes stay, so that what was allowed to a
    /// transaction stays allowed.
    pub(crate) fn shorten(&mut self) -> bool {
        let first = *self.first_violation.get_mut();
        let shorter = first < self.prefix;
        self.prefix = first;
        shorter
    }
}

impl Lane<'_> {
    /// Whether nobody outside the lane changes the account.
    pub(crate) fn may_read_account(&self, address: &Address) -> bool {
        *address != self.plan.beneficiary && self.is_ours_or_unwritten(self.plan.keys.of_account(address))
    }

    /// Whether nobody outside the lane changes the slot.
    pub(crate) fn may_read_slot(&self, address: &Address, slot: &U256) -> bool {
        self.is_ours_or_unwritten(self.plan.keys.of_slot(address, slot))
    }

    /// Whether the lane alone may change the account.
    pub(crate) fn owns_account(&self, address: &Address) -> bool {
        self.plan.keys.of_account(address).is_some_and(|key| self.plan.keys.owner(key) == Some(self.lane))
    }

    /// Whether the lane alone may change the slot.
    pub(crate) fn owns_slot(&self, address: &Address, slot: &U256) -> bool {
        self.plan.keys.of_slot(address, slot).is_some_and(|key| self.plan.keys.owner(key) == Some(self.lane))
    }

    fn is_ours_or_unwritten(&self, key: Option<u32>) -> bool {
        key.and_then(|key| self.plan.keys.owner(key)).is_none_or(|lane| lane == self.lane)
    }
}

/// An account, or a slot of one that nobody names as a whole.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// A key of the same lane, nearer to the one that stands for it; itself if it is that one.
    parent: u32,
    /// The account and all its slots are this one key.
    whole: bool,
    /// Somebody may write it, so that it belongs to a lane.
    written: bool,
}

/// The keys of a prefix, numbered as they come, as a union-find forest.
#[derive(Debug, Default)]
struct Keys {
    accounts: AddressMap<u32>,
    /// By key of the account, and slot.
    slots: HashMap<(u32, U256), u32>,
    nodes: Vec<Node>,
}

impl Keys {
    /// Numbers the keys of these sets and joins those that stand in one set. Returns the lane of each set.
    fn join<'a>(sets: impl Iterator<Item = &'a AccessSet> + Clone) -> (Keys, Vec<u32>) {
        let mut keys = Keys::default();
        let mut accounts = Vec::new();
        for entry in sets.clone().flat_map(|set| &set.entries) {
            let account = keys.intern_account(entry.address);
            keys.nodes[account as usize].whole |= entry.slots.is_empty();
            accounts.push(account);
        }
        let mut touched = Vec::with_capacity(accounts.len());
        let mut ends = Vec::new();
        let mut accounts = accounts.into_iter();
        for set in sets {
            for (entry, account) in set.entries.iter().zip(&mut accounts) {
                let start = touched.len();
                if keys.nodes[account as usize].whole {
                    touched.push(account);
                } else {
                    touched.extend(entry.slots.iter().map(|slot| keys.intern_slot(account, *slot)));
                }
                if entry.mode == Mode::Write {
                    touched[start..].iter().for_each(|key| keys.nodes[*key as usize].written = true);
                }
            }
            ends.push(touched.len());
        }
        let lanes = keys.unite(&touched, &ends);
        (keys, lanes)
    }

    /// Joins the written keys of each set with its first key, the sender, which is always written.
    fn unite(&mut self, touched: &[u32], ends: &[usize]) -> Vec<u32> {
        let mut start = 0;
        let mut senders = Vec::with_capacity(ends.len());
        for end in ends {
            let [sender, others @ ..] = &touched[start..*end] else {
                unreachable!("every access set begins with the sender");
            };
            for key in others {
                if self.nodes[*key as usize].written {
                    let (a, b) = (self.root(*sender), self.root(*key));
                    // The lower number stands for both, so that the forest does not depend on who asks.
                    self.nodes[a.max(b) as usize].parent = a.min(b);
                }
            }
            senders.push(*sender);
            start = *end;
        }
        for key in 0..self.nodes.len() as u32 {
            let root = self.root(key);
            self.nodes[key as usize].parent = root;
        }
        senders.into_iter().map(|sender| self.nodes[sender as usize].parent).collect()
    }

    /// The key that stands for this one's lane, with the way there halved.
    fn root(&mut self, mut key: u32) -> u32 {
        loop {
            let parent = self.nodes[key as usize].parent;
            if parent == key {
                return key;
            }
            let above = self.nodes[parent as usize].parent;
            self.nodes[key as usize].parent = above;
            key = above;
        }
    }

    fn intern_account(&mut self, address: Address) -> u32 {
        *self.accounts.entry(address).or_insert_with(|| new_node(&mut self.nodes))
    }

    fn intern_slot(&mut self, account: u32, slot: U256) -> u32 {
        *self.slots.entry((account, slot)).or_insert_with(|| new_node(&mut self.nodes))
    }

    fn of_account(&self, address: &Address) -> Option<u32> {
        self.accounts.get(address).copied()
    }

    fn of_slot(&self, address: &Address, slot: &U256) -> Option<u32> {
        let account = self.of_account(address)?;
        match self.nodes[account as usize].whole {
            true => Some(account),
            false => self.slots.get(&(account, *slot)).copied(),
        }
    }

    /// The lane that a key belongs to, if somebody may write it.
    fn owner(&self, key: u32) -> Option<u32> {
        let node = self.nodes[key as usize];
        node.written.then_some(node.parent)
    }
}

fn new_node(nodes: &mut Vec<Node>) -> u32 {
    let key = u32::try_from(nodes.len()).expect("the keys of a block are bounded");
    nodes.push(Node { parent: key, whole: false, written: false });
    key
}
