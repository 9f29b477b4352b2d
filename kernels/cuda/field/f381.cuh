// The field of p, the prime of 381 bits over which BLS12-381 stands, and its extension by a square root of -1.
//
// A number a is kept as a R modulo p with R = 2^384, in twelve words and below p: as `blst` keeps it, so that points go to
// the device and come back as they lie in memory. The extension has two of them, c0 + c1 u with u^2 = -1.
//
// 2^384 / p is above 9.8, so sums of a few products are reduced at once: see f381_reduce. Functions of both fields have one
// name, so that curves are written once.
#pragma once

#include "../wide.cuh"

struct alignas(16) F381 {
    word v[12];
};

struct F381x2 {
    F381 c0, c1;
};

#define F381_PRIME                                                                                      \
    {0xffffaaab, 0xb9feffff, 0xb153ffff, 0x1eabfffe, 0xf6b0f624, 0x6730d2a0, 0xf38512bf, 0x64774b84, \
     0x434bacd7, 0x4b1ba7b6, 0x397fe69a, 0x1a0111ea}
#define F381_ONE                                                                                         \
    {{0x0002fffd, 0x76090000, 0xc40c0002, 0xebf4000b, 0x53c758ba, 0x5f489857, 0x70525745, 0x77ce5853, \
      0xa256ec6d, 0x5c071a97, 0xfa80e493, 0x15f65ec3}}

// -1 / p modulo 2^32.
constexpr word F381_INVERSE = 0xfffcfffd;

PELTON_DEVICE void f381_set(F381* r, word value) {
    const F381 one = F381_ONE;
#pragma unroll
    for (int j = 0; j < 12; j++) r->v[j] = value ? one.v[j] : 0;
}
PELTON_DEVICE void f381_set(F381x2* r, word value) {
    f381_set(&r->c0, value);
    f381_set(&r->c1, 0);
}

PELTON_DEVICE bool f381_is_zero(const F381& a) {
    word any = 0;
#pragma unroll
    for (int j = 0; j < 12; j++) any |= a.v[j];
    return any == 0;
}
PELTON_DEVICE bool f381_is_zero(const F381x2& a) { return f381_is_zero(a.c0) && f381_is_zero(a.c1); }

PELTON_DEVICE bool f381_equal(const F381& a, const F381& b) {
    word any = 0;
#pragma unroll
    for (int j = 0; j < 12; j++) any |= a.v[j] ^ b.v[j];
    return any == 0;
}
PELTON_DEVICE bool f381_equal(const F381x2& a, const F381x2& b) {
    return f381_equal(a.c0, b.c0) && f381_equal(a.c1, b.c1);
}

// a if that is below p, else a - p: below p if a is below 2 p.
PELTON_DEVICE F381 f381_less(const F381& a) {
    const word prime[12] = F381_PRIME;
    F381 less;
    less.v[0] = sub_cc(a.v[0], prime[0]);
#pragma unroll
    for (int j = 1; j < 12; j++) less.v[j] = subc_cc(a.v[j], prime[j]);
    bool is_below = subc(0, 0) != 0;
#pragma unroll
    for (int j = 0; j < 12; j++) less.v[j] = is_below ? a.v[j] : less.v[j];
    return less;
}

// a + b as it is, below 2 p.
PELTON_DEVICE F381 f381_sum(const F381& a, const F381& b) {
    F381 r;
    r.v[0] = add_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 11; j++) r.v[j] = addc_cc(a.v[j], b.v[j]);
    r.v[11] = addc(a.v[11], b.v[11]);
    return r;
}

PELTON_DEVICE F381 f381_add(const F381& a, const F381& b) { return f381_less(f381_sum(a, b)); }

PELTON_DEVICE F381 f381_sub(const F381& a, const F381& b) {
    const word prime[12] = F381_PRIME;
    F381 r;
    r.v[0] = sub_cc(a.v[0], b.v[0]);
#pragma unroll
    for (int j = 1; j < 12; j++) r.v[j] = subc_cc(a.v[j], b.v[j]);
    word below = subc(0, 0);
    r.v[0] = add_cc(r.v[0], prime[0] & below);
#pragma unroll
    for (int j = 1; j < 11; j++) r.v[j] = addc_cc(r.v[j], prime[j] & below);
    r.v[11] = addc(r.v[11], prime[11] & below);
    return r;
}

