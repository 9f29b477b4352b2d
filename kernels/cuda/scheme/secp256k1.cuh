// One secp256k1 signature, by the rules that `src/ecdsa.rs` numbers.
#pragma once

#include "../curve/comb_secp256k1.cuh"
#include "../field/scalar_secp256k1.cuh"
#include "../hash/keccak.cuh"

// 1 P, 2 P, ..., 8 P, and the x of lambda times each.
struct SecpPoint {
    Secp of[8];
    Fsecp turned[8];
};

PELTON_CALLED void secp_multiples(SecpPoint* multiples, const Secp& p) {
    const Fsecp beta = SECP_BETA;
    Secp multiple = p;
#pragma unroll 1
    for (int j = 0; j < 8; j++) {
        if (j > 0) multiple = secp_add(multiple, p);
        multiples->of[j] = multiple;
        multiples->turned[j] = fsecp_mul(multiple.x, beta);
    }
}

// p + digit times a point, or times its lambda fold, or p - that.
PELTON_DEVICE Secp secp_add_digit(const Secp& p, const SecpPoint& multiples, int digit, bool is_turned, bool is_negative) {
    if (digit == 0) return p;
    int index = (digit < 0 ? -digit : digit) - 1;
    Secp q = multiples.of[index];
    if (is_turned) q.x = multiples.turned[index];
    return secp_add(p, (digit < 0) != is_negative ? secp_neg(q) : q);
}

// s + half (16^31 + ... + 1) in COUNT + 1 words, of COUNT = 4 words and with half = 8: digits 0 to 31 of it, less 8 each, and
// digit 32 as it is, are digits of s. With 0x80808080 for 0x88888888, and digits of eight bits, and of 8 words, likewise.
template <int COUNT>
PELTON_DEVICE void secp_offset(word* shifted, const word* s, word halves) {
    shifted[0] = add_cc(s[0], halves);
#pragma unroll
    for (int j = 1; j < COUNT; j++) shifted[j] = addc_cc(s[j], halves);
    shifted[COUNT] = addc(0, 0);
}

PELTON_DEVICE int secp_digit4(const word* shifted, int i) {
    return (int)((shifted[i / 8] >> (4 * (i % 8))) & 15) - 8;
}

PELTON_DEVICE int secp_digit8(const word* shifted, int i) {
    return (int)((shifted[i / 4] >> (8 * (i % 4))) & 255) - 128;
}

// The two numbers of half the length that a number is split in, as they are read in digits of four bits.
struct SecpHalves {
    word of[2][5];
    bool is_negative[2];
};

PELTON_DEVICE void secp_halves(SecpHalves* halves, const word* b) {
    ScalarsecpSplit split;
    scalarsecp_split(&split, b);
    secp_offset<4>(halves->of[0], split.first, 0x88888888);
    secp_offset<4>(halves->of[1], split.second, 0x88888888);
    halves->is_negative[0] = split.is_first_negative;
    halves->is_negative[1] = split.is_second_negative;
}

// a G + b Q for any a and b below n. b is split in two numbers of half the length, and a is read as two blocks, so that half
// of the doublings will do; all four share them.
PELTON_CALLED Secp secp_double_product(const SecpBase& base, const word* a, const SecpPoint& q, const word* b) {
    SecpHalves halves;
    word a_shifted[9];
    secp_halves(&halves, b);
    secp_offset<8>(a_shifted, a, 0x80808080);
    Secp sum = secp_zero();
    sum = secp_add_digit(sum, q, halves.of[0][4], false, halves.is_negative[0]);
    sum = secp_add_digit(sum, q, halves.of[1][4], true, halves.is_negative[1]);
#pragma unroll 1
    for (int i = 31; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4; j++) sum = secp_double(sum);
        // One addition in the code for each point, run twice, keeps the loop short enough for the instruction cache.
#pragma unroll 1
        for (int half = 0; half < 2; half++) {
            sum = secp_add_digit(sum, q, secp_digit4(halves.of[half], i), half, halves.is_negative[half]);
        }
        if (i % 2) continue;
#pragma unroll 1
        for (int half = 0; half < 2; half++) {
            sum = secp_add_comb(sum, base, 8 * half, secp_digit8(a_shifted, 16 * half + i / 2), false, false);
        }
    }
    return secp_add_comb(sum, base, 16, a_shifted[8], false, false);
}

// A number of 32 bytes, the first one on top, as words, the lowest first.
PELTON_DEVICE void secp_words(word* words, const uint8_t* bytes) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
        const uint8_t* at = bytes + 28 - 4 * j;
        words[j] = (word)at[0] << 24 | (word)at[1] << 16 | (word)at[2] << 8 | at[3];
    }
}

// Byte i of a number of eight words, the first one on top.
PELTON_DEVICE uint8_t secp_byte(const word* words, uint32_t i) {
    return (uint8_t)(words[7 - i / 4] >> (24 - 8 * (i % 4)));
}

// What is kept of a signature from one step to the next. Inversions cost as much as hundreds of products, and those of many
// numbers three products each and one inversion (Montgomery 1987), so they are steps of their own, in which a thread has
// SECP_SHARED signatures.
//
//   secp_invert       1 / r of many, in `a`        from r, or from 1 where rule 2 refuses it
//   secp_recover      the key, in a, b and c       by each thread for one signature
//   secp_points       1 / z of many, and x and y, of which the key's address is made
struct SecpKept {
    word a[8], b[8], c[8];
};
constexpr uint32_t SECP_SHARED = 16;

