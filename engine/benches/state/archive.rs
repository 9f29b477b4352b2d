//! Blocks of plain transfers and their receipts, as a node keeps them on disk: what it costs to append them durably, with
//! their indexes, to find the archive again after a stop, and to find one transaction by its id.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use pelton_engine::archive::{self, Settings, Writer};
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::codec;
use pelton_engine::executed::{Outcome, Receipt};
use pelton_engine::limits::Limits;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::record::Tip;
use pelton_engine::transaction::Verified;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, generate};

use crate::Size;
use crate::accounts::spread;
use crate::durable::folder;
use crate::meter::{Figure, Meter};

/// Transactions in a block at most: what 100,000 a second are in 25 ms.
const BLOCK: usize = 2_500;
const BLOCKS: usize = 25;
/// Transactions that are looked for.
const LOOKUPS: usize = 100;

pub fn measure(size: Size) -> Vec<Figure> {
    let folder = folder("archive");
    let files: Arc<dyn Files> = Arc::new(Disk::open(&folder).expect("the folder is free"));
    // So that there are several segments, as there are after a longer time.
    let settings = Settings { segment_bytes: 1 << 20, ..Settings::standard() };
    let (chain, tip) = chain(size.batch.min(BLOCK), size.batches.min(BLOCKS));
    let genesis = tip(0);

    let mut append = Meter::default();
    let mut writer = open(&files, &settings, &genesis, &genesis);
    for (block, outcomes) in &chain {
        append.take(outcomes.len(), || {
            writer.push(block, &B256::ZERO, &[], outcomes);
            writer.sync().expect("the disk is good");
            while writer.step().expect("the disk is good") {}
        });
    }
    drop(writer);
    let transactions: usize = chain.iter().map(|(_, outcomes)| outcomes.len()).sum();
    let names = files.list().expect("the disk is good").into_iter();
    let bytes: u64 =
        names.map(|name| files.open(&name).and_then(|file| file.length()).expect("it is listed")).sum();

    let mut opening = Meter::default();
    let newest = tip(chain.len());
    let archive = opening.take(transactions, || open(&files, &settings, &genesis, &newest)).archive();
    let mut lookups = Meter::default();
    for turn in 0..LOOKUPS as u64 {
        let (_, outcomes) = &chain[spread(turn) as usize % chain.len()];
        let wanted = outcomes[spread(!turn) as usize % outcomes.len()].receipt().expect("all ran");
        let found = lookups.take(1, || archive.transaction(&wanted.id)).expect("the disk is good");
        let (record, place) = found.expect("it is kept");
        assert_eq!(record.outcomes[place].1.receipt(), Some(wanted), "a transfer is found with its receipt");
    }
    std::fs::remove_dir_all(&folder).expect("it is ours");
    let append = append.figure("append a transfer, its block synced and indexed", 1, newest.id);
    let bytes = Some(bytes as f64 / transactions as f64);
    let per_block = transactions / chain.len();
    vec![
        Figure { bytes, ..append },
        opening.figure("open an archive, for each transfer in it", 1, newest.id),
        lookups.figure(format!("find a transfer by id, among {per_block} in its block"), 1, newest.id),
    ]
}

fn open(files: &Arc<dyn Files>, settings: &Settings, genesis: &Tip, tip: &Tip) -> Writer {
    archive::open(files, settings, genesis.id, tip).expect("the disk is good")
}

type Executed = (Block, Vec<Outcome>);

/// Blocks of so many transfers each with their outcomes, and what a state says of each height.
fn chain(transfers: usize, blocks: usize) -> (Vec<Executed>, impl Fn(usize) -> Tip) {
    let limits = Limits::standard(CHAIN_ID);
    let transactions = (transfers * blocks) as u64;
    let (pattern, scheme) = (Name::Transfers.into(), Scheme::Ed25519);
    let workload = generate(&Spec { pattern, scheme, accounts: 1_000, transactions, seed: 1 }, &|_| ());
    let verified =
        workload.transactions.iter().zip(&workload.senders).map(|((wire, _), sender)| {
            Verified::new(codec::decode(wire.clone()).expect("it is good"), *sender)
        });
    let verified: Vec<Verified> = verified.collect();
    let mut parent = Parent::genesis(B256::ZERO, &limits);
    let mut ids = vec![parent.id];
    let mut chain = Vec::new();
    for body in verified.chunks(transfers) {
        let height = (parent.height + 1).saturating_sub(limits.root_lag);
        let executed = Summary { height, gas_used: 0, state_root: B256::ZERO, prices: B256::ZERO };
        let block = Block::seal(&parent, executed, Address::ZERO, 0, body.to_vec(), &limits);
        parent = block.as_parent();
        ids.push(parent.id);
        chain.push((block, body.iter().map(outcome).collect()));
    }
    let tip = move |height: usize| Tip { height: height as u64, id: ids[height], gas_used: 0, root: None };
    (chain, tip)
}

fn outcome(transaction: &Verified) -> Outcome {
    Outcome::Executed(Receipt {
        id: transaction.id(),
        success: true,
        gas_used: 21_000,
        fee: U256::from(21_000_u64 * 2_000_000_000),
        contention_fee: U256::ZERO,
        logs: Vec::new(),
        created: None,
    })
}
