//! Between numbers in memory, four words of 64 bits one behind the other, and vectors of their words or limbs.

use super::field::FOLD_256;
use super::lanes::{Entry, Packed, Pick};
use crate::vector::{Vector, WIDTH_MAX};

/// The low 52 bits.
pub(super) const LIMB: u64 = (1 << 52) - 1;
/// The low 48 bits.
pub(super) const TOP: u64 = (1 << 48) - 1;

/// The words of a number in each lane, least first.
pub(super) type Four<V> = [<V as Vector>::Words; 4];

/// Limbs of 52 bits of a number in each lane, least first.
pub(super) type Limbs<V> = [<V as Vector>::Words; 5];

/// The order of lanes, for places that are one behind the other.
const IN_ORDER: [usize; WIDTH_MAX] = [0, 1, 2, 3, 4, 5, 6, 7];

/// As many numbers as there are lanes.
#[inline(always)]
pub(super) fn load<V: Vector>(v: V, words: &[Packed]) -> Four<V> {
    let mut places = [&words[0]; WIDTH_MAX];
    for lane in 0..V::WIDTH {
        places[lane] = &words[lane];
    }
    v.load(&places)
}

/// The opposite.
#[inline(always)]
pub(super) fn store<V: Vector>(v: V, numbers: &Four<V>, words: &mut [Packed]) {
    let (table, _) = words.as_chunks_mut::<1>();
    v.store(numbers, table, &IN_ORDER, 0);
}

/// x and y of one point for each lane.
#[inline(always)]
pub(super) fn gather<V: Vector>(v: V, entries: &[Entry], picks: &[Pick]) -> (Four<V>, Four<V>) {
    let first = &entries[picks[0].entry as usize];
    let (mut xs, mut ys) = ([&first.x[0]; WIDTH_MAX], [&first.y; WIDTH_MAX]);
    for (lane, pick) in picks[..V::WIDTH].iter().enumerate() {
        let entry = &entries[pick.entry as usize];
        (xs[lane], ys[lane]) = (&entry.x[pick.turn as usize], &entry.y);
    }
    (v.load(&xs), v.load(&ys))
}

/// Writes x, β x, β² x and y of each lane to its entry.
#[inline(always)]
pub(super) fn scatter<V: Vector>(v: V, numbers: &[Four<V>; 4], entries: &mut [Entry]) {
    let mut quads = [[[0; 4]; 4]; WIDTH_MAX];
    for (q, number) in numbers.iter().enumerate() {
        v.store(number, &mut quads, &IN_ORDER, q);
    }
    for (entry, [x, turned, third, y]) in entries[..V::WIDTH].iter_mut().zip(quads) {
        *entry = Entry { x: [x, turned, third], y };
    }
}

/// Limbs of 52 bits, the last of 48, out of words of 64.
#[inline(always)]
pub(super) fn limbs<V: Vector>(v: V, words: &Four<V>) -> Limbs<V> {
    let [w0, w1, w2, w3] = *words;
    let limb = v.splat(LIMB);
    [
        v.and(w0, limb),
        v.and(v.or(v.shift_right(w0, 52), v.shift_left(w1, 12)), limb),
        v.and(v.or(v.shift_right(w1, 40), v.shift_left(w2, 24)), limb),
        v.and(v.or(v.shift_right(w2, 28), v.shift_left(w3, 36)), limb),
        v.shift_right(w3, 16),
    ]
}

/// The words of the number in each lane, below p. The limbs are below 2^53, and the number below 2^260.
#[inline(always)]
pub(super) fn words<V: Vector>(v: V, limbs: &Limbs<V>) -> Four<V> {
    let below = fold(v, &carried(v, limbs));
    // At least p where adding c reaches 2^256; then that sum without 2^256 is the number.
    let mut plus = below;
    plus[0] = v.add(plus[0], v.splat(FOLD_256));
    let plus = carried(v, &plus);
    let reaches = !v.zero_lanes(v.shift_right(plus[4], 48));
    let mut out = below;
    for (out, plus) in out.iter_mut().zip(plus) {
        *out = v.replaced_if(reaches, *out, plus);
    }
    let [l0, l1, l2, l3, l4] = out;
    [
        v.or(l0, v.shift_left(l1, 52)),
        v.or(v.shift_right(l1, 12), v.shift_left(l2, 40)),
        v.or(v.shift_right(l2, 24), v.shift_left(l3, 28)),
        v.or(v.shift_right(l3, 36), v.shift_left(l4, 16)), // without what is above 48 bits
    ]
}

/// A number below 2^256 + 2^37 with limbs below 2^52: what is above 2^256 is folded once. The limbs are below 2^52.
#[inline(always)]
pub(super) fn fold<V: Vector>(v: V, limbs: &Limbs<V>) -> Limbs<V> {
    let over = v.shift_right(limbs[4], 48); // below 16
    let mut folded = *limbs;
    // c is 2^32 and 977.
    let again = v.add(v.shift_left(over, 32), v.multiply(over, v.splat(FOLD_256 - (1 << 32))));
    folded[0] = v.add(folded[0], again);
    folded[4] = v.and(folded[4], v.splat(TOP));
    carried(v, &folded)
}

/// The same numbers with limbs below 2^52, but for the last, which takes what is left.
#[inline(always)]
fn carried<V: Vector>(v: V, limbs: &Limbs<V>) -> Limbs<V> {
    let mut carried = *limbs;
    for place in 0..4 {
        carried[place + 1] = v.add(carried[place + 1], v.shift_right(carried[place], 52));
        carried[place] = v.and(carried[place], v.splat(LIMB));
    }
    carried
}
