//! The pool, a model of it that is a plain list, and a chain that moves below both; whatever happens, they agree.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Claim, Key, Rule, Tables, Usage, WEIGHT_WRITE};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Fields, Kind, Signature, Verified};
use pelton_pipeline::chain::Settled;
use pelton_pipeline::pool::{Accounts, Funds, Market, Pool, Settings};
use pelton_pipeline::room::Room;
use pelton_workloads::encode::Unsigned;

const GAS: u64 = 21_000;
pub const SENDERS: u8 = 4;

pub fn settings() -> Settings {
    // Transactions are of some hundred bytes here: either bound comes first at times.
    Settings { room: Room { transactions: 12, bytes: 1_250 }, sender_max: 5, parked_ns_max: 1_000 }
}

pub fn address(sender: u8) -> Address {
    Address::repeat_byte(0xa0 + sender)
}

/// A transaction of this sender whom nobody asked for a signature; the salt tells it from its like.
pub fn transaction(sender: u8, nonce: u64, fees: (u128, u128), value: u64, salt: u8) -> Verified {
    let fields = Fields {
        kind: Kind::DynamicFee,
        chain_id: Some(1),
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: fees.0,
        max_priority_fee_per_gas: fees.1,
        max_contention_fee: 0,
        to: Some(address(0xf)),
        value: U256::from(value),
        input: Bytes::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        authorizations: Vec::new(),
    };
    let signature = Signature::Secp256k1 { rs: [salt | 1; 64], y_parity: 0 };
    let transaction = codec::decode(Unsigned::new(&fields).with(&signature)).expect("it was just encoded");
    Verified::new(transaction, address(sender))
}

/// Base fee and prices, where the account of a sender has taken so much gas above its target.
pub fn market(base_fee: u64, hot: Option<(u8, u64)>) -> Market {
    let limits = Limits::standard(1);
    let (mut tables, rule) = (Tables::new(&limits), Rule::new(&limits));
    let (mut height, mut left) = (0, hot.map_or(0, |(_, gas)| gas));
    while let Some((sender, _)) = hot.filter(|_| left > 0) {
        let excess = left.min(rule.load_max - rule.target);
        let claim = Claim { address: address(sender), slots: &[], weight: WEIGHT_WRITE };
        let mut usage = Usage::default();
        usage.add([claim], rule.target + excess);
        tables.push_usage(&usage);
        (height, left) = (height + 1, left - excess);
    }
    Market { base_fee, prices: Arc::new(tables.list(height, base_fee).expect("it was just added")) }
}

/// What a payment leaves for the producer. Its sender is the only key of it that is ever hot, and it uses all its gas.
fn tip(market: &Market, entry: &Entry) -> Result<u128, Reject> {
    let fields = entry.transaction.fields();
    let left = fields.max_fee_per_gas.checked_sub(market.base_fee.into()).ok_or(Reject::FeeTooLow)?;
    let price = market.prices.price(&Key::account(entry.sender()));
    let left = left.checked_sub(price).ok_or(Reject::ContentionFeeTooLow)?;
    Ok(left.min(fields.max_priority_fee_per_gas))
}

/// What the executed state says.
#[derive(Default)]
pub struct Chain(pub BTreeMap<Address, Funds>);

impl Accounts for Chain {
    fn funds(&self, address: &Address) -> Funds {
        self.0.get(address).copied().unwrap_or_default()
    }
}

impl Chain {
    pub fn rich(balance: u64) -> Chain {
        let funds = Funds { nonce: 0, balance: U256::from(balance), is_contract: false };
        Chain((0..SENDERS).map(|sender| (address(sender), funds)).collect())
    }

