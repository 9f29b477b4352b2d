// From bytes that look random to points of G2: the last steps of RFC 9380, sections 3, 6.6.3, 8.8.2 and appendices E.3 and G.3,
// where the names below come from. What comes before, the expansion of a message to 256 bytes, is a few hashes.
//
//   256 bytes ──> u0, u1 ──> two points of E', y^2 = x^3 + A x + B ── sum ──> isogeny to E ──> the subgroup
//
// A = 240 u, B = 1012 (1 + u), Z = -(2 + u). All numbers of the RFC are small, or made of small ones.
#pragma once

#include "bls12381.cuh"

// a times a small number other than zero.
template <class F>
PELTON_CALLED F bls_times(F a, word number) {
    F r = a;
    int top = 31;
    while (!(number >> top & 1)) top--;
#pragma unroll 1
    for (int i = top - 1; i >= 0; i--) {
        r = f381_add(r, r);
        if (number >> i & 1) r = f381_add(r, a);
    }
    return r;
}

// a u.
PELTON_DEVICE F381x2 bls_times_u(const F381x2& a) { return F381x2{f381_neg(a.c1), a.c0}; }

// 64 bytes, a number with the first one on top, modulo p.
PELTON_CALLED F381 bls_element(const uint8_t* bytes) {
    // R^2 and R^2 2^256.
    const F381 low = {{0x1c341746, 0xf4df1f34, 0x09d104f1, 0x0a76e6a6, 0x4c95b6d5, 0x8de5476c, 0x939d83c0, 0x67eb88a9,
                       0xb519952d, 0x9a793e85, 0x92cae3aa, 0x11988fe5}};
    const F381 high = {{0xd26ebe58, 0xfb73eaea, 0x3de6a351, 0x861c2369, 0xf951c543, 0x76e5bc3f, 0x6a76590c, 0xcc0868ce, 0x35446d0b, 0xf0a85a3f, 0xa49a064f, 0x0010a8c1}};
    F381 parts[2];
#pragma unroll 1
    for (int part = 0; part < 2; part++) {
#pragma unroll 1
        for (int j = 0; j < 12; j++) {
            const uint8_t* at = bytes + 32 * part + 28 - 4 * j;
            parts[part].v[j] = j < 8 ? (word)at[0] << 24 | (word)at[1] << 16 | (word)at[2] << 8 | at[3] : 0;
        }
    }
    return f381_add(f381_mul(parts[0], high), f381_mul(parts[1], low));
}

// Whether a is odd: c0, or if that is zero c1, as a number.
PELTON_CALLED bool bls_is_odd(const F381x2* a) {
    const F381* part = f381_is_zero(a->c0) ? &a->c1 : &a->c0;
    word number[24];
#pragma unroll
    for (int j = 0; j < 24; j++) number[j] = j < 12 ? part->v[j] : 0;
    return f381_reduce(number).v[0] & 1;
}

// The simplified map of Shallue, van de Woestijne and Ulas to E'.
//
// It is (x, root of g(x)) for g(x) = x^3 + A x + B and one of two x, of which exactly one has a root: n / d with
// n = B (t + 1), d = -A t, t = Z^2 u^4 + Z u^2, or Z u^2 times that, and then g is Z^3 u^6 times as great. With G = g(n / d) d^3,
// the root R is taken of v = G d^9, or of Z^3 v, so that G d^3 / R, or Z^3 G d^3 / R, is one of g or of Z^3 g. 1 / R is the
// conjugate of R divided by its norm, which is s or -s, where s^2 is the norm of v; and 1 / s is a by-product of s. If v is no
// square, neither is its norm, and s^2 is minus that.
PELTON_CALLED void bls_map(BlsG2* r, const F381x2* u) {
    const F381 root_of_125 = {{0xfad9f890, 0xb0b3f568, 0xebe5a37c, 0x72033466, 0x540a1301, 0x51e43497, 0xf3679a90, 0x2e9b9433, 0x5b2170d1, 0x111d4a93, 0x554bb2c8, 0x02dacc6c}};  // 125^((p - 3) / 4), 125 being the norm of Z^3
    F381x2 one, uu = f381_square(*u);
    f381_set(&one, 1);
    F381x2 zuu = f381_neg(f381_add(f381_add(uu, uu), bls_times_u(uu)));
    F381x2 t = f381_add(f381_square(zuu), zuu);
    F381x2 n = bls_times(f381_times_xi(f381_add(t, one)), 1012);
    // Where t is zero, d is Z A.
    if (f381_is_zero(t)) t = f381_add(f381_add(one, one), bls_times_u(one));
    F381x2 d = f381_neg(bls_times(bls_times_u(t), 240));
    F381x2 dd = f381_square(d), ddd = f381_mul(dd, d);
    F381x2 g = f381_mul(f381_add(f381_square(n), bls_times(bls_times_u(dd), 240)), n);
    g = f381_mul(f381_add(g, bls_times(f381_times_xi(ddd), 1012)), ddd);  // G d^3
    F381x2 v = f381_mul(g, f381_square(ddd));
    F381 norm = f381_norm(v), inverse = f381_power(norm), s = f381_mul(inverse, norm);
    bool is_square = f381_equal(f381_square(s), norm);
    if (!is_square) {
        // Z^3 = -(2 + 11 u).
        v = f381_neg(f381_add(f381_add(v, v), bls_times_u(bls_times(v, 11))));
        g = f381_neg(f381_add(f381_add(g, g), bls_times_u(bls_times(g, 11))));
        inverse = f381_mul(inverse, root_of_125);
        s = f381_mul(inverse, bls_times(norm, 125));
    }
    F381x2 root = f381_root(v, s);
    F381x2 y = f381_mul(g, f381_scale(f381_conjugate(root), inverse));
    if (!f381_equal(f381_norm(root), s)) y = f381_neg(y);
    if (!is_square) {
        y = f381_mul(y, f381_mul(uu, *u));
        n = f381_mul(n, zuu);
    }
    if (bls_is_odd(&y) != bls_is_odd(u)) y = f381_neg(y);
    *r = BlsG2{f381_mul(n, d), f381_mul(y, ddd), d};
}

