//! Blocks: their layout, what is refused of them, and the base fee.

#[path = "common/declared.rs"]
mod declared;
#[path = "common/rlp.rs"]
#[expect(dead_code, reason = "blocks only need transactions to hold")]
mod rlp;
#[path = "common/samples.rs"]
mod samples;
#[path = "common/sealed.rs"]
mod sealed;

use alloy_primitives::{Address, B256, Bytes, U512};
use pelton_engine::block::{self, Block, HEADER_BYTES, Header, Summary};
use pelton_engine::limits::Limits;
use pelton_engine::prices::next_base_fee;
use pelton_engine::reject::Reject::{self, Malformed, NonCanonical, Truncated};
use proptest::prelude::*;
use sealed::{LIMITS, sealed};

fn wires() -> Vec<Vec<u8>> {
    samples::all().into_iter().map(|(_, wire)| wire).collect()
}

/// Splits bytes, and compares the transactions or the reason against them.
fn check(bytes: Vec<u8>, expected: Result<Vec<Vec<u8>>, Reject>) {
    let split =
        block::split(&bytes.into()).map(|(_, wires)| wires.iter().map(|wire| wire.to_vec()).collect());
    assert_eq!(split, expected);
}

/// A block with this body and a header that fits it.
fn with_body(body: &[u8], transactions: u32) -> Vec<u8> {
    let hash = blake3::hash(body).as_bytes().into();
    let header = Header { body: hash, body_bytes: body.len() as u32, transactions, ..*sealed(&[]).header() };
    [&header.encode()[..], body].concat()
}

#[test]
fn a_sealed_block_splits_into_its_header_and_transactions() {
    for wires in [vec![], wires()[..1].to_vec(), wires()] {
        let block = sealed(&wires);
        let (header, split) = block::split(block.bytes()).unwrap();
        assert_eq!((header, header.id()), (*block.header(), block.id()));
        assert_eq!(header.transactions as usize, wires.len());
        assert_eq!(block.bytes().len(), HEADER_BYTES + header.body_bytes as usize);
        assert_eq!(split, wires);
    }
}

#[test]
fn a_block_follows_its_parent() {
    let first = sealed(&wires());
    let parent = first.as_parent();
    let executed = Summary { height: 35, gas_used: 0, state_root: B256::ZERO, prices: B256::ZERO };
    let second = Block::seal(&parent, executed, Address::ZERO, 5, vec![], &LIMITS);
    assert_eq!(second.header().height, first.header().height + 1);
    assert_eq!(second.header().parent, first.id());
    assert_eq!(
        second.header().timestamp_ms,
        first.header().timestamp_ms + 1,
        "time moves on even if a clock does not"
    );
    assert_eq!(second.header().base_fee, parent.next_base_fee(&executed, &LIMITS));
    assert_eq!(second.header().body, *blake3::hash(&[]).as_bytes());
}

#[test]
fn a_block_cut_anywhere_is_refused() {
    let whole = sealed(&wires()).bytes().to_vec();
    for length in 0..whole.len() {
        let expected = if length < HEADER_BYTES { Truncated } else { NonCanonical };
        check(whole[..length].to_vec(), Err(expected));
    }
    check([whole, vec![0]].concat(), Err(NonCanonical));
}

#[test]
fn a_flipped_bit_is_refused_or_changes_the_id() {
    let block = sealed(&wires());
    for at in 0..block.bytes().len() {
        let mut bytes = block.bytes().to_vec();
        bytes[at] ^= 1 << (at % 8);
        if let Ok((header, _)) = block::split(&bytes.into()) {
            assert!(at < HEADER_BYTES, "a body is what its header says");
            assert_ne!(header.id(), block.id());
        }
    }
}

#[test]
fn another_version_is_malformed() {
    for version in [0, 1, 3, 255] {
        let mut bytes = sealed(&[]).bytes().to_vec();
        bytes[0] = version;
        check(bytes, Err(Malformed));
    }
}

