// The pairing of G1 and G2: a Miller loop, which several pairs share, and its final exponentiation.
#pragma once

#include "../field/f381x12.cuh"
#include "bls12381.cuh"

// One pair of a loop: the points, and the multiple of the second one so far.
struct BlsPair {
    BlsG1Affine left;
    BlsG2Affine right;
    BlsG2 multiple;
};

PELTON_DEVICE void bls_begin(BlsPair* pair) {
    pair->multiple.x = pair->right.x;
    pair->multiple.y = pair->right.y;
    f381_set(&pair->multiple.z, 1);
}

// f times the line with this slope through a point of G2 at a point of G1. On the twist a line of slope s through (x, y) is,
// at (X, Y), s x - y - s X v + Y v w up to a factor w^3; here, times a number z that makes s a numerator, and that a final
// exponentiation makes 1. `through` is z (s x - y).
PELTON_CALLED void bls_multiply_line(F381x12* f, F381x2 through, F381x2 slope, F381x2 z, const BlsG1Affine* at) {
    F381x2 across = f381_scale(f381_neg(slope), at->x), up = f381_scale(z, at->y);
    f381_mul_line(f, &through, &across, &up);
}

// Doubles the multiple, and multiplies f by the tangent in it: slope 3 X^2 / (2 Y Z), times 2 Y Z Z^2.
PELTON_CALLED void bls_double_step(F381x12* f, BlsPair* pair) {
    BlsG2* p = &pair->multiple;
    F381x2 square = f381_square(p->x), zz = f381_square(p->z), yy = f381_square(p->y);
    F381x2 slope = f381_add(f381_add(square, square), square);
    F381x2 through = f381_sub(f381_mul(slope, p->x), f381_add(yy, yy));
    slope = f381_mul(slope, zz);
    bls_double(p);
    bls_multiply_line(f, through, slope, f381_mul(p->z, zz), &pair->left);
}

// Adds the second point to the multiple, and multiplies f by the line through both. A multiple of a point of the subgroup by
// less than |x| is neither that point, nor its negative, nor infinity.
PELTON_CALLED void bls_add_step(F381x12* f, BlsPair* pair) {
    BlsG2* p = &pair->multiple;
    F381x2 zz = f381_square(p->z);
    F381x2 slope = f381_sub(f381_mul(f381_mul(pair->right.y, p->z), zz), p->y);
    bls_add(p, &pair->right);
    F381x2 through = f381_sub(f381_mul(slope, pair->right.x), f381_mul(p->z, pair->right.y));
    bls_multiply_line(f, through, slope, p->z, &pair->left);
}

// The product of the loops of all pairs, which were begun; one of none.
PELTON_CALLED void bls_miller(F381x12* f, BlsPair* pairs, uint32_t count) {
    f381_set(f, 1);
#pragma unroll 1
    for (int i = 62; i >= 0; i--) {
        f381_square(f, f);
#pragma unroll 1
        for (uint32_t j = 0; j < count; j++) bls_double_step(f, pairs + j);
        if (!(BLS_PARAMETER >> i & 1)) continue;
#pragma unroll 1
        for (uint32_t j = 0; j < count; j++) bls_add_step(f, pairs + j);
    }
    f381_conjugate(f, f);  // The parameter is negative.
}

// a^x for an a that went through the easy part. r is not a.
PELTON_CALLED void bls_power_x(F381x12* r, const F381x12* a) {
    *r = *a;
#pragma unroll 1
    for (int i = 62; i >= 0; i--) {
        f381_square_unit(r, r);
        if (BLS_PARAMETER >> i & 1) f381_mul(r, r, a);
    }
    f381_conjugate(r, r);
}

// f^(3 (p^12 - 1) / r). The easy part is (p^6 - 1) (p^2 + 1), the hard one (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3 (Hayashida,
// Hayasaka, Teruya 2020).
PELTON_CALLED void bls_final_power(F381x12* f) {
    F381x12 a, b;
    f381_conjugate(&a, f);
    f381_invert(f, f);
    f381_mul(&a, &a, f);
    f381_frobenius(f, &a);
    f381_frobenius(f, f);
    f381_mul(f, f, &a);
#pragma unroll 1
    for (int i = 0; i < 2; i++) {  // to the power x - 1, twice
        const F381x12* base = i ? &a : f;
        bls_power_x(&b, base);
        f381_conjugate(&a, base);
        f381_mul(&a, &a, &b);
    }
    bls_power_x(&b, &a);
    f381_frobenius(&a, &a);
    f381_mul(&a, &a, &b);
    F381x12 c;
    bls_power_x(&c, &a);
    bls_power_x(&b, &c);
    f381_conjugate(&c, &a);
    f381_mul(&b, &b, &c);
    f381_frobenius(&a, &a);
    f381_frobenius(&a, &a);
    f381_mul(&b, &b, &a);
    f381_square_unit(&a, f);
    f381_mul(f, f, &a);
    f381_mul(f, f, &b);
}
