//! Shreds over a bad wire: lost, repeated, out of order, damaged and forged.

use pelton_pipeline::shred::{
    Assembler, AssemblerLimits, BLOCK_BYTES_MAX, Choice, DATA_SHREDS_MAX, EncodeError, Encoder, Geometry,
    PACKET_BYTES_MAX, Rebuilt, SET_DATA_MAX, SHARD_BYTES_MAX, ShredReject, ShreddedBlock, VERSION,
};
use proptest::prelude::*;

const KEY: [u8; 32] = [7; 32];

fn id_of(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Bytes that look like nothing in particular.
fn block(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn shred(height: u64, bytes: &[u8]) -> ShreddedBlock {
    Encoder::new(KEY).encode(id_of(bytes), height, bytes).expect("a block that fits")
}

fn geometry(length: usize) -> Geometry {
    Geometry::of(length).expect("a block that fits")
}

fn assembler(choice: Choice) -> Assembler {
    Assembler::new(KEY, AssemblerLimits::standard(), choice)
}

fn tiny() -> Assembler {
    Assembler::new(KEY, AssemblerLimits::tiny(), Choice::Cheapest)
}

/// A new checksum over a packet that was changed.
fn resealed(mut packet: Vec<u8>) -> Vec<u8> {
    let end = packet.len() - 16;
    let hash = blake3::keyed_hash(&KEY, &packet[..end]);
    packet[end..].copy_from_slice(&hash.as_bytes()[..16]);
    packet
}

fn changed(shreds: &ShreddedBlock, index: u16, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut packet = shreds.shred(index).expect("an index of the block").as_bytes().to_vec();
    change(&mut packet);
    packet
}

/// Takes these shreds, all of which must be welcome.
fn take_all<'a>(
    assembler: &mut Assembler,
    shreds: impl IntoIterator<Item = &'a pelton_pipeline::shred::Shred>,
) {
    for shred in shreds {
        assert_eq!(assembler.take(shred.as_bytes()), None);
    }
}

fn poll(assembler: &mut Assembler) -> Option<Vec<u8>> {
    assembler.poll(id_of).map(|rebuilt| rebuilt.bytes)
}

/// Datagrams taken = accepted + rejected; claims begun = ended + in flight.
fn check_counts(assembler: &Assembler, taken: u64) {
    let counts = assembler.counts();
    assert_eq!(taken, counts.accepted + counts.rejected.iter().sum::<u64>());
    assert_eq!(
        counts.begun,
        counts.rebuilt + counts.mismatched + counts.given_up + assembler.claims() as u64
    );
    assert_eq!(assembler.bytes() == 0, assembler.claims() == 0);
}

/// The shreds with these indices, and no fewer than `k` of them, rebuild the block.
fn check_rebuilds(bytes: &[u8], indices: &[usize], choice: Choice) {
    let shreds = shred(3, bytes);
    let mut assembler = assembler(choice);
    for (count, index) in indices.iter().enumerate() {
        let is_sufficient = count >= geometry(bytes.len()).data;
        assert!(is_sufficient || assembler.poll(id_of).is_none(), "too few shreds are not a block");
        assert_eq!(assembler.take(shreds.shreds()[*index].as_bytes()), None);
    }
    let rebuilt = assembler.poll(id_of).expect("enough shreds are a block");
    assert_eq!(rebuilt, Rebuilt { id: id_of(bytes), height: 3, bytes: bytes.to_vec() });
    assert_eq!(assembler.poll(id_of), None);
    check_counts(&assembler, indices.len() as u64);
}

fn any_length() -> impl Strategy<Value = usize> {
    let edges = [1, 2, 3, SHARD_BYTES_MAX, SHARD_BYTES_MAX + 1, 2 * SHARD_BYTES_MAX, 7 * SHARD_BYTES_MAX - 1];
    prop_oneof![proptest::sample::select(edges.to_vec()), 1..40_000_usize]
}

/// A block's length, and all indices of its shreds in any order.
fn any_order() -> impl Strategy<Value = (usize, Vec<usize>)> {
    any_length().prop_flat_map(|length| {
        let indices: Vec<usize> = (0..geometry(length).shreds()).collect();
        (Just(length), Just(indices).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_k_shreds_rebuild_the_block((length, order) in any_order(), seed in any::<u64>()) {
        check_rebuilds(&block(seed, length), &order[..geometry(length).data], Choice::Cheapest);
    }

    #[test]
    fn any_choice_among_more_than_k_rebuilds_the_block((length, order) in any_order(), seed in any::<u64>()) {
        check_rebuilds(&block(seed, length), &order, Choice::Random { seed });
        check_rebuilds(&block(seed, length), &order, Choice::Cheapest);
    }
}

/// The indices of a block's shreds, mixed, those first that are enough: `k` of each set.
fn enough_first(length: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let Geometry { sets, data, .. } = geometry(length);
    let mut order: Vec<usize> = (0..geometry(length).shreds()).collect();
    let noise = block(seed, 4 * order.len());
    let noise: Vec<_> = noise.as_chunks::<4>().0.iter().copied().map(u32::from_le_bytes).collect();
    order.sort_by_key(|index| noise[*index]);
    let mut of_set = vec![0; sets];
    order.into_iter().partition(|index| {
        of_set[index % sets] += 1;
        of_set[index % sets] <= data
    })
}

#[test]
fn any_k_shreds_of_each_set_rebuild_a_block_of_many_sets_and_one_less_does_not() {
    for (seed, length) in [(1, 72_513), (2, 145_025), (3, 300_000), (4, 1_000_003)] {
        let bytes = block(seed, length);
        let (enough, rest) = enough_first(length, seed);
        let mut assembler = assembler(Choice::Random { seed });
        let shreds = shred(3, &bytes);
        let (last, others) = enough.split_last().expect("a block has shreds");
        take_all(&mut assembler, others.iter().map(|index| &shreds.shreds()[*index]));
        let sets = geometry(length).sets;
        let elsewhere = rest.iter().filter(|index| *index % sets != last % sets);
        take_all(&mut assembler, elsewhere.map(|index| &shreds.shreds()[*index]));
        assert!(poll(&mut assembler).is_none(), "one set has too few");
        take_all(&mut assembler, [&shreds.shreds()[*last]]);
        assert!(poll(&mut assembler) == Some(bytes), "{length}");
    }
}

#[test]
fn every_length_is_cut_evenly_into_as_few_sets_as_there_can_be() {
    let all = (1..5_000).chain((5_000..BLOCK_BYTES_MAX).step_by(7_919)).chain([BLOCK_BYTES_MAX]);
    for length in all {
        let Geometry { sets, data, parity, shard_bytes } = geometry(length);
        let shreds = sets * data;
        assert!(shreds * shard_bytes >= length && shard_bytes <= SHARD_BYTES_MAX, "{length}");
        assert!((shreds - 1) * shard_bytes < length || sets > 1, "{length}");
        assert!(shreds < length.div_ceil(SHARD_BYTES_MAX) + sets && shreds <= DATA_SHREDS_MAX, "{length}");
        assert!(parity == data.div_ceil(2) && data <= SET_DATA_MAX, "{length}");
    }
    assert_eq!(Geometry::of(0), None);
    assert_eq!(Geometry::of(BLOCK_BYTES_MAX + 1), None);
}

#[test]
fn two_megabytes_survive_the_loss_of_every_third_packet() {
    let bytes = block(1, 2 << 20);
    let kept: Vec<usize> = (0..geometry(bytes.len()).shreds()).filter(|index| index % 3 != 2).collect();
    check_rebuilds(&bytes, &kept, Choice::Random { seed: 5 });
}

#[test]
fn the_longest_block_is_encoded_and_a_longer_one_refused() {
    let bytes = block(1, BLOCK_BYTES_MAX);
    let mut assembler = assembler(Choice::Cheapest);
    take_all(&mut assembler, shred(1, &bytes).shreds().iter().rev().take(DATA_SHREDS_MAX));
    assert!(poll(&mut assembler) == Some(bytes));
    let refused = |block: &[u8]| Encoder::new(KEY).encode([0; 32], 1, block).err();
    let longer = vec![0; BLOCK_BYTES_MAX + 1];
    assert_eq!(refused(&longer), Some(EncodeError::TooLong { bytes: longer.len() }));
    assert_eq!(refused(&[]), Some(EncodeError::Empty));
}

#[test]
fn packets_are_equally_long_and_cross_the_internet_in_one_piece() {
    for length in [1, 1_000, 100_000, 1_000_000] {
        let shreds = shred(1, &block(1, length));
        let bytes = geometry(length).packet_bytes();
        assert!(bytes <= PACKET_BYTES_MAX);
        assert!(shreds.shreds().iter().all(|shred| shred.as_bytes().len() == bytes));
    }
}

#[test]
fn an_encoder_makes_equal_shreds_of_equal_blocks_whatever_it_did_before() {
    let mut encoder = Encoder::new(KEY);
    for length in [30_000, 1, 5_000, 30_000] {
        let bytes = block(1, length);
        let again = encoder.encode(id_of(&bytes), 1, &bytes).expect("a block that fits");
        assert_eq!(again.shreds(), shred(1, &bytes).shreds());
        assert_eq!(again.shred(again.shreds().len() as u16), None);
    }
}

#[test]
fn every_reason_to_drop_a_datagram_is_named_and_counted() {
    let bytes = block(1, 5_000);
    let shreds = shred(9, &bytes);
    let packet = |index| changed(&shreds, index, |_| ());
    let (mut assembler, mut taken) = (tiny(), 0);
    assembler.forget_below(5);
    let mut check = |assembler: &mut Assembler, datagram: &[u8], expected: Option<ShredReject>| {
        assert_eq!(assembler.take(datagram), expected);
        taken += 1;
        check_counts(assembler, taken);
    };

    check(&mut assembler, &[], Some(ShredReject::Foreign));
    check(&mut assembler, b"GET / HTTP/1.1", Some(ShredReject::Foreign));
    check(&mut assembler, &[VERSION], Some(ShredReject::Malformed));
    check(&mut assembler, &packet(0)[..packet(0).len() - 1], Some(ShredReject::Malformed));
    // The low byte of k, the low byte of m, the high byte of the index, the low and the high byte of the length.
    for offset in [45, 47, 50, 42, 44] {
        let lying = resealed(changed(&shreds, 0, |packet| packet[offset] ^= 0x55));
        check(&mut assembler, &lying, Some(ShredReject::Malformed));
    }
    check(&mut assembler, shred(9, &block(2, 10_000)).shreds()[0].as_bytes(), Some(ShredReject::TooLong));
    check(&mut assembler, shred(4, &block(3, 10)).shreds()[0].as_bytes(), Some(ShredReject::Late));
    for offset in [1, 33, 60, packet(0).len() - 1] {
        check(&mut assembler, &changed(&shreds, 0, |packet| packet[offset] ^= 1), Some(ShredReject::Corrupt));
    }
    let elsewhere = Encoder::new([8; 32]).encode(id_of(&bytes), 9, &bytes).expect("a block that fits");
    check(&mut assembler, elsewhere.shreds()[0].as_bytes(), Some(ShredReject::Corrupt));
    for index in 1..=5 {
        check(&mut assembler, &packet(index), None);
        check(&mut assembler, &packet(index), Some(ShredReject::Duplicate));
    }
    assert_eq!(poll(&mut assembler), Some(bytes.clone()));
    check(&mut assembler, &packet(0), Some(ShredReject::Late));

    let counts = assembler.counts();
    assert_eq!(counts.rejected, [2, 7, 1, 2, 5, 5]);
    assert_eq!(counts.rejected_for(ShredReject::Malformed), 7);
    assert!(ShredReject::ALL.iter().enumerate().all(|(place, reason)| *reason as usize == place));
}

#[test]
fn a_forged_shred_spoils_the_rebuild_is_counted_and_the_block_can_come_again() {
    let bytes = block(1, 5_000);
    let shreds = shred(1, &bytes);
    let mut assembler = tiny();
    assert_eq!(assembler.take(&resealed(changed(&shreds, 0, |packet| packet[60] ^= 1))), None);
    take_all(&mut assembler, &shreds.shreds()[1..5]);
    assert_eq!(poll(&mut assembler), None);
    assert_eq!((assembler.counts().mismatched, assembler.claims(), assembler.bytes()), (1, 0, 0));
    take_all(&mut assembler, shreds.shreds());
    assert_eq!(poll(&mut assembler), Some(bytes));
    check_counts(&assembler, 5 + shreds.shreds().len() as u64);
}

#[test]
fn a_forged_height_or_length_does_not_stand_in_the_way() {
    let bytes = block(1, 5_000);
    let shreds = shred(1, &bytes);
    let mut assembler = tiny();
    assert_eq!(assembler.take(&resealed(changed(&shreds, 0, |packet| packet[33] = 2))), None);
    // Blocks of 5,000 and of 4,999 bytes are cut alike.
    assert_eq!(assembler.take(&resealed(changed(&shreds, 0, |packet| packet[41] -= 1))), None);
    take_all(&mut assembler, &shreds.shreds()[..5]);
    let rebuilt = assembler.poll(id_of).expect("enough shreds are a block");
    assert_eq!(rebuilt, Rebuilt { id: id_of(&bytes), height: 1, bytes });
    assert_eq!((assembler.counts().given_up, assembler.claims()), (2, 0));
}

#[test]
fn a_flood_of_claims_costs_no_more_than_the_limits_and_passes() {
    let limits = AssemblerLimits::tiny();
    let (mut assembler, mut taken) = (tiny(), 0);
    for seed in 0..200 {
        for shred in shred(seed, &block(seed, 8_000)).shreds().iter().take(7) {
            assert_eq!(assembler.take(shred.as_bytes()), None);
            taken += 1;
            assert!(assembler.bytes() <= limits.bytes_max && assembler.claims() <= limits.claims_max);
            check_counts(&assembler, taken);
        }
        assert_eq!(poll(&mut assembler), None);
    }
    let bytes = block(1_000, 8_000);
    take_all(&mut assembler, shred(1, &bytes).shreds());
    assert_eq!(poll(&mut assembler), Some(bytes));
}

#[test]
fn blocks_below_the_height_of_use_are_given_up() {
    let mut assembler = tiny();
    for height in 1..=3 {
        take_all(&mut assembler, &shred(height, &block(height, 3_000)).shreds()[..1]);
    }
    assembler.forget_below(3);
    assembler.forget_below(2);
    assert_eq!((assembler.claims(), assembler.counts().given_up), (1, 2));
    let late = shred(2, &block(2, 3_000));
    assert_eq!(assembler.take(late.shreds()[1].as_bytes()), Some(ShredReject::Late));
}

#[test]
fn blocks_that_come_mixed_are_given_out_in_the_order_in_which_they_were_begun() {
    let all: Vec<ShreddedBlock> = (0..3).map(|seed| shred(10 - seed, &block(seed, 2_000))).collect();
    let mut assembler = tiny();
    for index in 0..3 {
        take_all(&mut assembler, all.iter().map(|shreds| &shreds.shreds()[index]));
    }
    for shreds in &all {
        assert_eq!(assembler.poll(id_of).map(|rebuilt| rebuilt.id), Some(shreds.id));
    }
}

#[test]
#[should_panic(expected = "an assembler has room for the longest block that it allows")]
fn limits_that_do_not_hold_one_block_are_a_bug() {
    let _ = Assembler::new(
        KEY,
        AssemblerLimits { bytes_max: 8_000, ..AssemblerLimits::tiny() },
        Choice::Cheapest,
    );
}

#[test]
fn both_ends_can_move_to_another_thread() {
    fn check<T: Send>() {}
    check::<Encoder>();
    check::<Assembler>();
}

/// A datagram with up to three changes, half of the time with the checksum that fits them.
fn mutated(datagram: &[u8], draw: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = datagram.to_vec();
    for _ in 0..draw(4) {
        match draw(5) {
            0 => bytes.truncate(draw(bytes.len() + 1)),
            1 => bytes.extend((0..draw(40)).map(|byte| byte as u8)),
            _ if bytes.is_empty() => bytes.push(VERSION),
            2 => {
                let at = draw(bytes.len().min(51));
                bytes[at] = draw(256) as u8;
            }
            3 => {
                let at = draw(bytes.len());
                bytes[at] ^= 1 << draw(8);
            }
            _ => {
                let at = draw(bytes.len());
                bytes[at..].fill(if draw(2) == 0 { 0 } else { 0xff });
            }
        }
    }
    if bytes.len() >= 16 && draw(2) == 0 { resealed(bytes) } else { bytes }
}

#[test]
fn no_datagram_panics_and_honest_blocks_get_through() {
    for (seed, bulk_until) in (0..8_u64).zip([4, 4, 4, 4, 4, 20, 20, 20]) {
        let mut stream = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        let mut draw = move |below: usize| {
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            (u64::from_le_bytes(bytes) % below as u64) as usize
        };
        let mut assembler = Assembler::new(KEY, AssemblerLimits::tiny(), Choice::Random { seed });
        // The same datagrams, but many at a time.
        let mut in_bulk = Assembler::new(KEY, AssemblerLimits::tiny(), Choice::Random { seed });
        let mut bulk: Vec<Vec<u8>> = Vec::new();
        let mut taken = 0;
        for height in 0..200 {
            let shreds = shred(height, &block(height, 1 + draw(8_500)));
            for _ in 0..2 * shreds.shreds().len() {
                let datagram = shreds.shreds()[draw(shreds.shreds().len())].as_bytes();
                bulk.push(mutated(datagram, &mut draw));
                assembler.take(&bulk[bulk.len() - 1]);
                taken += 1;
                if draw(bulk_until) == 0 {
                    in_bulk.take_many(&bulk.iter().map(Vec::as_slice).collect::<Vec<_>>());
                    bulk.clear();
                    assert_eq!(in_bulk.counts(), assembler.counts(), "seed {seed}");
                    let rebuilt = assembler.poll(id_of);
                    assert_eq!(in_bulk.poll(id_of), rebuilt, "seed {seed}");
                    assert!(rebuilt.is_none_or(|rebuilt| rebuilt.id == id_of(&rebuilt.bytes)), "seed {seed}");
                }
                check_counts(&assembler, taken);
            }
        }
        let counts = assembler.counts();
        assert!(
            counts.rebuilt > 0 && counts.mismatched > 0 && counts.given_up > 0,
            "seed {seed}: {counts:?}"
        );
        assert!(counts.rejected.iter().all(|count| *count > 0), "seed {seed}: {counts:?}");
    }
}

/// Freezes the wire format and the code: whoever changes them must also change `VERSION`.
#[test]
fn the_wire_format_is_frozen() {
    let mut hasher = blake3::Hasher::new();
    for length in [1, 2_000, 50_000] {
        for shred in shred(0x0102_0304_0506_0708, &block(1, length)).shreds() {
            hasher.update(shred.as_bytes());
        }
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "4cbdde0026ed625ec1a7da9bc101b159c3ecb5152741458a35270f2b3f1a32b7"
    );
}
