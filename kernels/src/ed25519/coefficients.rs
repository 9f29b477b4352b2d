//! The random coefficients of a sum of equations.

/// One 128-bit number for each signature, none of them zero, from the challenge and the S of every signature of the sum.
///
/// They are drawn from the secret seed and everything the sum depends on, so they change with any bit of any signature,
/// and no state is kept. A challenge stands for R, A and the message, which it is a hash of.
pub(super) fn draw(seed: &[u8; 32], signatures: impl Iterator<Item = ([u8; 32], [u8; 32])>) -> Vec<u128> {
    let mut hasher = blake3::Hasher::new_keyed(seed);
    let mut count = 0;
    for (challenge, s) in signatures {
        hasher.update(&challenge);
        hasher.update(&s);
        count += 1;
    }
    let mut drawn = vec![0; 16 * count];
    hasher.finalize_xof().fill(&mut drawn);
    drawn.as_chunks().0.iter().map(|bytes| u128::from_le_bytes(*bytes).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn coefficients_change_with_the_seed_and_with_any_signature() {
        let scalars = [0, 1, 2, 3, 4, 5].map(|number| [number; 32]);
        let of = |seed, challenges: &[[u8; 32]], s: &[[u8; 32]]| {
            draw(&[seed; 32], challenges.iter().copied().zip(s.iter().copied()))
        };
        let drawn = of(1, &scalars[..3], &scalars[3..]);
        assert_eq!(drawn, of(1, &scalars[..3], &scalars[3..]));
        let others = [
            of(2, &scalars[..3], &scalars[3..]),
            of(1, &scalars[..2], &scalars[3..]),
            of(1, &scalars[..3], &scalars[2..]),
            of(1, &[scalars[0], scalars[1], scalars[3]], &scalars[3..]),
        ];
        assert!(others.iter().all(|other| other[0] != drawn[0] && other[1] != drawn[1]));
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    }
}
