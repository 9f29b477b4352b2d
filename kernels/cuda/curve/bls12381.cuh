// The curves y^2 = x^3 + 4 over F381 (G1) and y^2 = x^3 + 4 (1 + u) over F381x2 (G2) of BLS12-381, written once for both.
//
// A point is kept as x, y, z and means (x / z^2, y / z^3), infinity if z is zero; one with two coordinates is not infinity.
// Both lie in memory as in `blst`. Sums look for equal and opposite points and for infinity, so they are right for all
// points, also those outside of the subgroups. No point of either curve has order two.
#pragma once

#include "../field/f381.cuh"

template <class F>
struct BlsAffine {
    F x, y;
};

template <class F>
struct BlsPoint {
    F x, y, z;
};

typedef BlsAffine<F381> BlsG1Affine;
typedef BlsAffine<F381x2> BlsG2Affine;
typedef BlsPoint<F381> BlsG1;
typedef BlsPoint<F381x2> BlsG2;

template <class F>
PELTON_DEVICE void bls_set_infinity(BlsPoint<F>* p) {
    f381_set(&p->x, 1);
    f381_set(&p->y, 1);
    f381_set(&p->z, 0);
}

// p = 2 p. 2 products and 5 squares (Lange 2009).
template <class F>
PELTON_CALLED void bls_double(BlsPoint<F>* p) {
    F a = f381_square(p->x), b = f381_square(p->y), c = f381_square(b);
    F d = f381_sub(f381_sub(f381_square(f381_add(p->x, b)), a), c);
    d = f381_add(d, d);
    F e = f381_add(f381_add(a, a), a);
    F z = f381_mul(p->y, p->z);
    p->z = f381_add(z, z);
    p->x = f381_sub(f381_square(e), f381_add(d, d));
    c = f381_add(c, c);
    c = f381_add(c, c);
    p->y = f381_sub(f381_mul(e, f381_sub(d, p->x)), f381_add(c, c));
}

// The end of a sum: x, y and z of what has these differences of coordinates, over a common z.
template <class F>
PELTON_CALLED void bls_add_end(BlsPoint<F>* p, F x, F y, F z, F over, F up) {
    F square = f381_square(over), cube = f381_mul(square, over);
    x = f381_mul(x, square);
    p->z = f381_mul(z, over);
    p->x = f381_sub(f381_sub(f381_square(up), cube), f381_add(x, x));
    p->y = f381_sub(f381_mul(up, f381_sub(x, p->x)), f381_mul(y, cube));
}

// p = p + q. 8 products and 3 squares.
template <class F>
PELTON_CALLED void bls_add(BlsPoint<F>* p, const BlsAffine<F>* q) {
    if (f381_is_zero(p->z)) {
        p->x = q->x;
        p->y = q->y;
        f381_set(&p->z, 1);
        return;
    }
    F zz = f381_square(p->z);
    F over = f381_sub(f381_mul(q->x, zz), p->x);
    F up = f381_sub(f381_mul(f381_mul(q->y, p->z), zz), p->y);
    if (f381_is_zero(over)) {
        if (f381_is_zero(up)) bls_double(p);
        else bls_set_infinity(p);
        return;
    }
    bls_add_end(p, p->x, p->y, p->z, over, up);
}

// p = p + q. 12 products and 4 squares.
template <class F>
PELTON_CALLED void bls_add(BlsPoint<F>* p, const BlsPoint<F>* q) {
    if (f381_is_zero(q->z)) return;
    if (f381_is_zero(p->z)) {
        *p = *q;
        return;
    }
    F pp = f381_square(p->z), qq = f381_square(q->z);
    F x = f381_mul(p->x, qq), y = f381_mul(f381_mul(p->y, q->z), qq);
    F over = f381_sub(f381_mul(q->x, pp), x);
    F up = f381_sub(f381_mul(f381_mul(q->y, p->z), pp), y);
    if (f381_is_zero(over)) {
        if (f381_is_zero(up)) bls_double(p);
        else bls_set_infinity(p);
        return;
    }
    bls_add_end(p, x, y, f381_mul(p->z, q->z), over, up);
}

// Two coordinates of a point that is not infinity.
template <class F>
PELTON_CALLED void bls_normalize(BlsAffine<F>* r, const BlsPoint<F>* p) {
    F one;
    f381_set(&one, 1);
    r->x = p->x;
    r->y = p->y;
    if (f381_equal(p->z, one)) return;
    F inverse = f381_invert(p->z), square = f381_square(inverse);
    r->x = f381_mul(p->x, square);
    r->y = f381_mul(p->y, f381_mul(square, inverse));
}

// The size of the parameter x of the curve, which is negative. Loops over it go from bit 62 down, the top one being 63.
constexpr uint64_t BLS_PARAMETER = 0xd201000000010000;