// r or s in Montgomery's form; 1 in place of one that is refused, which has no inverse.
PELTON_DEVICE void secp_take(word* r, const uint8_t* bytes) {
    const word order[8] = SCALARSECP_ORDER;
    secp_words(r, bytes);
    if (scalarsecp_is_zero(r) || !scalarsecp_is_below(r, order)) {
#pragma unroll
        for (int j = 0; j < 8; j++) r[j] = j == 0;
    }
    scalarsecp_enter(r, r);
}

// Step 1 for signatures first, first + stride, ... below count, of which there is one at least; `bytes(i)` is r of each.
template <class Bytes>
PELTON_DEVICE void secp_invert(SecpKept* kept, uint32_t first, uint32_t stride, uint32_t count, const Bytes& bytes) {
    word product[8], r[8];
    uint32_t last = first;
    secp_take(product, bytes(first));
#pragma unroll
    for (int j = 0; j < 8; j++) kept[first].a[j] = product[j];
#pragma unroll 1
    for (uint32_t i = first + stride; i < count; i += stride) {
        secp_take(r, bytes(i));
        scalarsecp_mul(product, product, r);
#pragma unroll
        for (int j = 0; j < 8; j++) kept[i].a[j] = product[j];
        last = i;
    }
    scalarsecp_invert(product, product);
#pragma unroll 1
    for (uint32_t i = last; i != first; i -= stride) {
        scalarsecp_mul(kept[i].a, product, kept[i - stride].a);
        secp_take(r, bytes(i));
        scalarsecp_mul(product, product, r);
    }
#pragma unroll
    for (int j = 0; j < 8; j++) kept[first].a[j] = product[j];
}

// r, s and the digest, and whether they obey rules 1 to 3.
PELTON_DEVICE bool secp_read(
    word* r, word* s, word* e, const uint8_t* digest, const uint8_t* signature, uint8_t parity) {
    const word order[8] = SCALARSECP_ORDER;
    // (n + 1) / 2
    const word s_end[8] = {0x681b20a1, 0xdfe92f46, 0x57a4501d, 0x5d576e73,
                           0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff};
    secp_words(r, signature);
    secp_words(s, signature + 32);
    secp_words(e, digest);
    bool is_valid = parity <= 1;                                                    // rule 1
    is_valid = is_valid && !scalarsecp_is_zero(r) && scalarsecp_is_below(r, order);  // rule 2
    return is_valid && !scalarsecp_is_zero(s) && scalarsecp_is_below(s, s_end);      // rule 3
}

PELTON_DEVICE void secp_keep(SecpKept* kept, const Secp& p) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
        kept->a[j] = p.x.v[j];
        kept->b[j] = p.y.v[j];
        kept->c[j] = p.z.v[j];
    }
}

// Step 2: the key that signed this digest with a signature (64 bytes, r and s) of this parity; infinity if it is not valid.
PELTON_CALLED void secp_recover(
    SecpKept* kept, const SecpBase& base, const uint8_t* digest, const uint8_t* signature, uint8_t parity) {
    word r[8], s[8], e[8], a[8], b[8];
    bool is_valid = secp_read(r, s, e, digest, signature, parity);
    Fsecp x;
#pragma unroll
    for (int j = 0; j < 8; j++) x.v[j] = r[j];
    Secp nonce, key = secp_zero();
    if (is_valid && secp_decompress(&nonce, x, parity)) {                           // rule 4
        // Q = (s / r) R - (e / r) G. A factor 2^256 enters with the inverse and leaves with each product.
        scalarsecp_mul(b, s, kept->a);
        scalarsecp_mul(a, e, kept->a);
        scalarsecp_neg(a, a);
        SecpPoint multiples;
        secp_multiples(&multiples, nonce);
        key = secp_double_product(base, a, multiples, b);
    }
    secp_keep(kept, key);
}

// The address of a key: the last 20 bytes of the Keccak-256 of x and y.
PELTON_CALLED void secp_address(uint8_t* address, const Fsecp& x, const Fsecp& y) {
    uint8_t hash[32];
    keccak256(hash, 64, [&](uint32_t i) { return i < 32 ? secp_byte(x.v, i) : secp_byte(y.v, i - 32); });
#pragma unroll
    for (int i = 0; i < 20; i++) address[i] = hash[12 + i];
}

PELTON_DEVICE Fsecp secp_field(const word* words) {
    Fsecp a;
#pragma unroll
    for (int j = 0; j < 8; j++) a.v[j] = words[j];
    return a;
}

// Step 3 for signatures first, first + stride, ... below count, at most SECP_SHARED of them: `answer(i, is_point, x, y)` is
// told each point that was kept, or that it is at infinity.
template <class Answer>
PELTON_DEVICE void secp_points(
    const SecpKept* kept, uint32_t first, uint32_t stride, uint32_t count, const Answer& answer) {
    // Products of all z before, those at infinity left out.
    Fsecp before[SECP_SHARED], product = fsecp_small(1);
    uint32_t many = 0;
#pragma unroll 1
    for (uint32_t i = first; i < count; i += stride) {
        before[many++] = product;
        Fsecp z = secp_field(kept[i].c);
        if (!fsecp_is_zero(z)) product = fsecp_mul(product, z);
    }
    Fsecp rest = fsecp_invert(product);
#pragma unroll 1
    while (many > 0) {
        uint32_t i = first + --many * stride;
        Fsecp z = secp_field(kept[i].c), x = z, y = z;
        bool is_point = !fsecp_is_zero(z);
        if (is_point) {
            Fsecp inverse = fsecp_mul(rest, before[many]);
            rest = fsecp_mul(rest, z);
            x = fsecp_canonical(fsecp_mul(secp_field(kept[i].a), inverse));
            y = fsecp_canonical(fsecp_mul(secp_field(kept[i].b), inverse));
        }
        answer(i, is_point, x, y);
    }
}
