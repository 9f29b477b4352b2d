//! `Pool`: transactions that wait for a block.
//!
//! ```text
//!                 nonce < next: StaleNonce        same nonce: dearer one stays, other is Replaced / Underpriced
//!   insert ──> sender's queue, by nonce ──> head at `next`, fee and funds suffice ──> ready, best tip first ──> take
//!                      │                           │
//!                      └── gap, or cannot pay now: parked, until that changes, or it is too old, or the pool is full
//! ```
//!
//! Invariants: (1) a sender's transactions are taken in nonce order without gaps. (2) What is taken of a sender and not
//! yet executed, at worst cost, never exceeds the balance that the sender's own transactions leave it in the executed
//! state. (3) No more than `Settings::room` waits.
//!
//! Others can change a sender's nonce and balance (EIP-7702), so what was taken may be skipped at execution. Nothing
//! more of that sender is taken then until all that is in flight is settled, and the executed state says where to go on.

mod queue;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use pelton_engine::prices::PriceList;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;

use crate::chain::Settled;
use crate::clock::Nanos;
use crate::room::Room;
use queue::Queue;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What may wait in all.
    pub room: Room,
    /// Transactions of one sender that may wait.
    pub sender_max: usize,
    /// A parked transaction is given up after this long.
    pub parked_ns_max: Nanos,
}

/// What the executed state says of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// Its next nonce.
    pub nonce: u64,
    /// Its balance in wei.
    pub balance: U256,
    /// Whether it is a contract, which cannot send.
    pub is_contract: bool,
}

/// Where the pool asks about accounts.
pub trait Accounts {
    /// What the newest executed state says.
    fn funds(&self, address: &Address) -> Funds;
}

/// What the next block costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Market {
    /// Wei per gas.
    pub base_fee: u64,
    /// Of hot keys.
    pub prices: Arc<PriceList>,
}

impl Market {
    /// Wei per gas that a transaction leaves for the producer, after base fee and contention.
    fn tip(&self, transaction: &Verified) -> Result<u128, Reject> {
        Ok(self.prices.terms(transaction, self.base_fee)?.tip())
    }
}

/// A waiting transaction.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The transaction.
    pub transaction: Verified,
    /// When it came in.
    pub arrival_ns: Nanos,
    since_ns: Nanos,
    /// How many were inserted before it.
    sequence: u64,
    cost_max: U256,
}

impl Waiting {
    fn room(&self) -> Room {
        Room::of(&self.transaction)
    }
}

/// What was at the place of a transaction that is held.
#[derive(Debug)]
pub struct Place {
    /// It has the nonce that was the sender's next.
    is_next: bool,
    /// What waited there.
    pub waited: Option<Waiting>,
}

impl Place {
    /// The place of a transaction that was taken.
    pub fn of(taken: Waiting) -> Place {
        Place { is_next: true, waited: Some(taken) }
    }
}

/// A sender whose head may be taken: the last one has the best tip, and of those with equal tips the oldest head.
type Ready = (u128, Reverse<u64>, Address);

/// Transactions that wait for a block.
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    market: Market,
    /// Senders whose heads stand back for now.
    aside: Vec<Address>,
    queues: HashMap<Address, Queue>,
    ready: BTreeSet<Ready>,
    /// Senders whose heads offered too little when they were last looked at.
    dear: HashSet<Address>,
    waiting: Room,
    /// As much of it can be taken, one after the other.
    moving: Room,
    sequence: u64,
}

impl Pool {
    /// An empty pool.
    pub fn new(settings: Settings, market: Market) -> Pool {
        Pool {
            settings,
            market,
            aside: Vec::new(),
            queues: HashMap::new(),
            ready: BTreeSet::new(),
            dear: HashSet::new(),
            waiting: Room::default(),
            moving: Room::default(),
            sequence: 0,
        }
    }

