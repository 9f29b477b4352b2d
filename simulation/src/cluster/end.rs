//! How a run ends: when all is well, or two honest validators have parted, or the time is over.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pelton_consensus::cluster::{Hand, Story};

use super::Cluster;
use crate::device::Health;
use crate::record::Stuck;
use crate::replica::Replica;

/// Blocks that each honest validator must have seen become final since all healed.
const BLOCKS_AFTER: u64 = 2;

impl Cluster {
    /// Whether every honest validator goes on, and has all that belongs into blocks.
    fn is_well(&self) -> bool {
        let newest = self.record.chain.keys().last().copied().unwrap_or(0);
        let wanted = self.healed_at + BLOCKS_AFTER;
        let has_all = self.honest().all(|member| self.height_of(member) + 1 >= newest.max(wanted));
        has_all && newest >= wanted && self.clients.missing(|id| self.executed.contains(id)).is_empty()
    }

    fn end(&mut self, now: Duration, hand: &Hand<'_>) {
        let (network, honest) = (hand.network(), &self.record.honest);
        self.record.blocks = network.blocks();
        self.record.twice = network.twice();
        self.record.forged = self.replicas.iter().map(Replica::forged).collect();
        let cut_off = self.record.blocks.iter().filter(|(by, whom)| honest[*by] && !honest[*whom]);
        let lies: u64 =
            self.replicas.iter().flat_map(|one| &one.lies).map(|l| l.load(Ordering::Relaxed)).sum();
        let deeds: u64 = (0..self.replicas.len()).map(|member| network.deeds(member)).sum();
        let ailing = |is_meant: &dyn Fn(usize) -> bool| {
            let meant = self.replicas.iter().enumerate().filter(|(member, _)| is_meant(*member));
            let counts = meant.filter_map(|(_, replica)| replica.device.as_ref().map(Health::counts));
            counts.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
        };
        let counts = &mut self.record.counts;
        counts.cut_off = cut_off.count() as u64;
        counts.messages = network.counts().sent;
        counts.lost = network.counts().lost;
        counts.misdeeds = deeds + lies + ailing(&|member| !self.record.honest[member]).0;
        (counts.ailing, counts.answered) = ailing(&|member| self.record.honest[member]);
        counts.halted = self.halted.len() as u64;
        let is_frail = |member| self.record.frail.is_some_and(|(frail, _)| frail == member);
        counts.twice = self.record.twice.iter().filter(|twice| is_frail(twice.member)).count() as u64;
        counts.ended_ms = now.as_millis() as u64;
    }
}

impl Story for Cluster {
    fn tick(&mut self, now: Duration, hand: &mut Hand<'_>) -> ControlFlow<()> {
        if self.started.iter().all(|started| *started == 0) {
            self.begin(hand);
        }
        self.befall(now, hand);
        self.revive(now, hand);
        self.hand_in(now);
        self.turn(now, hand);
        let is_over = now >= self.scenario.heals + self.scenario.bound;
        let is_done = self.is_healed && (self.is_well() || is_over);
        if !(is_done || self.is_split) {
            return ControlFlow::Continue(());
        }
        if !self.is_well() {
            let heights = self.honest().map(|member| (member, self.height_of(member))).collect();
            let missing = self.clients.missing(|id| self.executed.contains(id));
            self.record.stuck = Some(Stuck { heights, missing });
        }
        self.end(now, hand);
        ControlFlow::Break(())
    }
}
