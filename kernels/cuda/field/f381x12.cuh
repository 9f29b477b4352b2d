// The extension of degree twelve of the field of 381 bits, in which pairings lie.
//
//   F381x6   c0 + c1 v + c2 v^2   over F381x2, v^3 = 1 + u
//   F381x12  c0 + c1 w            over F381x6, w^2 = v
//
// All of it is calls of multiplications of F381x2: what runs is short, and fits the instruction cache.
#pragma once

#include "f381.cuh"

struct F381x6 {
    F381x2 c0, c1, c2;
};

struct F381x12 {
    F381x6 c0, c1;
};

PELTON_CALLED void f381_add(F381x6* r, const F381x6* a, const F381x6* b) {
    r->c0 = f381_add(a->c0, b->c0);
    r->c1 = f381_add(a->c1, b->c1);
    r->c2 = f381_add(a->c2, b->c2);
}

PELTON_CALLED void f381_sub(F381x6* r, const F381x6* a, const F381x6* b) {
    r->c0 = f381_sub(a->c0, b->c0);
    r->c1 = f381_sub(a->c1, b->c1);
    r->c2 = f381_sub(a->c2, b->c2);
}

PELTON_CALLED void f381_neg(F381x6* r, const F381x6* a) {
    r->c0 = f381_neg(a->c0);
    r->c1 = f381_neg(a->c1);
    r->c2 = f381_neg(a->c2);
}

// a v.
PELTON_CALLED void f381_times_v(F381x6* r, const F381x6* a) {
    F381x2 top = f381_times_xi(a->c2);
    r->c2 = a->c1;
    r->c1 = a->c0;
    r->c0 = top;
}

// Six products of F381x2. r may be a or b.
PELTON_CALLED void f381_mul(F381x6* r, const F381x6* a, const F381x6* b) {
    F381x2 low = f381_mul(a->c0, b->c0), middle = f381_mul(a->c1, b->c1), high = f381_mul(a->c2, b->c2);
    F381x2 c0 = f381_mul(f381_add(a->c1, a->c2), f381_add(b->c1, b->c2));
    F381x2 c1 = f381_mul(f381_add(a->c0, a->c1), f381_add(b->c0, b->c1));
    F381x2 c2 = f381_mul(f381_add(a->c0, a->c2), f381_add(b->c0, b->c2));
    r->c0 = f381_add(low, f381_times_xi(f381_sub(f381_sub(c0, middle), high)));
    r->c1 = f381_add(f381_sub(f381_sub(c1, low), middle), f381_times_xi(high));
    r->c2 = f381_add(f381_sub(f381_sub(c2, low), high), middle);
}

// a (b0 + b1 v): five products.
PELTON_CALLED void f381_mul_01(F381x6* r, const F381x6* a, const F381x2* b0, const F381x2* b1) {
    F381x2 low = f381_mul(a->c0, *b0), middle = f381_mul(a->c1, *b1);
    F381x2 c1 = f381_mul(f381_add(a->c0, a->c1), f381_add(*b0, *b1));
    F381x2 c0 = f381_add(low, f381_times_xi(f381_mul(a->c2, *b1)));
    r->c2 = f381_add(f381_mul(a->c2, *b0), middle);
    r->c1 = f381_sub(f381_sub(c1, low), middle);
    r->c0 = c0;
}

// 18 products. r may be a or b.
PELTON_CALLED void f381_mul(F381x12* r, const F381x12* a, const F381x12* b) {
    F381x6 low, high, all, other;
    f381_add(&all, &a->c0, &a->c1);
    f381_add(&other, &b->c0, &b->c1);
    f381_mul(&all, &all, &other);
    f381_mul(&low, &a->c0, &b->c0);
    f381_mul(&high, &a->c1, &b->c1);
    f381_sub(&all, &all, &low);
    f381_sub(&r->c1, &all, &high);
    f381_times_v(&high, &high);
    f381_add(&r->c0, &low, &high);
}

// 12 products. r may be a.
PELTON_CALLED void f381_square(F381x12* r, const F381x12* a) {
    F381x6 product, sum, other;
    f381_mul(&product, &a->c0, &a->c1);
    f381_add(&sum, &a->c0, &a->c1);
    f381_times_v(&other, &a->c1);
    f381_add(&other, &other, &a->c0);
    f381_mul(&sum, &sum, &other);
    f381_sub(&sum, &sum, &product);
    f381_add(&r->c1, &product, &product);
    f381_times_v(&product, &product);
    f381_sub(&r->c0, &sum, &product);
}

// r (b0 + b1 v + b2 v w), as lines of a pairing are: 13 products.
PELTON_CALLED void f381_mul_line(F381x12* r, const F381x2* b0, const F381x2* b1, const F381x2* b2) {
    F381x6 all, low, high;
    f381_add(&all, &r->c0, &r->c1);
    F381x2 both = f381_add(*b1, *b2);
    f381_mul_01(&all, &all, b0, &both);
    f381_mul_01(&low, &r->c0, b0, b1);
    high.c0 = f381_times_xi(f381_mul(r->c1.c2, *b2));
    high.c1 = f381_mul(r->c1.c0, *b2);
    high.c2 = f381_mul(r->c1.c1, *b2);
    f381_sub(&all, &all, &low);
    f381_sub(&r->c1, &all, &high);
    f381_times_v(&high, &high);
    f381_add(&r->c0, &low, &high);
}

// (a + b s)^2 with s^2 = 1 + u: (a^2 + (1 + u) b^2) + 2 a b s.
PELTON_CALLED void f381_square_pair(F381x2* first, F381x2* second, const F381x2* a, const F381x2* b) {
    F381x2 aa = f381_square(*a), bb = f381_square(*b), sum = f381_square(f381_add(*a, *b));
    *first = f381_add(aa, f381_times_xi(bb));
    *second = f381_sub(f381_sub(sum, aa), bb);
}