    fn of(&mut self, sender: u8) -> &mut Funds {
        self.0.entry(address(sender)).or_default()
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// A transaction comes, its nonce counted from one below the account's.
    Insert { sender: u8, ahead: u64, fee: u128, tip: u128, value: u64, salt: u8 },
    /// One that came before comes again.
    Resend { index: usize },
    /// The best one goes into a block.
    Take,
    /// The oldest one in flight is executed, or skipped.
    Execute,
    /// The pool hears of the oldest one that was executed.
    Settle,
    /// Somebody pays the sender.
    Fund { sender: u8 },
    /// Somebody moves the sender's money, as a delegation allows.
    Drain { sender: u8 },
    /// Somebody uses the sender's nonce, as an authorization does.
    Bump { sender: u8 },
    /// The sender becomes a contract, or is none any more.
    Code { sender: u8, is_contract: bool },
    /// The base fee moves, and maybe a sender's account is as hot as that.
    Market { base_fee: u64, hot: Option<(u8, u64)> },
    /// What has been parked for this long is given up.
    Expire { age: u64 },
}

/// A transaction that waits, is in flight, or is executed.
#[derive(Clone, Debug)]
pub struct Entry {
    transaction: Verified,
    since_ns: u64,
    sequence: usize,
}

impl Entry {
    pub fn sender(&self) -> Address {
        self.transaction.sender()
    }

    pub fn nonce(&self) -> u64 {
        self.transaction.fields().nonce
    }

    fn cost(&self) -> U256 {
        self.transaction.fields().cost_max().expect("test fees are small")
    }
}

/// Pool, model and chain.
pub struct Bench {
    pub pool: Pool,
    chain: Chain,
    market: Market,
    now_ns: u64,
    sent: Vec<Verified>,
    /// The model: what waits, in the order of arrival.
    pub waiting: Vec<Entry>,
    pub in_flight: VecDeque<Entry>,
    executed: VecDeque<Settled>,
    /// The nonce that comes next, of senders of whom anything waits or is on its way.
    next: BTreeMap<Address, u64>,
    skipped: BTreeSet<Address>,
    /// Whose balance fell behind the pool's back.
    drained: BTreeSet<Address>,
}

impl Bench {
    pub fn new() -> Bench {
        let market = market(5, None);
        Bench {
            pool: Pool::new(settings(), market.clone()),
            chain: Chain::rich(4_000_000),
            market,
            now_ns: 0,
            sent: Vec::new(),
            waiting: Vec::new(),
            in_flight: VecDeque::new(),
            executed: VecDeque::new(),
            next: BTreeMap::new(),
            skipped: BTreeSet::new(),
            drained: BTreeSet::new(),
        }
    }

    pub fn happen(&mut self, event: Event) {
        self.now_ns += 1;
        match event {
            Event::Insert { sender, ahead, fee, tip, value, salt } => {
                let nonce = (self.chain.of(sender).nonce + ahead).saturating_sub(1);
                self.insert(transaction(sender, nonce, (fee, tip), value, salt));
            }
            Event::Resend { index } => {
                if !self.sent.is_empty() {
                    self.insert(self.sent[index % self.sent.len()].clone());
                }
            }
            Event::Take => self.take(),
            Event::Execute => self.execute(),
            Event::Settle => self.settle(),
            Event::Fund { sender } => self.chain.of(sender).balance += U256::from(2_000_000),
            Event::Drain { sender } => {
                self.chain.of(sender).balance /= U256::from(2);
                self.drained.insert(address(sender));
            }
            Event::Bump { sender } => self.chain.of(sender).nonce += 1,
            Event::Code { sender, is_contract } => self.chain.of(sender).is_contract = is_contract,
            Event::Market { base_fee, hot } => {
                self.market = market(base_fee, hot);
                self.pool.set_market(self.market.clone(), &self.chain);
            }
            Event::Expire { age } => self.expire(self.now_ns.saturating_sub(age)),
        }
        self.forget_idle();
        self.check_bounds();
    }

    fn check_bounds(&self) {
        assert_eq!(self.pool.len(), self.waiting.len(), "the pool knows how many are in it");
        assert_eq!(self.pool.is_empty(), self.waiting.is_empty());
        assert!(self.room().fits(settings().room), "no more waits than may");
        for sender in (0..SENDERS).map(address) {
            assert!(self.of(sender).count() <= settings().sender_max, "no more of one sender wait than may");
        }
        assert_eq!(self.pool.has_in_flight(), !(self.in_flight.is_empty() && self.executed.is_empty()));
        assert!(self.pool.ready() <= self.next.len());
        let moving = self.pool.moving();
        assert!(moving.transactions >= self.pool.ready() && moving.fits(self.room()));
        let runs =
            self.next.iter().flat_map(|(sender, next)| (*next..).map_while(|nonce| self.at(*sender, nonce)));
        assert!(moving.fits(self.sum(runs)), "nothing behind a gap moves");
    }

