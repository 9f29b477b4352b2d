//! Whatever is not exactly what the chain would give is refused.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256};
use pelton_engine::block::Header;
use pelton_engine::limits::Limits;
use pelton_engine::state::Account;
use pelton_engine::stateless::{Missing, Opened, Refusal};

use crate::chain::{LIMITS, Link, prove, random};
use crate::layout::Layout;
use crate::world::Dice;

/// A block that touches accounts, slots and codes, with hot keys and headers above it.
fn sample() -> (Link, Vec<u8>) {
    let mut links = random(5, 6, 60);
    let above: Vec<Header> = links[4..].iter().map(|link| *link.block.header()).collect();
    let link = links.swap_remove(3);
    let bytes = link.bytes(&above).expect("it can be proven");
    (link, bytes)
}

fn check(layout: &Layout, link: &Link, expected: Refusal) {
    assert_eq!(prove(layout.write(), link), Err(expected));
}

#[test]
fn the_sample_is_good_and_has_something_of_everything() {
    let (link, bytes) = sample();
    let layout = Layout::read(&bytes);
    assert_eq!(layout.write(), bytes);
    assert!(!layout.parent.is_empty() && layout.above.len() == 2 && !layout.hot_keys.is_empty());
    assert!(layout.codes.len() > 2 && layout.touched.slots.len() > 5);
    assert!(layout.touched.accounts.iter().any(|(_, account)| account.is_none()));
    prove(bytes, &link).expect("it is good");
}

#[test]
fn a_bit_flipped_anywhere_is_refused() {
    let (link, bytes) = sample();
    let mut dice = Dice(11);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << dice.roll(8);
        assert!(prove(damaged, &link).is_err(), "byte {at} of {}", bytes.len());
    }
}

#[test]
fn an_end_cut_off_or_added_is_refused() {
    let (link, bytes) = sample();
    for length in (0..bytes.len()).step_by(7).chain(bytes.len() - 40..bytes.len()) {
        assert!(prove(bytes[..length].to_vec(), &link).is_err(), "cut to {length}");
    }
    for added in [0, 1, 0xff] {
        assert!(prove([&bytes[..], &[added]].concat(), &link).is_err());
    }
}

#[test]
fn what_is_left_out_is_missed_and_never_taken_for_absent() {
    let (link, bytes) = sample();
    let whole = Layout::read(&bytes);
    for at in 0..whole.touched.accounts.len() {
        let mut layout = whole.clone();
        let (address, _) = layout.touched.accounts.remove(at);
        check(&layout.with_witness(link.trie()), &link, Refusal::NotCovered(Missing::Account(address)));
    }
    for at in 0..whole.touched.slots.len() {
        let mut layout = whole.clone();
        let ((address, slot), _) = layout.touched.slots.remove(at);
        check(&layout.with_witness(link.trie()), &link, Refusal::NotCovered(Missing::Slot(address, slot)));
    }
    for at in 0..whole.codes.len() {
        let mut layout = whole.clone();
        let (hash, _) = layout.codes.remove(at);
        check(&layout, &link, Refusal::NotCovered(Missing::Code(hash)));
    }
}

#[test]
fn what_is_there_for_nothing_is_refused() {
    let (link, bytes) = sample();
    let whole = Layout::read(&bytes);

    let mut layout = whole.clone();
    let other = Address::repeat_byte(0xff);
    layout.touched.accounts.push((other, None));
    check(&layout.with_witness(link.trie()), &link, Refusal::Unused(Missing::Account(other)));

    let mut layout = whole.clone();
    layout.touched.slots.push(((other, U256::MAX), U256::ZERO));
    check(&layout.with_witness(link.trie()), &link, Refusal::Unused(Missing::Slot(other, U256::MAX)));

    let mut layout = whole;
    let code = vec![0x5b; 3];
    let hash = alloy_primitives::keccak256(&code);
    layout.codes.push((hash, code));
    layout.codes.sort();
    check(&layout, &link, Refusal::Unused(Missing::Code(hash)));
}

#[test]
fn other_values_than_the_witness_proves_are_refused() {
    let (link, bytes) = sample();
    let whole = Layout::read(&bytes);
    for at in 0..whole.touched.accounts.len() {
        let mut layout = whole.clone();
        let account = &mut layout.touched.accounts[at].1;
        *account = match account {
            Some(_) => None,
            None => Some(Account { nonce: 0, balance: U256::ONE, code_hash: KECCAK256_EMPTY }),
        };
        check(&layout, &link, Refusal::Values);
    }
    for at in 0..whole.touched.slots.len() {
        let mut layout = whole.clone();
        layout.touched.slots[at].1 += U256::ONE;
        check(&layout, &link, Refusal::Values);
    }
    let mut layout = whole;
    layout.codes[0].1.push(0);
    let hash = layout.codes[0].0;
    check(&layout, &link, Refusal::Code(hash));
}

#[test]
fn a_claim_that_the_block_does_not_lead_to_is_refused() {
    let (link, bytes) = sample();
    let mut layout = Layout::read(&bytes);
    // Without headers above, nothing but execution contradicts.
    layout.above.clear();
    layout.head[48..80].copy_from_slice(link.block.id().as_slice());
    let good = prove(layout.write(), &link).expect("it is good").claim;
    for at in 112..184 {
        let mut wrong = layout.clone();
        wrong.head[at] ^= 1;
        check(&wrong, &link, Refusal::Outcome(good));
    }
}

#[test]
fn headers_that_do_not_follow_from_each_other_are_refused() {
    let (link, bytes) = sample();
    let whole = Layout::read(&bytes);
    let height = link.block.header().height;
    let is_header = |layout: &Layout, height: u64| {
        let refusal = prove(layout.write(), &link).expect_err("it is damaged");
        assert!(matches!(refusal, Refusal::Header(at, _) if at == height), "{refusal:?}");
    };
    let mut layout = whole.clone();
    layout.above.swap(0, 1);
    is_header(&layout, height + 2);
    let mut layout = whole.clone();
    layout.above.remove(0);
    is_header(&layout, height + 2);
    let mut layout = whole.clone();
    layout.above.pop();
    is_header(&layout, height + 1);
    let mut layout = whole.clone();
    layout.parent.clear();
    is_header(&layout, height);
    // The root before the block, and what the header two above says of the block.
    let mut layout = whole.clone();
    layout.head[80] ^= 1;
    is_header(&layout, height + 1);
    let mut layout = whole;
    layout.head[112] ^= 1;
    is_header(&layout, height + 2);
}

#[test]
fn other_limits_are_other_rules() {
    let (_, bytes) = sample();
    let other = Limits { root_lag: 3, ..LIMITS };
    assert_eq!(Opened::open(&bytes.into(), &other).err(), Some(Refusal::OtherRules));
}
