//! A villain that proposes invalid blocks. It stands between its own pipeline and the core: what the pipeline makes is good, and
//! what the core is given is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{B256, Bytes, keccak256};
use pelton_engine::block::{Block, HEADER_BYTES, Header};
use pelton_engine::limits::Limits;
use pelton_engine::transaction::Verified;
use pelton_node::validator::Desk;
use pelton_pipeline::random::Random;
use pelton_pipeline::stages::agree::{Agreement, Answer, Question};

/// See the head of this file.
pub struct Liar {
    desk: Desk,
    limits: Limits,
    random: Random,
    deeds: Arc<AtomicU64>,
}

impl Liar {
    /// One that counts there how often it lied.
    pub fn new(desk: Desk, limits: Limits, seed: u64, deeds: Arc<AtomicU64>) -> Liar {
        Liar { desk, limits, random: Random::new(seed), deeds }
    }
}

impl Agreement for Liar {
    fn next(&mut self) -> Option<Question> {
        let question = self.desk.next()?;
        let Question::Propose { parent, answer } = question else { return Some(question) };
        let lie = Lie {
            answer,
            limits: self.limits.clone(),
            choice: self.random.next_u64(),
            deeds: self.deeds.clone(),
        };
        Some(Question::Propose { parent, answer: Box::new(lie) })
    }
}

/// Takes a block on, and makes it a bad one.
struct Lie {
    answer: Box<dyn Answer<Arc<Block>>>,
    limits: Limits,
    choice: u64,
    deeds: Arc<AtomicU64>,
}

impl Answer<Arc<Block>> for Lie {
    fn give(self: Box<Self>, block: Arc<Block>) {
        let spoiled = spoil(&block, &self.limits, self.choice);
        self.deeds.fetch_add(1, Ordering::Relaxed);
        self.answer.give(Arc::new(spoiled));
    }

    fn is_over(&self) -> bool {
        self.answer.is_over()
    }
}

/// One way or another.
fn spoil(block: &Block, limits: &Limits, choice: u64) -> Block {
    let mut header = *block.header();
    let mut transactions = block.transactions().to_vec();
    match choice % 9 {
        0 => header.executed.state_root = B256::from(keccak256(header.executed.state_root)),
        1 => header.executed.prices = B256::from(keccak256(header.executed.prices)),
        2 => header.executed.gas_used += 1,
        3 => header.base_fee += 1,
        4 => header.timestamp_ms = 0,
        5 => header.timestamp_ms += 3_600_000,
        6 if !transactions.is_empty() => transactions.push(transactions[0].clone()),
        7 if transactions.len() > 1 => transactions.reverse(),
        8 if !transactions.is_empty() => {
            let (first, many) = (transactions[0].clone(), limits.block_transactions_max as usize);
            transactions.resize(many + 1, first);
        }
        _ => header.executed.height += 1,
    }
    sealed(header, transactions)
}

fn sealed(mut header: Header, transactions: Vec<Verified>) -> Block {
    let mut body = Vec::new();
    for transaction in &transactions {
        let wire = transaction.transaction().wire();
        body.extend_from_slice(&(wire.len() as u32).to_be_bytes());
        body.extend_from_slice(wire);
    }
    header.transactions = transactions.len() as u32;
    header.body_bytes = body.len() as u32;
    header.body = B256::from(*blake3::hash(&body).as_bytes());
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend_from_slice(&header.encode());
    bytes.extend_from_slice(&body);
    Block::open(Bytes::from(bytes), header, transactions)
}