PELTON_DEVICE F381 f381_neg(const F381& a) {
    F381 zero;
    f381_set(&zero, 0);
    return f381_sub(zero, a);
}

// x / R modulo p, below p, for any x of 24 words below p R. x is used up.
//
// Each word from the lowest on is made zero by a multiple of p, which is less than R p in all, so that x grows to less than
// 2 p R. A row of products of even columns ends before word 12 + i and one of odd columns before word 13 + i: what they
// carry there is kept apart until the end, and nothing of it is left for a word 24.
PELTON_DEVICE F381 f381_reduce(word* x) {
    const word prime[12] = F381_PRIME;
    word carries[13];
    carries[0] = 0;
#pragma unroll
    for (int i = 0; i < 12; i++) {
        word quotient = x[i] * F381_INVERSE;
        mad_row<12>(x + i, prime, quotient);
        carries[i] = addc(carries[i], 0);
        mad_row<12>(x + i + 1, prime + 1, quotient);
        carries[i + 1] = addc(0, 0);
    }
    F381 r;
    r.v[0] = add_cc(x[12], carries[0]);
#pragma unroll
    for (int j = 1; j < 11; j++) r.v[j] = addc_cc(x[12 + j], carries[j]);
    r.v[11] = addc(x[23], carries[11]);
    return f381_less(r);
}

// 300 products of two words.
PELTON_CALLED F381 f381_mul(F381 a, F381 b) {
    word product[24];
    mul_wide<12>(product, a.v, b.v);
    return f381_reduce(product);
}

// 234 products of two words.
PELTON_CALLED F381 f381_square(F381 a) {
    word product[24];
    square_wide<12>(product, a.v);
    return f381_reduce(product);
}

// a - b of 24 words. All ones if that is below zero.
PELTON_DEVICE word f381_sub_wide(word* a, const word* b) {
    a[0] = sub_cc(a[0], b[0]);
#pragma unroll
    for (int j = 1; j < 24; j++) a[j] = subc_cc(a[j], b[j]);
    return subc(0, 0);
}

PELTON_CALLED F381x2 f381_add(F381x2 a, F381x2 b) { return F381x2{f381_add(a.c0, b.c0), f381_add(a.c1, b.c1)}; }
PELTON_CALLED F381x2 f381_sub(F381x2 a, F381x2 b) { return F381x2{f381_sub(a.c0, b.c0), f381_sub(a.c1, b.c1)}; }
PELTON_DEVICE F381x2 f381_neg(const F381x2& a) { return F381x2{f381_neg(a.c0), f381_neg(a.c1)}; }

// Two numbers of 24 words, both below p R, the first one less `right`, to what they mean.
PELTON_DEVICE F381x2 f381_reduce_less(word* left, const word* right, word* other) {
    const word prime[12] = F381_PRIME;
    // left - right, or p R more.
    word below = f381_sub_wide(left, right);
    left[12] = add_cc(left[12], prime[0] & below);
#pragma unroll
    for (int j = 1; j < 11; j++) left[12 + j] = addc_cc(left[12 + j], prime[j] & below);
    left[23] = addc(left[23], prime[11] & below);
    return F381x2{f381_reduce(left), f381_reduce(other)};
}

// 744 products of two words: three multiplications (Karatsuba), two reductions.
PELTON_CALLED F381x2 f381_mul(F381x2 a, F381x2 b) {
    word low[24], high[24], all[24];
    mul_wide<12>(all, f381_sum(a.c0, a.c1).v, f381_sum(b.c0, b.c1).v);
    mul_wide<12>(low, a.c0.v, b.c0.v);
    f381_sub_wide(all, low);
    mul_wide<12>(high, a.c1.v, b.c1.v);
    f381_sub_wide(all, high);  // a0 b1 + a1 b0, below 2 p^2
    return f381_reduce_less(low, high, all);
}

