//! The product of a matrix with columns of bytes, once for all vector instructions.
//!
//! ```text
//!               two vectors
//!   input 0   [ x x x x | x x x x ]        each row of up to ROWS_MAX outputs has its two sums in registers
//!   input 1   [ x x x x | x x x x ]   ──>  while all inputs pass by; then the sums are stored, and the next
//!   ...                                    two vectors follow
//! ```
//!
//! So an input is loaded once for all rows of a block, a factor once for two vectors, and a sum is stored once. Inputs lie
//! one after another in memory that the first cache holds ([`Inputs`]), wherever they came from: shards that lie a power
//! of two apart would push each other out of it.

/// The most rows whose sums are in registers at the same time.
pub(super) const ROWS_MAX: usize = 6;

/// Bytes that are handled at once, whatever the vectors: a multiple of twice the widest.
pub(super) const STRIP: usize = 128;

/// One strip.
pub(super) type Strip = [u8; STRIP];

/// The inputs of a product.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// All strips of the first input, all of the second and so on.
    pub strips: &'a [Strip],
    /// Strips of each input.
    pub width: usize,
    /// Which strip of each input is multiplied first.
    pub first: usize,
}

/// Defines `multiply`, which computes a block of rows of a product, for the vectors of a module that has, with the same
/// features enabled:
///
/// * `Vector`, `PER_STRIP`: how many of them a strip has, a multiple of `COLUMNS`, `COLUMNS`: how many sums a row has
/// * `load(&Strip, index) -> Vector`, `store(&mut Strip, index, Vector)`, `zero() -> Vector`
/// * `prepare(Vector) -> Operand`, `factor(u8) -> Factor`, `product(Operand, Factor) -> Vector`
/// * `add_products(sum, Vector, Vector) -> Vector`: the sum of all three
/// * `PAIRED`: whether to handle two inputs at a time, which pays if that sum is one instruction
///
/// `factors` has those of all rows for the first input, then those for the second and so on; there are as many
/// outputs as rows, all of as many strips, which are the product's from `inputs.first` on.
macro_rules! multiply {
    ($features:literal) => {
        #[target_feature(enable = $features)]
        fn multiply(inputs: super::tile::Inputs, factors: &[u8], outputs: &mut [&mut [super::tile::Strip]]) {
            match outputs.len() {
                1 => rows::<1>(inputs, factors, outputs),
                2 => rows::<2>(inputs, factors, outputs),
                3 => rows::<3>(inputs, factors, outputs),
                4 => rows::<4>(inputs, factors, outputs),
                5 => rows::<5>(inputs, factors, outputs),
                6 => rows::<6>(inputs, factors, outputs),
                other => unreachable!("a block has 1 to 6 rows, not {other}"),
            }
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn operands(strip: &super::tile::Strip, first: usize) -> [Operand; COLUMNS] {
            let mut operands = [prepare(zero()); COLUMNS];
            for (column, operand) in operands.iter_mut().enumerate() {
                *operand = prepare(load(strip, first + column));
            }
            operands
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn rows<const ROWS: usize>(
            inputs: super::tile::Inputs,
            factors: &[u8],
            outputs: &mut [&mut [super::tile::Strip]],
        ) {
            let outputs: &mut [&mut [super::tile::Strip]; ROWS] =
                outputs.try_into().expect("as many outputs as rows");
            let factors = factors.as_chunks::<ROWS>().0;
            let paired = if PAIRED { factors.len() / 2 * 2 } else { 0 };
            let (paired_strips, other_strips) = inputs.strips.split_at(paired * inputs.width);
            let (paired_factors, other_factors) = factors.split_at(paired);
            for strip in 0..outputs[0].len() {
                for first in (0..PER_STRIP).step_by(COLUMNS) {
                    let mut sums = [[zero(); COLUMNS]; ROWS];
                    let pairs = paired_strips.chunks_exact(2 * inputs.width);
                    for (pair, [one, other]) in pairs.zip(paired_factors.as_chunks::<2>().0) {
                        let one_operands = operands(&pair[inputs.first + strip], first);
                        let other_operands = operands(&pair[inputs.width + inputs.first + strip], first);
                        for ((sums, one), other) in sums.iter_mut().zip(one).zip(other) {
                            let (one, other) = (factor(*one), factor(*other));
                            for (column, sum) in sums.iter_mut().enumerate() {
                                *sum = add_products(
                                    *sum,
                                    product(one_operands[column], one),
                                    product(other_operands[column], other),
                                );
                            }
                        }
                    }
                    for (input, codes) in other_strips.chunks_exact(inputs.width).zip(other_factors) {
                        let operands = operands(&input[inputs.first + strip], first);
                        for (sums, code) in sums.iter_mut().zip(codes) {
                            let factor = factor(*code);
                            for (sum, operand) in sums.iter_mut().zip(operands) {
                                *sum = add_products(*sum, product(operand, factor), zero());
                            }
                        }
                    }
                    for (sums, output) in sums.iter().zip(outputs.iter_mut()) {
                        for (column, sum) in sums.iter().enumerate() {
                            store(&mut output[strip], first + column, *sum);
                        }
                    }
                }
            }
        }
    };
}
pub(super) use multiply;