    /// What the next block costs.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.transactions
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.transactions == 0
    }

    /// How many senders have a transaction that may be taken now.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How much can be taken, each once those before it are. What waits behind a gap or cannot be paid for is not among it.
    pub fn moving(&self) -> Room {
        self.moving
    }

    /// Whether anything waits for the base fee or a price to fall, and for nothing else that is known.
    pub fn waits_for_price(&self) -> bool {
        let waits =
            |sender: &Address| self.queues.get(sender).is_some_and(|queue| queue.is_too_dear(&self.market));
        self.dear.iter().any(waits)
    }

    /// Whether anything that was taken has not been settled.
    pub fn has_in_flight(&self) -> bool {
        self.queues.values().any(|queue| queue.in_flight > 0)
    }

    /// Lets a transaction wait. Whatever is turned away by that, itself or another, goes to `reject`.
    pub fn insert(
        &mut self,
        transaction: Verified,
        arrival_ns: Nanos,
        now_ns: Nanos,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) {
        let (sender, nonce) = (transaction.sender(), transaction.fields().nonce);
        let cost_max = cost_max(&transaction);
        let funds = accounts.funds(&sender);
        let queue = queue_of(&mut self.queues, sender, accounts);
        if let Err(reason) = queue.judge(&transaction, cost_max, &funds, self.settings.sender_max) {
            reject(transaction.id(), reason);
            self.forget_if_empty(&sender);
            return;
        }
        self.sequence += 1;
        let waiting =
            Waiting { transaction, arrival_ns, since_ns: now_ns, sequence: self.sequence, cost_max };
        let room = waiting.room();
        self.waiting += room;
        match queue.waiting.insert(nonce, waiting) {
            Some(replaced) => {
                reject(replaced.transaction.id(), Reject::Replaced);
                self.waiting -= replaced.room();
                queue.exchange(nonce, replaced.room(), room);
                // If that was the head, its place was its own: the new one has another tip, and costs more.
                queue.withdraw(&mut self.ready);
            }
            None => queue.extend_run(),
        }
        self.offer(&sender, accounts);
        while !self.waiting.fits(self.settings.room) {
            self.evict(reject);
        }
    }

    /// The best transaction that may be taken now, if there is one.
    pub fn peek(&self) -> Option<&Waiting> {
        let sender = self.ready.last()?.2;
        let queue = self.queues.get(&sender).expect("a ready sender has a queue");
        Some(queue.waiting.first_key_value().expect("a ready sender has a head").1)
    }

    /// Takes what [`Pool::peek`] showed.
    pub fn take(&mut self, accounts: &impl Accounts) -> Option<Waiting> {
        let (_, _, sender) = self.ready.pop_last()?;
        let queue = self.queues.get_mut(&sender).expect("a ready sender has a queue");
        let (nonce, head) = queue.waiting.pop_first().expect("a ready sender has a head");
        assert_eq!(nonce, queue.next, "a sender's transactions are taken in nonce order");
        queue.next += 1;
        queue.run -= head.room();
        queue.in_flight += 1;
        queue.in_flight_cost = queue.in_flight_cost.saturating_add(head.cost_max);
        queue.offered = None;
        self.waiting -= head.room();
        self.offer(&sender, accounts);
        Some(head)
    }

    /// Lets what [`Pool::peek`] showed stand back, so that the next best can be seen.
    pub fn set_aside(&mut self) {
        if let Some((_, _, sender)) = self.ready.pop_last() {
            self.queues.get_mut(&sender).expect("a ready sender has a queue").offered = None;
            self.aside.push(sender);
        }
    }

    /// How many stand back.
    pub fn aside(&self) -> usize {
        self.aside.len()
    }

    /// Ends that: all may be taken again.
    pub fn take_back(&mut self, accounts: &impl Accounts) {
        for sender in std::mem::take(&mut self.aside) {
            self.offer(&sender, accounts);
        }
    }

    /// Holds a place for a transaction of a block that others have made and that may become final, as if it had been
    /// taken. Gives what waited at that place, it or another one.
    pub fn hold(&mut self, transaction: &Verified, accounts: &impl Accounts) -> Place {
        let (sender, nonce) = (transaction.sender(), transaction.fields().nonce);
        let queue = queue_of(&mut self.queues, sender, accounts);
        queue.in_flight += 1;
        queue.in_flight_cost = queue.in_flight_cost.saturating_add(cost_max(transaction));
        let is_next = nonce == queue.next;
        queue.next += u64::from(is_next);
        let waited = if is_next { queue.waiting.remove(&nonce) } else { None };
        queue.withdraw(&mut self.ready);
        if let Some(waited) = &waited {
            self.waiting -= waited.room();
            queue.run -= waited.room();
        }
        queue.extend_run();
        self.offer(&sender, accounts);
        Place { is_next, waited }
    }

    /// Takes back the last thing that was taken or held of a sender: its block will not be final.
    pub fn release(
        &mut self,
        transaction: &Verified,
        place: Place,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) {
        let (sender, nonce) = (transaction.sender(), transaction.fields().nonce);
        let queue = self.queues.get_mut(&sender).expect("a sender with transactions in flight has a queue");
        queue.withdraw(&mut self.ready);
        queue.in_flight -= 1;
        queue.in_flight_cost = queue.in_flight_cost.saturating_sub(cost_max(transaction));
        queue.next -= u64::from(place.is_next);
        if let Some(waited) = place.waited {
            match queue.waiting.entry(nonce) {
                Entry::Vacant(entry) => {
                    self.waiting += waited.room();
                    entry.insert(waited);
                }
                Entry::Occupied(_) => reject(waited.transaction.id(), Reject::Replaced),
            }
        }
        queue.count_run();
        self.follow(&sender, accounts, reject);
    }

    /// Hears that a transaction that was taken is through. What turns out to be used up goes to `reject`.
    pub fn settle(
        &mut self,
        settled: &Settled,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) {
        let Settled { sender, cost_max, executed } = settled;
        let queue = self.queues.get_mut(sender).expect("a sender with transactions in flight has a queue");
        queue.in_flight -= 1;
        queue.in_flight_cost = queue.in_flight_cost.saturating_sub(*cost_max);
        if !executed {
            queue.skipped = true;
            queue.withdraw(&mut self.ready);
        }
        self.follow(sender, accounts, reject);
    }

    /// Once nothing of a sender is in flight, the executed state says where it goes on.
    fn follow(&mut self, sender: &Address, accounts: &impl Accounts, reject: &mut impl FnMut(B256, Reject)) {
        let queue = self.queues.get_mut(sender).expect("a sender with transactions in flight has a queue");
        if queue.in_flight == 0 {
            (queue.skipped, queue.in_flight_cost) = (false, U256::ZERO);
            let next = accounts.funds(sender).nonce;
            if next != queue.next {
                queue.withdraw(&mut self.ready);
                queue.next = next;
                queue.count_run();
            }
            while let Some(head) = queue.waiting.first_entry()
                && *head.key() < next
            {
                let stale = head.remove();
                reject(stale.transaction.id(), Reject::StaleNonce);
                self.waiting -= stale.room();
            }
        }
        self.offer(sender, accounts);
        self.forget_if_empty(sender);
    }

    /// Sets what the next block costs and looks at every queue again if that changed.
    pub fn set_market(&mut self, market: Market, accounts: &impl Accounts) {
        if market == self.market {
            return;
        }
        self.market = market;
        self.ready.clear();
        self.queues.values_mut().for_each(|queue| queue.offered = None);
        self.offer_all(accounts);
    }

    /// Gives up what has been parked since before this moment, each with what it waited for; at the end of time
    /// everything that cannot be taken now, also behind what is in flight.
    pub fn expire(
        &mut self,
        before_ns: Nanos,
        accounts: &impl Accounts,
        reject: &mut impl FnMut(B256, Reject),
    ) {
        // Who has been paid in the meantime can pay.
        self.offer_all(accounts);
        let market = &self.market;
        for queue in self.queues.values_mut().filter(|queue| !queue.skipped) {
            // Behind a head that is ready or in flight, a contiguous run still has its turn.
            let (mut nonce, mut reason) = (queue.next, Reject::InsufficientFunds);
            let moves = queue.offered.is_some() || (queue.in_flight > 0 && before_ns < Nanos::MAX);
            queue.waiting.retain(|at, waiting| {
                if *at != nonce {
                    reason = Reject::NonceGap;
                } else if reason == Reject::InsufficientFunds
                    && let Err(unpaid) = market.tip(&waiting.transaction)
                {
                    reason = unpaid;
                }
                nonce = at + 1;
                let parked = reason != Reject::InsufficientFunds || !moves;
                let stays = !parked || waiting.since_ns >= before_ns;
                if !stays {
                    reject(waiting.transaction.id(), reason);
                }
                stays
            });
        }
        self.recount();
    }

    /// Forgets empty queues, and counts what is left.
    fn recount(&mut self) {
        self.queues.retain(|_, queue| !queue.waiting.is_empty() || queue.in_flight > 0);
        self.dear.retain(|sender| self.queues.contains_key(sender));
        (self.waiting, self.moving) = Default::default();
        for queue in self.queues.values_mut() {
            queue.count_run();
            queue.counted = queue.moving();
            queue.waiting.values().for_each(|waiting| self.waiting += waiting.room());
            self.moving += queue.counted;
        }
    }

    /// Drops an eighth of what cannot be taken now, what waits behind gaps before all else, and then the cheapest; if all
    /// senders have but one, the worst of them.
    fn evict(&mut self, reject: &mut impl FnMut(B256, Reject)) {
        let mut behind: Vec<(bool, u128, Address, u64)> = Vec::new();
        for (sender, queue) in &self.queues {
            let skip = usize::from(queue.offered.is_some());
            for (nonce, waiting) in queue.waiting.iter().skip(skip) {
                let fee = waiting.transaction.fields().max_fee_per_gas;
                behind.push((!queue.is_behind_gap(*nonce), fee, *sender, *nonce));
            }
        }
        // With equal fees the highest nonces go first, so that no run is cut in its middle.
        behind
            .sort_unstable_by_key(|(in_turn, fee, sender, nonce)| (*in_turn, *fee, Reverse(*nonce), *sender));
        behind.truncate((behind.len() / 8).max(1));
        if behind.is_empty()
            && let Some((_, _, worst)) = self.ready.first().copied()
        {
            let queue = self.queues.get_mut(&worst).expect("a ready sender has a queue");
            queue.withdraw(&mut self.ready);
            behind.push((true, 0, worst, queue.next));
        }
        for (_, _, sender, nonce) in behind {
            let queue = self.queues.get_mut(&sender).expect("it was just listed");
            let dropped = queue.waiting.remove(&nonce).expect("it was just listed");
            reject(dropped.transaction.id(), Reject::PoolFull);
        }
        self.recount();
    }

    /// Looks at every sender's head again. Equal pools end up equal, in whatever order this goes.
    fn offer_all(&mut self, accounts: &impl Accounts) {
        let senders: Vec<Address> = self.queues.keys().copied().collect();
        senders.iter().for_each(|sender| self.offer(sender, accounts));
    }

    /// Puts a sender's head among the ready if it may be taken, and counts what moves with it.
    fn offer(&mut self, sender: &Address, accounts: &impl Accounts) {
        let Some(queue) = self.queues.get_mut(sender) else { return };
        if queue.offered.is_none()
            && let Some(ready) = queue.ready(&self.market, sender, accounts)
        {
            queue.offered = Some(ready);
            self.ready.insert(ready);
        }
        let is_dear = queue.offered.is_none() && queue.is_too_dear(&self.market);
        self.moving += queue.moving();
        self.moving -= queue.counted;
        queue.counted = queue.moving();
        if is_dear {
            self.dear.insert(*sender);
        } else {
            self.dear.remove(sender);
        }
    }

    fn forget_if_empty(&mut self, sender: &Address) {
        if self.queues.get(sender).is_some_and(|queue| queue.waiting.is_empty() && queue.in_flight == 0) {
            self.queues.remove(sender);
            self.dear.remove(sender);
        }
    }
}

/// A sender's queue; an empty one goes on where the executed state says.
fn queue_of<'a>(
    queues: &'a mut HashMap<Address, Queue>,
    sender: Address,
    accounts: &impl Accounts,
) -> &'a mut Queue {
    let new = || Queue { next: accounts.funds(&sender).nonce, ..Queue::default() };
    queues.entry(sender).or_insert_with(new)
}

/// What a transaction costs at most, in wei.
fn cost_max(transaction: &Verified) -> U256 {
    transaction.fields().cost_max().unwrap_or(U256::MAX)
}
