//! `Schedule`: by which rules a block of Ethereum's runs, from the configuration that its genesis file holds.

use std::collections::BTreeSet;

use alloy_consensus::Header;
use alloy_eips::eip7840::BlobParams;
use alloy_genesis::ChainConfig;
use alloy_primitives::{B256, U256};
use pelton_engine::environment::Fork;

/// Wei in an ether.
const ETHER: u64 = 1_000_000_000_000_000_000;

/// The configuration of a chain of Ethereum's.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// As the genesis file says it.
    pub config: ChainConfig,
}

/// A fork by time since the merge, or one that changes only how many blobs there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// Seconds since 1970.
    pub time: u64,
    /// Rules of execution.
    pub fork: Fork,
    /// Blobs of a block and their price, since Cancun.
    pub blobs: Option<BlobParams>,
}

impl Schedule {
    /// The rules of Pelton's own blocks: the newest fork from the beginning, and no blobs.
    pub fn own(chain_id: u64) -> Schedule {
        let no_blobs = BlobParams { target_blob_count: 0, max_blob_count: 0, ..BlobParams::osaka() };
        let from = Some(0);
        let config = ChainConfig {
            chain_id,
            homestead_block: from,
            eip150_block: from,
            eip155_block: from,
            eip158_block: from,
            byzantium_block: from,
            constantinople_block: from,
            petersburg_block: from,
            istanbul_block: from,
            berlin_block: from,
            london_block: from,
            shanghai_time: from,
            cancun_time: from,
            prague_time: from,
            osaka_time: from,
            terminal_total_difficulty: Some(U256::ZERO),
            blob_schedule: [("osaka".to_owned(), no_blobs)].into(),
            ..ChainConfig::default()
        };
        Schedule { config }
    }

    /// What nodes tell each other of a chain and the forks that it has been through by this time (EIP-2124, 6122).
    pub fn fork_id(&self, genesis: B256, time: u64) -> u32 {
        let config = &self.config;
        let heights = [
            config.homestead_block,
            config.dao_fork_block,
            config.eip150_block,
            config.eip155_block,
            config.eip158_block,
            config.byzantium_block,
            config.constantinople_block,
            config.petersburg_block,
            config.istanbul_block,
            config.muir_glacier_block,
            config.berlin_block,
            config.london_block,
            config.arrow_glacier_block,
            config.gray_glacier_block,
            config.merge_netsplit_block,
        ];
        let heights: BTreeSet<u64> = heights.into_iter().flatten().filter(|height| *height > 0).collect();
        let times = self.timed().into_iter().map(|timed| timed.time).filter(|at| *at > 0 && *at <= time);
        let times: BTreeSet<u64> = times.collect();
        let mut bytes = genesis.to_vec();
        bytes.extend(heights.into_iter().chain(times).flat_map(u64::to_be_bytes));
        checksum(&bytes)
    }

    /// The rules of a block.
    pub fn fork(&self, header: &Header) -> Fork {
        if let Some(timed) = self.timed_at(header.timestamp) {
            return timed.fork;
        }
        let config = &self.config;
        if config.terminal_total_difficulty.is_some() && header.difficulty.is_zero() {
            return Fork::Paris;
        }
        let by_height = [
            (config.london_block, Fork::London),
            (config.berlin_block, Fork::Berlin),
            (config.istanbul_block, Fork::Istanbul),
            (config.petersburg_block, Fork::Petersburg),
            // Between the two, net gas of storage was counted in a way that nobody kept.
            (config.constantinople_block, Fork::Petersburg),
            (config.byzantium_block, Fork::Byzantium),
            (config.eip158_block, Fork::SpuriousDragon),
            (config.eip150_block, Fork::Tangerine),
            (config.homestead_block, Fork::Homestead),
        ];
        let active = by_height.into_iter().find(|(from, _)| from.is_some_and(|from| from <= header.number));
        active.map_or(Fork::Frontier, |(_, fork)| fork)
    }

