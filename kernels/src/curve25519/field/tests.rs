//! Every operation of every level, on limbs at the ends of their ranges and on random ones, against plain arithmetic bit by
//! bit.

mod plain;

use plain::{Plain, add, negative, times};
use proptest::prelude::*;

use super::{Field, LOW, Lanes, Limbs, PRIME, Wide, canonical};
use crate::Level;
use crate::curve25519::Curve;
use crate::curve25519::five::{self, Five, Multiplier};
use crate::curve25519::ten::{self, Ten};
use crate::vector::{Vector, WIDTH_MAX, Work};

/// A limb's low part, and its high part, which weighs 2^26. With five limbs, the high part is 0.
type Parts = [u64; 2];
/// A number.
type Number = [Parts; 5];
/// One for each lane.
type Numbers = [Number; WIDTH_MAX];

/// The value of limbs of any size.
fn plain(limbs: &Number) -> Plain {
    limbs.iter().rev().fold([0; 4], |sum, [low, high]| {
        let limb = add(times([*high, 0, 0, 0], [1 << 26, 0, 0, 0]), [*low, 0, 0, 0]);
        add(times(sum, [1 << 51, 0, 0, 0]), limb)
    })
}

/// The ranges of a level, and the way to its numbers past all that keeps them in range.
trait Ranges: Lanes {
    /// The parts of a carried number are below these.
    const CARRIED: Parts;
    /// Those of a factor are below these.
    const TURNED: Parts;
    /// Those of a product of factors are below these.
    const PRODUCT: Parts;
    /// Those of what can be carried are at most these.
    const WIDE_MAX: Parts;

    fn field_of(self, low: Limbs<Self>, high: Limbs<Self>) -> Self::Field;
    fn wide_of(self, low: Limbs<Self>, high: Limbs<Self>) -> Wider<Self>;
    fn parts(self, wide: &Wider<Self>) -> [Limbs<Self>; 2];
}

type Wider<L> = <<L as Lanes>::Field as Field>::Wide;

impl<M: Multiplier> Ranges for Five<M> {
    const CARRIED: Parts = [(1 << 51) + (1 << 18), 1];
    const TURNED: Parts = [1 << 52, 1];
    const PRODUCT: Parts = [5_000_000_000_000_000_000 / 4, 1]; // 2^60.1
    const WIDE_MAX: Parts = [u64::MAX, 0];

    fn field_of(self, low: Limbs<Self>, _: Limbs<Self>) -> five::Field<M> {
        self.field(low)
    }

    fn wide_of(self, low: Limbs<Self>, high: Limbs<Self>) -> five::Wide<M> {
        self.field_of(low, high).wide()
    }

    fn parts(self, wide: &five::Wide<M>) -> [Limbs<Self>; 2] {
        [wide.columns, [self.vector().splat(0); 5]]
    }
}

impl Ranges for Ten {
    const CARRIED: Parts = [1 << 26, (1 << 25) + (1 << 18)];
    const TURNED: Parts = [1 << 27, 1 << 26];
    const PRODUCT: Parts = [1 << 61, 154 << 53]; // 2^60.3
    const WIDE_MAX: Parts = [(1 << 63) - 1, (1 << 63) - 1];

    fn field_of(self, low: Limbs<Self>, high: Limbs<Self>) -> ten::Field {
        ten::Field { vector: self.0, low, high }
    }

    fn wide_of(self, low: Limbs<Self>, high: Limbs<Self>) -> ten::Wide {
        ten::Wide { vector: self.0, low, high }
    }

    fn parts(self, wide: &ten::Wide) -> [Limbs<Self>; 2] {
        [wide.low, wide.high]
    }
}

/// One part of all limbs, in lanes.
fn to_vectors<L: Lanes>(lanes: L, numbers: &Numbers, part: usize) -> Limbs<L> {
    [0, 1, 2, 3, 4].map(|i| lanes.vector().pack(&numbers.map(|number| number[i][part])))
}

fn from_vectors<L: Ranges>(lanes: L, wide: &Wider<L>) -> Numbers {
    let mut numbers = [[[0; 2]; 5]; WIDTH_MAX];
    for (part, limbs) in lanes.parts(wide).into_iter().enumerate() {
        for (i, limb) in limbs.into_iter().enumerate() {
            for (number, word) in numbers.iter_mut().zip(lanes.vector().unpack(limb)) {
                number[i][part] = word;
            }
        }
    }
    numbers
}

/// Operands in the range of factors in `a` and `b`, anything that can be carried in `columns`.
struct Check<'a, L> {
    lanes: L,
    a: &'a Numbers,
    b: &'a Numbers,
    columns: &'a Numbers,
}

