//! The permutation Keccak-f\[1600\], once for all vector instructions.
//!
//! Word (x, y) of the state is `a[y][x]`, a vector with one word for each lane. One round:
//!
//! ```text
//!   theta   each word ^= parity of column x - 1 ^ parity of column x + 1 turned left by 1
//!   rho     each word is turned left by its own number of bits
//!   pi      word (x, y) goes to (y, 2x + 3y)
//!   chi     each word ^= !its right neighbour & the one after
//!   iota    word (0, 0) ^= the constant of the round
//! ```
//!
//! What chi needs of a row is fetched from the places that pi gives, and is changed by theta and rho on the way.

/// What iota adds in each round.
pub(super) const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Defines `step`, which does what [`Sponges`](super::lanes::Sponges) says, for the vectors of a module that has, with
/// the same features enabled:
///
/// * `load(&Row) -> V`, `store(&mut Row, V)`, `splat(u64) -> V`
/// * `and(V, V)`, `xor(V, V)`, `xor3(V, V, V)`, `chi(a, b, c) = a ^ (!b & c)`
/// * `rotate_left::<const BITS: i32>(V)`, 1 ≤ BITS ≤ 63
macro_rules! step {
    ($features:literal, $vector:ty, $lanes:literal) => {
        #[target_feature(enable = $features)]
        fn step(sponges: &mut super::lanes::Sponges<$lanes>) {
            let keep = load(&sponges.keep);
            let mut a = [[keep; 5]; 5];
            for (word, row) in a.as_flattened_mut().iter_mut().zip(&sponges.state) {
                *word = and(load(row), keep);
            }
            for (word, row) in a.as_flattened_mut().iter_mut().zip(&sponges.block) {
                *word = xor(*word, load(row));
            }
            for constant in super::permutation::ROUND_CONSTANTS {
                a = round(a, splat(constant));
            }
            for (row, word) in sponges.state.iter_mut().zip(a.as_flattened()) {
                store(row, *word);
            }
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn round(a: [[$vector; 5]; 5], constant: $vector) -> [[$vector; 5]; 5] {
            let parity = |x: usize| xor3(a[0][x], a[1][x], xor3(a[2][x], a[3][x], a[4][x]));
            let parity = [parity(0), parity(1), parity(2), parity(3), parity(4)];
            let effect = |x: usize| xor(parity[(x + 4) % 5], rotate_left::<1>(parity[(x + 1) % 5]));
            let effect = [effect(0), effect(1), effect(2), effect(3), effect(4)];
            let theta = |y: usize, x: usize| xor(a[y][x], effect[x]);
            let mut next = [
                chi_row([
                    theta(0, 0),
                    rotate_left::<44>(theta(1, 1)),
                    rotate_left::<43>(theta(2, 2)),
                    rotate_left::<21>(theta(3, 3)),
                    rotate_left::<14>(theta(4, 4)),
                ]),
                chi_row([
                    rotate_left::<28>(theta(0, 3)),
                    rotate_left::<20>(theta(1, 4)),
                    rotate_left::<3>(theta(2, 0)),
                    rotate_left::<45>(theta(3, 1)),
                    rotate_left::<61>(theta(4, 2)),
                ]),
                chi_row([
                    rotate_left::<1>(theta(0, 1)),
                    rotate_left::<6>(theta(1, 2)),
                    rotate_left::<25>(theta(2, 3)),
                    rotate_left::<8>(theta(3, 4)),
                    rotate_left::<18>(theta(4, 0)),
                ]),
                chi_row([
                    rotate_left::<27>(theta(0, 4)),
                    rotate_left::<36>(theta(1, 0)),
                    rotate_left::<10>(theta(2, 1)),
                    rotate_left::<15>(theta(3, 2)),
                    rotate_left::<56>(theta(4, 3)),
                ]),
                chi_row([
                    rotate_left::<62>(theta(0, 2)),
                    rotate_left::<55>(theta(1, 3)),
                    rotate_left::<39>(theta(2, 4)),
                    rotate_left::<41>(theta(3, 0)),
                    rotate_left::<2>(theta(4, 1)),
                ]),
            ];
            next[0][0] = xor(next[0][0], constant);
            next
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn chi_row(row: [$vector; 5]) -> [$vector; 5] {
            let [a, b, c, d, e] = row;
            [chi(a, b, c), chi(b, c, d), chi(c, d, e), chi(d, e, a), chi(e, a, b)]
        }
    };
}

pub(super) use step;