// psi: takes both coordinates to the power p, between the twist and back.
PELTON_CALLED void bls_psi(F381x2* x, F381x2* y) {
    // (1 + u)^-((p - 1) / 3), of which c0 is zero, and (1 + u)^-((p - 1) / 2).
    const F381 x_factor = {{0x867545c3, 0x890dc9e4, 0x3285a5d5, 0x2af32253, 0x309b7e2c, 0x50880866, 0x7e881024,
                            0xa20d1b8c, 0xe2db9068, 0x14e4f04f, 0x1564853a, 0x14e56d3f}};
    const F381x2 y_factor = {{{0xa55c9ad1, 0x3e2f585d, 0x86c18183, 0x4294213d, 0x8b623732, 0x382844c8, 0x19103e18,
                               0x92ad2afd, 0xac7cf0b9, 0x1d794e4f, 0x7d825ec8, 0x0bd592fc}},
                             {{0x5aa30fda, 0x7bcfa7a2, 0x2a927e7c, 0xdc17dec1, 0x6b4ebef1, 0x2f088dd8, 0xda74d4a7,
                               0xd1ca2087, 0x96cebc1d, 0x2da25966, 0xbbfd87d2, 0x0e2b7eed}}};
    F381x2 conjugate = f381_conjugate(*x);
    *x = F381x2{f381_neg(f381_mul(conjugate.c1, x_factor)), f381_mul(conjugate.c0, x_factor)};
    *y = f381_mul(f381_conjugate(*y), y_factor);
}

// r = |x| P of a P with two or three coordinates.
template <class P>
PELTON_CALLED void bls_times_parameter(BlsG2* r, const P* p) {
    bls_set_infinity(r);
    bls_add(r, p);
#pragma unroll 1
    for (int i = 62; i >= 0; i--) {
        bls_double(r);
        if (BLS_PARAMETER >> i & 1) bls_add(r, p);
    }
}

// Whether a point of the curve of G2 is one of the subgroup: whether x P = psi(P) (Scott 2021).
PELTON_CALLED bool bls_is_in_subgroup(const BlsG2Affine* p) {
    BlsG2 multiple;
    bls_times_parameter(&multiple, p);
    if (f381_is_zero(multiple.z)) return false;
    // It is minus the multiple by |x|.
    F381x2 x = p->x, y = p->y;
    bls_psi(&x, &y);
    F381x2 square = f381_square(multiple.z), cube = f381_mul(square, multiple.z);
    return f381_equal(f381_mul(x, square), multiple.x) && f381_equal(f381_mul(f381_neg(y), cube), multiple.y);
}

// Twelve words of a number of 48 bytes, the first on top, of which `mask` is kept. False if it is p or more.
PELTON_CALLED bool bls_words(F381* r, const uint8_t* bytes, word mask) {
    const word prime[12] = F381_PRIME;
#pragma unroll 1
    for (int j = 0; j < 12; j++) {
        const uint8_t* at = bytes + 44 - 4 * j;
        word top = j == 11 ? at[0] & mask : at[0];
        r->v[j] = top << 24 | (word)at[1] << 16 | (word)at[2] << 8 | at[3];
    }
    (void)sub_cc(r->v[0], prime[0]);
#pragma unroll
    for (int j = 1; j < 12; j++) (void)subc_cc(r->v[j], prime[j]);
    return subc(0, 0) != 0;
}

// a R modulo p of a.
PELTON_DEVICE F381 bls_enter(const F381& a) {
    const F381 square = {{0x1c341746, 0xf4df1f34, 0x09d104f1, 0x0a76e6a6, 0x4c95b6d5, 0x8de5476c, 0x939d83c0,
                          0x67eb88a9, 0xb519952d, 0x9a793e85, 0x92cae3aa, 0x11988fe5}};
    return f381_mul(a, square);
}

// Whether a is the greater one of a and p - a, as numbers.
PELTON_CALLED bool bls_is_greater(const F381* a) {
    const word half[12] = {0xffffd555, 0xdcff7fff, 0x58a9ffff, 0x0f55ffff, 0x7b587b12, 0xb3986950,
                           0x79c2895f, 0xb23ba5c2, 0x21a5d66b, 0x258dd3db, 0x1cbff34d, 0x0d0088f5};
    word number[24];
#pragma unroll
    for (int j = 0; j < 24; j++) number[j] = j < 12 ? a->v[j] : 0;
    F381 left = f381_reduce(number);
    (void)sub_cc(half[0], left.v[0]);
#pragma unroll
    for (int j = 1; j < 12; j++) (void)subc_cc(half[j], left.v[j]);
    return subc(0, 0) != 0;
}

// The point of G2 that 96 bytes stand for: c1 and c0 of its x, each with the first byte on top, of which the three upper bits
// say that it is compressed, that it is infinity, and that y is the greater one. False if they are no canonical encoding of a
// point of the subgroup other than infinity.
PELTON_CALLED bool bls_decode(BlsG2Affine* r, const uint8_t* encoding) {
    F381x2 four_xi;
    f381_set(&four_xi.c0, 1);
    four_xi.c0 = f381_add(four_xi.c0, four_xi.c0);
    four_xi.c0 = four_xi.c1 = f381_add(four_xi.c0, four_xi.c0);
    if ((encoding[0] & 0xc0) != 0x80) return false;
    bool is_greater = encoding[0] & 0x20;
    bool is_first_below = bls_words(&r->x.c1, encoding, 0x1f), is_second_below = bls_words(&r->x.c0, encoding + 48, 0xff);
    if (!is_first_below || !is_second_below) return false;
    r->x = F381x2{bls_enter(r->x.c0), bls_enter(r->x.c1)};
    F381x2 right = f381_add(f381_mul(f381_square(r->x), r->x), four_xi);
    r->y = f381_root(right);
    if (!f381_equal(f381_square(r->y), right)) return false;
    if (bls_is_greater(f381_is_zero(r->y.c1) ? &r->y.c0 : &r->y.c1) != is_greater) r->y = f381_neg(r->y);
    return bls_is_in_subgroup(r);
}
