//! `Cluster`: all validators of a run, and what befalls them.
//!
//! At each tick: what the scenario says happens, who has died of its disk is started again a while later, clients hand transactions in, and
//! every pipeline goes on until nothing happens. It ends when everything is well after the moment at which all heals, when the time
//! for that is over, or when two honest validators have parted, since what comes then says nothing.

mod end;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alloy_primitives::{B256, hex};
use pelton_consensus::cluster::{Config, Hand, run};
use pelton_consensus::{BlockId, Committee, Secret, deal};
use pelton_engine::block::HEADER_BYTES;
use pelton_engine::executed::Outcome;
use pelton_engine::limits::Limits;
use pelton_engine::store::simulated::Lie;
use pelton_kernels::Backend;
use pelton_node::validator::Desk;
use pelton_pipeline::random::Random;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::start::Start;
use pelton_workloads::{CHAIN_ID, generate};

use crate::checkers::judge;
use crate::clients::Clients;
use crate::device::Health;
use crate::record::{Counts, Record, Told};
use crate::replica::{Common, Nature, Replica};
use crate::scenario::{Options, Plant, Scenario, Villainy};
use crate::twin::twin;
use crate::verdict::{Failure, Report, Verdict};

/// How often pipelines go on.
const TICK: Duration = Duration::from_millis(4);

static BACKEND: LazyLock<Arc<dyn Backend>> =
    LazyLock::new(|| pelton_kernels::open("cpu", [3; 32]).expect("every machine has a processor"));

/// Keys are the same in all runs: to deal them takes longer than a run.
static KEYS: [LazyLock<(Committee, Vec<Secret>)>; 2] = [LazyLock::new(|| keys(4)), LazyLock::new(|| keys(7))];

fn keys(validators: u32) -> (Committee, Vec<Secret>) {
    let validators = NonZeroU32::new(validators).expect("somebody is simulated");
    deal([0x5e; 32], b"pelton simulation", validators)
}

/// Runs what a seed says, and judges it.
///
/// # Panics
/// With another number of validators than 4 or 7.
pub fn simulate(seed: u64, options: &Options) -> Verdict {
    let scenario = Scenario::draw(seed, options);
    let outcome = catch_unwind(AssertUnwindSafe(|| play(scenario)));
    match outcome {
        Ok((record, report)) => Verdict { seed, report, failure: judge(&record) },
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let failure = Some(Failure::Crash(text.unwrap_or_else(|| "something without words".to_owned())));
            Verdict { seed, report: Report::default(), failure }
        }
    }
}

fn play(scenario: Scenario) -> (Record, Report) {
    let (committee, secrets) = match scenario.validators {
        4 => &*KEYS[0],
        7 => &*KEYS[1],
        other => panic!("4 or 7 validators can be simulated, not {other}"),
    };
    let mut cluster = Cluster::new(scenario);
    let limits = cluster.common.limits.clone();
    let config = Config {
        seed: cluster.scenario.seed,
        committee: committee.clone(),
        secrets: secrets.clone(),
        genesis: BlockId(Start::genesis(&cluster.common.genesis, &limits).parent.id.0),
        block_bytes_max: HEADER_BYTES + limits.block_bytes_max as usize,
        timing: cluster.scenario.timing,
        tick: TICK,
        sync_max: cluster.scenario.sync_max,
        twin,
    };
    let state = run(&config, &mut cluster);
    cluster.hash.update(state.as_bytes());
    let hash = hex::encode(&cluster.hash.finalize().as_bytes()[..8]);
    let chain = &cluster.record.chain;
    let outcomes = chain.values().flat_map(|(_, executed)| &executed.outcomes);
    let transactions = outcomes.filter_map(Outcome::receipt).count() as u64;
    let report = Report { hash, heights: chain.len() as u64, transactions, counts: cluster.record.counts };
    (cluster.record, report)
}

/// See the head of this file.
struct Cluster {
    scenario: Scenario,
    common: Common,
    random: Random,
    replicas: Vec<Replica>,
    /// When those that do not run are started.
    starts: BTreeMap<Duration, Vec<usize>>,
    /// How often each was started.
    started: Vec<u64>,
    clients: Clients,
    next_event: usize,
    is_healed: bool,
    /// Height of the highest honest one when all healed.
    healed_at: u64,
    /// By transaction, who has it in a block.
    executed: BTreeSet<B256>,
    /// Those in whose files bits have changed, which nobody has noticed so far.
    rotten: BTreeSet<usize>,
    /// Those who would not go on with the files of their cores.
    halted: BTreeSet<usize>,
    /// Whether two honest ones have told of two blocks at one height.
    is_split: bool,
    record: Record,
    hash: blake3::Hasher,
}

fn nature(scenario: &Scenario, member: usize) -> Nature {
    let device = |honesty| Health::new(scenario.seed ^ (member as u64 + 1) << 48, honesty);
    Nature {
        is_liar: scenario.villainy[member] == Villainy::ProposesInvalid,
        device: scenario.honesty(member).map(device),
        is_credulous: scenario.plant == Some(Plant::FaultIsAVerdict),
    }
}

