//! Numbers modulo the order of secp256k1, split in two of half the length.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use ruint::aliases::U256;

use crate::host::ask;

const SPLIT: u8 = 14;

fn number(digits: &str) -> U256 {
    U256::from_str_radix(digits, 16).expect("hexadecimal digits")
}

#[test]
fn numbers_are_split_in_two_that_are_short_and_together_mean_the_same() {
    let order = number("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let lambda = number("5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72");
    assert_eq!(lambda.pow_mod(U256::from(3), order), U256::from(1));
    let mut random = StdRng::seed_from_u64(3);
    let mut numbers: Vec<_> =
        (0..2_000).map(|_| U256::from_le_bytes(random.random::<[u8; 32]>()) % order).collect();
    for near in
        [U256::ZERO, order, order >> 1, lambda, order - lambda, U256::from(1) << 128, U256::from(1) << 127]
    {
        for distance in 0..20_u64 {
            let distance = U256::from(distance);
            numbers.extend([near.add_mod(distance, order), near.add_mod(order - distance, order)]);
        }
    }
    let question = |number: &U256| [&[SPLIT][..], &number.to_le_bytes::<32>(), &[0; 32]].concat();
    let answers = ask(&numbers.iter().flat_map(question).collect::<Vec<_>>());
    assert_eq!(answers.len(), 32 * numbers.len());
    for (number, answer) in numbers.iter().zip(answers.chunks(32)) {
        // Both are below 2^128 as there is room for no more; which are negative shows from what they mean.
        let [first, second] = [0, 16].map(|at| U256::from_le_slice(&answer[at..at + 16]));
        let second = second.mul_mod(lambda, order);
        let negative = |number: U256| (order - number) % order;
        let means = [first, negative(first)]
            .into_iter()
            .flat_map(|first| [second, negative(second)].map(|second| first.add_mod(second, order)));
        assert!(means.into_iter().any(|meant| meant == *number), "{number:#x}");
    }
}
