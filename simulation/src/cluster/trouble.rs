//! What befalls the validators of a run: deaths, disks, cut ways, and starting again.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use pelton_consensus::cluster::Hand;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_pipeline::start::StartError;

use super::Cluster;
use crate::record::Found;
use crate::replica::Stands;
use crate::scenario::Event;

/// Of a million operations on the files of consensus, how many fail for each of a thousand on those of the chain.
const CONSENSUS_FAULTS: u32 = 300;
/// What rots together.
const SECTOR: usize = 512;

impl Cluster {
    /// Lets happen what is to happen now.
    pub(super) fn befall(&mut self, now: Duration, hand: &mut Hand<'_>) {
        while let Some((at, event)) = self.scenario.events.get(self.next_event).cloned() {
            if at > now {
                break;
            }
            self.next_event += 1;
            self.happen(event, now, hand);
        }
        if !self.is_healed && now >= self.scenario.heals {
            self.heal(hand);
        }
        for member in 0..self.replicas.len() {
            if hand.disk(member).refused().is_some() && self.halted.insert(member) {
                // It says so and ends. Whoever runs it must not start it without its votes.
                self.die(member, false, hand);
            }
            if self.replicas[member].has_failed() || hand.disk(member).has_failed() {
                // Whoever runs it sees to its disk, and starts it again.
                let is_without_power = self.random.below(2) == 0;
                self.die(member, is_without_power, hand);
                self.record.counts.disk_deaths += 1;
                self.mend(member, hand);
                let after = Duration::from_millis(50 + self.random.below(500));
                self.start_at(now + after, member);
            }
        }
    }

