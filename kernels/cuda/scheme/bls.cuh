// BLS signatures by the rules that `src/bls12381.rs` numbers: sums of keys and of signatures with random coefficients, and
// the equations that these have to fulfil.
#pragma once

#include "../curve/bls12381_pairing.cuh"

// x, beta x and y of a point times 1, 1 - omega and 2, where omega (x, y) = (beta x, y): what a digit of a coefficient takes,
// see `src/bls12381/coefficients.rs`.
template <class F>
struct BlsMultiples {
    F x[3], turned[3], y[3];
};

// beta x. The two groups have the two cube roots of one.
PELTON_DEVICE F381 bls_turn(const F381& x) {
    const F381 beta = {{0x798a64e8, 0x30f1361b, 0x7ece5a2a, 0xf3b8ddab, 0xc61577f7, 0x16a8ca3a, 0x74fd029b, 0xc26a2ff8,
                        0x60701c6e, 0x3636b766, 0x241b6160, 0x051ba4ab}};
    return f381_mul(x, beta);
}
PELTON_DEVICE F381x2 bls_turn(const F381x2& x) {
    const F381 beta = {{0x8671f071, 0xcd03c9e4, 0x1fcda5d2, 0x5dab2246, 0xd3851b95, 0x587042af, 0x01bacb9e, 0x8eb60ebe,
                        0x83d050d2, 0x03f97d6e, 0x54638741, 0x18f02065}};
    return f381_scale(x, beta);
}

// The third point of the line of this slope through (x, y) and another point with an x that is `both` less x.
template <class F>
PELTON_CALLED void bls_put_multiple(BlsMultiples<F>* of, int index, F slope, F both) {
    F x = f381_sub(f381_square(slope), both);
    of->x[index] = x;
    of->turned[index] = bls_turn(x);
    of->y[index] = f381_sub(f381_mul(slope, f381_sub(of->x[0], x)), of->y[0]);
}

// Multiples of those points first to end that are valid, at the price of one inversion.
//
// (1 - omega) P is the sum of (x, y) and (beta x, -y), over the line of slope -2 y / (beta x - x); 2 P is that over the tangent
// of slope 3 x^2 / 2 y. Neither x nor y is zero, as such a point has order three or two, so both can be divided by.
template <class F>
PELTON_CALLED void bls_multiples(
    BlsMultiples<F>* multiples, const BlsAffine<F>* points, const uint8_t* are_valid, uint32_t first, uint32_t end) {
    F product;
    f381_set(&product, 1);
#pragma unroll 1
    for (uint32_t i = first; i < end; i++) {
        if (!are_valid[i]) continue;
        BlsMultiples<F>* of = multiples + i;
        of->x[0] = points[i].x;
        of->y[0] = points[i].y;
        of->turned[0] = bls_turn(of->x[0]);
        // Until the end these stand for both divisors, and the product of all before.
        of->x[1] = f381_sub(of->turned[0], of->x[0]);
        of->x[2] = f381_add(of->y[0], of->y[0]);
        of->y[1] = product;
        product = f381_mul(product, f381_mul(of->x[1], of->x[2]));
    }
    F inverse = f381_invert(product);
#pragma unroll 1
    for (uint32_t i = end; i-- > first;) {
        if (!are_valid[i]) continue;
        BlsMultiples<F>* of = multiples + i;
        F across = of->x[1], up = of->x[2], both = f381_mul(inverse, of->y[1]);
        inverse = f381_mul(inverse, f381_mul(across, up));
        F square = f381_square(of->x[0]);
        F slope = f381_neg(f381_mul(up, f381_mul(both, up)));
        bls_put_multiple(of, 1, slope, f381_add(of->x[0], of->turned[0]));
        slope = f381_mul(f381_add(f381_add(square, square), square), f381_mul(both, across));
        bls_put_multiple(of, 2, slope, f381_add(of->x[0], of->x[0]));
    }
}

// sum += the point times a digit of four bits other than 0: 1, omega, omega^2, their negatives; the same times 1 - omega; then
// 2, 2 omega, 2 omega^2.
template <class F>
PELTON_CALLED void bls_add_digit(BlsPoint<F>* sum, const BlsMultiples<F>* of, word digit) {
    word index = (digit - 1) / 6, turned = (digit - 1) % 6, turn = turned % 3;
    BlsAffine<F> point = {turn == 1 ? of->turned[index] : of->x[index], of->y[index]};
    if (turn == 2) point.x = f381_neg(f381_add(point.x, of->turned[index]));  // 1 + beta + beta^2 = 0
    if (turned >= 3) point.y = f381_neg(point.y);
    bls_add(sum, &point);
}

