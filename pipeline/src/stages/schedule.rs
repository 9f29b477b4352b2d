//! schedule: takes from the pool what fits a block, orders it, and plans it.
//!
//! A block is sealed when a full one waits, or when anything has waited for a block interval. Only where the base fee is
//! above all that waits is it an empty one. Within it, transactions
//! whose declared access is a promise come first, then those whose access is likely complete, then the rest, so that
//! most of the block can run in parallel; a sender's own order is kept. A block may be planned once the block
//! `root_lag` below it has been executed, since its header speaks of that one: that also bounds how far sealing runs
//! ahead of execution.

use std::cmp::Reverse;
use std::sync::Arc;

use alloy_primitives::Address;
use pelton_engine::block::{Parent, Summary};
use pelton_engine::environment::Fork;
use pelton_engine::plan::Plan;
use pelton_engine::prices::Key;
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;

use crate::batch::{Batch, Load};
use crate::chain::Chain;
use crate::clock::Nanos;
use crate::draft;
use crate::metrics::sample::Samples;
use crate::metrics::{BASE_FEE, HOT_KEY_PRICE, HOT_KEYS, PLANNED, POOL_READY, POOL_WAITING};
use crate::pool::{self, Accounts, Funds, Market, Pool};
use crate::stage::{Outbox, Stage};
use crate::watch::Watch;

/// Keys whose prices are shown one by one; each is a series of its own for whoever keeps them.
const HOT_KEYS_SHOWN: usize = 8;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Longest wait of a transaction that could be in a block.
    pub block_interval_ns: Nanos,
    /// Who is paid the priority fees.
    pub beneficiary: Address,
    /// Bounds of the pool.
    pub pool: pool::Settings,
}

/// A block's worth of transactions in their order, and what its header will say besides.
#[derive(Debug)]
pub struct Planned {
    /// Order, and who waits for whom.
    pub plan: Plan,
    /// The executed block that the header speaks of.
    pub executed: Summary,
    /// Base fee that the transactions were chosen for.
    pub base_fee: u64,
    /// When each transaction came in.
    pub arrivals: Vec<Nanos>,
}

impl Load for Planned {
    fn arrivals(&self) -> &[Nanos] {
        &self.arrivals
    }
}

/// The stage.
pub struct Schedule {
    settings: Settings,
    chain: Arc<Chain>,
    pool: Pool,
    /// Height and base fee of the last planned block; the rest of it is not known here.
    parent: Parent,
    /// What the next header will speak of, and the base fee that follows, once that block has been executed.
    next: Option<(Summary, u64)>,
    sealed_at_ns: Nanos,
    expired_at_ns: Nanos,
    finishing: bool,
    watch: Option<Arc<dyn Watch>>,
    /// Transactions of planned blocks, and those of them that waited for no other.
    planned: u64,
    independent: u64,
}

impl Schedule {
    /// A stage that plans on top of this block.
    pub fn new(settings: Settings, chain: Arc<Chain>, parent: Parent) -> Schedule {
        let market = Market { base_fee: parent.base_fee, prices: Arc::default() };
        let pool = Pool::new(settings.pool.clone(), market);
        Schedule {
            settings,
            chain,
            pool,
            parent,
            next: None,
            sealed_at_ns: 0,
            expired_at_ns: 0,
            finishing: false,
            watch: None,
            planned: 0,
            independent: 0,
        }
    }

    /// The same, telling somebody of each transaction that waits for a block.
    pub fn watched(self, watch: Option<Arc<dyn Watch>>) -> Schedule {
        Schedule { watch, ..self }
    }

    /// Hears what is through, and what the next block costs.
    fn listen(&mut self, outbox: &mut Outbox<Planned>) {
        let mut reject = |id, reason| outbox.reject(id, reason);
        let state = self.chain.state();
        while let Some(settled) = self.chain.next_settled() {
            self.pool.settle(&settled, &*state, &mut reject);
        }
        if self.next.is_none()
            && let Some(executed) = self.chain.summary_for(self.parent.height + 1)
        {
            let base_fee = self.parent.next_base_fee(&executed, self.chain.limits());
            let prices = self.chain.prices(self.parent.height + 1, base_fee);
            self.pool.set_market(Market { base_fee, prices }, &*state);
            self.next = Some((executed, base_fee));
        }
    }

    fn is_due(&self, now_ns: Nanos) -> bool {
        let full = self.pool.ready() >= self.chain.limits().block_transactions_max as usize;
        let waited = now_ns.saturating_sub(self.sealed_at_ns) >= self.settings.block_interval_ns;
        (self.pool.ready() > 0 && (full || waited || self.finishing)) || (waited && self.is_too_dear())
    }

    /// Whether all that could be next is below base fee and prices. Only a block brings these down, so an empty one is due;
    /// behind a gap or without funds nothing is gained by one.
    fn is_too_dear(&self) -> bool {
        let is_dear = |(_, base_fee)| base_fee > self.chain.limits().base_fee_min;
        let falls = self.next.is_some_and(|next| is_dear(next) || !self.pool.market().prices.is_empty());
        falls && self.pool.ready() == 0 && !self.finishing && self.pool.waits_for_price()
    }