    /// How much waits.
    fn room(&self) -> Room {
        self.sum(0..self.waiting.len())
    }

    fn sum(&self, places: impl Iterator<Item = usize>) -> Room {
        let mut sum = Room::default();
        places.for_each(|at| sum += Room::of(&self.waiting[at].transaction));
        sum
    }

    fn of(&self, sender: Address) -> impl Iterator<Item = &Entry> {
        self.waiting.iter().filter(move |entry| entry.sender() == sender)
    }

    fn at(&self, sender: Address, nonce: u64) -> Option<usize> {
        self.waiting.iter().position(|entry| entry.sender() == sender && entry.nonce() == nonce)
    }

    fn unsettled(&self, sender: Address) -> usize {
        let in_flight = self.in_flight.iter().filter(|entry| entry.sender() == sender).count();
        in_flight + self.executed.iter().filter(|settled| settled.sender == sender).count()
    }

    /// Worst cost of what is taken and not executed.
    fn unexecuted_cost(&self, sender: Address) -> U256 {
        self.in_flight.iter().filter(|entry| entry.sender() == sender).map(Entry::cost).sum()
    }

    /// The same with what is executed and not settled, which the balance has paid for already.
    fn unsettled_cost(&self, sender: Address) -> U256 {
        let executed = self.executed.iter().filter(|settled| settled.sender == sender);
        self.unexecuted_cost(sender) + executed.map(|settled| settled.cost_max).sum::<U256>()
    }

    fn forget_idle(&mut self) {
        let gone = |sender: &Address| self.of(*sender).next().is_none() && self.unsettled(*sender) == 0;
        let gone: Vec<Address> = self.next.keys().copied().filter(gone).collect();
        self.next.retain(|sender, _| !gone.contains(sender));
    }

    /// Whose head may be taken as far as the pool can know: where they stand in the list.
    fn candidates(&self) -> Vec<usize> {
        let may_go = |sender: &Address| {
            let index = self.at(*sender, self.next[sender])?;
            let entry = &self.waiting[index];
            let pays = tip(&self.market, entry).is_ok();
            let funded = self.unsettled_cost(*sender) + entry.cost() <= self.chain.funds(sender).balance;
            (pays && funded && !self.skipped.contains(sender)).then_some(index)
        };
        self.next.keys().filter_map(may_go).collect()
    }

    /// What the pool must say to this one, and whom it replaces.
    fn verdict(&self, transaction: &Verified) -> Result<Option<usize>, Reject> {
        let (sender, fields) = (transaction.sender(), transaction.fields());
        let funds = self.chain.funds(&sender);
        let next = self.next.get(&sender).copied().unwrap_or(funds.nonce);
        let floor = if self.skipped.contains(&sender) { funds.nonce } else { next };
        if funds.is_contract {
            return Err(Reject::SenderIsContract);
        }
        if fields.nonce < floor {
            return Err(Reject::StaleNonce);
        }
        if fields.cost_max().expect("test fees are small") > funds.balance {
            return Err(Reject::InsufficientFunds);
        }
        let Some(index) = self.at(sender, fields.nonce) else {
            let full = self.of(sender).count() >= settings().sender_max;
            return if full { Err(Reject::SenderFull) } else { Ok(None) };
        };
        let before = &self.waiting[index].transaction;
        let bumped = |new: u128, old: u128| 100 * new >= 110 * old;
        if before.id() == transaction.id() {
            Err(Reject::Duplicate)
        } else if bumped(fields.max_fee_per_gas, before.fields().max_fee_per_gas)
            && bumped(fields.max_priority_fee_per_gas, before.fields().max_priority_fee_per_gas)
        {
            Ok(Some(index))
        } else {
            Err(Reject::ReplacementUnderpriced)
        }
    }