#[test]
fn a_body_that_lies_is_refused() {
    let entry = |claimed: u32, wire: &[u8]| [&claimed.to_be_bytes()[..], wire].concat();
    check(with_body(&entry(2, b"ab"), 1), Ok(vec![b"ab".to_vec()]));
    check(with_body(&entry(0, b""), 1), Ok(vec![vec![]]));
    check(with_body(&entry(3, b"ab"), 1), Err(Truncated));
    check(with_body(&entry(u32::MAX, b"ab"), 1), Err(Truncated));
    check(with_body(&entry(1, b"ab"), 1), Err(Truncated));
    check(with_body(&[0, 0, 0], 1), Err(Truncated));
    for count in [0, 2, u32::MAX] {
        check(with_body(&entry(2, b"ab"), count), Err(NonCanonical));
    }
    let mut longer = with_body(&entry(2, b"ab"), 1);
    longer[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&u32::MAX.to_be_bytes());
    check(longer, Err(NonCanonical));
}

#[test]
fn the_base_fee_follows_eip_1559_in_quarter_steps() {
    let min = LIMITS.base_fee_min;
    for (fee, used, expected) in [
        (1_000_000_000, 1_000_000_000, 1_000_000_000),
        (1_000_000_000, 2_000_000_000, 1_031_250_000),
        (1_000_000_000, 4_000_000_000, 1_093_750_000),
        (1_000_000_000, 0, 968_750_000),
        (1_000_000_000, 999_999_999, 1_000_000_000),
        (1_000_000_000, 1_000_000_001, 1_000_000_001),
        (20_000_000, 500_000_000, 19_687_500),
        (min, 0, min),
        (min, 1_000_000_001, min + 1),
        (min + 1, 0, min),
        (0, 0, min),
        (0, u64::MAX, min),
        (u64::MAX, 1_000_000_000, u64::MAX),
        (u64::MAX, 1_000_000_001, u64::MAX),
        (u64::MAX, u64::MAX, u64::MAX),
        (u64::MAX, 0, u64::MAX - u64::MAX / 32),
    ] {
        assert_eq!(next_base_fee(fee, used, &LIMITS), expected, "fee {fee}, used {used}");
    }
}

proptest! {
    #[test]
    fn a_header_decodes_to_what_was_encoded(
        (height, timestamp_ms, base_fee) in any::<(u64, u64, u64)>(),
        (transactions, body_bytes) in any::<(u32, u32)>(),
        (parent, body, state_root, prices) in any::<([u8; 32], [u8; 32], [u8; 32], [u8; 32])>(),
        beneficiary in any::<[u8; 20]>(),
        (executed_height, gas_used) in any::<(u64, u64)>(),
    ) {
        let header = Header {
            height,
            parent: parent.into(),
            timestamp_ms,
            beneficiary: beneficiary.into(),
            base_fee,
            transactions,
            body: body.into(),
            executed: Summary {
                height: executed_height, gas_used, state_root: state_root.into(), prices: prices.into(),
            },
            body_bytes,
        };
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn the_base_fee_is_the_rule_worked_out_without_overflow(fee in 8_u64.., used in any::<u64>(), target in 1..u64::MAX) {
        let limits = Limits { block_gas_target: target, ..LIMITS };
        // The rule as EIP-1559 writes it, but for the divisor, in numbers without an end.
        let (base_fee, gas_used) = (fee, used);
        let (fee, used, target) = [fee, used, target].map(U512::from).into();
        let divisor = U512::from(32);
        let expected = if used > target {
            fee + (fee * (used - target) / target / divisor).max(U512::from(1))
        } else {
            fee - fee * (target - used) / target / divisor
        };
        let expected = u64::try_from(expected).unwrap_or(u64::MAX).max(limits.base_fee_min);
        prop_assert_eq!(next_base_fee(base_fee, gas_used, &limits), expected);
    }

    #[test]
    fn bytes_of_chance_are_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Some(version) = bytes.first_mut() {
            *version = 2;
        }
        prop_assert!(block::split(&Bytes::from(bytes)).is_err());
    }
}
