//! The model: a chain of blocks with outcomes of all shapes, and what an archive of it must answer.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use alloy_primitives::{Address, B256, Bytes, Log, U256};
use pelton_engine::archive::record::Record;
use pelton_engine::archive::{Term, Writer};
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::codec;
use pelton_engine::executed::{Outcome, Receipt};
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::store::record::Tip;
use pelton_engine::transaction::Verified;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, generate};

use crate::random::Random;

const LIMITS: Limits = Limits::standard(CHAIN_ID);

/// A contract that logs.
pub fn contract(number: u8) -> Address {
    Address::repeat_byte(0x10 + number)
}

/// What it logs.
pub fn topic(number: u8) -> B256 {
    B256::repeat_byte(number)
}

/// Transactions, each once. Signatures mean nothing here.
fn transactions() -> &'static [Verified] {
    static MADE: OnceLock<Vec<Verified>> = OnceLock::new();
    MADE.get_or_init(|| {
        let spec = Spec {
            pattern: Name::Mix.into(),
            scheme: Scheme::Ed25519,
            accounts: 24,
            transactions: 600,
            seed: 5,
        };
        let workload = generate(&spec, &|_| ());
        let decoded = workload.transactions.iter().zip(&workload.senders);
        let decoded = decoded.filter_map(|((wire, _), sender)| {
            Some(Verified::new(codec::decode(wire.clone()).ok()?, *sender))
        });
        decoded.collect()
    })
}

/// A block and what came of it.
pub struct Made {
    block: Block,
    root: B256,
    notes: Vec<u8>,
    outcomes: Vec<Outcome>,
}

impl Made {
    pub fn height(&self) -> u64 {
        self.block.header().height
    }

    pub fn id(&self) -> B256 {
        self.block.id()
    }

    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.outcomes.iter().filter_map(Outcome::receipt)
    }

    pub fn tip(&self) -> Tip {
        Tip { height: self.height(), id: self.id(), gas_used: 0, root: Some(self.root) }
    }

    fn record(&self) -> Record {
        let senders = self.block.transactions().iter().map(Verified::sender);
        let wires = self.block.transactions().iter().map(|one| one.transaction().wire().clone());
        Record {
            header: *self.block.header(),
            id: self.id(),
            block: self.block.bytes().clone(),
            state_root: self.root,
            notes: self.notes.clone(),
            wires: wires.collect(),
            outcomes: senders.zip(self.outcomes.iter().cloned()).collect(),
        }
    }

    fn has(&self, term: &Term) -> bool {
        self.receipts().flat_map(|receipt| &receipt.logs).any(|log| match term {
            Term::Address(address) => log.address == *address,
            Term::Topic(place, topic) => log.topics().get(usize::from(*place)) == Some(topic),
            Term::Block(_) | Term::Transaction(_) => false,
        })
    }
}

/// Blocks, the first at height 1.
pub struct Chain {
    random: Random,
    made: Vec<Made>,
    /// Heights below are forgotten.
    oldest: u64,
    /// Transactions that were in a block.
    used: usize,
}

impl Chain {
    pub fn new(seed: u64) -> Chain {
        Chain { random: Random::new(seed), made: Vec::new(), oldest: 1, used: 0 }
    }

    pub fn height(&self) -> u64 {
        self.made.len() as u64
    }

    pub fn oldest(&self) -> u64 {
        self.oldest
    }

    pub fn tip(&self, height: u64) -> Tip {
        match height.checked_sub(1) {
            Some(below) => self.made[below as usize].tip(),
            None => Tip { height: 0, id: Parent::genesis(B256::ZERO, &LIMITS).id, gas_used: 0, root: None },
        }
    }

    /// All blocks, also those that are forgotten.
    pub fn all(&self) -> impl Iterator<Item = &Made> {
        self.made.iter()
    }

    /// What an archive must say of a height.
    pub fn record(&self, height: u64) -> Option<Record> {
        let made = self.made.get(height.checked_sub(1)? as usize)?;
        (height >= self.oldest).then(|| made.record())
    }

    /// Heights of a range whose blocks fulfil all conditions, each by one of its terms.
    pub fn heights(&self, range: &RangeInclusive<u64>, conditions: &[Vec<Term>]) -> Vec<u64> {
        let fulfils = |made: &&Made| conditions.iter().all(|terms| terms.iter().any(|term| made.has(term)));
        let is_asked = |made: &&Made| range.contains(&made.height()) && made.height() >= self.oldest;
        self.made.iter().filter(is_asked).filter(fulfils).map(Made::height).collect()
    }

    pub fn push(&self, writer: &mut Writer, height: u64) {
        let Made { block, root, notes, outcomes } = &self.made[height as usize - 1];
        writer.push(block, root, notes, outcomes);
    }

    /// Takes the blocks above a height away. The next ones are others.
    pub fn cut(&mut self, height: u64) {
        self.made.truncate(height as usize);
    }

    pub fn forget(&mut self, below: u64) {
        self.oldest = below;
    }

    /// Adds a block.
    pub fn grow(&mut self) {
        let parent =
            self.made.last().map_or(Parent::genesis(B256::ZERO, &LIMITS), |made| made.block.as_parent());
        let height = parent.height + 1;
        let executed = Summary {
            height: height.saturating_sub(LIMITS.root_lag),
            gas_used: 0,
            state_root: B256::ZERO,
            prices: B256::ZERO,
        };
        let count = self.random.pick(&[0, 1, 2, 3, 6]);
        let next = transactions().iter().cycle().skip(self.used % transactions().len());
        let body: Vec<Verified> = next.take(count).cloned().collect();
        self.used += count;
        let outcomes = body.iter().map(|one| self.outcome(one)).collect();
        let (stamp, producer) = (self.random.next() >> 32, Address::repeat_byte(0x33));
        let block = Block::seal(&parent, executed, producer, stamp, body, &LIMITS);
        let notes = vec![height as u8; self.random.below(4)];
        self.made.push(Made { block, root: B256::from(U256::from(self.random.next())), notes, outcomes });
    }

    fn outcome(&mut self, transaction: &Verified) -> Outcome {
        let random = &mut self.random;
        if random.below(8) == 0 {
            return Outcome::Skipped(random.pick(Reject::ALL));
        }
        let logs = (0..random.pick(&[0, 0, 1, 3])).map(|_| log(random)).collect();
        Outcome::Executed(Receipt {
            id: transaction.id(),
            success: random.below(3) > 0,
            gas_used: random.pick(&[21_000, 0, u64::MAX]),
            fee: random.pick(&[U256::ZERO, U256::from(1_000_000), U256::MAX]),
            contention_fee: random.pick(&[U256::ZERO, U256::from(7)]),
            logs,
            created: random.pick(&[None, None, Some(Address::repeat_byte(9))]),
        })
    }
}

fn log(random: &mut Random) -> Log {
    let topics = (0..random.below(5)).map(|_| topic(random.below(4) as u8)).collect();
    let data = Bytes::from(vec![0xda; random.pick(&[0, 1, 32, 200])]);
    Log::new_unchecked(contract(random.below(4) as u8), topics, data)
}
