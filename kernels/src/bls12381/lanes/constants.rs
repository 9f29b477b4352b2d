//! Numbers modulo p, written down or computed at compile time.

/// Limbs of 52 bits, least significant first.
pub(super) type Limbs = [u64; 8];

/// The low 52 bits.
pub(super) const LOW: i64 = (1 << 52) - 1;

/// p.
pub(super) const PRIME: Limbs =
    limbs("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab");
/// -1 / p modulo 2^52.
pub(super) const MINUS_INVERSE: u64 = minus_inverse(PRIME[0]);
const _: () = assert!(MINUS_INVERSE < 1 << 50, "reduction counts on it");
/// (m p + 1) / 2^52 for the m with m p = -1 modulo 2^52.
pub(super) const STEP: Limbs = step();
/// R modulo p, which stands for 1.
pub(super) const ONE: Limbs = power_of_two(416);
/// R² modulo p: the product of it and a plain number stands for that number.
pub(super) const SQUARE_OF_R: Limbs = power_of_two(832);
/// R² 2^256 modulo p: the product of it and a plain number stands for 2^256 times that number.
pub(super) const SQUARE_OF_R_TIMES_2_256: Limbs = power_of_two(832 + 256);
/// 1: the product of it and what stands for a number is that number.
pub(super) const PLAIN_ONE: Limbs = power_of_two(0);
/// 2^448: the product of it and a number times 2^384, as blst keeps them, stands for that number.
pub(super) const FROM_BLST: Limbs = power_of_two(448);
/// 2^384: the product of it and what stands for a number is that number times 2^384, as blst keeps it.
pub(super) const TO_BLST: Limbs = power_of_two(384);

/// The limbs of a number below 2^384 given as bytes, most significant first.
pub(super) const fn limbs(text: &str) -> Limbs {
    let bytes: [u8; 48] = crate::hex::bytes(text);
    let mut limbs = [0; 8];
    let mut bit = 0;
    while bit < 384 {
        let value = bytes[47 - bit / 8] >> (bit % 8) & 1;
        limbs[bit / 52] |= (value as u64) << (bit % 52);
        bit += 1;
    }
    limbs
}

/// What stands for the number below p given as bytes, most significant first.
pub(super) const fn number(text: &str) -> Limbs {
    shifted(limbs(text), 416)
}

/// What stands for a small number.
pub(super) const fn small(number: u64) -> Limbs {
    shifted([number, 0, 0, 0, 0, 0, 0, 0], 416)
}

/// What stands for the negative of a small number other than 0.
pub(super) const fn minus(number: u64) -> Limbs {
    let mut negative = PRIME;
    negative[0] -= number;
    shifted(negative, 416)
}

/// `multiple` p, for multiples up to 2^17.
pub(super) const fn multiple_of_prime(multiple: u64) -> Limbs {
    let mut limbs = [0; 8];
    let (mut i, mut carry) = (0, 0);
    while i < 8 {
        let limb = PRIME[i] as u128 * multiple as u128 + carry;
        (limbs[i], carry) = (limb as u64 & LOW as u64, limb >> 52);
        i += 1;
    }
    assert!(carry == 0, "the multiple fits into the limbs");
    limbs
}

const fn step() -> Limbs {
    let mut limbs = [0; 8];
    let mut i = 0;
    // The lowest limb of m p is 2^52 - 1: with 1 more it is 0, and 1 is carried.
    let mut carry = ((PRIME[0] as u128 * MINUS_INVERSE as u128) >> 52) + 1;
    while i < 7 {
        let limb = PRIME[i + 1] as u128 * MINUS_INVERSE as u128 + carry;
        (limbs[i], carry) = (limb as u64 & LOW as u64, limb >> 52);
        i += 1;
    }
    limbs[7] = carry as u64;
    limbs
}

const fn power_of_two(exponent: usize) -> Limbs {
    shifted([1, 0, 0, 0, 0, 0, 0, 0], exponent)
}

/// 2^`bits` times a number below p, modulo p.
const fn shifted(mut number: Limbs, bits: usize) -> Limbs {
    let mut bit = 0;
    while bit < bits {
        number = doubled(number);
        bit += 1;
    }
    number
}

const fn doubled(number: Limbs) -> Limbs {
    let (mut doubled, mut less) = ([0; 8], [0; 8]);
    let (mut i, mut carry, mut borrow) = (0, 0, 0);
    while i < 8 {
        let limb = 2 * number[i] + carry;
        (doubled[i], carry) = (limb & LOW as u64, limb >> 52);
        let difference = doubled[i].wrapping_sub(PRIME[i]).wrapping_sub(borrow);
        (less[i], borrow) = (difference & LOW as u64, difference >> 63);
        i += 1;
    }
    if borrow == 0 { less } else { doubled }
}

/// -1 / `odd` modulo 2^52, by Newton's iteration, which doubles the number of right bits each time.
const fn minus_inverse(odd: u64) -> u64 {
    let (mut i, mut inverse) = (0, 1_u64);
    while i < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & LOW as u64
}
