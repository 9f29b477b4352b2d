// One ed25519 signature, by the rules that `src/ed25519.rs` numbers.
#pragma once

#include "../curve/comb25519.cuh"
#include "../field/scalar25519.cuh"
#include "../hash/keccak.cuh"
#include "../hash/sha512.cuh"

// Of the base point, for digits of eight bits.
typedef EdwardsComb<128> Ed25519Base;

// 1 P, 2 P, ..., so many.
PELTON_CALLED void edwards_multiples(EdwardsSummand* multiples, int count, const Edwards& p) {
    Edwards multiple = p;
    multiples[0] = edwards_summand(p);
#pragma unroll 1
    for (int j = 1; j < count; j++) {
        multiple = edwards_add(multiple, multiples[0], false);
        multiples[j] = edwards_summand(multiple);
    }
}

PELTON_DEVICE Edwards edwards_add_digit(const Edwards& p, const EdwardsSummand* multiples, int digit) {
    if (digit == 0) return p;
    int size = digit < 0 ? -digit : digit;
    return edwards_add(p, multiples[size - 1], digit < 0);
}

// s B + k P for s and k below 2^253, in windows of eight and four bits over the same doublings.
PELTON_CALLED Edwards ed25519_double_product(const Ed25519Base& base, const word* s, const Edwards& p, const word* k) {
    EdwardsSummand multiples[8];
    edwards_multiples(multiples, 8, p);
    word s_shifted[8], k_shifted[8];
    scalar25519_offset(s_shifted, s, 0x80808080);
    scalar25519_offset(k_shifted, k, 0x88888888);
    Edwards sum = edwards_zero();
#pragma unroll 1
    for (int i = 63; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 3; j++) sum = edwards_double(sum, false);
        sum = edwards_double(sum, true);
        sum = edwards_add_digit(sum, multiples, scalar25519_digit4(k_shifted, i));
        if (i % 2 == 0) sum = edwards_add_comb(sum, base, 0, scalar25519_digit8(s_shifted, i / 2));
    }
    return sum;
}

// s B for s below 2^253.
PELTON_CALLED Edwards ed25519_base_product(const Ed25519Base& base, const word* s) {
    word shifted[8];
    scalar25519_offset(shifted, s, 0x80808080);
    Edwards sum = edwards_zero();
#pragma unroll 1
    for (int i = 3; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 8 && i < 3; j++) sum = edwards_double(sum, true);
#pragma unroll 1
        for (int block = 0; block < COMB_BLOCKS; block++) {
            sum = edwards_add_comb(sum, base, block, scalar25519_digit8(shifted, 4 * block + i));
        }
    }
    return sum;
}

// Rules 1 and 2: y is below p, and is not that of a point of small order.
PELTON_CALLED bool ed25519_is_canonical_and_not_small(const word* encoding) {
    const word small[5][8] = {
        {1, 0, 0, 0, 0, 0, 0, 0},
        {0xffffffec, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff},
        {0, 0, 0, 0, 0, 0, 0, 0},
        {0x8f95e826, 0xb027b2c2, 0x89f4c345, 0xf098eff2, 0x05acdfd5, 0x3933c6d3, 0x880238b1, 0x05fc536d},
        {0x706a17c7, 0x4fd84d3d, 0x760b3cba, 0x0f67100d, 0xfa53202a, 0xc6cc392c, 0x77fdc74e, 0x7a03ac92},
    };
    F25519 y;
#pragma unroll
    for (int j = 0; j < 8; j++) y.v[j] = encoding[j];
    y.v[7] &= 0x7fffffff;
    F25519 c = f25519_canonical(y);
    word differs = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) differs |= c.v[j] ^ y.v[j];
    bool is_good = differs == 0;
    for (int i = 0; i < 5; i++) {
        differs = 0;
#pragma unroll
        for (int j = 0; j < 8; j++) differs |= y.v[j] ^ small[i][j];
        is_good = is_good && differs != 0;
    }
    return is_good;
}

PELTON_DEVICE void ed25519_words(word* words, const uint8_t* bytes) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
        const uint8_t* at = bytes + 4 * j;
        words[j] = at[0] | (word)at[1] << 8 | (word)at[2] << 16 | (word)at[3] << 24;
    }
}

// The address of a key: the last 20 bytes of the Keccak-256 of 0x65 and the key.
PELTON_CALLED void ed25519_address(uint8_t* address, const uint8_t* key) {
    uint8_t hash[32];
    keccak256(hash, 33, [&](uint32_t i) { return i == 0 ? (uint8_t)0x65 : key[i - 1]; });
#pragma unroll
    for (int i = 0; i < 20; i++) address[i] = hash[12 + i];
}

// Rule 5: whether 8 (p - nonce) = 0, for p = S B - k A.
PELTON_DEVICE bool ed25519_is_neutral(Edwards p, const Edwards& nonce) {
    p = edwards_add(p, edwards_summand(nonce), true);
#pragma unroll 1
    for (int j = 0; j < 3; j++) p = edwards_double(p, false);
    return edwards_is_zero(p);
}

// Whether a signature (64 bytes, R and S) of this message by this key (32 bytes) is valid, and by whom.
PELTON_DEVICE bool ed25519_verify(
    uint8_t* address,
    const Ed25519Base& base,
    const uint8_t* message,
    uint32_t length,
    const uint8_t* signature,
    const uint8_t* key) {
    word a[8], r[8], s[8], k[8], hash[16];
    ed25519_words(a, key);
    ed25519_words(r, signature);
    ed25519_words(s, signature + 32);
    if (!ed25519_is_canonical_and_not_small(a) || !ed25519_is_canonical_and_not_small(r)) return false;
    if (!scalar25519_is_canonical(s)) return false;  // rule 3
    Edwards key_point, nonce_point;
    if (!edwards_decompress(&key_point, a) || !edwards_decompress(&nonce_point, r)) return false;  // rule 4
    sha512_of_three(hash, signature, key, message, length);
    scalar25519_reduce(k, hash);
    key_point.x = f25519_neg(key_point.x);
    key_point.t = f25519_neg(key_point.t);
    if (!ed25519_is_neutral(ed25519_double_product(base, s, key_point, k), nonce_point)) return false;
    ed25519_address(address, key);
    return true;
}