    pub fn insert(&mut self, transaction: Verified) {
        let verdict = self.verdict(&transaction);
        let mut rejected = Vec::new();
        let mut reject = |id, reason| rejected.push((id, reason));
        self.pool.insert(transaction.clone(), self.now_ns, self.now_ns, &self.chain, &mut reject);
        let (sender, nonce) = (transaction.sender(), self.chain.funds(&transaction.sender()).nonce);
        match verdict {
            Err(reason) => assert_eq!(rejected, [(transaction.id(), reason)]),
            Ok(replaced) => {
                if let Some(index) = replaced {
                    let gone = self.waiting.remove(index).transaction.id();
                    assert_eq!(rejected.remove(0), (gone, Reject::Replaced));
                }
                self.next.entry(sender).or_insert(nonce);
                let sequence = self.sent.len();
                self.waiting.push(Entry {
                    transaction: transaction.clone(),
                    since_ns: self.now_ns,
                    sequence,
                });
                let was_full = !self.room().fits(settings().room);
                assert_eq!(was_full, !rejected.is_empty(), "some make room exactly where there is none");
                self.evicted(&rejected);
            }
        }
        self.sent.push(transaction);
    }

    /// What is dropped for room stands behind a gap if anything that stays does, and is else not dearer than anything that
    /// stays and stands behind a head.
    fn evicted(&mut self, rejected: &[(B256, Reject)]) {
        let mut dearest = (false, 0);
        let ranks: BTreeMap<B256, (bool, u128)> =
            self.waiting.iter().map(|entry| (entry.transaction.id(), self.rank(entry))).collect();
        for (id, reason) in rejected {
            assert_eq!(*reason, Reject::PoolFull);
            dearest = dearest.max(ranks[id]);
            self.remove(id);
        }
        let behind = self.waiting.iter().filter(|entry| entry.nonce() != self.next[&entry.sender()]);
        assert!(
            behind.map(|entry| ranks[&entry.transaction.id()]).all(|stays| dearest <= stays),
            "what waits behind gaps makes room, and then the cheapest"
        );
    }

    /// Whether all before it is there, and its fee.
    fn rank(&self, entry: &Entry) -> (bool, u128) {
        let mut path = self.next[&entry.sender()]..entry.nonce();
        let in_turn = path.all(|nonce| self.at(entry.sender(), nonce).is_some());
        (in_turn, entry.transaction.fields().max_fee_per_gas)
    }

    /// Takes one that waits out of the model. That it is there says that nothing is rejected twice.
    fn remove(&mut self, id: &B256) -> Entry {
        let index = self.waiting.iter().position(|entry| entry.transaction.id() == *id);
        self.waiting.remove(index.expect("only what waits can be turned away"))
    }

    fn take(&mut self) {
        // Nothing is old enough for this, but the pool looks at every sender again.
        let mut nothing = |id: B256, reason: Reject| panic!("{id} is given up at once: {reason}");
        self.pool.expire(0, &self.chain, &mut nothing);
        let market = self.market.clone();
        let rank = |entry: &Entry| {
            let tip = tip(&market, entry).expect("candidates pay the base fee and for their keys");
            (tip, std::cmp::Reverse(entry.sequence))
        };
        let best = self.candidates().iter().map(|index| rank(&self.waiting[*index])).max();
        let shown = self.pool.peek().map(|waiting| waiting.transaction.id());
        let taken = self.pool.take(&self.chain);
        assert_eq!(shown, taken.as_ref().map(|waiting| waiting.transaction.id()), "what is shown is taken");
        let Some(taken) = taken else {
            assert!(best.is_none(), "what may be taken is taken");
            return;
        };
        let sender = taken.transaction.sender();
        let index = self.at(sender, self.next[&sender]).expect("nonces are taken in order, without gaps");
        assert_eq!(self.waiting[index].transaction.id(), taken.transaction.id());
        assert!(Some(rank(&self.waiting[index])) >= best, "the best tip goes first, then the oldest");
        let cost = self.unexecuted_cost(sender) + self.waiting[index].cost();
        let funded = cost <= self.chain.funds(&sender).balance;
        assert!(funded || self.drained.contains(&sender), "what is in flight can be paid");
        let entry = self.waiting.remove(index);
        *self.next.get_mut(&sender).expect("whose transaction is taken is known") += 1;
        self.in_flight.push_back(entry);
    }

