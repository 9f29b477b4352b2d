//! The exponential function in integers, as EIP-4844 works it out.

/// One, in the fixed point of [`growth`].
pub const ONE: u64 = 1 << 32;

/// `factor × exp(numerator ÷ denominator)`, a little less than exact: the Taylor series, each term rounded down.
///
/// Sums stay within 128 bits while `factor × denominator × exp(numerator ÷ denominator) × numerator` does.
pub fn fake_exponential(factor: u64, numerator: u64, denominator: u64) -> u128 {
    let (numerator, denominator) = (u128::from(numerator), u128::from(denominator));
    let (mut term, mut sum, mut position) = (u128::from(factor) * denominator, 0, 1);
    while term > 0 {
        sum += term;
        term = term * numerator / (denominator * position);
        position += 1;
    }
    sum / denominator
}

/// By how much an excess makes the price exceed zero: `exp(excess ÷ denominator) − 1` in units of 2⁻³². Zero for no excess.
///
/// The excess is at most seven times the denominator, and that at most 2⁴⁰: then each term is below 2³² × 2⁴⁰ × 164, times
/// the excess below 2¹²³, and the result below 2⁴³.
pub fn growth(excess: u64, denominator: u64) -> u64 {
    let scaled = fake_exponential(ONE, excess, denominator) - u128::from(ONE);
    u64::try_from(scaled).expect("the excess is at most seven times the denominator")
}
