// The field of p = 2^256 - 2^32 - 977, over which the curve secp256k1 stands, in eight words.
//
// An element is any number below 2^256 that is congruent to it; `canonical` gives the one below p. All operands and all
// results are in that range, and every word may have any value. 2^256 = 2^32 + 977 modulo p.
#pragma once

#include "../wide.cuh"

struct Fsecp {
    word v[8];
};

PELTON_DEVICE Fsecp fsecp_small(word value) {
    return Fsecp{{value, 0, 0, 0, 0, 0, 0, 0}};
}

// r + (2^32 + 977) * top, for a top of two words below 2^33: it carries out at most once, and what is left is then so
// small that adding 2^32 + 977 once more carries nowhere.
PELTON_DEVICE Fsecp fsecp_fold(Fsecp r, word low, word high) {
    word a0, a1, a2;
    mul_pair(a0, a1, low, 977);
    a1 = add_cc(a1, low);
    a2 = addc(high, 0);
    a1 = add_cc(a1, high * 977);
    a2 = addc(a2, 0);
    r.v[0] = add_cc(r.v[0], a0);
    r.v[1] = addc_cc(r.v[1], a1);
    r.v[2] = addc_cc(r.v[2], a2);
#pragma unroll
    for (int j = 3; j < 8; j++) r.v[j] = addc_cc(r.v[j], 0);
    word carry = addc(0, 0);
    r.v[0] = add_cc(r.v[0], carry * 977);
    r.v[1] = addc_cc(r.v[1], carry);
    r.v[2] = addc(r.v[2], 0);
    return r;
}

PELTON_DEVICE Fsecp fsecp_add(const Fsecp& a, const Fsecp& b) {
    Fsecp r;
    r.v[0] = add_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = addc_cc(a.v[j], b.v[j]);
    return fsecp_fold(r, addc(0, 0), 0);
}

PELTON_DEVICE Fsecp fsecp_sub(const Fsecp& a, const Fsecp& b) {
    Fsecp r;
    r.v[0] = sub_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = subc_cc(a.v[j], b.v[j]);
    // All ones where it has gone below zero: 2^256 too much is 2^32 + 977 too much.
    word below = subc(0, 0);
    r.v[0] = sub_cc(r.v[0], below & 977);
    r.v[1] = subc_cc(r.v[1], below & 1);
#pragma unroll
    for (int j = 2; j < 8; j++) r.v[j] = subc_cc(r.v[j], 0);
    // Only a number below 2^32 + 977 goes below zero again, and is near 2^256 then.
    below = subc(0, 0);
    r.v[0] = sub_cc(r.v[0], below & 977);
    r.v[1] = subc_cc(r.v[1], below & 1);
    r.v[2] = subc(r.v[2], 0);
    return r;
}

PELTON_DEVICE Fsecp fsecp_neg(const Fsecp& a) {
    return fsecp_sub(fsecp_small(0), a);
}

// Sixteen words to eight: low + (2^32 + 977) * high.
PELTON_DEVICE Fsecp fsecp_reduce(const word* product) {
    word odd[8];
    Fsecp r;
#pragma unroll
    for (int j = 0; j < 8; j++) r.v[j] = product[j];
    // 977 times the even words of the upper half, onto the lower half.
    mad_row<8>(r.v, product + 8, 977);
    word top = addc(0, 0);
    // 977 times the odd ones, one word further up.
    mul_row<8>(odd, product + 9, 977);
    r.v[1] = add_cc(r.v[1], odd[0]);
#pragma unroll
    for (int j = 2; j < 8; j++) r.v[j] = addc_cc(r.v[j], odd[j - 1]);
    // The high word of 977 times a word is below 977.
    top = addc(top, odd[7]);
    // 2^32 times the upper half: one word further up.
    r.v[1] = add_cc(r.v[1], product[8]);
#pragma unroll
    for (int j = 2; j < 8; j++) r.v[j] = addc_cc(r.v[j], product[7 + j]);
    top = addc_cc(top, product[15]);
    return fsecp_fold(r, top, addc(0, 0));
}

