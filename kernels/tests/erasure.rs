//! The code is the one that an independent library has, by every arithmetic, whatever is lost.

use std::io::{self, Write as _};
use std::sync::Once;

use pelton_kernels::erasure::{Arithmetic, Code, Combination, ErasureError, SHARDS_MAX};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use reed_solomon_erasure::galois_8::ReedSolomon;

/// Around the vectors, the strips and the stretches that the code is computed in.
const LENGTHS: [usize; 12] = [1, 2, 31, 33, 63, 64, 65, 127, 128, 129, 300, 1132];

/// All that this processor has, the slowest first.
fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    static NAMED: Once = Once::new();
    NAMED.call_once(|| {
        let names: Vec<_> = Arithmetic::all().map(Arithmetic::name).collect();
        // Written past the test harness, which keeps to itself what a passing test prints.
        let line = format!("arithmetics tested here: {}\n", names.join(", "));
        io::stderr().write_all(line.as_bytes()).expect("standard error can be written to");
    });
    Arithmetic::all()
}

fn code(data: usize, parity: usize) -> Code {
    Code::new(data, parity).expect("a code")
}

/// Data shards of bytes that look like nothing in particular.
fn shards(count: usize, length: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut stream = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
    let shard = |_| {
        let mut bytes = vec![0; length];
        stream.fill(&mut bytes);
        bytes
    };
    (0..count).map(shard).collect()
}

/// All shards, by the other library.
fn expected(code: Code, length: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut all = shards(code.data(), length, seed);
    all.resize(code.shards(), vec![0; length]);
    ReedSolomon::new(code.data(), code.parity()).expect("a code").encode(&mut all).expect("shards that fit");
    all
}

fn applied(mut combination: Combination, present: &[&Vec<u8>], count: usize) -> Vec<Vec<u8>> {
    // Whatever is there before is overwritten.
    let mut wanted = vec![vec![0xa5; present[0].len()]; count];
    combination.apply(present, &mut wanted).expect("shards that fit");
    wanted
}

/// The parity is the other library's.
fn check_parity(code: Code, all: &[Vec<u8>]) {
    let data: Vec<_> = all[..code.data()].iter().collect();
    for arithmetic in arithmetics() {
        let parity = applied(code.encoder(arithmetic), &data, code.parity());
        assert!(parity == all[code.data()..], "{arithmetic}, {code:?}, {} bytes", all[0].len());
    }
}

/// The first `k` shards of `order` give all the others.
fn check_rebuilt(code: Code, all: &[Vec<u8>], order: &[u8]) {
    let (present, wanted) = order.split_at(code.data());
    let of = |indices: &[u8]| indices.iter().map(|index| &all[usize::from(*index)]).collect::<Vec<_>>();
    for arithmetic in arithmetics() {
        let decoder = code.decoder(arithmetic, present, wanted).expect("distinct shards");
        let rebuilt = applied(decoder, &of(present), wanted.len());
        let is_right = rebuilt.iter().eq(of(wanted));
        assert!(is_right, "{arithmetic}, {code:?}, {} bytes, from {present:?}", all[0].len());
    }
}

/// The last `k`, so that as much data as can be is lost, and parity counts most.
fn worst(code: Code) -> Vec<u8> {
    (0..=u8::MAX).take(code.shards()).rev().collect()
}

#[test]
fn every_small_code_gives_the_parity_of_the_other_library_and_survives_the_worst() {
    for shards in 2..=20 {
        for data in 1..shards {
            let code = code(data, shards - data);
            let all = expected(code, LENGTHS[(shards * 7 + data) % LENGTHS.len()], shards as u64);
            check_parity(code, &all);
            check_rebuilt(code, &all, &worst(code));
        }
    }
}

#[test]
fn every_k_of_n_shards_rebuild_all_others_in_small_codes() {
    for shards in 2..=8_usize {
        for data in 1..shards {
            let code = code(data, shards - data);
            let all = expected(code, 129, 9);
            for set in (0..1_u32 << shards).filter(|set| set.count_ones() as usize == data) {
                let (mut order, lost): (Vec<u8>, Vec<u8>) =
                    (0..shards as u8).partition(|index| set >> index & 1 == 1);
                order.extend(lost);
                check_rebuilt(code, &all, &order);
            }
        }
    }
}

#[test]
fn every_length_is_right_to_its_last_byte() {
    for length in LENGTHS.into_iter().chain([1_280, 2_559, 20 << 10, (20 << 10) + 1]) {
        let code = code(5, 7);
        let all = expected(code, length, 3);
        check_parity(code, &all);
        check_rebuilt(code, &all, &worst(code));
    }
}

#[test]
fn the_largest_codes_are_right() {
    for data in [1, 2, 17, 85, 127, 128, 171, 254, 255] {
        let code = code(data, SHARDS_MAX - data);
        let all = expected(code, 131, 5);
        check_parity(code, &all);
        check_rebuilt(code, &all, &worst(code));
    }
}

#[test]
fn a_combination_can_be_used_again_for_other_bytes_and_other_lengths() {
    let code = code(17, 33);
    for arithmetic in arithmetics() {
        let mut encoder = code.encoder(arithmetic);
        for (seed, length) in [(1, 5_000), (2, 77), (3, 5_000)] {
            let all = expected(code, length, seed);
            let mut parity = vec![vec![0; length]; code.parity()];
            encoder.apply(&all[..17], &mut parity).expect("shards that fit");
            assert!(parity == all[17..], "{arithmetic}");
        }
    }
}

