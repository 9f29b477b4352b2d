//! Offers of states: what they prove, and that nothing else is taken for one.

use alloy_primitives::{Address, B256};
use pelton_engine::block::{Header, Summary};
use pelton_engine::limits::Limits;
use pelton_engine::prices::Tables;
use pelton_engine::snapshot::Offer;

use crate::random::Random;

const GENESIS: B256 = B256::repeat_byte(0x99);
const HEIGHT: u64 = 20;

fn limits() -> Limits {
    Limits::standard(7)
}

/// The headers of a chain without transactions, whose states have made-up roots, from height 1 on, and the tables after `HEIGHT`.
fn chain() -> (Vec<Header>, Vec<u8>) {
    let limits = limits();
    let (mut tables, mut at_height) = (Tables::new(&limits), Vec::new());
    let digest = tables.newest().digest();
    let (mut parent, mut headers) = (GENESIS, Vec::new());
    for height in 1..=40 {
        tables.push(&[], &[]);
        if height == HEIGHT {
            at_height = tables.encode();
        }
        let executed = height.saturating_sub(limits.root_lag);
        let state_root = B256::repeat_byte(executed as u8);
        let header = Header {
            height,
            parent,
            timestamp_ms: 1_000 * height,
            beneficiary: Address::repeat_byte(1),
            base_fee: 7,
            transactions: 0,
            body: B256::ZERO,
            executed: Summary { height: executed, gas_used: 21_000 * executed, state_root, prices: digest },
            body_bytes: 0,
        };
        parent = header.id();
        headers.push(header);
    }
    (headers, at_height)
}

/// An offer whose floor is so far below the block, and whose top so far above what has to be there.
pub fn offer(floor_below: u64, above: u64) -> Offer {
    let (headers, tables) = chain();
    let lag = limits().root_lag;
    let first = HEIGHT - lag.max(floor_below);
    let headers = headers[first as usize - 1..(HEIGHT + lag + above) as usize].to_vec();
    let (floor_certificate, top_certificate) = (vec![1; 133], vec![2; 130]);
    Offer { floor: HEIGHT - floor_below, height: HEIGHT, headers, tables, floor_certificate, top_certificate }
}

#[test]
fn an_offer_proves_the_state_and_all_that_a_store_is_made_of() {
    let lag = limits().root_lag;
    for (floor_below, above) in [(0, 0), (3, 0), (lag + 4, 5)] {
        let offer = offer(floor_below, above);
        assert_eq!(Offer::decode(&offer.encode()), Ok(offer.clone()));
        let proven = offer.proven(GENESIS, &limits()).expect("it is one");
        let at = |height: u64| offer.headers.iter().find(|header| header.height == height).map(Header::id);
        assert_eq!((Some(proven.floor), Some(proven.top)), (at(offer.floor), at(HEIGHT + lag + above)));
        assert_eq!(proven.root, B256::repeat_byte(HEIGHT as u8));
        let tips = &proven.base.tips;
        assert!(tips.iter().map(|tip| tip.height).eq(HEIGHT - lag..=HEIGHT));
        assert!(tips.iter().all(|tip| Some(tip.id) == at(tip.height) && tip.gas_used == 21_000 * tip.height));
    }
}

#[test]
fn what_does_not_hang_together_is_no_offer() {
    let lag = limits().root_lag;
    let refused = |what: &str, change: &dyn Fn(&mut Offer)| {
        let mut changed = offer(3, 2);
        change(&mut changed);
        assert_eq!(changed.proven(GENESIS, &limits()), None, "{what}");
    };
    refused("no headers", &|offer| offer.headers.clear());
    refused("one too few above", &|offer| offer.headers.truncate(2 * lag as usize));
    refused("one too few below", &|offer| {
        offer.headers.remove(0);
    });
    refused("one missing", &|offer| {
        offer.headers.remove(5);
    });
    refused("two the wrong way round", &|offer| offer.headers.swap(4, 5));
    refused("another root", &|offer| offer.headers[9].executed.state_root.0[0] ^= 1);
    refused("a floor above the block", &|offer| offer.floor = HEIGHT + 1);
    refused("a floor below the headers", &|offer| offer.floor = 1);
    refused("another block", &|offer| offer.height -= 1);
    refused("a block beyond all", &|offer| offer.height = u64::MAX);
    refused("a floor beyond all", &|offer| offer.floor = u64::MAX);
    refused("tables that are none", &|offer| offer.tables.truncate(5));
    refused("no tables", &|offer| offer.tables.clear());
    refused("tables of another height", &|offer| offer.tables[7] ^= 1);
    refused("heights at the end", &|offer| {
        let top = offer.headers.len() - 1;
        offer.headers[top].height = u64::MAX;
    });
}

#[test]
fn bent_bytes_are_refused_or_prove_the_same_or_have_another_top() {
    let (good, mut random) = (offer(3, 2), Random::new(4));
    let (bytes, proven) = (good.encode(), good.proven(GENESIS, &limits()));
    for _ in 0..4_000 {
        let mut bent = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bent.len());
            match random.below(4) {
                0 => bent.truncate(at + 1),
                1 => bent[at] = [0, 1, 0x80, 0xff][random.below(4)],
                2 => bent[at] ^= 1 << random.below(8),
                _ => bent.insert(at, 0xff),
            }
        }
        let Ok(read) = Offer::decode(&bent) else { continue };
        assert_eq!(read.encode(), bent, "an offer is written as it was read");
        let found = read.proven(GENESIS, &limits());
        // Whose certificate would be another one's.
        let is_other =
            found.is_some() && found.as_ref().map(|one| one.top) != proven.as_ref().map(|one| one.top);
        let is_floor = read.floor != good.floor;
        assert!(found.is_none() || is_other || is_floor || found == proven, "{read:?}");
    }
}