impl Cluster {
    fn new(scenario: Scenario) -> Cluster {
        let mut random = Random::new(scenario.seed ^ 0xc105_7e12);
        let workload = generate(&scenario.workload, &|_| ());
        let clients = Clients::new(&workload, &mut random, scenario.heals);
        let limits = Limits::tiny(CHAIN_ID);
        let replicas = (0..scenario.validators)
            .map(|member| Replica::new(member, random.next_u64(), nature(&scenario, member)))
            .collect();
        let record = Record {
            limits: limits.clone(),
            genesis: workload.genesis.clone(),
            transactions: workload.transactions,
            honest: (0..scenario.validators).map(|member| scenario.is_honest(member)).collect(),
            told: vec![Vec::new(); scenario.validators],
            chain: BTreeMap::new(),
            found: Vec::new(),
            damaged: Vec::new(),
            forged: Vec::new(),
            frail: scenario.frail.map(|member| (member, Duration::MAX)),
            twice: Vec::new(),
            blocks: Vec::new(),
            stuck: None,
            counts: Counts::default(),
        };
        Cluster {
            common: Common {
                limits,
                genesis: workload.genesis,
                backend: BACKEND.clone(),
                block_interval: scenario.block_interval,
            },
            started: vec![0; scenario.validators],
            starts: BTreeMap::from([(Duration::ZERO, (0..scenario.validators).collect())]),
            scenario,
            random,
            replicas,
            clients,
            next_event: 0,
            is_healed: false,
            healed_at: 0,
            executed: BTreeSet::new(),
            rotten: BTreeSet::new(),
            halted: BTreeSet::new(),
            is_split: false,
            record,
            hash: blake3::Hasher::new(),
        }
    }

    /// Sets ways and villains, before anything happens.
    fn begin(&mut self, hand: &mut Hand<'_>) {
        for (from, ways) in self.scenario.ways.iter().enumerate() {
            for (to, drawn) in ways.iter().enumerate() {
                hand.network().set_way(from, to, |way| *way = *drawn);
            }
        }
        for member in 0..self.replicas.len() {
            match self.scenario.plant {
                Some(Plant::ForgottenSync) => self.replicas[member].disk.set_lie(Lie::Sync),
                Some(Plant::ForgottenVotes) => hand.disk(member).forget_syncs(),
                _ => {}
            }
        }
        for (member, villainy) in self.scenario.villainy.iter().enumerate() {
            if let Villainy::Deed(misdeed) = villainy {
                hand.corrupt(member, *misdeed, Arc::new(Desk::new(&self.common.limits)));
            }
        }
    }

    fn hand_in(&mut self, now: Duration) {
        let count = self.replicas.len() as u64;
        for wire in self.clients.first(now) {
            // To at least one, and to all of them often enough.
            for at in 0..count {
                if self.random.below(2) == 0 {
                    self.replicas[at as usize].submit(&wire, self.random.below(5) as u32);
                }
            }
        }
        if self.is_healed {
            for wire in self.clients.again(now, |id| self.executed.contains(id)) {
                self.replicas.iter().for_each(|replica| replica.submit(&wire, 9));
            }
        }
    }

    fn turn(&mut self, now: Duration, hand: &mut Hand<'_>) {
        for member in 0..self.replicas.len() {
            let shown = self.scenario.paces[member].shows(now);
            let replica = &mut self.replicas[member];
            let turned = match self.scenario.villainy[member] {
                Villainy::LyingDevice => catch_unwind(AssertUnwindSafe(|| replica.turn(shown))),
                _ => Ok(replica.turn(shown)),
            };
            match turned {
                Ok(committed) => committed.into_iter().for_each(|one| self.tell(member, one, now)),
                // Its device denies what a quorum has signed, so it stops.
                Err(_) => self.die(member, false, hand),
            }
            self.replicas[member].fold(&mut self.hash);
        }
    }

    fn tell(&mut self, member: usize, committed: Committed, now: Duration) {
        let Committed { done, state_root, tables } = committed;
        let (height, id) = (done.block.header().height, done.block.id());
        let (prices, start) = (tables.newest().digest(), self.started[member]);
        self.hash.update(id.as_slice()).update(state_root.as_slice());
        self.record.told[member].push(Told { height, id, state_root, prices, at: now, start });
        let first = self.record.chain.get(&height);
        self.is_split |= self.record.honest[member] && first.is_some_and(|(block, _)| block.id() != id);
        if self.record.honest[member] && first.is_none() {
            let receipts = done.executed.outcomes.iter().filter_map(Outcome::receipt);
            self.executed.extend(receipts.map(|receipt| receipt.id));
            self.record.chain.insert(height, (done.block, done.executed));
        }
    }

    fn height_of(&self, member: usize) -> u64 {
        self.record.told[member].last().map_or(0, |told| told.height)
    }

    fn honest(&self) -> impl Iterator<Item = usize> {
        (0..self.replicas.len()).filter(|member| self.record.honest[*member])
    }
}
