// Products of numbers of N words, N even: the part that all fields share.
//
// A product of two words has two words, so products whose columns have the same parity do not overlap and can be added
// up in one run of carries: those of even columns in `even`, those of odd columns, shifted by a word, in `odd`. A pair of
// low and high multiply-adds on such a run is one instruction (IMAD.WIDE) on the device.
//
//   column         0    1    2    3    4    5
//   a0 b0          [even 0,1]
//   a1 b0, a0 b1        [odd 0,1]
//   a2 b0, a1 b1             [even 2,3]
#pragma once

#include "carry.cuh"

// acc[0 .. N] = a[0], a[2], ... times b, in N words.
template <int N>
PELTON_DEVICE void mul_row(word* acc, const word* a, word b) {
#pragma unroll
    for (int j = 0; j < N; j += 2) mul_pair(acc[j], acc[j + 1], a[j], b);
}

// acc[0 .. N] += a[0], a[2], ... times b. The carry out of the last word is left in the flag.
template <int N>
PELTON_DEVICE void mad_row(word* acc, const word* a, word b) {
    mad_pair_cc(acc[0], acc[1], a[0], b);
#pragma unroll
    for (int j = 2; j < N; j += 2) madc_pair_cc(acc[j], acc[j + 1], a[j], b);
}

// product[0 .. 2N] = a * b, any a and b below 2^(32 N).
//
// A row whose last two words are new, or hold a carry only, has no carry out: (2^32 - 1)^2 + 2 (2^32 - 1) < 2^64. The
// other rows carry into a word that is new.
template <int N>
PELTON_DEVICE void mul_wide(word* product, const word* a, const word* b) {
    word even[2 * N], odd[2 * N];
#pragma unroll
    for (int j = N; j < 2 * N; j++) even[j] = odd[j] = 0;
    mul_row<N>(even, a, b[0]);
    mul_row<N>(odd, a + 1, b[0]);
#pragma unroll
    for (int i = 1; i < N; i += 2) {
        mad_row<N>(odd + i - 1, a, b[i]);
        odd[i - 1 + N] = addc(odd[i - 1 + N], 0);
        mad_row<N>(even + i + 1, a + 1, b[i]);
        if (i + 1 < N) {
            mad_row<N>(even + i + 1, a, b[i + 1]);
            even[i + 1 + N] = addc(even[i + 1 + N], 0);
            mad_row<N>(odd + i + 1, a + 1, b[i + 1]);
        }
    }
    product[0] = even[0];
    product[1] = add_cc(even[1], odd[0]);
#pragma unroll
    for (int j = 2; j < 2 * N - 1; j++) product[j] = addc_cc(even[j], odd[j - 1]);
    product[2 * N - 1] = addc(even[2 * N - 1], odd[2 * N - 2]);
}

// acc[0 .. count] += a[0], a[2], ... times b, count even and above 0. The carry out of the last word is left in the flag.
PELTON_DEVICE void mad_part(word* acc, const word* a, word b, int count) {
    mad_pair_cc(acc[0], acc[1], a[0], b);
#pragma unroll
    for (int j = 2; j < count; j += 2) madc_pair_cc(acc[j], acc[j + 1], a[j], b);
}

// product[0 .. 2N] = a * a, any a below 2^(32 N), with little more than half of the products of mul_wide: each product of
// two different words is made once, all of them are doubled, and the squares of words added.
//
// Row i has the products of word i with the words above it: those with i + 1, i + 3, ... in `odd`, with i + 2, i + 4, ...
// in `even`. Of two rows that end at the same word, the second one ends in a product of the first, and carries into a word
// that is new; the first one ends in words that are new, or hold a carry only, and has no carry out.
template <int N>
PELTON_DEVICE void square_wide(word* product, const word* a) {
    word even[2 * N], odd[2 * N];
#pragma unroll
    for (int j = 0; j < 2 * N; j++) even[j] = odd[j] = 0;
#pragma unroll
    for (int i = 0; i + 1 < N; i++) {
        int count = (N - i) / 2 * 2;  // words of the products with i + 1, i + 3, ...
        mad_part(odd + 2 * i, a + i + 1, a[i], count);
        if (i % 2 == 1) odd[2 * i + count] = addc(odd[2 * i + count], 0);
        count = (N - 1 - i) / 2 * 2;  // and with i + 2, i + 4, ...
        if (count > 0) {
            mad_part(even + 2 * i + 2, a + i + 2, a[i], count);
            if (i % 2 == 0 && i > 0) even[2 * i + 2 + count] = addc(even[2 * i + 2 + count], 0);
        }
    }
    // The sum of all, which begins at word 1 and is below 2^(64 N - 1).
    product[0] = 0;
    product[1] = odd[0];
    product[2] = add_cc(even[2], odd[1]);
#pragma unroll
    for (int j = 3; j < 2 * N - 1; j++) product[j] = addc_cc(even[j], odd[j - 1]);
    product[2 * N - 1] = addc(even[2 * N - 1], odd[2 * N - 2]);
    product[1] = add_cc(product[1], product[1]);
#pragma unroll
    for (int j = 2; j < 2 * N - 1; j++) product[j] = addc_cc(product[j], product[j]);
    product[2 * N - 1] = addc(product[2 * N - 1], product[2 * N - 1]);
    mad_pair_cc(product[0], product[1], a[0], a[0]);
#pragma unroll
    for (int i = 1; i < N; i++) madc_pair_cc(product[2 * i], product[2 * i + 1], a[i], a[i]);
}

// product[0 .. N] = a * b modulo 2^(32 N), any a and b below that.
template <int N>
PELTON_DEVICE void mul_low(word* product, const word* a, const word* b) {
    word even[N], odd[N];
#pragma unroll
    for (int j = 0; j < N; j++) even[j] = odd[j] = 0;
#pragma unroll
    for (int i = 0; i < N; i++) {
        // The words of a whose products with word i have even columns begin at 0 or 1, and those with odd ones at 1 or 0.
        int first = i % 2, other = 1 - first;
        if (i + first < N) mad_part(even + i + first, a + first, b[i], N - i - first);
        if (i + other < N) mad_part(odd + i + other - 1, a + other, b[i], N - i - other + 1);
    }
    product[0] = even[0];
    product[1] = add_cc(even[1], odd[0]);
#pragma unroll
    for (int j = 2; j < N - 1; j++) product[j] = addc_cc(even[j], odd[j - 1]);
    product[N - 1] = addc(even[N - 1], odd[N - 2]);
}