    fn happen(&mut self, event: Event, now: Duration, hand: &mut Hand<'_>) {
        let count = self.replicas.len();
        match event {
            Event::Part(sides) => {
                for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
                    hand.network().set_way(from, to, |way| way.is_open = sides[from] == sides[to]);
                }
            }
            Event::Deafen(from, to) => hand.network().set_way(from, to, |way| way.is_open = false),
            Event::LoseFinality => hand.network().lose_finality(true),
            Event::Join => join(count, hand),
            Event::Kill(member, is_without_power, after) => {
                if self.replicas[member].is_running() {
                    self.die(member, is_without_power, hand);
                    self.record.counts.kills += 1;
                    self.start_at(now + after, member);
                }
            }
            Event::Fail(member, per_mille) => {
                self.replicas[member].disk.set_faults(per_mille);
                hand.disk(member).set_faults(per_mille as u32 * CONSENSUS_FAULTS);
            }
            Event::Fill(member, bytes) => {
                let disk = &self.replicas[member].disk;
                disk.set_capacity(used(disk) + bytes);
            }
            Event::Rot(member, after) => {
                if self.replicas[member].is_running() {
                    self.die(member, false, hand);
                    self.rot(member);
                    self.start_at(now + after, member);
                }
            }
            Event::RotCore(member, of_votes, after) => {
                if self.replicas[member].is_running() && !self.halted.contains(&member) {
                    self.die(member, false, hand);
                    if hand.disk(member).rot(of_votes) {
                        self.record.frail = Some((member, now));
                        self.record.counts.rotten_cores += 1;
                    }
                    self.start_at(now + after, member);
                }
            }
            Event::Ail(member, ailment) => {
                if let Some(device) = &self.replicas[member].device {
                    device.set(ailment);
                }
            }
        }
    }

    /// From now on nothing goes wrong any more but what villains do.
    fn heal(&mut self, hand: &mut Hand<'_>) {
        self.is_healed = true;
        hand.network().lose_finality(false);
        join(self.replicas.len(), hand);
        for member in 0..self.replicas.len() {
            self.mend(member, hand);
            self.mend_device(member);
        }
        self.healed_at = self.record.chain.keys().last().copied().unwrap_or(0);
    }

    fn mend(&mut self, member: usize, hand: &mut Hand<'_>) {
        self.replicas[member].disk.set_faults(0);
        self.replicas[member].disk.set_capacity(u64::MAX);
        hand.disk(member).set_faults(0);
    }

    fn mend_device(&mut self, member: usize) {
        if let Some(device) = &self.replicas[member].device {
            device.set(None);
        }
    }

    pub(super) fn die(&mut self, member: usize, is_without_power: bool, hand: &mut Hand<'_>) {
        hand.kill(member, is_without_power);
        self.replicas[member].kill(is_without_power);
    }

    fn start_at(&mut self, at: Duration, member: usize) {
        self.starts.entry(at).or_default().push(member);
    }

    /// Changes a few bits in one sector of one of the files of a validator's chain.
    fn rot(&mut self, member: usize) {
        let disk = &self.replicas[member].disk;
        let names = disk.files().list().unwrap_or_default();
        if names.is_empty() {
            return;
        }
        let name = &names[self.random.below(names.len() as u64) as usize];
        let mut bytes = disk.bytes(name).unwrap_or_default();
        if bytes.is_empty() {
            return;
        }
        let start = self.random.below(bytes.len() as u64) as usize / SECTOR * SECTOR;
        let length = bytes.len().min(start + SECTOR) - start;
        for _ in 0..1 + self.random.below(4) {
            let at = start + self.random.below(length as u64) as usize;
            bytes[at] ^= 1 << self.random.below(8);
        }
        disk.set_bytes(name, bytes);
        self.rotten.insert(member);
        self.record.counts.rotten += 1;
    }

    /// Starts whoever is to be started now.
    pub(super) fn revive(&mut self, now: Duration, hand: &mut Hand<'_>) {
        while let Some(entry) = self.starts.first_entry() {
            if *entry.key() > now {
                break;
            }
            for member in entry.remove() {
                if !self.replicas[member].is_running() && !self.halted.contains(&member) {
                    self.start(member, now, hand);
                }
            }
        }
    }

    fn start(&mut self, member: usize, now: Duration, hand: &mut Hand<'_>) {
        let told = self.record.told[member].iter().max_by_key(|told| told.height);
        let told: Option<(u64, B256)> = told.map(|told| (told.height, told.id));
        let look_for = told.map_or(0, |(height, _)| height);
        let pace = self.scenario.paces[member];
        let is_rotten = self.rotten.contains(&member);
        match self.replicas[member].start(&self.common, pace.shows(now), look_for) {
            Ok(Stands { desk, height, id, kept }) => {
                self.started[member] += 1;
                self.record.found.push(Found { member, height, id, told, kept });
                hand.start(member, Arc::new(desk), pace);
            }
            Err(error) if is_rotten || !matches!(error, StartError::Store(StoreError::File(_))) => {
                // The folder is refused. The chain can be had again from the blocks that consensus keeps.
                self.record.counts.refused += u64::from(is_rotten);
                if !is_rotten {
                    self.record.damaged.push((member, error.to_string()));
                }
                self.replicas[member].disk = SimulatedDisk::new(self.random.next_u64());
                self.record.told[member].clear();
                self.rotten.remove(&member);
                self.start(member, now, hand);
            }
            Err(error) => {
                // The disk fails. Whoever runs it tries again.
                assert!(!self.is_healed, "validator {member} cannot be started from a good disk: {error}");
                self.replicas[member].kill(false);
                self.record.counts.disk_deaths += 1;
                self.start_at(now + Duration::from_millis(100), member);
            }
        }
    }
}

fn join(count: usize, hand: &Hand<'_>) {
    for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
        hand.network().set_way(from, to, |way| way.is_open = true);
    }
}

fn used(disk: &SimulatedDisk) -> u64 {
    let names = disk.files().list().unwrap_or_default();
    names.iter().filter_map(|name| disk.bytes(name)).map(|bytes| bytes.len() as u64).sum()
}
