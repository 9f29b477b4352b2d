// Numbers modulo n, the order of secp256k1.
#pragma once

#include "montgomery.cuh"

#define SCALARSECP_ORDER \
    {0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff}

// Whether a number of eight words is below another.
PELTON_DEVICE bool scalarsecp_is_below(const word* a, const word* b) {
    (void)sub_cc(a[0], b[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) (void)subc_cc(a[j], b[j]);
    return subc(0, 0) != 0;
}

PELTON_DEVICE bool scalarsecp_is_zero(const word* a) {
    word any = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) any |= a[j];
    return any == 0;
}

// r = a b / 2^256 modulo n.
PELTON_CALLED void scalarsecp_mul(word* r, const word* a, const word* b) {
    const word order[8] = SCALARSECP_ORDER;
    const word inverse[8] = {0x5588b13f, 0x4b0dff66, 0x34b9ec24, 0x50a51ac8,
                             0x27cfab5e, 0x897f30c1, 0x6494ef93, 0xd9e8890d};
    montgomery_mul<8>(r, a, b, order, inverse);
}

// a in Montgomery's form: a 2^256 modulo n, of any a below 2^256.
PELTON_DEVICE void scalarsecp_enter(word* r, const word* a) {
    const word square[8] = {0x67d7d140, 0x896cf214, 0x0e7cf878, 0x741496c2,
                            0x5bcd07c6, 0xe697f5e4, 0x81c69bc5, 0x9d671cd5};
    scalarsecp_mul(r, a, square);
}

// n - a, or 0 of 0.
PELTON_DEVICE void scalarsecp_neg(word* r, const word* a) {
    const word order[8] = SCALARSECP_ORDER;
    bool is_zero = scalarsecp_is_zero(a);
    r[0] = sub_cc(order[0], a[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) r[j] = subc_cc(order[j], a[j]);
#pragma unroll
    for (int j = 0; j < 8; j++) r[j] = is_zero ? 0 : r[j];
}

// 1 / a, both in Montgomery's form: a^(n - 2) in windows of four bits.
PELTON_CALLED void scalarsecp_invert(word* r, const word* a) {
    const word exponent[8] = {0xd036413f, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6,
                              0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff};
    word powers[15][8], result[8];
#pragma unroll
    for (int j = 0; j < 8; j++) result[j] = powers[0][j] = a[j];
#pragma unroll 1
    for (int i = 1; i < 15; i++) scalarsecp_mul(powers[i], powers[i - 1], a);
    // The first digit is 15, as are all of the upper half but the last.
#pragma unroll
    for (int j = 0; j < 8; j++) result[j] = powers[14][j];
#pragma unroll 1
    for (int i = 62; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4; j++) scalarsecp_mul(result, result, result);
        word digit = (exponent[i / 8] >> (4 * (i % 8))) & 15;
        if (digit) scalarsecp_mul(result, result, powers[digit - 1]);
    }
#pragma unroll
    for (int j = 0; j < 8; j++) r[j] = result[j];
}