    fn plan(&mut self, outbox: &mut Outbox<Planned>) {
        let Some((executed, base_fee)) = self.next else { return };
        let filled =
            draft::fill(&mut self.pool, self.chain.limits(), &*self.chain.state(), |_| true).into_iter();
        let (transactions, arrivals): (Vec<_>, _) =
            filled.map(|taken| (taken.transaction, taken.arrival_ns)).unzip();
        let plan = Plan::new(&self.chain.state(), Fork::OWN, self.settings.beneficiary, transactions);
        self.planned += plan.transactions().len() as u64;
        self.independent += plan.independent() as u64;
        outbox.pass(Planned { plan, executed, base_fee, arrivals });
        self.parent = Parent { height: self.parent.height + 1, base_fee, ..self.parent };
        self.next = None;
        self.sealed_at_ns = outbox.now_ns;
    }
}

impl Stage for Schedule {
    type Input = Batch<Verified>;
    type Output = Planned;

    fn take(&mut self, input: Batch<Verified>, outbox: &mut Outbox<Planned>) {
        let now_ns = outbox.now_ns;
        let state = self.chain.state();
        for (transaction, arrival_ns) in input {
            let (waiting, mut is_taken) = (self.watch.as_ref().map(|_| transaction.clone()), true);
            let own = transaction.id();
            let mut reject = |id, reason| {
                is_taken &= id != own;
                outbox.reject(id, reason);
            };
            self.pool.insert(transaction, arrival_ns, now_ns, &*state, &mut reject);
            if let (Some(watch), Some(waiting), true) = (&self.watch, &waiting, is_taken) {
                watch.waits(waiting, arrival_ns);
            }
        }
    }

    fn poll(&mut self, outbox: &mut Outbox<Planned>) {
        self.listen(outbox);
        if self.is_due(outbox.now_ns) {
            self.plan(outbox);
        }
        let parked_ns_max = self.settings.pool.parked_ns_max;
        if outbox.now_ns.saturating_sub(self.expired_at_ns) >= parked_ns_max / 4 {
            self.expired_at_ns = outbox.now_ns;
            let before_ns = outbox.now_ns.saturating_sub(parked_ns_max);
            let mut reject = |id, reason| outbox.reject(id, reason);
            self.pool.expire(before_ns, &*self.chain.state(), &mut reject);
        }
    }

    fn finish(&mut self, outbox: &mut Outbox<Planned>) {
        self.finishing = true;
        if self.pool.ready() == 0 && (self.chain.is_cut() || !self.pool.has_in_flight()) {
            // Nothing can come any more that what is parked waits for.
            let mut reject = |id, reason| outbox.reject(id, reason);
            self.pool.expire(Nanos::MAX, &*self.chain.state(), &mut reject);
        }
    }

    fn held(&self) -> u64 {
        self.pool.len() as u64
    }

    /// Two blocks' worth ahead is enough; whoever comes then waits further up. What cannot be taken does not count, or a
    /// flood of it would keep out what can.
    fn has_room(&self) -> bool {
        let (limits, room) = (self.chain.limits(), self.settings.pool.room);
        let moving = self.pool.moving();
        moving.transactions < room.transactions.min(2 * limits.block_transactions_max as usize)
            && moving.bytes < room.bytes.min(2 * limits.block_bytes_max as usize)
    }

    fn observe(&self, samples: &mut Samples) {
        samples.count(&POOL_WAITING, [], self.pool.len() as u64);
        samples.count(&POOL_READY, [], self.pool.ready() as u64);
        samples.count(&PLANNED, ["none"], self.independent);
        samples.count(&PLANNED, ["others"], self.planned - self.independent);
        let Market { base_fee, prices } = self.pool.market();
        samples.count(&BASE_FEE, [], *base_fee);
        let mut hot: Vec<(Key, u128)> = prices.iter().collect();
        samples.count(&HOT_KEYS, [], hot.len() as u64);
        hot.sort_unstable_by_key(|(key, price)| (Reverse(*price), *key));
        for (key, price) in hot.iter().take(HOT_KEYS_SHOWN) {
            samples.number(&HOT_KEY_PRICE, [&name_of(key)], *price as f64);
        }
    }
}

/// `0x` and the account, and for a slot a colon and its number in hexadecimal digits.
fn name_of(key: &Key) -> String {
    match &key.slot {
        None => format!("{:#x}", key.address),
        Some(slot) => format!("{:#x}:{slot:#x}", key.address),
    }
}

impl Accounts for State {
    fn funds(&self, address: &Address) -> Funds {
        self.account(address).map_or_else(Funds::default, |account| Funds {
            nonce: account.nonce,
            balance: account.balance,
            is_contract: self
                .code(&account.code_hash)
                .is_some_and(|code| !code.is_empty() && !code.is_delegation()),
        })
    }
}