impl<L: Ranges> Check<'_, L> {
    /// The result is below `bound` and has the expected value in each lane.
    #[track_caller]
    fn is(&self, what: &str, result: &Wider<L>, bound: Parts, expected: impl Fn(usize) -> Plain) {
        for (lane, number) in from_vectors(self.lanes, result)[..L::WIDTH].iter().enumerate() {
            let within = number.iter().all(|parts| parts[0] < bound[0] && parts[1] < bound[1]);
            assert!(within, "{what}, lane {lane}: {number:x?}");
            assert_eq!(plain(number), expected(lane), "{what}, lane {lane}");
        }
    }

    fn canonical(&self, carried: &L::Field) {
        let v = self.lanes.vector();
        let limbs = canonical(v, &carried.limbs()).map(|limb| v.unpack(limb));
        for (lane, column) in self.columns[..L::WIDTH].iter().enumerate() {
            let words = plain(column);
            let number = limbs.map(|limb| [limb[lane], 0]);
            assert!(number.iter().all(|[limb, _]| *limb <= LOW), "lane {lane}");
            assert_eq!(plain(&number), words, "lane {lane}");
            let (lowest, highest) = (words[0] & LOW, words[3] >> 12);
            assert_eq!((number[0][0], number[4][0]), (lowest, highest), "lane {lane} is below p");
        }
        let lanes = |is: &dyn Fn(Plain) -> bool| {
            (0..L::WIDTH)
                .filter(|lane| is(plain(&self.columns[*lane])))
                .fold(0, |lanes, lane| lanes | 1 << lane)
        };
        assert_eq!(carried.zero_lanes(), lanes(&|number| number == [0; 4]));
        let all = u8::MAX >> (8 - L::WIDTH);
        assert_eq!(carried.odd_lanes() & all, lanes(&|number| number[0] & 1 == 1));
    }
}

impl<L: Ranges> Work for Check<'_, L> {
    type Output = ();

    fn run(self) {
        let Self { lanes, a, b, columns } = self;
        let vectors = |numbers| (to_vectors(lanes, numbers, 0), to_vectors(lanes, numbers, 1));
        let field = |(low, high)| lanes.field_of(low, high);
        let (x, y) = (field(vectors(a)), field(vectors(b)));
        let (low, high) = vectors(columns);
        let wide = lanes.wide_of(low, high);
        let (pa, pb, pc) = (a.each_ref().map(plain), b.each_ref().map(plain), columns.each_ref().map(plain));
        self.is("times", &x.times(&y), L::PRODUCT, |i| times(pa[i], pb[i]));
        self.is("squared", &x.squared(), L::PRODUCT, |i| times(pa[i], pa[i]));
        self.is("mul", &x.mul(&y).wide(), L::CARRIED, |i| times(pa[i], pb[i]));
        self.is("square", &x.square().wide(), L::CARRIED, |i| times(pa[i], pa[i]));
        self.is("add", &x.add(&y).wide(), L::CARRIED, |i| add(pa[i], pb[i]));
        self.is("sub", &x.sub(&y).wide(), L::CARRIED, |i| add(pa[i], negative(pb[i])));
        let carried = wide.carry();
        self.is("carry", &carried.wide(), L::CARRIED, |i| pc[i]);
        self.is("there and back", &lanes.field(carried.limbs()).wide(), L::CARRIED, |i| pc[i]);
        self.canonical(&carried);
        self.is("negated", &carried.negated_if(0b0101_0101).wide(), L::TURNED, |i| {
            if i % 2 == 0 { negative(pc[i]) } else { pc[i] }
        });
        // The greatest subtrahends: a product with a turned factor, and two of carried ones.
        let product = carried.times(&x);
        let lent = carried.wide().minus(&product).carry();
        self.is("minus a product", &lent.wide(), L::CARRIED, |i| add(pc[i], negative(times(pc[i], pa[i]))));
        let squares = carried.squared().doubled();
        let four = product.doubled().doubled();
        let lent = four.minus(&squares).carry();
        self.is("four less two", &lent.wide(), L::CARRIED, |i| {
            let (product, square) = (times(pc[i], pa[i]), times(pc[i], pc[i]));
            add(times(product, [4, 0, 0, 0]), negative(times(square, [2, 0, 0, 0])))
        });
        self.is("turned", &squares.negated_if(0b1010_1010).carry().wide(), L::CARRIED, |i| {
            let twice = times(times(pc[i], pc[i]), [2, 0, 0, 0]);
            if i % 2 == 0 { twice } else { negative(twice) }
        });
        self.is("replaced", &x.replaced_if(0b1111_0010, &y).wide(), L::TURNED, |i| {
            if 0b1111_0010 >> i & 1 == 1 { pb[i] } else { pa[i] }
        });
        let order = [3, 0, 2, 2, 4, 4, 4, 4];
        let none = |i: usize| i > 3 || i == 1;
        self.is("arranged", &x.arranged::<0b10_10_00_11>(0b1101).wide(), L::TURNED, |i| {
            if none(i) { [0; 4] } else { pa[order[i]] }
        });
        self.is("arranged", &x.wide().arranged::<0b10_10_00_11>(0b1101), L::TURNED, |i| {
            if none(i) { [0; 4] } else { pa[order[i]] }
        });
    }
}

