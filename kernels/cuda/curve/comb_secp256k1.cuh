// Multiples of a point in blocks of 16 bits, so that few doublings are left: see comb25519.cuh.
#pragma once

#include "secp256k1.cuh"

// A cube root of one: lambda (x, y) = (beta x, y).
#define SECP_BETA {{0x719501ee, 0xc1396c28, 0x12f58995, 0x9cf04975, 0xac3434e9, 0x6e64479e, 0x657c0710, 0x7ae96a2b}}

// A multiple, and the x of lambda times it.
struct SecpTurning {
    SecpAffine of;
    Fsecp turned;
};

// Of each block 1, 2, ..., COUNT fold, and the block behind the last one, where a carry may be, once.
template <int BLOCKS, int COUNT>
struct SecpComb {
    SecpTurning multiples[BLOCKS * COUNT + 1];
};

// Of the base point, for numbers of 256 bits in digits of eight; of a key, for those of 128 bits in digits of four.
typedef SecpComb<16, 128> SecpBase;
typedef SecpComb<8, 8> SecpKeyComb;

// Inversions that share one, at most. The comb of a key has as many points.
constexpr int SECP_POINTS = 65;

// As they are used, of up to SECP_POINTS points of which x, y and z stand in the three fields. None is at infinity.
PELTON_CALLED void secp_make_affine(SecpTurning* points, int count) {
    const Fsecp beta = SECP_BETA;
    Fsecp before[SECP_POINTS], product = fsecp_small(1);
#pragma unroll 1
    for (int j = 0; j < count; j++) {
        before[j] = product;
        product = fsecp_mul(product, points[j].turned);
    }
    Fsecp rest = fsecp_invert(product);
#pragma unroll 1
    for (int j = count - 1; j >= 0; j--) {
        Fsecp inverse = fsecp_mul(rest, before[j]);
        rest = fsecp_mul(rest, points[j].turned);
        SecpAffine of{fsecp_mul(points[j].of.x, inverse), fsecp_mul(points[j].of.y, inverse)};
        points[j] = SecpTurning{of, fsecp_mul(of.x, beta)};
    }
}

// Of a point p other than infinity.
template <int BLOCKS, int COUNT>
PELTON_CALLED void secp_comb(SecpComb<BLOCKS, COUNT>* comb, Secp p) {
    constexpr int ALL = BLOCKS * COUNT + 1;
#pragma unroll 1
    for (int block = 0; block <= BLOCKS; block++) {
        Secp multiple = p;
#pragma unroll 1
        for (int j = 0; j < (block < BLOCKS ? COUNT : 1); j++) {
            if (j > 0) multiple = secp_add(multiple, p);
            comb->multiples[COUNT * block + j] = SecpTurning{{multiple.x, multiple.y}, multiple.z};
        }
#pragma unroll 1
        for (int j = 0; j < 16 && block < BLOCKS; j++) p = secp_double(p);
    }
#pragma unroll 1
    for (int j = 0; j < ALL; j += SECP_POINTS) {
        secp_make_affine(comb->multiples + j, ALL - j < SECP_POINTS ? ALL - j : SECP_POINTS);
    }
}

// p + digit times the first multiple of a block, or times its lambda fold, or p - that.
template <int BLOCKS, int COUNT>
PELTON_DEVICE Secp secp_add_comb(
    const Secp& p, const SecpComb<BLOCKS, COUNT>& comb, int block, int digit, bool is_turned, bool is_negative) {
    if (digit == 0) return p;
    const SecpTurning& multiple = comb.multiples[COUNT * block + (digit < 0 ? -digit : digit) - 1];
    SecpAffine q{is_turned ? multiple.turned : multiple.of.x, multiple.of.y};
    if ((digit < 0) != is_negative) q.y = fsecp_neg(q.y);
    return secp_add_affine(p, q);
}
