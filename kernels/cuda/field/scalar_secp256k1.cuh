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

// -1 / n modulo 2^256.
#define SCALARSECP_INVERSE \
    {0x5588b13f, 0x4b0dff66, 0x34b9ec24, 0x50a51ac8, 0x27cfab5e, 0x897f30c1, 0x6494ef93, 0xd9e8890d}

// r = a b / 2^256 modulo n.
PELTON_CALLED void scalarsecp_mul(word* r, const word* a, const word* b) {
    const word order[8] = SCALARSECP_ORDER;
    const word inverse[8] = SCALARSECP_INVERSE;
    montgomery_mul<8>(r, a, b, order, inverse);
}

// r = a a / 2^256 modulo n.
PELTON_CALLED void scalarsecp_square(word* r, const word* a) {
    const word order[8] = SCALARSECP_ORDER;
    const word inverse[8] = SCALARSECP_INVERSE;
    montgomery_square<8>(r, a, order, inverse);
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
        for (int j = 0; j < 4; j++) scalarsecp_square(result, result);
        word digit = (exponent[i / 8] >> (4 * (i % 8))) & 15;
        if (digit) scalarsecp_mul(result, result, powers[digit - 1]);
    }
#pragma unroll
    for (int j = 0; j < 8; j++) r[j] = result[j];
}

// |value| in four words of a number of six words that is below 2^128, or less than 2^128 below 2^192 and means what it is
// short of that. True if it does.
PELTON_DEVICE bool scalarsecp_size(word* size, const word* value) {
    bool is_negative = value[5] >> 31;
    word flip = is_negative ? 0xffffffff : 0;
    size[0] = add_cc(value[0] ^ flip, flip & 1);
#pragma unroll
    for (int j = 1; j < 4; j++) size[j] = addc_cc(value[j] ^ flip, 0);
    return is_negative;
}

// The numbers c = round(k g / 2^384), in six words.
PELTON_DEVICE void scalarsecp_round(word* c, const word* k, const word* g) {
    word wide[16];
    mul_wide<8>(wide, k, g);
    c[0] = add_cc(wide[12], wide[11] >> 31);
#pragma unroll
    for (int j = 1; j < 4; j++) c[j] = addc_cc(wide[12 + j], 0);
    c[4] = addc(0, 0);
    c[5] = 0;
}

// k = first + second lambda modulo n, where lambda is the cube root of one that multiplies x by SECP_BETA. Of both numbers
// the sizes, below 2^128, in four words, and whether they are negative.
//
// The vectors (a1, b1) and (a2, b2) are short, and a + b lambda is 0 modulo n for both. k less their multiples by
// c1 = round(k b2 / n) and c2 = round(-k b1 / n) is at most half of their sum away from zero (Gallant, Lambert, Vanstone
// 2001), and the rounding of b2 2^384 / n and -b1 2^384 / n to whole numbers changes c1 and c2 by nothing that matters.
struct ScalarsecpSplit {
    word first[4], second[4];
    bool is_first_negative, is_second_negative;
};

PELTON_CALLED void scalarsecp_split(ScalarsecpSplit* split, const word* k) {
    const word g1[8] = {0x45dbb031, 0xe893209a, 0x71e8ca7f, 0x3daa8a14,
                        0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221};
    const word g2[8] = {0x8ac47f71, 0x1571b4ae, 0x9df506c6, 0x221208ac,
                        0x0abfe4c4, 0x6f547fa9, 0x010e8828, 0xe4437ed6};
    const word a1_and_b2[6] = {0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221, 0, 0};
    const word minus_b1[6] = {0x0abfe4c3, 0x6f547fa9, 0x010e8828, 0xe4437ed6, 0, 0};
    const word a2[6] = {0x9d44cfd8, 0x57c1108d, 0xa8e2f3f6, 0x14ca50f7, 1, 0};
    word c1[6], c2[6], left[6], right[6];
    scalarsecp_round(c1, k, g1);
    scalarsecp_round(c2, k, g2);
    // k - c1 a1 - c2 a2
    mul_low<6>(left, c1, a1_and_b2);
    mul_low<6>(right, c2, a2);
    left[0] = add_cc(left[0], right[0]);
#pragma unroll
    for (int j = 1; j < 5; j++) left[j] = addc_cc(left[j], right[j]);
    left[5] = addc(left[5], right[5]);
    left[0] = sub_cc(k[0], left[0]);
#pragma unroll
    for (int j = 1; j < 5; j++) left[j] = subc_cc(k[j], left[j]);
    left[5] = subc(k[5], left[5]);
    split->is_first_negative = scalarsecp_size(split->first, left);
    // -c1 b1 - c2 b2
    mul_low<6>(left, c1, minus_b1);
    mul_low<6>(right, c2, a1_and_b2);
    left[0] = sub_cc(left[0], right[0]);
#pragma unroll
    for (int j = 1; j < 5; j++) left[j] = subc_cc(left[j], right[j]);
    left[5] = subc(left[5], right[5]);
    split->is_second_negative = scalarsecp_size(split->second, left);
}