// 546 products of two words: three squares, two reductions.
PELTON_CALLED F381x2 f381_square(F381x2 a) {
    word low[24], high[24], all[24];
    square_wide<12>(all, f381_sum(a.c0, a.c1).v);
    square_wide<12>(low, a.c0.v);
    f381_sub_wide(all, low);
    square_wide<12>(high, a.c1.v);
    f381_sub_wide(all, high);  // 2 a0 a1
    return f381_reduce_less(low, high, all);
}

PELTON_DEVICE F381x2 f381_conjugate(const F381x2& a) { return F381x2{a.c0, f381_neg(a.c1)}; }

// Both parts times a number of the field below.
PELTON_DEVICE F381x2 f381_scale(const F381x2& a, const F381& b) {
    return F381x2{f381_mul(a.c0, b), f381_mul(a.c1, b)};
}

// a (1 + u): the extensions above are by roots of it.
PELTON_CALLED F381x2 f381_times_xi(F381x2 a) { return F381x2{f381_sub(a.c0, a.c1), f381_add(a.c0, a.c1)}; }

// a^((p - 3) / 4), in windows of four bits. What roots and inverses are made of.
PELTON_CALLED F381 f381_power(F381 a) {
    const word exponent[12] = {0xffffeaaa, 0xee7fbfff, 0xac54ffff, 0x07aaffff, 0x3dac3d89, 0xd9cc34a8,
                               0x3ce144af, 0xd91dd2e1, 0x90d2eb35, 0x92c6e9ed, 0x8e5ff9a6, 0x0680447a};
    F381 powers[15], r;
    powers[0] = a;
#pragma unroll 1
    for (int i = 1; i < 15; i++) powers[i] = f381_mul(powers[i - 1], a);
    r = powers[5];  // The first digit is 6, number 94.
#pragma unroll 1
    for (int i = 93; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4; j++) r = f381_square(r);
        word digit = (exponent[i / 8] >> (4 * (i % 8))) & 15;
        if (digit) r = f381_mul(r, powers[digit - 1]);
    }
    return r;
}

// 1 / a, and zero of zero: p - 2 = 4 (p - 3) / 4 + 1.
PELTON_CALLED F381 f381_invert(F381 a) { return f381_mul(f381_square(f381_square(f381_power(a))), a); }

PELTON_CALLED F381 f381_norm(F381x2 a) { return f381_add(f381_square(a.c0), f381_square(a.c1)); }

PELTON_CALLED F381x2 f381_invert(F381x2 a) {
    return f381_conjugate(f381_scale(a, f381_invert(f381_norm(a))));
}

// A square root of a, if there is one, with s^2 = a0^2 + a1^2; else something whose square is not a.
//
// With t = (a0 + s) / 2, either t or (a0 - s) / 2 is a square, whose root is one part of the result and a1 divided by twice that
// the other. With e = t^((p - 3) / 4), (e t) e is 1 if t is a square, and then e t is a root of it and e its inverse; else it is
// -1, and e t is the other part.
PELTON_CALLED F381x2 f381_root(F381x2 a, F381 s) {
    const F381 half = {{0x00015554, 0x18040000, 0x3ab00001, 0x85500005, 0x253c276f, 0x633cb57c, 0x31ebb502,
                        0x6e22d1ec, 0xf2d14ca2, 0xd3916126, 0x1a006596, 0x17fbb857}};
    F381 t = f381_mul(f381_add(a.c0, s), half);
    if (f381_is_zero(t)) t = a.c0;  // Then a1 is zero.
    F381 e = f381_power(t), root = f381_mul(e, t), one;
    f381_set(&one, 1);
    F381 other = f381_mul(f381_mul(a.c1, e), half);
    bool is_square = f381_equal(f381_mul(root, e), one);
    return is_square ? F381x2{root, other} : F381x2{f381_neg(other), root};
}

PELTON_CALLED F381x2 f381_root(F381x2 a) {
    F381 norm = f381_norm(a);
    return f381_root(a, f381_mul(f381_power(norm), norm));
}
