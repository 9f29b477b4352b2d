// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point of 25519.
#pragma once

#include "../wide.cuh"

#define SCALAR25519_ORDER \
    {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0x00000000, 0x00000000, 0x00000000, 0x10000000}

// Whether a number of eight words is below L.
PELTON_DEVICE bool scalar25519_is_canonical(const word* s) {
    const word order[8] = SCALAR25519_ORDER;
    (void)sub_cc(s[0], order[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) (void)subc_cc(s[j], order[j]);
    return subc(0, 0) != 0;
}

// r = x modulo L, below L; x has sixteen words and any value. Barrett's way: with mu = floor(2^512 / L), the quotient
// q = floor(floor(x / 2^224) mu / 2^288) is at most 2 too small, so x - q L is below 3 L and fits nine words.
PELTON_CALLED void scalar25519_reduce(word* r, const word* x) {
    const word mu[10] = {0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb,
                         0xffffffff, 0xffffffff, 0xffffffff, 0x0000000f, 0x00000000};
    const word order[10] = {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000, 0, 0};
    word upper[10], wide[20], quotient[10];
#pragma unroll
    for (int j = 0; j < 9; j++) upper[j] = x[7 + j];
    upper[9] = 0;
    mul_wide<10>(wide, upper, mu);
#pragma unroll
    for (int j = 0; j < 10; j++) quotient[j] = wide[9 + j];
    mul_wide<10>(wide, quotient, order);
    word rest[9];
    rest[0] = sub_cc(x[0], wide[0]);
#pragma unroll
    for (int j = 1; j < 9; j++) rest[j] = subc_cc(x[j], wide[j]);
    for (int times = 0; times < 2; times++) {
        word less[9];
        less[0] = sub_cc(rest[0], order[0]);
#pragma unroll
        for (int j = 1; j < 9; j++) less[j] = subc_cc(rest[j], order[j]);
        bool is_below = subc(0, 0) != 0;
#pragma unroll
        for (int j = 0; j < 9; j++) rest[j] = is_below ? rest[j] : less[j];
    }
#pragma unroll
    for (int j = 0; j < 8; j++) r[j] = rest[j];
}

// s + 8 (16^63 + ... + 16 + 1), with halves = 0x88888888: its hexadecimal digits, less 8 each, are digits of s from -8 to 7.
// With 0x80808080, and digits of eight bits from -128 to 127, likewise. For s below 2^253 the sum fits eight words.
PELTON_DEVICE void scalar25519_offset(word* shifted, const word* s, word halves) {
    shifted[0] = add_cc(s[0], halves);
#pragma unroll
    for (int j = 1; j < 8; j++) shifted[j] = addc_cc(s[j], halves);
}

// Digit i of what scalar25519_offset gave, of four bits.
PELTON_DEVICE int scalar25519_digit4(const word* shifted, int i) {
    return (int)((shifted[i / 8] >> (4 * (i % 8))) & 15) - 8;
}

// Digit i of what scalar25519_offset gave, of eight bits.
PELTON_DEVICE int scalar25519_digit8(const word* shifted, int i) {
    return (int)((shifted[i / 4] >> (8 * (i % 4))) & 255) - 128;
}
