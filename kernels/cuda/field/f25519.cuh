// The field of 2^255 - 19, in eight words.
//
// An element is any number below 2^256 that is congruent to it; `canonical` gives the one below p. All operands and all
// results are in that range, and every word may have any value. 2^256 = 38 modulo p, so what is carried out of the top
// comes back in at the bottom, 38 fold.
#pragma once

#include "../wide.cuh"

struct F25519 {
    word v[8];
};

PELTON_DEVICE F25519 f25519_small(word value) {
    return F25519{{value, 0, 0, 0, 0, 0, 0, 0}};
}

// r + 38 * top, top <= 38: it carries out at most once, and what is left is then below 38 * 38.
PELTON_DEVICE F25519 f25519_fold(F25519 r, word top) {
    r.v[0] = add_cc(r.v[0], top * 38);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = addc_cc(r.v[j], 0);
    r.v[0] += 38 * addc(0, 0);
    return r;
}

PELTON_DEVICE F25519 f25519_add(const F25519& a, const F25519& b) {
    F25519 r;
    r.v[0] = add_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = addc_cc(a.v[j], b.v[j]);
    return f25519_fold(r, addc(0, 0));
}

PELTON_DEVICE F25519 f25519_sub(const F25519& a, const F25519& b) {
    F25519 r;
    r.v[0] = sub_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = subc_cc(a.v[j], b.v[j]);
    // All ones where it has gone below zero: 2^256 too much is 38 too much.
    word below = subc(0, 0);
    r.v[0] = sub_cc(r.v[0], below & 38);
#pragma unroll
    for (int j = 1; j < 8; j++) r.v[j] = subc_cc(r.v[j], 0);
    // Only a number below 38 goes below zero again, and is near 2^256 then.
    below = subc(0, 0);
    r.v[0] -= below & 38;
    return r;
}

PELTON_DEVICE F25519 f25519_neg(const F25519& a) {
    return f25519_sub(f25519_small(0), a);
}

// Sixteen words to eight: low + 38 * high.
PELTON_DEVICE F25519 f25519_reduce(const word* product) {
    word odd[8];
    F25519 r;
#pragma unroll
    for (int j = 0; j < 8; j++) r.v[j] = product[j];
    // 38 times the even words of the upper half, onto the lower half.
    mad_row<8>(r.v, product + 8, 38);
    word top = addc(0, 0);
    // 38 times the odd ones, one word further up.
    mul_row<8>(odd, product + 9, 38);
    r.v[1] = add_cc(r.v[1], odd[0]);
#pragma unroll
    for (int j = 2; j < 8; j++) r.v[j] = addc_cc(r.v[j], odd[j - 1]);
    // The high word of 38 times a word is below 38.
    top = addc(top, odd[7]);
    return f25519_fold(r, top);
}

PELTON_DEVICE F25519 f25519_mul(const F25519& a, const F25519& b) {
    word product[16];
    mul_wide<8>(product, a.v, b.v);
    return f25519_reduce(product);
}

PELTON_DEVICE F25519 f25519_square(const F25519& a) {
    word product[16];
    square_wide<8>(product, a.v);
    return f25519_reduce(product);
}

PELTON_DEVICE F25519 f25519_squares(F25519 a, int count) {
#pragma unroll 1
    for (int i = 0; i < count; i++) a = f25519_square(a);
    return a;
}

// a^(2^250 - 1), and a^11 beside it: the common beginning of the two powers below.
PELTON_CALLED F25519 f25519_power_250(const F25519& a, F25519* a11) {
    F25519 a2 = f25519_square(a);
    F25519 a9 = f25519_mul(f25519_squares(a2, 2), a);
    *a11 = f25519_mul(a9, a2);
    F25519 ones5 = f25519_mul(f25519_square(*a11), a9);
    F25519 ones10 = f25519_mul(f25519_squares(ones5, 5), ones5);
    F25519 ones20 = f25519_mul(f25519_squares(ones10, 10), ones10);
    F25519 ones40 = f25519_mul(f25519_squares(ones20, 20), ones20);
    F25519 ones50 = f25519_mul(f25519_squares(ones40, 10), ones10);
    F25519 ones100 = f25519_mul(f25519_squares(ones50, 50), ones50);
    F25519 ones200 = f25519_mul(f25519_squares(ones100, 100), ones100);
    return f25519_mul(f25519_squares(ones200, 50), ones50);
}

// a^(p - 2): the inverse, and zero of zero.
PELTON_DEVICE F25519 f25519_invert(const F25519& a) {
    F25519 a11;
    F25519 ones250 = f25519_power_250(a, &a11);
    return f25519_mul(f25519_squares(ones250, 5), a11);
}

// a^((p - 5) / 8), of which square roots are made.
PELTON_DEVICE F25519 f25519_power_5_8(const F25519& a) {
    F25519 a11;
    F25519 ones250 = f25519_power_250(a, &a11);
    return f25519_mul(f25519_squares(ones250, 2), a);
}

// The one that is below p.
PELTON_CALLED F25519 f25519_canonical(F25519 a) {
    // Bit 255 counts 19; what is left is below 2^255 + 19, so below 2 p.
    word top = a.v[7] >> 31;
    a.v[7] &= 0x7fffffff;
    a.v[0] = add_cc(a.v[0], top * 19);
#pragma unroll
    for (int j = 1; j < 7; j++) a.v[j] = addc_cc(a.v[j], 0);
    a.v[7] = addc(a.v[7], 0);
    // a + 19 has bit 255 just where a is p or more, and is a - p below that bit.
    F25519 b;
    b.v[0] = add_cc(a.v[0], 19);
#pragma unroll
    for (int j = 1; j < 7; j++) b.v[j] = addc_cc(a.v[j], 0);
    b.v[7] = addc(a.v[7], 0);
    bool is_above = b.v[7] >> 31;
    b.v[7] &= 0x7fffffff;
    return is_above ? b : a;
}

PELTON_DEVICE bool f25519_is_zero(const F25519& a) {
    F25519 c = f25519_canonical(a);
    word any = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) any |= c.v[j];
    return any == 0;
}

PELTON_DEVICE bool f25519_equal(const F25519& a, const F25519& b) {
    return f25519_is_zero(f25519_sub(a, b));
}