    fn execute(&mut self) {
        let Some(entry) = self.in_flight.pop_front() else { return };
        let (sender, cost_max) = (entry.sender(), entry.cost());
        let funds = self.chain.0.entry(sender).or_default();
        let executed = entry.nonce() == funds.nonce && cost_max <= funds.balance && !funds.is_contract;
        if executed {
            funds.nonce += 1;
            // Some gas is left over.
            funds.balance -= cost_max * U256::from(3) / U256::from(4);
        }
        self.executed.push_back(Settled { sender, cost_max, executed });
    }

    fn settle(&mut self) {
        let Some(settled) = self.executed.pop_front() else { return };
        let mut rejected = Vec::new();
        self.pool.settle(&settled, &self.chain, &mut |id, reason| rejected.push((id, reason)));
        let sender = settled.sender;
        if !settled.executed {
            self.skipped.insert(sender);
        }
        if self.unsettled(sender) == 0 {
            self.skipped.remove(&sender);
            let nonce = self.chain.funds(&sender).nonce;
            self.next.insert(sender, nonce);
            let used_up: BTreeSet<B256> =
                self.of(sender).filter(|e| e.nonce() < nonce).map(|e| e.transaction.id()).collect();
            assert_eq!(
                used_up,
                rejected.iter().map(|(id, _)| *id).collect(),
                "what is used up is turned away"
            );
        }
        for (id, reason) in rejected {
            assert_eq!(reason, Reject::StaleNonce);
            self.remove(&id);
        }
    }

    pub fn expire(&mut self, before_ns: u64) {
        let candidates = self.candidates();
        let offered: BTreeSet<Address> =
            candidates.iter().map(|index| self.waiting[*index].sender()).collect();
        let mut rejected = BTreeMap::new();
        self.pool.expire(before_ns, &self.chain, &mut |id, reason| {
            assert!(rejected.insert(id, reason).is_none(), "{id} is given up once");
        });
        let was_ready = self.pool.ready();
        let before = self.waiting.clone();
        for entry in &before {
            let (id, sender) = (entry.transaction.id(), entry.sender());
            // Up to the first gap, those before it, and it.
            let run = |at: &u64| before.iter().find(|e| e.sender() == sender && e.nonce() == *at);
            let path: Vec<_> = (self.next[&sender]..=entry.nonce()).map(|at| run(&at)).collect();
            let gap = path.is_empty() || path.iter().any(Option::is_none);
            let cheap = path.iter().flatten().find_map(|e| tip(&self.market, e).err()).filter(|_| !gap);
            let moves = offered.contains(&sender) || (self.unsettled(sender) > 0 && before_ns < u64::MAX);
            let wanted = match (gap, cheap, moves) {
                (true, ..) => Some(Reject::NonceGap),
                (_, Some(unpaid), _) => Some(unpaid),
                (_, _, false) => Some(Reject::InsufficientFunds),
                _ => None,
            };
            // Of whom something was skipped, nobody knows what comes next until all is settled.
            let is_known = !self.skipped.contains(&sender);
            let wanted = wanted.filter(|_| is_known && entry.since_ns < before_ns);
            let told = rejected.get(&id).copied();
            // A head that once could be paid stands where it is, with those behind it.
            let patient = told.is_none() && wanted == Some(Reject::InsufficientFunds) && was_ready > 0;
            assert!(told == wanted || patient, "{id}: {told:?}, not {wanted:?}");
        }
        for id in rejected.keys() {
            self.remove(id);
        }
    }

    /// Everything leaves: taken and settled, or given up.
    pub fn drain(&mut self) {
        for _ in 0..10_000 {
            self.happen(Event::Take);
            self.happen(Event::Execute);
            self.happen(Event::Settle);
            if self.in_flight.is_empty() && self.executed.is_empty() && self.pool.ready() == 0 {
                self.expire(u64::MAX);
                self.forget_idle();
                self.check_bounds();
                if self.pool.ready() == 0 {
                    break;
                }
            }
        }
        assert_eq!(self.pool.len(), 0, "nothing stays for ever");
        assert!(!self.pool.has_in_flight());
    }
}
