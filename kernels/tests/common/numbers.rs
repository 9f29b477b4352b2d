//! Numbers modulo the prime of BLS12-381 as they lie in memory, a times 2^384, and pairs of them, which stand for a + b u with
//! u² = -1: the oracle of the arithmetic of kernels.

use rand::RngExt;
use rand::rngs::StdRng;
use ruint::Uint;

pub type U384 = Uint<384, 6>;

/// A number of the extension.
pub type Pair = [U384; 2];

pub fn prime() -> U384 {
    let digits =
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    U384::from_str_radix(digits, 16).expect("hexadecimal digits")
}

/// 1 as it lies in memory.
pub fn one() -> U384 {
    U384::MAX % prime() + U384::from(1)
}

/// Numbers below p near 0, p and p / 2, and numbers whose words are all extreme.
pub fn operands(random: &mut StdRng) -> Vec<U384> {
    let p = prime();
    let mut operands = Vec::new();
    for near in [U384::ZERO, p, p >> 1, U384::MAX % p] {
        for distance in 0..4_u64 {
            operands.extend([(near + U384::from(distance)) % p, (near + p - U384::from(distance)) % p]);
        }
    }
    for _ in 0..60 {
        let word = |random: &mut StdRng| match random.random_range(0..4) {
            0 => 0,
            1 => u32::MAX,
            2 => 1 << 31,
            _ => random.random::<u32>(),
        };
        let words: Vec<u8> = (0..12).flat_map(|_| word(random).to_le_bytes()).collect();
        operands.push(U384::from_le_slice(&words) % p);
    }
    operands
}

/// Some numbers of the extension.
pub fn pairs(random: &mut StdRng) -> Vec<Pair> {
    let operands = operands(random);
    let mut pairs: Vec<_> = operands[..12]
        .iter()
        .flat_map(|a| [[*a, operands[random.random_range(0..operands.len())]], [*a, U384::ZERO]])
        .collect();
    pairs.extend(operands.chunks(2).map(|pair| [pair[0], pair[1]]));
    pairs.extend(operands[30..40].iter().map(|a| [U384::ZERO, *a]));
    pairs
}

pub fn sub(a: U384, b: U384) -> U384 {
    a.add_mod(prime() - b, prime())
}

pub fn add(a: U384, b: U384) -> U384 {
    a.add_mod(b, prime())
}

pub fn mul(a: U384, b: U384) -> U384 {
    let left = one().pow_mod(prime() - U384::from(2), prime());
    a.mul_mod(b, prime()).mul_mod(left, prime())
}

pub fn mul_pairs([a0, a1]: Pair, [b0, b1]: Pair) -> Pair {
    [sub(mul(a0, b0), mul(a1, b1)), add(mul(a0, b1), mul(a1, b0))]
}
