//! Which blocks a simulation consists of: those that are asked for, and empty ones between them.

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_primitives::{B256, U256};
use alloy_rpc_types_eth::simulate::SimBlock;
use alloy_rpc_types_eth::state::StateOverride;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest};
use alloy_trie::EMPTY_ROOT_HASH;
use pelton_engine::environment::Fork;

use super::super::failure::Failure;
use crate::import::Schedule;

/// Blocks of one simulation.
const BLOCKS_MAX: u64 = 256;
/// Seconds between them, unless said otherwise.
const SECONDS: u64 = 12;

/// A block to come.
pub(super) struct Planned {
    /// What is known of its header before anything runs; a base fee that is none follows from the parent.
    pub(super) header: Header,
    pub(super) overrides: BlockOverrides,
    pub(super) state: StateOverride,
    pub(super) calls: Vec<TransactionRequest>,
}

/// All blocks that follow this one.
///
/// # Errors
/// If they do not follow each other, or are too many.
pub(super) fn plan(
    schedule: &Schedule,
    base: &Header,
    blocks: Vec<SimBlock<TransactionRequest>>,
) -> Result<Vec<Planned>, Failure> {
    if blocks.is_empty() {
        return Err(Failure::params("empty input"));
    }
    if blocks.len() as u64 > BLOCKS_MAX {
        return Err(too_many());
    }
    let mut planned: Vec<Planned> = Vec::new();
    for block in blocks {
        let SimBlock { block_overrides, state_overrides, calls } = block;
        let mut overrides = block_overrides.unwrap_or_default();
        let newest = planned.last().map_or(base, |planned| &planned.header).clone();
        let number = overrides.number.unwrap_or(U256::from(newest.number + 1));
        let number = u64::try_from(number).map_err(|_| too_many())?;
        if number <= newest.number {
            let words = format!("block numbers must be in order: {number} <= {}", newest.number);
            return Err(Failure::new(Failure::BLOCK_NUMBER, words));
        }
        if number - base.number > BLOCKS_MAX {
            return Err(too_many());
        }
        for between in newest.number + 1..number {
            planned.push(next(schedule, base, &planned, between, BlockOverrides::default())?);
        }
        overrides.number = Some(U256::from(number));
        let last = next(schedule, base, &planned, number, overrides)?;
        planned.push(Planned { state: state_overrides.unwrap_or_default(), calls, ..last });
    }
    Ok(planned)
}

fn too_many() -> Failure {
    Failure::new(Failure::TOO_MUCH, "too many blocks")
}

/// The block of this number after all those before.
fn next(
    schedule: &Schedule,
    base: &Header,
    before: &[Planned],
    number: u64,
    overrides: BlockOverrides,
) -> Result<Planned, Failure> {
    let parent = before.last().map_or(base, |planned| &planned.header);
    let timestamp = overrides.time.unwrap_or(parent.timestamp.saturating_add(SECONDS));
    if timestamp <= parent.timestamp {
        let words = format!("block timestamps must be in order: {timestamp} <= {}", parent.timestamp);
        return Err(Failure::new(Failure::BLOCK_TIME, words));
    }
    let base_fee = overrides.base_fee.map(|fee| u64::try_from(fee).unwrap_or(u64::MAX));
    let is_merged = schedule.is_merged(number, timestamp);
    let difficulty = if is_merged { U256::ZERO } else { parent.difficulty };
    let mut header = Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        number,
        timestamp,
        beneficiary: overrides.coinbase.unwrap_or(parent.beneficiary),
        difficulty: overrides.difficulty.unwrap_or(difficulty),
        gas_limit: overrides.gas_limit.unwrap_or(parent.gas_limit),
        mix_hash: overrides.random.unwrap_or_default(),
        base_fee_per_gas: base_fee,
        ..Header::default()
    };
    let fork = schedule.fork(&header);
    header.withdrawals_root = (fork >= Fork::Shanghai).then_some(EMPTY_ROOT_HASH);
    let root = overrides.beacon_root.unwrap_or(B256::ZERO);
    header.parent_beacon_block_root = (fork >= Fork::Cancun).then_some(root);
    Ok(Planned { header, overrides, state: StateOverride::default(), calls: Vec::new() })
}
