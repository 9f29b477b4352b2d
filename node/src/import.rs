//! `import`: a chain of Ethereum's blocks, run again from its genesis and checked, for whoever wants to look into it.
//!
//! ```text
//!   genesis.json ──> Schedule, State ───┐
//!   chain.rlp ─────> block ──> run ──> agrees with its header? ──> History ──> JSON-RPC
//! ```
//!
//! Every transaction runs, and gas, receipts, bloom and state root of each block must be what its header says. What is not
//! looked at is who had the right to make the block: proof of work, votes, and how gas limits and base fees follow from
//! each other. The root of the state is built anew after each block, so this is for chains of some thousand accounts.

mod run;
mod schedule;

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use alloy_consensus::{Block, EMPTY_OMMER_ROOT_HASH, Header, TxEnvelope};
use alloy_eips::eip1559::INITIAL_BASE_FEE;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::B256;
use alloy_rlp::Decodable as _;
use alloy_trie::EMPTY_ROOT_HASH;
use pelton_engine::environment::Fork;

pub use run::SYSTEM_CONTRACTS;
pub(crate) use run::{begin, call_of, end, environment};
pub use schedule::{Schedule, Timed};

use crate::genesis;
use crate::history::{Entry, History, Keep};
use crate::merkle::Tree;
use run::Runner;

/// A chain that was imported.
pub struct Chain {
    /// Its blocks and states.
    pub history: Arc<History>,
    /// Its rules.
    pub schedule: Schedule,
}

impl Chain {
    /// Runs the blocks of a file that was exported by geth, one RLP item after the other, on a genesis file in geth's format.
    ///
    /// # Errors
    /// What the system says, what is no block, or where the outcome of a block is not what its header says.
    pub fn read(genesis: &Path, blocks: &Path) -> io::Result<Chain> {
        Chain::new(&genesis::read(genesis)?, &fs::read(blocks)?)
    }

    fn new(file: &alloy_genesis::Genesis, mut blocks: &[u8]) -> io::Result<Chain> {
        let schedule = Schedule { config: file.config.clone() };
        if let Some(unknown) = schedule.unknown() {
            return Err(wrong(0, &format!("this node knows no rules for {unknown}")));
        }
        let state = genesis::state_of(file).state();
        let header = first_header(file, &schedule, Tree::new(&state.writes()).root());
        let environment = environment(&schedule, &header, Vec::new());
        let (hash, bytes) = (header.hash_slow(), encoded_len(&header));
        let withdrawals = header.withdrawals_root.map(|_| Vec::new());
        let first = Entry::imported(header, hash, environment, Vec::new(), withdrawals, bytes);
        let chain = Chain { history: Arc::new(History::new(first, state, Keep::ALL)), schedule };
        while !blocks.is_empty() {
            chain.append(&mut blocks)?;
        }
        Ok(chain)
    }

    /// Takes one block off these bytes, runs it and appends it.
    fn append(&self, blocks: &mut &[u8]) -> io::Result<()> {
        let (length, parent) = (blocks.len(), self.history.newest());
        let number = parent.number() + 1;
        let block = Block::<TxEnvelope>::decode(blocks);
        let block = block.map_err(|error| wrong(number, &error.to_string()))?;
        let bytes = (length - blocks.len()) as u64;
        let ran = self.history.with_newest_state(|state| {
            Runner { schedule: &self.schedule, parent: &parent, state }.run(block, bytes)
        });
        let (entry, writes) = ran.map_err(|what| wrong(number, &what))?;
        self.history.push(Arc::new(entry), &writes);
        Ok(())
    }
}

fn wrong(number: u64, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("block {number}: {what}"))
}

/// The header of the block that a genesis file describes.
fn first_header(file: &alloy_genesis::Genesis, schedule: &Schedule, state_root: B256) -> Header {
    let mut header = Header {
        parent_hash: B256::ZERO,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: file.coinbase,
        state_root,
        difficulty: file.difficulty,
        gas_limit: file.gas_limit,
        timestamp: file.timestamp,
        extra_data: file.extra_data.clone(),
        mix_hash: file.mix_hash,
        nonce: file.nonce.into(),
        ..Header::default()
    };
    let fork = schedule.fork(&header);
    if fork >= Fork::London || schedule.config.london_block == Some(0) {
        let given = file.base_fee_per_gas.and_then(|fee| u64::try_from(fee).ok());
        header.base_fee_per_gas = Some(given.unwrap_or(INITIAL_BASE_FEE));
    }
    if fork >= Fork::Shanghai {
        header.withdrawals_root = Some(EMPTY_ROOT_HASH);
    }
    if fork >= Fork::Cancun {
        header.blob_gas_used = Some(file.blob_gas_used.unwrap_or_default());
        header.excess_blob_gas = Some(file.excess_blob_gas.unwrap_or_default());
        header.parent_beacon_block_root = Some(B256::ZERO);
    }
    if fork >= Fork::Prague {
        header.requests_hash = Some(EMPTY_REQUESTS_HASH);
    }
    header
}

/// Length of a block without transactions under this header.
fn encoded_len(header: &Header) -> u64 {
    let body = alloy_consensus::BlockBody::<TxEnvelope> {
        withdrawals: header.withdrawals_root.map(|_| Default::default()),
        ..Default::default()
    };
    alloy_rlp::encode(Block { header: header.clone(), body }).len() as u64
}
