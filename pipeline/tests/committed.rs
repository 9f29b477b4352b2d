//! Shards that are bound to a commitment: lost, repeated, damaged, foreign and made by a proposer who lies.

use pelton_kernels::erasure::Code;
use pelton_pipeline::shred::{
    BLOCK_BYTES_MAX, Collected, Collector, CollectorCounts, Commitment, Committed, EncodeError, ShredReject,
    committed,
};
use proptest::prelude::*;

/// Bytes of a shard before its payload.
const HEADER: usize = 40;
const BYTES_MAX: usize = 100_000;

fn code(data: usize, parity: usize) -> Code {
    Code::new(data, parity).expect("a code")
}

/// Bytes that look like nothing in particular.
fn block(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn commit(code: Code, bytes: &[u8]) -> Committed {
    committed(code, bytes).expect("a block that fits")
}

fn collector(code: Code, commitment: Commitment) -> Collector {
    Collector::new(commitment, code, BYTES_MAX)
}

/// The shards with these indices give the block.
fn check_collected(code: Code, bytes: &[u8], indices: &[usize]) {
    let Committed { commitment, shards } = commit(code, bytes);
    let mut collector = collector(code, commitment);
    for index in indices {
        assert_eq!(collector.poll(), None);
        assert_eq!(collector.take(&shards[*index]), None);
    }
    assert!(collector.poll() == Some(Collected::Block(bytes.to_vec())), "{code:?}, {indices:?}");
    assert_eq!((collector.poll(), collector.bytes()), (None, 0));
}

/// A code, a length, and which shards come.
fn any_loss() -> impl Strategy<Value = (Code, usize, Vec<usize>)> {
    let length = prop_oneof![1..300_usize, 1..20_000_usize];
    (2..=70_usize, length).prop_flat_map(|(shards, length)| {
        (1..shards).prop_flat_map(move |data| {
            let indices: Vec<usize> = (0..shards).collect();
            let chosen = Just(indices).prop_shuffle().prop_map(move |order| order[..data].to_vec());
            (Just(code(data, shards - data)), Just(length), chosen)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_k_shards_give_the_block((code, length, chosen) in any_loss(), seed in any::<u64>()) {
        check_collected(code, &block(seed, length), &chosen);
    }
}

#[test]
fn the_largest_committees_share_blocks_out() {
    for (data, parity) in [(1, 255), (255, 1), (128, 128), (86, 170)] {
        let code = code(data, parity);
        let last: Vec<usize> = (code.shards() - data..code.shards()).collect();
        check_collected(code, &block(1, 10_000), &last);
        check_collected(code, &[9], &last);
    }
}

#[test]
fn blocks_that_cannot_be_shared_out_are_errors() {
    let longer = vec![0; BLOCK_BYTES_MAX + 1];
    assert_eq!(committed(code(2, 2), &[]).err(), Some(EncodeError::Empty));
    assert_eq!(committed(code(2, 2), &longer).err(), Some(EncodeError::TooLong { bytes: longer.len() }));
}

#[test]
fn a_commitment_depends_on_the_bytes_the_length_and_the_code() {
    let bytes = block(1, 1_000);
    let mut longer = bytes.clone();
    longer.push(0);
    let mut other = bytes.clone();
    other[999] ^= 1;
    let commitments = [
        commit(code(7, 3), &bytes),
        commit(code(7, 3), &longer),
        commit(code(7, 3), &other),
        commit(code(7, 4), &bytes),
        commit(code(6, 4), &bytes),
    ]
    .map(|committed| committed.commitment);
    for (place, commitment) in commitments.iter().enumerate() {
        assert!(!commitments[..place].contains(commitment), "{place}");
    }
}

#[test]
fn every_reason_to_drop_a_shard_is_named_and_counted() {
    let code = code(4, 3);
    let bytes = block(1, 5_000);
    let Committed { commitment, shards } = commit(code, &bytes);
    let mut collector = collector(code, commitment);
    let mut check = |shard: &[u8], expected: Option<ShredReject>| {
        assert_eq!(collector.take(shard), expected);
    };
    let changed = |at: usize, bits: u8| {
        let mut shard = shards[6].clone();
        shard[at] ^= bits;
        shard
    };

    check(&[], Some(ShredReject::Foreign));
    check(&shards[0][..39], Some(ShredReject::Foreign));
    check(&changed(0, 1), Some(ShredReject::Foreign));
    check(&changed(20, 1), Some(ShredReject::Foreign));
    check(&commit(code, &block(2, 5_000)).shards[0], Some(ShredReject::Foreign));
    check(&changed(35, 2), Some(ShredReject::TooLong));
    // The length by a whole shard, k, m, and an index beyond them.
    for (at, bits) in [(34, 4), (37, 1), (38, 1), (39, 1)] {
        check(&changed(at, bits), Some(ShredReject::Malformed));
    }
    check(&shards[0][..HEADER], Some(ShredReject::Malformed));
    check(&shards[0][..shards[0].len() - 1], Some(ShredReject::Malformed));
    check(&[&shards[0][..], &[0]].concat(), Some(ShredReject::Malformed));
    check(&[&shards[0][..], &[0; 32]].concat(), Some(ShredReject::Malformed));
    // Another length that is cut alike, another index, both ends of the payload, and both of the proof.
    let payload_end = HEADER + 1_250;
    let places = [HEADER, payload_end - 1, payload_end, shards[6].len() - 1].map(|at| (at, 1));
    for (at, bits) in [(33, 0x0f), (39, 2)].into_iter().chain(places) {
        check(&changed(at, bits), Some(ShredReject::Corrupt));
    }
    for shard in &shards[3..] {
        check(shard, None);
        if shard != &shards[6] {
            check(shard, Some(ShredReject::Duplicate));
        }
    }
    check(&shards[0], Some(ShredReject::Late));
    assert_eq!(collector.bytes(), 5_000);
    assert!(collector.poll() == Some(Collected::Block(bytes)));
    assert_eq!(collector.take(&shards[6]), Some(ShredReject::Late));
    assert_eq!(collector.counts(), CollectorCounts { accepted: 4, rejected: [5, 8, 1, 2, 3, 6] });
}

/// A tree over shards, as the top of `pelton_pipeline::shred`'s page on commitments has it, but of any shards.
fn commit_to_anything(code: Code, block_bytes: u32, payloads: &[Vec<u8>]) -> Committed {
    let hash = |key: &[u8; 32], parts: &[&[u8]]| *blake3::keyed_hash(key, &parts.concat()).as_bytes();
    let mut nodes: Vec<_> =
        payloads.iter().map(|payload| hash(b"pelton: payload of a shard, leaf", &[payload])).collect();
    nodes.resize(payloads.len().next_power_of_two(), [0; 32]);
    let mut proofs = vec![Vec::new(); payloads.len()];
    let mut level = 0;
    while nodes.len() > 1 {
        for (index, proof) in proofs.iter_mut().enumerate() {
            proof.extend_from_slice(&nodes[index >> level ^ 1]);
        }
        let parent = |pair: &[[u8; 32]]| hash(b"pelton: two nodes, left to right", &[&pair[0], &pair[1]]);
        nodes = nodes.chunks(2).map(parent).collect();
        level += 1;
    }
    let counts = [code.data() as u8, code.parity() as u8];
    let top = hash(b"pelton: shape and root of shards", &[&counts, &block_bytes.to_le_bytes(), &nodes[0]]);
    let shard = |((index, payload), proof): ((usize, &Vec<u8>), &Vec<u8>)| {
        let length = block_bytes.to_le_bytes();
        [&[0xd4], &top[..], &length, &counts, &[index as u8], payload, proof].concat()
    };
    Committed {
        commitment: Commitment(top),
        shards: payloads.iter().enumerate().zip(&proofs).map(shard).collect(),
    }
}

fn payloads(committed: &Committed, shard_bytes: usize) -> Vec<Vec<u8>> {
    committed.shards.iter().map(|shard| shard[HEADER..][..shard_bytes].to_vec()).collect()
}

#[test]
fn the_plain_tree_of_these_tests_is_that_of_the_library() {
    for (data, parity, length) in [(1, 1, 1), (3, 2, 100), (4, 4, 999), (17, 33, 5_000)] {
        let code = code(data, parity);
        let honest = commit(code, &block(7, length));
        let payloads = payloads(&honest, length.div_ceil(data));
        assert_eq!(commit_to_anything(code, length as u32, &payloads), honest);
    }
}

#[test]
fn shards_that_are_no_code_word_give_no_block_to_anybody_whichever_come() {
    let code = code(3, 3);
    let honest = commit(code, &block(1, 3_000));
    for spoiled in 0..6 {
        let mut payloads = payloads(&honest, 1_000);
        payloads[spoiled][500] ^= 1;
        let lying = commit_to_anything(code, 3_000, &payloads);
        for set in (0..64_u32).filter(|set| set.count_ones() == 3) {
            let mut collector = collector(code, lying.commitment);
            for index in (0..6).filter(|index| set >> index & 1 == 1) {
                assert_eq!(collector.take(&lying.shards[index]), None, "each shard proves to belong");
            }
            assert_eq!(collector.poll(), Some(Collected::Inconsistent), "{spoiled} {set:b}");
        }
    }
}

#[test]
fn bytes_beyond_the_end_that_are_not_zero_give_no_block() {
    let code = code(4, 2);
    // 4 shards of 25 bytes: a block of 100 bytes that claims to be one of 98.
    let honest = commit(code, &block(1, 100));
    let lying = commit_to_anything(code, 98, &payloads(&honest, 25));
    let mut collector = collector(code, lying.commitment);
    for shard in &lying.shards[1..5] {
        assert_eq!(collector.take(shard), None);
    }
    assert_eq!(collector.poll(), Some(Collected::Inconsistent));
}

#[test]
fn no_shard_panics_and_the_block_gets_through() {
    for seed in 0..40_u64 {
        let mut stream = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        let mut draw = move |below: usize| {
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            (u64::from_le_bytes(bytes) % below as u64) as usize
        };
        let code = code(1 + draw(20), 1 + draw(20));
        let bytes = block(seed, 1 + draw(9_000));
        let Committed { commitment, shards } = commit(code, &bytes);
        let mut collector = collector(code, commitment);
        let mut taken = 0;
        let collected = loop {
            let mut shard = shards[draw(shards.len())].clone();
            for _ in 0..draw(4) {
                match draw(4) {
                    0 => shard.truncate(draw(shard.len() + 1)),
                    1 => shard.extend((0..draw(70)).map(|byte| byte as u8)),
                    _ if shard.is_empty() => shard.push(0xd4),
                    2 => {
                        let at = draw(shard.len().min(HEADER));
                        shard[at] = draw(256) as u8;
                    }
                    _ => {
                        let at = draw(shard.len());
                        shard[at] ^= 1 << draw(8);
                    }
                }
            }
            collector.take(&shard);
            taken += 1;
            let counts = collector.counts();
            assert_eq!(taken, counts.accepted + counts.rejected.iter().sum::<u64>());
            assert!(collector.bytes() <= bytes.len() + code.data());
            if let Some(collected) = collector.poll() {
                break collected;
            }
        };
        assert!(collected == Collected::Block(bytes), "seed {seed}");
    }
}

/// Freezes the wire format, the hashes and the code: whoever changes them must also change the version.
#[test]
fn the_wire_format_is_frozen() {
    let mut hasher = blake3::Hasher::new();
    for (data, parity, length) in [(1, 1, 1), (3, 2, 1_000), (17, 33, 100_000), (86, 170, 5_000)] {
        let committed = commit(code(data, parity), &block(1, length));
        hasher.update(&committed.commitment.0);
        committed.shards.iter().for_each(|shard| {
            hasher.update(shard);
        });
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "646dd4f6fa5932eab27fe558463a4236b7cecfb4a5789d1dc7f3815fd3fef9c4"
    );
}
