//! Blocks in few words: whatever of a block is known, it comes out whole or not at all.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use pelton_engine::block::{Block, HEADER_BYTES, split};
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::transaction::Verified;
use pelton_pipeline::brief::{self, Filled, Prefix, prefix_of};
use pelton_pipeline::start::Start;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, generate};

type Pool = BTreeMap<Prefix, Bytes>;

/// Numbers that look random and are the same at every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % below
    }
}

fn limits() -> Limits {
    Limits::standard(CHAIN_ID)
}

/// A block of so many transactions, and its transactions as a pool has them.
fn block(transactions: usize) -> (Bytes, Vec<Bytes>) {
    let spec = Spec {
        pattern: Name::Mix.into(),
        scheme: Scheme::Ed25519,
        accounts: 20,
        transactions: transactions as u64,
        seed: 7,
    };
    let workload = generate(&spec, &|_| ());
    let wires: Vec<Bytes> = workload.transactions.iter().map(|(wire, _)| wire.clone()).collect();
    let verified = wires.iter().zip(workload.senders);
    let verified = verified
        .map(|(wire, sender)| Verified::new(codec::decode(wire.clone()).expect("it is well-formed"), sender));
    let start = Start::genesis(&workload.genesis, &limits());
    let executed = *start.summaries.last().expect("a chain stands at a block");
    let verified: Vec<Verified> = verified.collect();
    let block = Block::seal(&start.parent, executed, Address::ZERO, 1, verified, &limits());
    (block.bytes().clone(), wires)
}

fn pool(wires: &[Bytes]) -> Pool {
    wires.iter().map(|wire| (prefix_of(&keccak256(wire)), wire.clone())).collect()
}

fn fill(brief: &[u8], parts: &Bytes, pool: &Pool) -> Filled {
    brief::fill(brief, parts, &limits(), |prefix| pool.get(prefix).cloned())
}

#[test]
fn whatever_a_pool_lacks_is_asked_for_once_and_makes_the_block() {
    let (block, wires) = block(60);
    let brief = brief::of(&block).expect("it is shorter");
    assert_eq!(brief.len(), HEADER_BYTES + 16 * wires.len());
    let mut noise = Noise(3);
    for round in 0..200 {
        let kept: Vec<Bytes> = wires.iter().filter(|_| noise.next(200) >= round).cloned().collect();
        let pool = pool(&kept);
        let lacks = match fill(&brief, &Bytes::new(), &pool) {
            Filled::Lacks(lacks) => lacks,
            filled => {
                assert_eq!((filled, kept.len()), (Filled::Whole(block.clone()), wires.len()));
                continue;
            }
        };
        assert_eq!(lacks.len(), 4 * (wires.len() - kept.len()));
        let parts = brief::parts(&block, &lacks).expect("they are in it");
        assert_eq!(fill(&brief, &parts, &pool), Filled::Whole(block.clone()));
        // What was learned meanwhile does no harm, and what was not sent is asked for again.
        assert_eq!(fill(&brief, &parts, &self::pool(&wires)), Filled::Whole(block.clone()));
        assert_eq!(fill(&brief, &Bytes::new(), &pool), Filled::Lacks(lacks));
    }
}

#[test]
fn another_transaction_under_the_same_prefix_makes_no_block() {
    let (block, wires) = block(20);
    let brief = brief::of(&block).expect("it is shorter");
    for (at, wire) in wires.iter().enumerate() {
        let mut pool = pool(&wires);
        let other = wires[(at + 1) % wires.len()].clone();
        pool.insert(prefix_of(&keccak256(wire)), other);
        assert_eq!(fill(&brief, &Bytes::new(), &pool), Filled::Other);
        pool.insert(prefix_of(&keccak256(wire)), vec![0; 5_000_000].into());
        assert_eq!(fill(&brief, &Bytes::new(), &pool), Filled::Other, "it never grows beyond its length");
    }
}

#[test]
fn an_empty_block_is_sent_as_it_is() {
    let (block, _) = block(0);
    assert_eq!(brief::of(&block), None);
    assert_eq!(brief::of(&Bytes::from_static(b"no block")), None);
}

#[test]
fn what_is_no_brief_no_question_and_no_part_is_refused_and_nothing_else_happens() {
    let (block, wires) = block(30);
    let brief = brief::of(&block).expect("it is shorter");
    let some = pool(&wires[..20]);
    let Filled::Lacks(lacks) = fill(&brief, &Bytes::new(), &some) else { panic!("ten are lacking") };
    let parts = brief::parts(&block, &lacks).expect("they are in it");
    let mut noise = Noise(5);
    for _ in 0..4_000 {
        let mut words = [brief.to_vec(), lacks.to_vec(), parts.to_vec()];
        let which = noise.next(3);
        mutate(&mut words[which], &mut noise);
        let [brief, lacks, parts] = words;
        if let Some(parts) = brief::parts(&block, &lacks) {
            assert!(parts.len() <= block.len() + 8 * wires.len(), "no more than there is");
        }
        if let Filled::Whole(whole) = fill(&brief, &parts.into(), &some) {
            split(&whole).expect("what comes out is a block");
            let id = brief::header_of(&brief, &limits()).expect("it had one").id();
            assert_eq!(B256::from(*blake3::hash(&whole[..HEADER_BYTES]).as_bytes()), id);
        }
    }
    assert_eq!(brief::parts(&block, &[0, 0, 0, 1, 0, 0, 0, 1]), None, "none is asked for twice");
    assert_eq!(brief::parts(&block, &[0, 0, 0, 30]), None, "it has thirty");
}

fn mutate(bytes: &mut Vec<u8>, noise: &mut Noise) {
    match noise.next(4) {
        0 => bytes.truncate(noise.next(bytes.len())),
        1 => bytes.extend(std::iter::repeat_n(noise.next(256) as u8, noise.next(40))),
        2 => {
            let at = noise.next(bytes.len());
            bytes[at] ^= 1 << noise.next(8);
        }
        _ => {
            let (at, four) = (noise.next(bytes.len()), [0, 0x7f, 0xff, 1][noise.next(4)]);
            bytes[at..].iter_mut().take(4).for_each(|byte| *byte = four);
        }
    }
}
