//! The field GF(2^8): bytes as polynomials over GF(2), modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11d), of which x (2) generates
//! all numbers but 0. Sums are exclusive ors, so every number is its own negative.

/// The polynomial, without its highest power.
const POLYNOMIAL: u8 = 0x1d;

/// How many numbers are not 0: logarithms are modulo this.
pub(super) const ORDER: u32 = 255;

/// 2^i for i below three times [`ORDER`], so that sums and differences of three logarithms need no division.
pub(super) const POWERS: [u8; 765] = {
    let mut powers = [1; 765];
    let mut at = 1;
    while at < 765 {
        powers[at] = double(powers[at - 1]);
        at += 1;
    }
    powers
};

/// The i below [`ORDER`] for which 2^i is the number; 0 has none, and 0 stands there.
pub(super) const LOGARITHMS: [u8; 256] = {
    let mut logarithms = [0; 256];
    let mut at = 0;
    while at < 255 {
        logarithms[POWERS[at] as usize] = at as u8;
        at += 1;
    }
    logarithms
};

/// For each factor, the eight by eight bits that multiply a byte by it, as the instructions of GFNI want them: byte 7 - i
/// says which bits of the operand make up bit i of the product.
pub(super) const MATRICES: [u64; 256] = {
    let mut matrices = [0; 256];
    let mut factor = 0;
    while factor < 256 {
        let mut column = 0;
        let mut image = factor as u8;
        while column < 8 {
            let mut row = 0;
            while row < 8 {
                matrices[factor] |= ((image >> row & 1) as u64) << (8 * (7 - row) + column);
                row += 1;
            }
            image = double(image);
            column += 1;
        }
        factor += 1;
    }
    matrices
};

/// For each factor, its products with the numbers below 16, and then those with 16 times these.
pub(super) const NIBBLES: [[u8; 32]; 256] = {
    let mut nibbles = [[0; 32]; 256];
    let mut factor = 0;
    while factor < 256 {
        let mut low = 0;
        while low < 16 {
            nibbles[factor][low] = product(factor as u8, low as u8);
            nibbles[factor][16 + low] = product(factor as u8, (low as u8) << 4);
            low += 1;
        }
        factor += 1;
    }
    nibbles
};

/// Twice the number, without a branch.
pub(super) const fn double(number: u8) -> u8 {
    number << 1 ^ (number.cast_signed() >> 7).cast_unsigned() & POLYNOMIAL
}

/// The product, from its definition: slow.
pub(super) const fn product(mut a: u8, mut b: u8) -> u8 {
    let mut sum = 0;
    while b != 0 {
        if b & 1 == 1 {
            sum ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    sum
}

/// The logarithm of a number, and 0 for 0, which has none.
pub(super) fn logarithm(number: u8) -> u32 {
    LOGARITHMS[usize::from(number)].into()
}

/// 2^exponent, for an exponent below three times [`ORDER`].
pub(super) fn power(exponent: u32) -> u8 {
    POWERS[exponent as usize]
}

#[cfg(test)]
mod tests {
    use super::{LOGARITHMS, MATRICES, NIBBLES, ORDER, logarithm, power, product};

    #[test]
    fn every_product_is_the_same_by_logarithms_by_nibbles_and_by_a_matrix() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let expected = product(a, b);
                if a != 0 && b != 0 {
                    assert_eq!(power(logarithm(a) + logarithm(b)), expected, "{a} {b}");
                }
                let nibbles = &NIBBLES[usize::from(a)];
                assert_eq!(nibbles[usize::from(b & 15)] ^ nibbles[usize::from(16 + (b >> 4))], expected);
                let rows = MATRICES[usize::from(a)].to_be_bytes();
                let by_matrix = (0..8).map(|row| ((rows[row] & b).count_ones() as u8 & 1) << row).sum::<u8>();
                assert_eq!(by_matrix, expected, "{a} {b}");
            }
        }
    }

    #[test]
    fn two_generates_all_numbers_but_zero() {
        let mut logarithms = LOGARITHMS[1..].to_vec();
        logarithms.sort_unstable();
        assert!(logarithms.into_iter().eq(0..ORDER as u8));
    }
}