PELTON_DEVICE Fsecp fsecp_mul(const Fsecp& a, const Fsecp& b) {
    word product[16];
    mul_wide<8>(product, a.v, b.v);
    return fsecp_reduce(product);
}

PELTON_DEVICE Fsecp fsecp_square(const Fsecp& a) {
    word product[16];
    square_wide<8>(product, a.v);
    return fsecp_reduce(product);
}

PELTON_DEVICE Fsecp fsecp_squares(Fsecp a, int count) {
#pragma unroll 1
    for (int i = 0; i < count; i++) a = fsecp_square(a);
    return a;
}

// a^(2^223 - 1), a^(2^22 - 1) and a^(2^2 - 1): the common beginning of the two powers below.
PELTON_CALLED Fsecp fsecp_power_223(const Fsecp& a, Fsecp* ones22, Fsecp* ones2) {
    *ones2 = fsecp_mul(fsecp_square(a), a);
    Fsecp ones3 = fsecp_mul(fsecp_square(*ones2), a);
    Fsecp ones6 = fsecp_mul(fsecp_squares(ones3, 3), ones3);
    Fsecp ones9 = fsecp_mul(fsecp_squares(ones6, 3), ones3);
    Fsecp ones11 = fsecp_mul(fsecp_squares(ones9, 2), *ones2);
    *ones22 = fsecp_mul(fsecp_squares(ones11, 11), ones11);
    Fsecp ones44 = fsecp_mul(fsecp_squares(*ones22, 22), *ones22);
    Fsecp ones88 = fsecp_mul(fsecp_squares(ones44, 44), ones44);
    Fsecp ones176 = fsecp_mul(fsecp_squares(ones88, 88), ones88);
    Fsecp ones220 = fsecp_mul(fsecp_squares(ones176, 44), ones44);
    return fsecp_mul(fsecp_squares(ones220, 3), ones3);
}

// a^(p - 2): the inverse, and zero of zero. p - 2 is 223 ones, a zero, 22 ones, 0000101101.
PELTON_CALLED Fsecp fsecp_invert(const Fsecp& a) {
    Fsecp ones22, ones2;
    Fsecp r = fsecp_power_223(a, &ones22, &ones2);
    r = fsecp_mul(fsecp_squares(r, 23), ones22);
    r = fsecp_mul(fsecp_squares(r, 5), a);
    r = fsecp_mul(fsecp_squares(r, 3), ones2);
    return fsecp_mul(fsecp_squares(r, 2), a);
}

// a^((p + 1) / 4): a square root of a, if there is one.
PELTON_CALLED Fsecp fsecp_root(const Fsecp& a) {
    Fsecp ones22, ones2;
    Fsecp r = fsecp_power_223(a, &ones22, &ones2);
    r = fsecp_mul(fsecp_squares(r, 23), ones22);
    r = fsecp_mul(fsecp_squares(r, 6), ones2);
    return fsecp_squares(r, 2);
}

// The one that is below p: adding 2^32 + 977 carries out of the top just where a is p or more, and leaves a - p.
PELTON_DEVICE Fsecp fsecp_canonical(const Fsecp& a) {
    Fsecp b;
    b.v[0] = add_cc(a.v[0], 977);
    b.v[1] = addc_cc(a.v[1], 1);
#pragma unroll
    for (int j = 2; j < 8; j++) b.v[j] = addc_cc(a.v[j], 0);
    return addc(0, 0) ? b : a;
}

PELTON_DEVICE bool fsecp_is_zero(const Fsecp& a) {
    Fsecp c = fsecp_canonical(a);
    word any = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) any |= c.v[j];
    return any == 0;
}

PELTON_DEVICE bool fsecp_equal(const Fsecp& a, const Fsecp& b) {
    return fsecp_is_zero(fsecp_sub(a, b));
}