// The isogeny of degree 3 from E' to E: with s = 6 u - 6 and t = x - s,
//
//   (x, y) ──> ((x + 48 u / t + 16 (1 + u) / t^2) / 9, -y (1 - 48 u / t^2 - 32 (1 + u) / t^3) / 27)
//
// which are the numbers of appendix E.3 for who multiplies them out.
PELTON_CALLED void bls_isogeny(BlsG2* p) {
    F381x2 zz = f381_square(p->z), z4 = f381_square(zz);
    F381x2 minus_szz = bls_times(f381_sub(zz, bls_times_u(zz)), 6);
    F381x2 t = f381_add(p->x, minus_szz), tt = f381_square(t), ttt = f381_mul(tt, t);
    F381x2 linear = bls_times(bls_times_u(f381_mul(z4, t)), 48);
    F381x2 constant = bls_times(f381_times_xi(f381_mul(z4, zz)), 16);
    p->x = f381_sub(f381_add(f381_add(ttt, linear), constant), f381_mul(minus_szz, tt));
    p->y = f381_mul(f381_sub(f381_sub(ttt, linear), f381_add(constant, constant)), p->y);
    p->z = f381_neg(bls_times(f381_mul(p->z, t), 3));
}

PELTON_CALLED void bls_psi(BlsG2* p) {
    bls_psi(&p->x, &p->y);
    p->z = f381_conjugate(p->z);
}

// p times the cofactor that the RFC wants: (x^2 - x - 1) P + (x - 1) psi(P) + psi^2(2 P), x being the curve's parameter, which is
// |x| (|x| P + P - psi(P)) + psi^2(2 P) - P - psi(P).
PELTON_CALLED void bls_clear(BlsG2* p) {
    BlsG2 turned = *p, once, twice = *p;
    bls_psi(&turned);
    turned.y = f381_neg(turned.y);
    bls_times_parameter(&once, p);
    bls_add(&once, p);
    bls_add(&once, &turned);
    bls_double(&twice);
    bls_psi(&twice);
    bls_psi(&twice);
    bls_add(&twice, &turned);
    p->y = f381_neg(p->y);
    bls_add(&twice, p);
    bls_times_parameter(p, &once);
    bls_add(p, &twice);
}

// The point of 256 bytes; both coordinates zero for infinity. That both points of E' are equal, for which the sum is not made,
// takes a message that nobody can find.
PELTON_CALLED void bls_hash(BlsG2Affine* r, const uint8_t* bytes) {
    BlsG2 sum, other;
#pragma unroll 1
    for (int i = 0; i < 2; i++) {
        F381x2 u = {bls_element(bytes + 128 * i), bls_element(bytes + 128 * i + 64)};
        bls_map(i ? &other : &sum, &u);
    }
    bls_add(&sum, &other);
    bls_isogeny(&sum);
    bls_clear(&sum);
    f381_set(&r->x, 0);
    f381_set(&r->y, 0);
    if (!f381_is_zero(sum.z)) bls_normalize(r, &sum);
}
