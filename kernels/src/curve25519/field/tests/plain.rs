//! Arithmetic modulo p bit by bit.

/// A number below p in four words, the least significant first.
pub type Plain = [u64; 4];

const PRIME_WORDS: Plain = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

/// a + b.
pub fn add(a: Plain, b: Plain) -> Plain {
    let (mut sum, mut carry) = ([0; 4], 0);
    for i in 0..4 {
        let wide = u128::from(a[i]) + u128::from(b[i]) + carry;
        (sum[i], carry) = (wide as u64, wide >> 64);
    }
    if sum.iter().rev().ge(PRIME_WORDS.iter().rev()) { subtract(sum, PRIME_WORDS) } else { sum }
}

fn subtract(a: Plain, b: Plain) -> Plain {
    let (mut difference, mut borrow) = ([0; 4], false);
    for i in 0..4 {
        let (once, first) = a[i].overflowing_sub(b[i]);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        (difference[i], borrow) = (twice, first || second);
    }
    difference
}

/// -a.
pub fn negative(a: Plain) -> Plain {
    if a == [0; 4] { a } else { subtract(PRIME_WORDS, a) }
}

/// a b.
pub fn times(a: Plain, b: Plain) -> Plain {
    let mut product = [0; 4];
    for bit in (0..256).rev() {
        product = add(product, product);
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            product = add(product, a);
        }
    }
    product
}
