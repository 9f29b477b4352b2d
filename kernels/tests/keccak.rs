//! Every level gives the hash that hashing one by one gives, whatever the lengths and their order.

#[path = "common/levels.rs"]
mod levels;

use levels::levels;
use pelton_kernels::keccak::{keccak256_many, lanes};
use pelton_kernels::keccak256;
use proptest::prelude::{Strategy, any, prop, proptest};

/// The bytes that one permutation absorbs.
const RATE: usize = 136;

/// Hashes `messages` at every level of this processor, behind what is already there, and compares.
#[track_caller]
fn check<M: AsRef<[u8]>>(messages: &[M]) {
    let before = [7; 32];
    let expected: Vec<_> =
        std::iter::once(before).chain(messages.iter().map(|message| keccak256(message.as_ref()))).collect();
    for level in levels() {
        let mut hashes = vec![before];
        keccak256_many(level, messages, &mut hashes);
        for (index, (hash, expected)) in hashes.iter().zip(&expected).enumerate() {
            assert_eq!(hash, expected, "{level}, message {index} of {}, counted from 1", messages.len());
        }
        assert_eq!(hashes.len(), expected.len(), "{level}");
    }
}

fn message(len: usize, salt: usize) -> Vec<u8> {
    (0..len).map(|index| ((index * 167 + salt * 59) ^ (index >> 8)) as u8).collect()
}

#[test]
fn known_hashes_are_given() {
    let known = [
        ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ("transfer(address,uint256)", "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"),
        (
            "Transfer(address,address,uint256)",
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
    ];
    for level in levels() {
        let mut hashes = Vec::new();
        keccak256_many(level, known.map(|(text, _)| text), &mut hashes);
        let hashes: Vec<_> = hashes.iter().map(const_hex::encode).collect();
        assert_eq!(hashes, known.map(|(_, hash)| hash), "{level}");
    }
}

#[test]
fn every_length_up_to_five_blocks_has_its_hash() {
    let messages: Vec<_> = (0..=5 * RATE + 1).map(|len| message(len, len)).collect();
    check(&messages);
    let descending: Vec<_> = messages.iter().rev().collect();
    check(&descending);
}

#[test]
fn every_number_of_messages_up_to_three_times_the_lanes_is_hashed() {
    for count in 0..=24 {
        for len in [0, 32, RATE - 1, RATE, RATE + 1, 2 * RATE] {
            let messages: Vec<_> = (0..count).map(|salt| message(len, salt)).collect();
            check(&messages);
        }
    }
}

#[test]
fn a_long_message_among_short_ones_delays_none_and_spoils_none() {
    for place in [0, 3, 7, 8, 20, 39] {
        let messages: Vec<_> =
            (0..40).map(|index| message(if index == place { 100_000 } else { index }, index)).collect();
        check(&messages);
    }
}

#[test]
fn equal_messages_in_all_lanes_have_equal_hashes_and_one_other_bit_shows_in_its_lane_only() {
    for len in [33, 64, RATE, 300] {
        for lane in 0..8 {
            let mut messages = vec![vec![0xa5; len]; 8];
            messages[lane][len - 1] ^= 0x80;
            check(&messages);
        }
    }
}

#[test]
fn messages_made_on_the_spot_need_no_memory_of_their_own() {
    let keys: Vec<[u8; 32]> = (0..21u8).map(|index| [index; 32]).collect();
    for level in levels() {
        let mut hashes = Vec::new();
        let named = keys.iter().map(|key| {
            let mut named = [0x65; 33];
            named[1..].copy_from_slice(key);
            named
        });
        keccak256_many(level, named.clone(), &mut hashes);
        let expected: Vec<_> = named.map(|named| keccak256(&named)).collect();
        assert_eq!(hashes, expected, "{level}");
    }
}

#[test]
fn a_higher_level_has_as_many_lanes_or_more() {
    assert!(levels().map(lanes).is_sorted());
    assert_eq!(levels().next().map(lanes), Some(1));
}

/// Lengths that are short, at the ends of blocks, or long.
fn length() -> impl Strategy<Value = usize> {
    (0..6usize, 0..RATE, 0..3usize).prop_map(|(blocks, within, kind)| match kind {
        0 => within,
        1 => (blocks * RATE + within % 3).saturating_sub(1),
        _ => blocks * RATE + within,
    })
}

proptest! {
    #[test]
    fn any_messages_have_their_hashes(lengths in prop::collection::vec((length(), any::<usize>()), 0..80)) {
        let messages: Vec<_> = lengths.into_iter().map(|(len, salt)| message(len, salt % 65_536)).collect();
        check(&messages);
    }
}