// The sum of those points first to end that are valid, each times its coefficient of 128 bits, 32 digits. All points share
// the doublings.
template <class F>
PELTON_CALLED void bls_sum(
    BlsPoint<F>* sum,
    BlsMultiples<F>* multiples,
    const BlsAffine<F>* points,
    const uint8_t* are_valid,
    const word* coefficients,
    uint32_t first,
    uint32_t end) {
    bls_multiples(multiples, points, are_valid, first, end);
    BlsPoint<F> total;
    bls_set_infinity(&total);
#pragma unroll 1
    for (int place = 31; place >= 0; place--) {
        bls_double(&total);
        bls_double(&total);
#pragma unroll 1
        for (uint32_t i = first; i < end; i++) {
            word digit = (coefficients[4 * i + place / 8] >> (4 * (place % 8))) & 15;
            if (digit && are_valid[i]) bls_add_digit(&total, multiples + i, digit);
        }
    }
    *sum = total;
}

// The sum of points first to end.
template <class F>
PELTON_CALLED void bls_join(BlsPoint<F>* sum, const BlsPoint<F>* points, uint32_t first, uint32_t end) {
    BlsPoint<F> total;
    bls_set_infinity(&total);
#pragma unroll 1
    for (uint32_t i = first; i < end; i++) bls_add(&total, points + i);
    *sum = total;
}

// Whether the product of the pairings of all pairs is one.
PELTON_CALLED bool bls_product_is_one(BlsPair* pairs, uint32_t count) {
    F381x12 f;
    bls_miller(&f, pairs, count);
    bls_final_power(&f);
    return f381_is_one(&f);
}

// The generator of G1, negated: what a signature is paired with.
PELTON_DEVICE void bls_begin_signature(BlsPair* pair) {
    pair->left = BlsG1Affine{
        {{0xfd530c16, 0x5cb38790, 0x9976fff5, 0x7817fc67, 0x143ba1c1, 0x154f95c7, 0xf3d0e747, 0xf0ae6acd, 0x21dbf440,
          0xedce6ecc, 0x9e0bfb75, 0x12017741}},
        {{0xf318883a, 0xff526c2a, 0x383b0270, 0x92899ce4, 0x9fa9d055, 0x89d7738d, 0xa344c12a, 0x12caf35b, 0x964b5317,
          0x3cff1b76, 0xe9774430, 0x0e44d2ed}}};
    bls_begin(pair);
}

// Infinity with two coordinates, as a hash may be with no chance worth a name.
PELTON_DEVICE bool bls_is_infinity(const BlsG2Affine& p) { return f381_is_zero(p.x) && f381_is_zero(p.y); }

// Rule 6 for one signature. Room for two pairs.
PELTON_CALLED bool bls_holds(
    BlsPair* pairs, const BlsG1Affine* key, const BlsG2Affine* hash, const BlsG2Affine* signature) {
    uint32_t count = 0;
    if (!bls_is_infinity(*hash)) {
        pairs[count].left = *key;
        pairs[count].right = *hash;
        bls_begin(pairs + count++);
    }
    pairs[count].right = *signature;
    bls_begin_signature(pairs + count++);
    return bls_product_is_one(pairs, count);
}

// The same for a sum of signatures and sums of keys first to end, each of which has one message. Room for end - first + 1
// pairs. A pairing with infinity is one.
PELTON_CALLED bool bls_sum_holds(
    BlsPair* pairs,
    const BlsG1* keys,
    const uint32_t* messages,
    const BlsG2Affine* hashes,
    uint32_t first,
    uint32_t end,
    const BlsG2* signature) {
    uint32_t count = 0;
#pragma unroll 1
    for (uint32_t i = first; i < end; i++) {
        const BlsG2Affine* hash = hashes + messages[i];
        if (f381_is_zero(keys[i].z) || bls_is_infinity(*hash)) continue;
        bls_normalize(&pairs[count].left, keys + i);
        pairs[count].right = *hash;
        bls_begin(pairs + count++);
    }
    if (!f381_is_zero(signature->z)) {
        bls_normalize(&pairs[count].right, signature);
        bls_begin_signature(pairs + count++);
    }
    return bls_product_is_one(pairs, count);
}
