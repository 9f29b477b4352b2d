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