/// Something to do with the lanes of every level of this processor.
trait EachLevel {
    fn run<L: Ranges>(&self, lanes: L);
}

fn on_each_level(what: &impl EachLevel) {
    for curve in Level::all().filter_map(Curve::of) {
        match curve {
            Curve::Avx2(lanes) => what.run(lanes),
            Curve::Avx512(lanes) => what.run(lanes),
            Curve::Ifma(lanes) => what.run(lanes),
        }
    }
}

/// Limbs below 2^52 as parts in the level's range of factors.
fn cut<L: Ranges>(limbs: [u64; 5]) -> Number {
    limbs.map(|limb| if L::TURNED[1] > 1 { [limb % (1 << 26), limb >> 26] } else { [limb, 0] })
}

struct Ends;

impl EachLevel for Ends {
    fn run<L: Ranges>(&self, lanes: L) {
        let limbs = [0, 1, 18, 19, LOW - 18, LOW, LOW + 1, (1 << 51) + (1 << 18) - 1, (1 << 52) - 1];
        let mut operands: Vec<Number> = limbs.map(|limb| cut::<L>([limb; 5])).to_vec();
        let near = |by: i64| [PRIME[0].wrapping_add_signed(by), LOW, LOW, LOW, LOW];
        operands.extend([-19, -2, -1, 0, 1, 2, 18].map(|by| cut::<L>(near(by))));
        operands.extend([cut::<L>(PRIME.map(|limb| 2 * limb)), cut::<L>([0, 0, 0, 0, (1 << 52) - 1])]);
        let greatest = |bound: Parts| [bound.map(|part| part - 1); 5];
        operands.extend([greatest(L::CARRIED), greatest(L::TURNED)]);
        let columns = |i: usize| match i % 4 {
            0 => [L::WIDE_MAX; 5],
            1 => greatest(L::PRODUCT),
            _ => operands[i % operands.len()],
        };
        // Each of at least four lanes has other operands: all pairs meet.
        for first in (0..operands.len()).step_by(4) {
            for second in 0..operands.len() {
                let lanes_from =
                    |start: usize| [0, 1, 2, 3, 4, 5, 6, 7].map(|i| operands[(start + i) % operands.len()]);
                let (a, b) = (lanes_from(first), lanes_from(second));
                let columns = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| columns(first * 3 + second + i));
                lanes.call(Check { lanes, a: &a, b: &b, columns: &columns });
            }
        }
    }
}

#[test]
fn the_ends_of_every_range_hold() {
    on_each_level(&Ends);
}

/// Any words, taken modulo the bounds of each range.
struct Random {
    a: [[[u64; 2]; 5]; WIDTH_MAX],
    b: [[[u64; 2]; 5]; WIDTH_MAX],
    columns: [[[u64; 2]; 5]; WIDTH_MAX],
}

impl EachLevel for Random {
    fn run<L: Ranges>(&self, lanes: L) {
        let below = |numbers: &Numbers, bound: Parts| {
            numbers.map(|number| number.map(|parts| [parts[0] % bound[0], parts[1] % bound[1]]))
        };
        let (a, b) = (below(&self.a, L::TURNED), below(&self.b, L::TURNED));
        let mut columns = self.columns;
        for parts in columns.as_flattened_mut() {
            *parts = [parts[0] & L::WIDE_MAX[0], parts[1] & L::WIDE_MAX[1]];
        }
        lanes.call(Check { lanes, a: &a, b: &b, columns: &columns });
    }
}

fn any_numbers() -> impl Strategy<Value = Numbers> {
    prop::array::uniform8(prop::array::uniform5(prop::array::uniform2(any::<u64>())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_limbs_hold(a in any_numbers(), b in any_numbers(), columns in any_numbers()) {
        on_each_level(&Random { a, b, columns });
    }
}
