// One secp256k1 signature, by the rules that `src/ecdsa.rs` numbers.
#pragma once

#include "../curve/secp256k1.cuh"
#include "../field/scalar_secp256k1.cuh"
#include "../hash/keccak.cuh"

// 1 P, 2 P, ..., 8 P.
struct SecpMultiples {
    Secp of[8];
};

PELTON_CALLED void secp_multiples(SecpMultiples* multiples, const Secp& p) {
    multiples->of[0] = p;
#pragma unroll 1
    for (int j = 1; j < 8; j++) multiples->of[j] = secp_add(multiples->of[j - 1], p);
}

PELTON_DEVICE Secp secp_add_digit(const Secp& p, const SecpMultiples& multiples, int digit) {
    if (digit == 0) return p;
    Secp q = multiples.of[(digit < 0 ? -digit : digit) - 1];
    return secp_add(p, digit < 0 ? secp_neg(q) : q);
}

// s + 8 (16^63 + ... + 1), in nine words: digits 0 to 63 of it, less 8 each, and digit 64 as it is, are digits of s.
PELTON_DEVICE void secp_offset(word* shifted, const word* s) {
    shifted[0] = add_cc(s[0], 0x88888888);
#pragma unroll
    for (int j = 1; j < 8; j++) shifted[j] = addc_cc(s[j], 0x88888888);
    shifted[8] = addc(0, 0);
}

// a P + b Q for any a and b of eight words, in windows of four bits over the same doublings.
PELTON_CALLED Secp secp_double_product(
    const SecpMultiples& p, const word* a, const SecpMultiples& q, const word* b) {
    word a_shifted[9], b_shifted[9];
    secp_offset(a_shifted, a);
    secp_offset(b_shifted, b);
    Secp sum = secp_add_digit(secp_zero(), p, a_shifted[8]);
    sum = secp_add_digit(sum, q, b_shifted[8]);
#pragma unroll 1
    for (int i = 63; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4; j++) sum = secp_double(sum);
        sum = secp_add_digit(sum, p, (int)((a_shifted[i / 8] >> (4 * (i % 8))) & 15) - 8);
        sum = secp_add_digit(sum, q, (int)((b_shifted[i / 8] >> (4 * (i % 8))) & 15) - 8);
    }
    return sum;
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

// The key that signed this digest with a signature (64 bytes, r and s) of this parity. False if it is not valid.
PELTON_CALLED bool secp_recover(
    Secp* key, const SecpMultiples& base, const uint8_t* digest, const uint8_t* signature, uint8_t parity) {
    const word order[8] = SCALARSECP_ORDER;
    // (n + 1) / 2
    const word s_end[8] = {0x681b20a1, 0xdfe92f46, 0x57a4501d, 0x5d576e73,
                           0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff};
    word r[8], s[8], e[8], inverse[8], a[8], b[8];
    secp_words(r, signature);
    secp_words(s, signature + 32);
    secp_words(e, digest);
    if (parity > 1) return false;                                                    // rule 1
    if (scalarsecp_is_zero(r) || !scalarsecp_is_below(r, order)) return false;       // rule 2
    if (scalarsecp_is_zero(s) || !scalarsecp_is_below(s, s_end)) return false;       // rule 3
    Fsecp x;
#pragma unroll
    for (int j = 0; j < 8; j++) x.v[j] = r[j];
    Secp nonce;
    if (!secp_decompress(&nonce, x, parity)) return false;                           // rule 4
    // Q = (s / r) R - (e / r) G. A factor 2^256 enters with the inverse and leaves with each product.
    scalarsecp_enter(a, r);
    scalarsecp_invert(inverse, a);
    scalarsecp_mul(b, s, inverse);
    scalarsecp_mul(a, e, inverse);
    scalarsecp_neg(a, a);
    SecpMultiples multiples;
    secp_multiples(&multiples, nonce);
    *key = secp_double_product(base, a, multiples, b);
    return !fsecp_is_zero(key->z);                                                   // rule 5
}

// The address of a key: the last 20 bytes of the Keccak-256 of x and y.
PELTON_CALLED void secp_address(uint8_t* address, const Secp& key) {
    Fsecp inverse = fsecp_invert(key.z);
    Fsecp x = fsecp_canonical(fsecp_mul(key.x, inverse));
    Fsecp y = fsecp_canonical(fsecp_mul(key.y, inverse));
    uint8_t hash[32];
    keccak256(hash, 64, [&](uint32_t i) { return i < 32 ? secp_byte(x.v, i) : secp_byte(y.v, i - 32); });
#pragma unroll
    for (int i = 0; i < 20; i++) address[i] = hash[12 + i];
}

// Whether a signature of this message is valid, and by whom.
PELTON_DEVICE bool secp_verify(
    uint8_t* address,
    const SecpMultiples& base,
    const uint8_t* message,
    uint32_t length,
    const uint8_t* signature,
    uint8_t parity) {
    uint8_t digest[32];
    keccak256(digest, length, [&](uint32_t i) { return message[i]; });
    Secp key;
    if (!secp_recover(&key, base, digest, signature, parity)) return false;
    secp_address(address, key);
    return true;
}
