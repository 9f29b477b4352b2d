// Points of -x^2 + y^2 = 1 + d x^2 y^2 over the field of 25519, in extended coordinates: x = X/Z, y = Y/Z, x y = T/Z.
//
// All formulas are complete (Hisil, Wong, Carter, Dawson 2008, with a = -1): there is no pair of points for which one of
// them fails.
#pragma once

#include "../field/f25519.cuh"

struct Edwards {
    F25519 x, y, z, t;
};

// A point as a summand: y + x, y - x, 2 z, 2 d t.
struct EdwardsSummand {
    F25519 sum, difference, z2, t2d;
};

// A point of z = 1 as a summand: y + x, y - x, 2 d x y.
struct EdwardsAffine {
    F25519 sum, difference, t2d;
};

#define EDWARDS_D \
    {{0x135978a3, 0x75eb4dca, 0x4141d8ab, 0x00700a4d, 0x7779e898, 0x8cc74079, 0x2b6ffe73, 0x52036cee}}
#define EDWARDS_2D \
    {{0x26b2f159, 0xebd69b94, 0x8283b156, 0x00e0149a, 0xeef3d130, 0x198e80f2, 0x56dffce7, 0x2406d9dc}}
#define EDWARDS_ROOT_OF_MINUS_ONE \
    {{0x4a0ea0b0, 0xc4ee1b27, 0xad2fe478, 0x2f431806, 0x3dfbd7a7, 0x2b4d0099, 0x4fc1df0b, 0x2b832480}}
#define EDWARDS_BASE_X \
    {{0x8f25d51a, 0xc9562d60, 0x9525a7b2, 0x692cc760, 0xfdd6dc5c, 0xc0a4e231, 0xcd6e53fe, 0x216936d3}}
#define EDWARDS_BASE_Y \
    {{0x66666658, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666}}

PELTON_DEVICE Edwards edwards_zero() {
    return Edwards{f25519_small(0), f25519_small(1), f25519_small(1), f25519_small(0)};
}

PELTON_DEVICE Edwards edwards_base() {
    const F25519 x = EDWARDS_BASE_X, y = EDWARDS_BASE_Y;
    return Edwards{x, y, f25519_small(1), f25519_mul(x, y)};
}

PELTON_DEVICE EdwardsSummand edwards_summand(const Edwards& p) {
    const F25519 d2 = EDWARDS_2D;
    return EdwardsSummand{f25519_add(p.y, p.x), f25519_sub(p.y, p.x), f25519_add(p.z, p.z), f25519_mul(p.t, d2)};
}

PELTON_DEVICE EdwardsAffine edwards_affine(const F25519& x, const F25519& y) {
    const F25519 d2 = EDWARDS_2D;
    return EdwardsAffine{f25519_add(y, x), f25519_sub(y, x), f25519_mul(f25519_mul(x, y), d2)};
}

// p + q, or p - q, where the q.z2 fold of p.z is given.
PELTON_DEVICE Edwards edwards_join(
    const Edwards& p, const F25519& sum, const F25519& difference, const F25519& t2d, const F25519& zz2, bool is_negative) {
    F25519 a = f25519_mul(f25519_sub(p.y, p.x), is_negative ? sum : difference);
    F25519 b = f25519_mul(f25519_add(p.y, p.x), is_negative ? difference : sum);
    F25519 c = f25519_mul(p.t, t2d);
    c = is_negative ? f25519_neg(c) : c;
    F25519 e = f25519_sub(b, a), f = f25519_sub(zz2, c), g = f25519_add(zz2, c), h = f25519_add(b, a);
    return Edwards{f25519_mul(e, f), f25519_mul(g, h), f25519_mul(f, g), f25519_mul(e, h)};
}

// p + q, or p - q. 8 products.
PELTON_DEVICE Edwards edwards_add(const Edwards& p, const EdwardsSummand& q, bool is_negative) {
    return edwards_join(p, q.sum, q.difference, q.t2d, f25519_mul(p.z, q.z2), is_negative);
}

// The same for a q of z = 1. 7 products.
PELTON_DEVICE Edwards edwards_add_affine(const Edwards& p, const EdwardsAffine& q, bool is_negative) {
    return edwards_join(p, q.sum, q.difference, q.t2d, f25519_add(p.z, p.z), is_negative);
}

// 2 p. 4 squares and 4 products, or 3 where the t of the result is not asked for and left zero.
PELTON_DEVICE Edwards edwards_double(const Edwards& p, bool with_t) {
    F25519 a = f25519_square(p.x), b = f25519_square(p.y), c = f25519_square(p.z);
    F25519 h = f25519_add(a, b);
    F25519 e = f25519_sub(h, f25519_square(f25519_add(p.x, p.y)));
    F25519 g = f25519_sub(a, b);
    F25519 f = f25519_add(f25519_add(c, c), g);
    F25519 t = with_t ? f25519_mul(e, h) : f25519_small(0);
    return Edwards{f25519_mul(e, f), f25519_mul(g, h), f25519_mul(f, g), t};
}

PELTON_DEVICE bool edwards_is_zero(const Edwards& p) {
    return f25519_is_zero(p.x) && f25519_equal(p.y, p.z);
}

// The point of an encoding: y below p in 255 bits, the sign of x above them. False where there is none; of an encoding
// of x = 0 the sign is not looked at. x is the root of u / v with u = y^2 - 1 and v = d y^2 + 1, by one power:
// u v^3 (u v^7)^((p - 5) / 8) is a root of u / v, or of -u / v, or there is none.
PELTON_CALLED bool edwards_decompress(Edwards* p, const word* encoding) {
    const F25519 d = EDWARDS_D, root_of_minus_one = EDWARDS_ROOT_OF_MINUS_ONE;
    F25519 y;
#pragma unroll
    for (int j = 0; j < 8; j++) y.v[j] = encoding[j];
    word sign = y.v[7] >> 31;
    y.v[7] &= 0x7fffffff;
    F25519 yy = f25519_square(y);
    F25519 u = f25519_sub(yy, f25519_small(1));
    F25519 v = f25519_add(f25519_mul(yy, d), f25519_small(1));
    F25519 v3 = f25519_mul(f25519_square(v), v);
    F25519 uv7 = f25519_mul(f25519_mul(f25519_square(v3), v), u);
    F25519 x = f25519_mul(f25519_mul(u, v3), f25519_power_5_8(uv7));
    F25519 vxx = f25519_mul(v, f25519_square(x));
    bool is_root = f25519_equal(vxx, u);
    if (!is_root) {
        if (!f25519_equal(vxx, f25519_neg(u))) return false;
        x = f25519_mul(x, root_of_minus_one);
    }
    x = f25519_canonical(x);
    if ((x.v[0] & 1) != sign) x = f25519_neg(x);
    *p = Edwards{x, y, f25519_small(1), f25519_mul(x, y)};
    return true;
}