#[test]
fn shapes_and_numbers_that_do_not_fit_are_errors() {
    for (data, parity) in [(0, 0), (0, 1), (1, 0), (200, 57), (256, 1), (usize::MAX, usize::MAX)] {
        assert_eq!(Code::new(data, parity), Err(ErasureError::Shape { data, parity }));
    }
    let check = |present: &[u8], wanted: &[u8], error| {
        assert_eq!(code(3, 2).decoder(Arithmetic::PORTABLE, present, wanted).err(), error);
    };
    check(&[0, 1], &[2], Some(ErasureError::Count { given: 2, needed: 3 }));
    check(&[0, 1, 2, 3], &[], Some(ErasureError::Count { given: 4, needed: 3 }));
    check(&[0, 1, 5], &[2], Some(ErasureError::Unknown { index: 5 }));
    check(&[0, 1, 4], &[255], Some(ErasureError::Unknown { index: 255 }));
    check(&[0, 1, 0], &[2], Some(ErasureError::Repeated { index: 0 }));
    check(&[0, 1, 2], &[2], Some(ErasureError::Repeated { index: 2 }));
    check(&[0, 1, 2], &[3, 3], Some(ErasureError::Repeated { index: 3 }));
    check(&[4, 3, 2], &[], None);
}

#[test]
fn lengths_that_do_not_fit_are_errors_and_nothing_is_written() {
    let check = |present: &[usize], wanted: &[usize], error| {
        for arithmetic in arithmetics() {
            let bytes = |length: &usize| vec![7_u8; *length];
            let mut written: Vec<_> = wanted.iter().map(bytes).collect();
            let before = written.clone();
            let present: Vec<_> = present.iter().map(bytes).collect();
            assert_eq!(code(2, 2).encoder(arithmetic).apply(&present, &mut written), Err(error));
            assert_eq!(written, before, "{arithmetic}");
        }
    };
    check(&[], &[], ErasureError::Count { given: 0, needed: 2 });
    check(&[4, 4, 4], &[4, 4], ErasureError::Count { given: 3, needed: 2 });
    check(&[4, 4], &[4], ErasureError::Count { given: 1, needed: 2 });
    check(&[0, 0], &[0, 0], ErasureError::Empty);
    check(&[4, 5], &[4, 4], ErasureError::Length { given: 5, needed: 4 });
    check(&[4, 4], &[4, 3], ErasureError::Length { given: 3, needed: 4 });
    check(&[0, 4], &[4, 4], ErasureError::Length { given: 4, needed: 0 });
}

#[test]
fn errors_say_what_is_wrong() {
    let text = |error: ErasureError| error.to_string();
    assert_eq!(text(ErasureError::Repeated { index: 9 }), "shard 9 was named twice");
    assert_eq!(text(ErasureError::Length { given: 5, needed: 4 }), "a shard has 5 bytes, the first one 4");
    assert_eq!(text(ErasureError::Count { given: 2, needed: 3 }), "2 shards were given, not 3");
}

/// Freezes the code: whoever changes it changes what every node of a network must change together.
#[test]
fn the_code_is_frozen() {
    let frozen = [
        ((1, 1, 1), "bb5861f8cb5508162297a1d49edb6801"),
        ((4, 2, 31), "5360922a8622a09bc97967c10fc94868"),
        ((17, 33, 1000), "38ee851323794267f44a4a57228c5114"),
        ((128, 64, 1132), "e6a78e81ae52868fd40c92641dd0e459"),
        ((85, 171, 129), "8ff2bec3728a8091a2360aca0d5fd328"),
    ];
    for ((data, parity, length), hash) in frozen {
        let bytes = shards(data, length, 42);
        for arithmetic in arithmetics() {
            let mut hasher = blake3::Hasher::new();
            for shard in
                applied(code(data, parity).encoder(arithmetic), &bytes.iter().collect::<Vec<_>>(), parity)
            {
                hasher.update(&shard);
            }
            assert_eq!(&hasher.finalize().to_hex()[..32], hash, "{arithmetic}, {data}+{parity}");
        }
    }
}

/// Any code, small ones and those of the greatest size more often.
fn any_code() -> impl Strategy<Value = Code> {
    let shards = prop_oneof![2..=24_usize, 2..=SHARDS_MAX, Just(SHARDS_MAX)];
    shards.prop_flat_map(|shards| (1..shards).prop_map(move |data| code(data, shards - data)))
}

/// A code, and all its shards in any order.
fn any_order() -> impl Strategy<Value = (Code, Vec<u8>)> {
    any_code().prop_flat_map(|code| {
        let indices: Vec<u8> = (0..=u8::MAX).take(code.shards()).collect();
        (Just(code), Just(indices).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_code_gives_the_parity_of_the_other_library_and_is_rebuilt_from_any_k(
        (code, order) in any_order(),
        length in 1..700_usize,
        seed in any::<u64>(),
    ) {
        let all = expected(code, length, seed);
        check_parity(code, &all);
        check_rebuilt(code, &all, &order);
    }

    #[test]
    fn no_numbers_and_no_lengths_panic(
        data in 0..300_usize,
        parity in 0..300_usize,
        present in prop::collection::vec(any::<u8>(), 0..12),
        wanted in prop::collection::vec(any::<u8>(), 0..12),
        lengths in prop::collection::vec(0..200_usize, 0..24),
    ) {
        let small = Code::new(data % 8, parity % 8).or(Code::new(data, parity));
        let Ok(code) = small else { return Ok(()) };
        let Ok(mut decoder) = code.decoder(Arithmetic::best(), &present, &wanted) else { return Ok(()) };
        let mut shards: Vec<_> = lengths.iter().map(|length| vec![1; *length]).collect();
        let rest = shards.split_off(shards.len().min(present.len()));
        let _: Result<(), ErasureError> = decoder.apply(&shards, &mut rest.clone());
    }
}
