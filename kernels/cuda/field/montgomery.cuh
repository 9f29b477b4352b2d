// Numbers modulo an odd m of N words, as a R modulo m with R = 2^(32 N): for moduli without a form of their own.
//
// All operands and results are below m, and m is above R / 2 or the sums below say what they need.
#pragma once

#include "../wide.cuh"

// r = x / R modulo m, below m. x has 2 N words and is below m R; inverse is -1 / m modulo R.
template <int N>
PELTON_DEVICE void montgomery_reduce(word* r, const word* x, const word* m, const word* inverse) {
    word quotient[N], multiple[2 * N], less[N];
    mul_low<N>(quotient, x, inverse);
    mul_wide<N>(multiple, quotient, m);
    // x + multiple is divisible by R: its lower half is zero, and carries one unless it was zero from the beginning.
    word carry = 0;
    carry = add_cc(x[0], multiple[0]);
#pragma unroll
    for (int j = 1; j < N; j++) carry = addc_cc(x[j], multiple[j]);
#pragma unroll
    for (int j = 0; j < N; j++) r[j] = addc_cc(x[N + j], multiple[N + j]);
    carry = addc(0, 0);
    less[0] = sub_cc(r[0], m[0]);
#pragma unroll
    for (int j = 1; j < N; j++) less[j] = subc_cc(r[j], m[j]);
    // Below m only if that borrows, and there was no carry to borrow from.
    bool is_below = subc(carry, 0) != 0;
#pragma unroll
    for (int j = 0; j < N; j++) r[j] = is_below ? r[j] : less[j];
}

// r = a b / R modulo m.
template <int N>
PELTON_DEVICE void montgomery_mul(word* r, const word* a, const word* b, const word* m, const word* inverse) {
    word product[2 * N];
    mul_wide<N>(product, a, b);
    montgomery_reduce<N>(r, product, m, inverse);
}

// r = a a / R modulo m.
template <int N>
PELTON_DEVICE void montgomery_square(word* r, const word* a, const word* m, const word* inverse) {
    word product[2 * N];
    square_wide<N>(product, a);
    montgomery_reduce<N>(r, product, m, inverse);
}
