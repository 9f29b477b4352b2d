//! The equations of a batch, each times its random coefficient, and whether a range of them adds up to zero.
//!
//! ```text
//!   points   [ G | -R -R -R -R … | Q Q Q … ]     each with its table of eleven multiples; Q once for each run of a key
//!   equation   z on its -R, z e/s on G, z r/s on its Q
//! ```

use std::ops::Range;

use super::digits::{DIGITS, SHORT_DIGITS, digits, short_digits, value};
use super::lanes::Entry;
use super::level::Level;
use super::recovery::Claim;
use super::scalar::{self, Scalar};
use super::sum::{IsInfinity, Start, Term};
use super::table::{BASE, Decompress, Point, Tables};

/// A claim with a key, r and s in their ranges and a parity of 0 or 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hinted<'a> {
    /// Which claim of the batch.
    pub place: usize,
    pub claim: Claim<'a>,
    pub key: Point,
}

/// One claim's equation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Equation<'a> {
    pub hinted: Hinted<'a>,
    nonce_table: u32,
    key_table: u32,
    z: [u8; DIGITS],
    base_scalar: Scalar,
    key_scalar: Scalar,
}

/// The equations of a batch.
#[derive(Debug)]
pub(super) struct Equations<'a> {
    pub list: Vec<Equation<'a>>,
    tables: Vec<Entry>,
}

impl<'a> Equations<'a> {
    /// The equation of each of `hinted` whose r is the x of a point; the others are left out. Claims of one key stand
    /// together.
    pub fn new(hinted: &[Hinted<'a>], seed: &[u8; 32], level: Level) -> Self {
        // -R has the other parity, and spares the sum its minus.
        let opposite: Vec<_> =
            hinted.iter().map(|one| (scalar::words(one.r()), one.claim.y_parity == 0)).collect();
        let nonces = level.run(Decompress(&opposite));
        let with_nonce = || hinted.iter().zip(&nonces).filter_map(|(one, nonce)| Some((one, (*nonce)?)));
        let mut points = vec![BASE];
        points.extend(with_nonce().map(|(_, nonce)| nonce));
        let mut list = Vec::with_capacity(points.len());
        let mut last = None;
        let mut inverses: Vec<_> = with_nonce().map(|(one, _)| Scalar::from_bytes(one.s())).collect();
        Scalar::invert_all(&mut inverses);
        let mut random = random(seed, hinted);
        for (index, (one, _)) in with_nonce().enumerate() {
            if last != Some(one.key) {
                points.push(one.key);
                last = Some(one.key);
            }
            let mut bits = [0; 17];
            random.fill(&mut bits);
            let z = short_digits(&bits);
            let z_by_s = Scalar::from_eisenstein(value(&z[..SHORT_DIGITS])).times(&inverses[index]);
            list.push(Equation {
                hinted: *one,
                nonce_table: index as u32 + 1,
                key_table: points.len() as u32 - 1,
                z,
                base_scalar: z_by_s.times(&Scalar::from_bytes(one.claim.digest)),
                key_scalar: z_by_s.times(&Scalar::from_bytes(one.r())),
            });
        }
        Self { list, tables: level.run(Tables(&points)) }
    }

    /// Whether the equations in `range` add up to zero. *Yes* means that all of them hold, but for a chance of 2^-132;
    /// *no* means nothing about any single one.
    pub fn hold(&self, range: Range<usize>, start: &Start, level: Level) -> bool {
        let list = &self.list[range];
        let total = |scalars: &mut dyn Iterator<Item = Scalar>| {
            digits(&scalars.fold(Scalar::ZERO, |sum, scalar| sum.plus(&scalar)))
        };
        let mut terms = Vec::with_capacity(1 + 2 * list.len());
        terms.push(Term { table: 0, digits: total(&mut list.iter().map(|one| one.base_scalar)) });
        for run in list.chunk_by(|a, b| a.key_table == b.key_table) {
            let digits = total(&mut run.iter().map(|one| one.key_scalar));
            terms.push(Term { table: run[0].key_table, digits });
        }
        let long = terms.len();
        terms.extend(list.iter().map(|one| Term { table: one.nonce_table, digits: one.z }));
        level.run(IsInfinity { start, tables: &self.tables, terms: &terms, long })
    }
}

impl Hinted<'_> {
    fn r(&self) -> &[u8; 32] {
        self.claim.signature.first_chunk().expect("32 of 64 bytes")
    }

    fn s(&self) -> &[u8; 32] {
        self.claim.signature.last_chunk().expect("32 of 64 bytes")
    }
}

/// A stream of random bytes that changes with the seed and with anything that the equations depend on.
fn random(seed: &[u8; 32], hinted: &[Hinted]) -> blake3::OutputReader {
    let mut bytes = Vec::with_capacity(hinted.len() * 161);
    for one in hinted {
        bytes.extend_from_slice(one.claim.digest);
        bytes.extend_from_slice(one.claim.signature);
        bytes.extend_from_slice(&scalar::bytes(&one.key.x));
        bytes.extend_from_slice(&scalar::bytes(&one.key.y));
        bytes.push(one.claim.y_parity);
    }
    blake3::Hasher::new_keyed(seed).update(&bytes).finalize_xof()
}

/// A point that follows from the secret `seed` and that no one else can tell.
pub(super) fn secret_point(seed: &[u8; 32], level: Level) -> Point {
    let mut stream = blake3::Hasher::new_keyed(seed).update(b"where the lanes start").finalize_xof();
    loop {
        let mut x = [0; 32];
        stream.fill(&mut x);
        x[0] &= 0x7f; // below p
        let found = level.run(Decompress(&[(scalar::words(&x), false)]));
        if let Some(point) = found[0] {
            return point;
        }
    }
}