// 3 a - 2 b, or 3 a + 2 b.
PELTON_CALLED F381x2 f381_thrice_less(F381x2 a, F381x2 b) {
    F381x2 difference = f381_sub(a, b);
    return f381_add(f381_add(difference, difference), a);
}
PELTON_CALLED F381x2 f381_thrice_more(F381x2 a, F381x2 b) {
    F381x2 sum = f381_add(a, b);
    return f381_add(f381_add(sum, sum), a);
}

// a a for an a whose power p^6 + 1 is one, as is all that went through the easy part of a final exponentiation: nine squares
// (Granger, Scott 2010). r may be a.
PELTON_CALLED void f381_square_unit(F381x12* r, const F381x12* a) {
    F381x2 first[2], second[2], third[2];
    f381_square_pair(&first[0], &first[1], &a->c0.c0, &a->c1.c1);
    f381_square_pair(&second[0], &second[1], &a->c1.c0, &a->c0.c2);
    f381_square_pair(&third[0], &third[1], &a->c0.c1, &a->c1.c2);
    r->c0.c0 = f381_thrice_less(first[0], a->c0.c0);
    r->c1.c1 = f381_thrice_more(first[1], a->c1.c1);
    r->c0.c1 = f381_thrice_less(second[0], a->c0.c1);
    r->c1.c2 = f381_thrice_more(second[1], a->c1.c2);
    r->c1.c0 = f381_thrice_more(f381_times_xi(third[1]), a->c1.c0);
    r->c0.c2 = f381_thrice_less(third[0], a->c0.c2);
}

// 1 / a.
PELTON_CALLED void f381_invert(F381x6* r, const F381x6* a) {
    F381x2 c0 = f381_sub(f381_square(a->c0), f381_times_xi(f381_mul(a->c1, a->c2)));
    F381x2 c1 = f381_sub(f381_times_xi(f381_square(a->c2)), f381_mul(a->c0, a->c1));
    F381x2 c2 = f381_sub(f381_square(a->c1), f381_mul(a->c0, a->c2));
    F381x2 mixed = f381_add(f381_mul(a->c2, c1), f381_mul(a->c1, c2));
    F381x2 inverse = f381_invert(f381_add(f381_mul(a->c0, c0), f381_times_xi(mixed)));
    r->c0 = f381_mul(c0, inverse);
    r->c1 = f381_mul(c1, inverse);
    r->c2 = f381_mul(c2, inverse);
}

// a^(p^6), which is 1 / a after the easy part. r may be a.
PELTON_CALLED void f381_conjugate(F381x12* r, const F381x12* a) {
    r->c0 = a->c0;
    f381_neg(&r->c1, &a->c1);
}

// 1 / a. r may be a.
PELTON_CALLED void f381_invert(F381x12* r, const F381x12* a) {
    F381x6 norm, square;
    f381_mul(&norm, &a->c0, &a->c0);
    f381_mul(&square, &a->c1, &a->c1);
    f381_times_v(&square, &square);
    f381_sub(&norm, &norm, &square);
    f381_invert(&norm, &norm);
    f381_mul(&r->c0, &a->c0, &norm);
    f381_mul(&norm, &a->c1, &norm);
    f381_neg(&r->c1, &norm);
}

// a^p: what stands before w^i is conjugated and multiplied by the power i of (1 + u)^((p - 1) / 6). r may be a.
PELTON_CALLED void f381_frobenius(F381x12* r, const F381x12* a) {
    const F381x2 gamma = {{{0xb319d465, 0x07089552, 0xb50a8313, 0xc6695f92, 0xd117228f, 0x97e83ccc, 0xb2dc29ee,
                            0xa35baeca, 0x5daace4d, 0x1ce393ea, 0xb0fb66eb, 0x08f2220f}},
                          {{0x4ce5d646, 0xb2f66aad, 0xfc497cec, 0x5842a06b, 0x2599d394, 0xcf4895d4, 0x40a8e8d0,
                            0xc11b9cba, 0xe5a0de89, 0x2e3813cb, 0x88847faf, 0x110eefda}}};
    r->c0.c0 = f381_conjugate(a->c0.c0);
    F381x2 power = gamma;
    r->c1.c0 = f381_mul(f381_conjugate(a->c1.c0), power);
    power = f381_mul(power, gamma);
    r->c0.c1 = f381_mul(f381_conjugate(a->c0.c1), power);
    power = f381_mul(power, gamma);
    r->c1.c1 = f381_mul(f381_conjugate(a->c1.c1), power);
    power = f381_mul(power, gamma);
    r->c0.c2 = f381_mul(f381_conjugate(a->c0.c2), power);
    power = f381_mul(power, gamma);
    r->c1.c2 = f381_mul(f381_conjugate(a->c1.c2), power);
}

PELTON_CALLED void f381_set(F381x12* r, word value) {
    F381x2 zero;
    f381_set(&zero, 0);
    f381_set(&r->c0.c0, value);
    r->c0.c1 = r->c0.c2 = r->c1.c0 = r->c1.c1 = r->c1.c2 = zero;
}

PELTON_CALLED bool f381_is_one(const F381x12* a) {
    F381x2 one;
    f381_set(&one, 1);
    return f381_equal(a->c0.c0, one) && f381_is_zero(a->c0.c1) && f381_is_zero(a->c0.c2) &&
           f381_is_zero(a->c1.c0) && f381_is_zero(a->c1.c1) && f381_is_zero(a->c1.c2);
}
