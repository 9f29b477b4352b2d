// Points of y^2 = x^3 + 7 over the field of secp256k1, in projective coordinates: x = X/Z, y = Y/Z, Z = 0 at infinity.
//
// The formulas are complete (Renes, Costello, Batina 2016, algorithms 7 to 9): there is no pair of points of this curve,
// which has none of order two, for which one of them fails. So nothing has to be told apart.
#pragma once

#include "../field/secp256k1.cuh"

struct Secp {
    Fsecp x, y, z;
};

#define SECP_BASE_X {{0x16f81798, 0x59f2815b, 0x2dce28d9, 0x029bfcdb, 0xce870b07, 0x55a06295, 0xf9dcbbac, 0x79be667e}}
#define SECP_BASE_Y {{0xfb10d4b8, 0x9c47d08f, 0xa6855419, 0xfd17b448, 0x0e1108a8, 0x5da4fbfc, 0x26a3c465, 0x483ada77}}

PELTON_DEVICE Secp secp_zero() {
    return Secp{fsecp_small(0), fsecp_small(1), fsecp_small(0)};
}

PELTON_DEVICE Secp secp_base() {
    const Fsecp x = SECP_BASE_X, y = SECP_BASE_Y;
    return Secp{x, y, fsecp_small(1)};
}

PELTON_DEVICE Secp secp_neg(const Secp& p) {
    return Secp{p.x, fsecp_neg(p.y), p.z};
}

// 3 * 7 times a.
PELTON_DEVICE Fsecp secp_times_21(const Fsecp& a) {
    Fsecp a4 = fsecp_add(fsecp_add(a, a), fsecp_add(a, a));
    Fsecp a16 = fsecp_add(fsecp_add(a4, a4), fsecp_add(a4, a4));
    return fsecp_add(fsecp_add(a16, a4), a);
}

// A point other than infinity, of z = 1.
struct SecpAffine {
    Fsecp x, y;
};

// p + q of the products of like coordinates and the sums of unlike ones: x1 y2 + x2 y1 and so on.
PELTON_DEVICE Secp secp_join(
    const Fsecp& xx, const Fsecp& yy, const Fsecp& zz, const Fsecp& xy, const Fsecp& yz, const Fsecp& xz) {
    Fsecp xx3 = fsecp_add(fsecp_add(xx, xx), xx);
    Fsecp zz21 = secp_times_21(zz), xz21 = secp_times_21(xz);
    Fsecp sum = fsecp_add(yy, zz21), difference = fsecp_sub(yy, zz21);
    return Secp{
        fsecp_sub(fsecp_mul(xy, difference), fsecp_mul(yz, xz21)),
        fsecp_add(fsecp_mul(difference, sum), fsecp_mul(xz21, xx3)),
        fsecp_add(fsecp_mul(sum, yz), fsecp_mul(xx3, xy)),
    };
}

// p + q. 12 products, cross sums by Karatsuba.
PELTON_DEVICE Secp secp_add(const Secp& p, const Secp& q) {
    Fsecp xx = fsecp_mul(p.x, q.x), yy = fsecp_mul(p.y, q.y), zz = fsecp_mul(p.z, q.z);
    Fsecp xy = fsecp_sub(fsecp_mul(fsecp_add(p.x, p.y), fsecp_add(q.x, q.y)), fsecp_add(xx, yy));
    Fsecp yz = fsecp_sub(fsecp_mul(fsecp_add(p.y, p.z), fsecp_add(q.y, q.z)), fsecp_add(yy, zz));
    Fsecp xz = fsecp_sub(fsecp_mul(fsecp_add(p.x, p.z), fsecp_add(q.x, q.z)), fsecp_add(xx, zz));
    return secp_join(xx, yy, zz, xy, yz, xz);
}

// p + q for a q of z = 1 (the same, algorithm 8). 11 products.
PELTON_DEVICE Secp secp_add_affine(const Secp& p, const SecpAffine& q) {
    Fsecp xx = fsecp_mul(p.x, q.x), yy = fsecp_mul(p.y, q.y);
    Fsecp xy = fsecp_sub(fsecp_mul(fsecp_add(p.x, p.y), fsecp_add(q.x, q.y)), fsecp_add(xx, yy));
    Fsecp yz = fsecp_add(fsecp_mul(q.y, p.z), p.y), xz = fsecp_add(fsecp_mul(q.x, p.z), p.x);
    return secp_join(xx, yy, p.z, xy, yz, xz);
}

// 2 p. 6 products and 2 squares.
PELTON_DEVICE Secp secp_double(const Secp& p) {
    Fsecp yy = fsecp_square(p.y), yz = fsecp_mul(p.y, p.z), zz21 = secp_times_21(fsecp_square(p.z));
    Fsecp yy8 = fsecp_add(fsecp_add(yy, yy), fsecp_add(yy, yy));
    yy8 = fsecp_add(yy8, yy8);
    Fsecp zz63 = fsecp_add(fsecp_add(zz21, zz21), zz21);
    Fsecp difference = fsecp_sub(yy, zz63), sum = fsecp_add(yy, zz21);
    Fsecp x = fsecp_mul(difference, fsecp_mul(p.x, p.y));
    return Secp{
        fsecp_add(x, x),
        fsecp_add(fsecp_mul(difference, sum), fsecp_mul(zz21, yy8)),
        fsecp_mul(yz, yy8),
    };
}

// The point with this x, a number below p, whose y has this parity. False where there is none.
PELTON_CALLED bool secp_decompress(Secp* p, const Fsecp& x, word parity) {
    Fsecp right = fsecp_add(fsecp_mul(fsecp_square(x), x), fsecp_small(7));
    Fsecp y = fsecp_canonical(fsecp_root(right));
    if (!fsecp_equal(fsecp_square(y), right)) return false;
    if ((y.v[0] & 1) != parity) y = fsecp_neg(y);
    *p = Secp{x, y, fsecp_small(1)};
    return true;
}
