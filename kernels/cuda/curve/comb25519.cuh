// Multiples of a point in blocks, so that few doublings are left.
//
// A number of 256 bits is read as eight blocks of 32 bits, and the multiples of 2^(32 b) P are there for each block b. So
// the digits of all blocks share the doublings of one of them (Lim, Lee 1994):
//
//   digit      7  6  5  4  3  2  1  0        of four bits each: 28 doublings in place of 252
//   block 0   [ multiples of P        ]
//   block 1   [ multiples of 2^32 P   ]
//   ...
#pragma once

#include "edwards25519.cuh"

constexpr int COMB_BLOCKS = 8;

// Of each block 1, 2, ..., COUNT fold.
template <int COUNT>
struct EdwardsComb {
    EdwardsAffine multiples[COMB_BLOCKS * COUNT];
};

// Inversions that share one. The comb of a key has as many points.
constexpr int EDWARDS_SHARED = 64;

// x and y of EDWARDS_SHARED points of which x, y and z stand in the three fields.
PELTON_CALLED void edwards_make_affine(EdwardsAffine* points) {
    F25519 before[EDWARDS_SHARED], product = f25519_small(1);
#pragma unroll 1
    for (int j = 0; j < EDWARDS_SHARED; j++) {
        before[j] = product;
        product = f25519_mul(product, points[j].t2d);
    }
    F25519 rest = f25519_invert(product);
#pragma unroll 1
    for (int j = EDWARDS_SHARED - 1; j >= 0; j--) {
        F25519 inverse = f25519_mul(rest, before[j]);
        rest = f25519_mul(rest, points[j].t2d);
        points[j] = edwards_affine(f25519_mul(points[j].sum, inverse), f25519_mul(points[j].difference, inverse));
    }
}

template <int COUNT>
PELTON_CALLED void edwards_comb(EdwardsComb<COUNT>* comb, Edwards p) {
#pragma unroll 1
    for (int block = 0; block < COMB_BLOCKS; block++) {
        Edwards multiple = p;
        EdwardsSummand first = edwards_summand(p);
#pragma unroll 1
        for (int j = 0; j < COUNT; j++) {
            if (j > 0) multiple = edwards_add(multiple, first, false);
            comb->multiples[COUNT * block + j] = EdwardsAffine{multiple.x, multiple.y, multiple.z};
        }
#pragma unroll 1
        for (int j = 0; j < 32 && block + 1 < COMB_BLOCKS; j++) p = edwards_double(p, true);
    }
#pragma unroll 1
    for (int j = 0; j < COMB_BLOCKS * COUNT; j += EDWARDS_SHARED) edwards_make_affine(comb->multiples + j);
}

template <int COUNT>
PELTON_DEVICE Edwards edwards_add_comb(const Edwards& p, const EdwardsComb<COUNT>& comb, int block, int digit) {
    if (digit == 0) return p;
    int size = digit < 0 ? -digit : digit;
    return edwards_add_affine(p, comb.multiples[COUNT * block + size - 1], digit < 0);
}
