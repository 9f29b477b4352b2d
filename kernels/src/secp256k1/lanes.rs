//! What a processor must offer for the sum: some numbers modulo p side by side, one in each lane.
//!
//! The sum, the tables and the square roots are written once, over [`Lanes`]. There are three kinds of arithmetic, and
//! what a signature takes of each in a batch of 128, on a Zen 4 where libsecp256k1 recovers a key in 36 microseconds:
//!
//! | lanes | | microseconds |
//! | --- | --- | --- |
//! | [`Portable`](super::field::Portable) | one lane | 22.8 |
//! | [`ten`](super::ten) | four lanes of AVX2 and its 32-bit multiplier | 16.7 |
//! | [`five`](super::five) | eight lanes of AVX-512, with a 52-bit multiplier of floating-point numbers | 7.6 |
//! | | or that of IFMA | 4.3 |
//!
//! Ranges are stated as multiples of 2^256: a number of *magnitude* m is below m (2^256 + 2^252), in the representation
//! and with the limb bounds of its implementation. Every operand of a product may be of magnitude 12; a product is of
//! magnitude 1 and called reduced.

/// A number below 2^256 as 64-bit words, least first.
pub(super) type Packed = [u64; 4];

/// A point (x, y) of the curve with the two others of the same y: (x, y), (β x, y) and (β² x, y), which are the point
/// times 1, λ and λ².
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Entry {
    /// x, β x and β² x.
    pub x: [Packed; 3],
    /// y.
    pub y: Packed,
}

/// One of the points of an [`Entry`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pick {
    /// Which entry.
    pub entry: u32,
    /// Which x of it, 0 to 2.
    pub turn: u32,
}

/// Arithmetic in [`Lanes::WIDTH`] lanes at once. A value of an implementing type is a proof that the processor can do it.
///
/// A lane mask has a bit for each lane, the first lane's least.
pub(super) trait Lanes: Copy {
    /// A number in each lane.
    type Element: Copy;
    /// How many lanes there are.
    const WIDTH: usize;

    /// Numbers below 2^256, one for each lane; they are of magnitude 1.
    fn load(self, words: &[Packed]) -> Self::Element;
    /// The number in each lane as it is written: below p. For magnitudes up to 12.
    fn store(self, element: &Self::Element, words: &mut [Packed]);
    /// x and y of one point for each lane, both of magnitude 1.
    fn gather(self, entries: &[Entry], picks: &[Pick]) -> (Self::Element, Self::Element);
    /// The opposite: writes x, β x, β² x and y of each lane to its entry, below p. For magnitudes up to 12.
    fn scatter(self, x: [&Self::Element; 3], y: &Self::Element, entries: &mut [Entry]);
    /// a b, reduced. Magnitudes up to 12.
    fn mul(self, a: &Self::Element, b: &Self::Element) -> Self::Element;
    /// a b - c d, reduced. Magnitudes of a up to 7, of b up to 7, of c up to 5, and d reduced.
    fn mul_sub(
        self,
        a: &Self::Element,
        b: &Self::Element,
        c: &Self::Element,
        d: &Self::Element,
    ) -> Self::Element;
    /// a², reduced. Magnitudes up to 12.
    fn sqr(self, a: &Self::Element) -> Self::Element;
    /// a + b, whose magnitudes add up.
    fn add(self, a: &Self::Element, b: &Self::Element) -> Self::Element;
    /// a - b + BIAS p, of the magnitude of a plus BIAS. The magnitude of b is at most BIAS - 1.
    fn sub<const BIAS: u64>(self, a: &Self::Element, b: &Self::Element) -> Self::Element;
    /// a - b + 5 p, or in lanes of the mask `negative` -a - b + 5 p, of magnitude 6. a is reduced, b of magnitude 3.
    fn sub_signed(self, negative: u8, a: &Self::Element, b: &Self::Element) -> Self::Element;
    /// a - b - 2 c + 4 p, of magnitude 5. All are reduced.
    fn sub_thrice(self, a: &Self::Element, b: &Self::Element, c: &Self::Element) -> Self::Element;
    /// a, reduced. Magnitudes up to 12.
    fn reduce(self, a: &Self::Element) -> Self::Element;
    /// 3 a / 2, of magnitude 3. a is reduced.
    fn three_halves(self, a: &Self::Element) -> Self::Element;
    /// a in lanes of the mask, b in the others.
    fn select(self, mask: u8, a: &Self::Element, b: &Self::Element) -> Self::Element;

    /// The same number, below 2^256, in each lane.
    #[inline(always)]
    fn splat(self, words: &Packed) -> Self::Element {
        self.load(&[*words; 8][..Self::WIDTH])
    }
}

/// Something to do in lanes, written once and compiled for each kind of them. [`Work::run`] is inlined always, and so is
/// what it calls, since that is how it comes to be compiled for the features of its caller; no closures, therefore.
pub(super) trait Work {
    /// What comes of it.
    type Output;
    /// Does it.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}