    /// Whether a block of this number and time comes after the merge.
    pub fn is_merged(&self, number: u64, time: u64) -> bool {
        let config = &self.config;
        config.terminal_total_difficulty == Some(U256::ZERO)
            || config.merge_netsplit_block.is_some_and(|merged| number >= merged)
            || self.timed_at(time).is_some()
    }

    /// All forks by time, in order.
    pub fn timed(&self) -> Vec<Timed> {
        let config = &self.config;
        let blobs = config.blob_schedule_blob_params();
        let forks = [
            (config.shanghai_time, Fork::Shanghai, None),
            (config.cancun_time, Fork::Cancun, Some(blobs.cancun)),
            (config.prague_time, Fork::Prague, Some(blobs.prague)),
            (config.osaka_time, Fork::Osaka, Some(blobs.osaka)),
        ];
        let forks =
            forks.into_iter().filter_map(|(time, fork, blobs)| Some(Timed { time: time?, fork, blobs }));
        let later = blobs.scheduled.iter().map(|(time, blobs)| Timed {
            time: *time,
            fork: Fork::Osaka,
            blobs: Some(*blobs),
        });
        let mut all: Vec<Timed> = forks.chain(later).collect();
        all.sort_by_key(|timed| timed.time);
        all
    }

    /// The newest fork by time that holds at this time.
    pub fn timed_at(&self, time: u64) -> Option<Timed> {
        self.timed().into_iter().rev().find(|timed| timed.time <= time)
    }

    /// By how much the blobs of the blocks up to this one were above their target, as the next one is to say, if it is of
    /// this time (EIP-4844, 7918).
    pub fn next_blob_excess(&self, parent: &Header, time: u64) -> u64 {
        let Some(Timed { fork, blobs: Some(blobs), .. }) = self.timed_at(time) else { return 0 };
        let excess = parent.excess_blob_gas.unwrap_or_default();
        let used = parent.blob_gas_used.unwrap_or_default();
        match fork >= Fork::Osaka {
            _ if blobs.max_blob_count == 0 => 0,
            true => blobs.next_block_excess_blob_gas_osaka(
                excess,
                used,
                parent.base_fee_per_gas.unwrap_or_default(),
            ),
            false => (excess + used).saturating_sub(blobs.target_blob_gas_per_block()),
        }
    }

    /// What the producer of a block gets for it, in wei.
    pub fn reward(fork: Fork) -> U256 {
        U256::from(match fork {
            Fork::Frontier | Fork::Homestead | Fork::Tangerine | Fork::SpuriousDragon => 5 * ETHER,
            Fork::Byzantium => 3 * ETHER,
            Fork::Petersburg | Fork::Istanbul | Fork::Berlin | Fork::London => 2 * ETHER,
            _ => 0,
        })
    }

    /// Whether blocks hold what this cannot run.
    pub fn unknown(&self) -> Option<&'static str> {
        let config = &self.config;
        match () {
            () if config.dao_fork_support && config.dao_fork_block.is_some() => Some("the DAO's fork"),
            () if config.amsterdam_time.is_some() => Some("Amsterdam"),
            () if config.clique.is_some() || config.parlia.is_some() => Some("proof of authority"),
            () => None,
        }
    }
}

/// CRC-32 as IEEE 802.3 has it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Schedule, checksum};
    use alloy_consensus::Header;
    use alloy_primitives::U256;
    use pelton_engine::environment::Fork;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn own_blocks_run_by_the_newest_rules_from_the_first_on() {
        let schedule = Schedule::own(7);
        assert_eq!(schedule.fork(&Header { difficulty: U256::ZERO, ..Header::default() }), Fork::OWN);
        assert_eq!(
            schedule.timed_at(0).and_then(|timed| timed.blobs).map(|blobs| blobs.max_blob_count),
            Some(0)
        );
    }
}
