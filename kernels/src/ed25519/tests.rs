//! The tables of the rule, and what equations cost alone and in sums.

mod prices;
mod sums;

use curve25519_dalek::constants::{ED25519_BASEPOINT_COMPRESSED, EIGHT_TORSION};

use super::{SMALL_ORDER_Y, is_canonical_and_not_small};

#[test]
fn the_table_of_small_order_is_exactly_the_eight_points_without_their_signs() {
    let mut computed: Vec<_> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    computed.iter_mut().for_each(|encoding| encoding[31] &= 0x7f);
    computed.sort_unstable();
    computed.dedup();
    let mut table = SMALL_ORDER_Y;
    table.sort_unstable();
    assert_eq!(computed, table);
}

#[test]
fn an_encoding_is_refused_from_the_prime_on_and_whatever_its_sign() {
    let base = ED25519_BASEPOINT_COMPRESSED.to_bytes();
    for sign in [0, 0x80] {
        for low in 0xed..=0xff {
            let mut above = [0xff; 32];
            above[0] = low;
            above[31] = 0x7f | sign;
            assert!(!is_canonical_and_not_small(&above), "y = p + {}", low - 0xed);
        }
        for small in SMALL_ORDER_Y {
            let mut signed = small;
            signed[31] |= sign;
            assert!(!is_canonical_and_not_small(&signed));
        }
        let mut signed = base;
        signed[31] |= sign;
        assert!(is_canonical_and_not_small(&signed));
    }
    let mut below = super::PRIME;
    below[0] -= 2;
    assert!(is_canonical_and_not_small(&below), "y = p - 2");
}
