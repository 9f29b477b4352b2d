// ed25519 with keys that are known: multiples of theirs stand in the device's memory.
#pragma once

#include "ed25519.cuh"

// A key that is known, and what is needed of it. Nobody is told that it is here before it was written as a whole.
struct Ed25519Known {
    word key[8];
    uint8_t address[20];
    word is_point, unused[2];
    EdwardsComb<8> comb;
};

// s B - k P for s and k below 2^253.
PELTON_CALLED Edwards ed25519_comb_product(
    const Ed25519Base& base, const word* s, const EdwardsComb<8>& comb, const word* k) {
    word s_shifted[8], k_shifted[8];
    scalar25519_offset(s_shifted, s, 0x80808080);
    scalar25519_offset(k_shifted, k, 0x88888888);
    Edwards sum = edwards_zero();
#pragma unroll 1
    for (int i = 7; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4 && i < 7; j++) sum = edwards_double(sum, true);
#pragma unroll 1
        for (int block = 0; block < COMB_BLOCKS; block++) {
            sum = edwards_add_comb(sum, comb, block, -scalar25519_digit4(k_shifted, 8 * block + i));
        }
        if (i % 2) continue;
#pragma unroll 1
        for (int block = 0; block < COMB_BLOCKS; block++) {
            sum = edwards_add_comb(sum, base, block, scalar25519_digit8(s_shifted, 4 * block + i / 2));
        }
    }
    return sum;
}

PELTON_DEVICE bool ed25519_is_key(const Ed25519Known& known, const uint8_t* key) {
    word a[8], differs = known.is_point ^ 1;
    ed25519_words(a, key);
#pragma unroll
    for (int j = 0; j < 8; j++) differs |= a[j] ^ known.key[j];
    return differs == 0;
}

// Whether a signature (64 bytes, R and S) of this message by this key is valid. The key obeys rules 1, 2 and 4.
PELTON_DEVICE bool ed25519_verify_known(
    const Ed25519Base& base,
    const Ed25519Known& known,
    const uint8_t* message,
    uint32_t length,
    const uint8_t* signature,
    const uint8_t* key) {
    word r[8], s[8], k[8], hash[16];
    ed25519_words(r, signature);
    ed25519_words(s, signature + 32);
    if (!ed25519_is_canonical_and_not_small(r) || !scalar25519_is_canonical(s)) return false;  // rules 1 to 3
    Edwards nonce;
    if (!edwards_decompress(&nonce, r)) return false;  // rule 4
    sha512_of_three(hash, signature, key, message, length);
    scalar25519_reduce(k, hash);
    return ed25519_is_neutral(ed25519_comb_product(base, s, known.comb, k), nonce);  // rule 5
}

// Writes what is needed of a key, if it obeys rules 1, 2 and 4.
PELTON_CALLED void ed25519_know(Ed25519Known* known, const uint8_t* key) {
    word a[8];
    ed25519_words(a, key);
    Edwards point;
    known->is_point = ed25519_is_canonical_and_not_small(a) && edwards_decompress(&point, a);
    if (!known->is_point) return;
#pragma unroll
    for (int j = 0; j < 8; j++) known->key[j] = a[j];
    ed25519_address(known->address, key);
    edwards_comb(&known->comb, point);
}
