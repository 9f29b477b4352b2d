//! `Schedule`: by which rules a block of Ethereum's runs, from the configuration that its genesis file holds.

use alloy_consensus::Header;
use alloy_eips::eip7840::BlobParams;
use alloy_genesis::ChainConfig;
use alloy_primitives::U256;
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
