// secp256k1 with keys that are known: multiples of theirs stand in the device's memory.
//
// Whether recovery gives the key Q is known without recovering it: (e / s) G + (r / s) Q is R just then, and R is the point
// with x = r and a y of the given parity. So there is no root to find, and the multiples leave few doublings. Three steps:
//
//   secp_invert       1 / s of many, in `a`        from s, or from 1 where rule 3 refuses it
//   secp_nonce        R, in a, b and c             by each thread for one signature
//   secp_points       1 / z of many, and whether r and the parity are those of R
//
// A signature that this does not prove valid may still be another key's: it is recovered like any other.
#pragma once

#include "secp256k1.cuh"

// A key that is known, and what is needed of it. Nobody is told that it is here before it was written as a whole.
struct SecpKnown {
    uint8_t address[20];
    word is_key, unused[2];
    SecpKeyComb comb;
};

// a G + b Q for any a and b below n.
PELTON_CALLED Secp secp_comb_product(const SecpBase& base, const word* a, const SecpKeyComb& q, const word* b) {
    SecpHalves halves;
    word a_shifted[9];
    secp_halves(&halves, b);
    secp_offset<8>(a_shifted, a, 0x80808080);
    Secp sum = secp_zero();
#pragma unroll 1
    for (int i = 3; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 4 && i < 3; j++) sum = secp_double(sum);
#pragma unroll 1
        for (int at = 0; at < 16; at++) {
            int half = at / 8, block = at % 8, digit = secp_digit4(halves.of[half], 4 * block + i);
            sum = secp_add_comb(sum, q, block, digit, half, halves.is_negative[half]);
        }
        if (i % 2) continue;
#pragma unroll 1
        for (int block = 0; block < 16; block++) {
            sum = secp_add_comb(sum, base, block, secp_digit8(a_shifted, 2 * block + i / 2), false, false);
        }
    }
    // What was carried out of the last blocks.
#pragma unroll 1
    for (int half = 0; half < 2; half++) {
        sum = secp_add_comb(sum, q, 8, halves.of[half][4], half, halves.is_negative[half]);
    }
    return secp_add_comb(sum, base, 16, a_shifted[8], false, false);
}

// Step 2: (e / s) G + (r / s) Q; infinity if the signature breaks rules 1 to 3, or nothing is known.
PELTON_CALLED void secp_nonce(
    SecpKept* kept,
    const SecpBase& base,
    const SecpKnown& known,
    const uint8_t* digest,
    const uint8_t* signature,
    uint8_t parity) {
    word r[8], s[8], e[8], a[8], b[8];
    Secp nonce = secp_zero();
    if (secp_read(r, s, e, digest, signature, parity) && known.is_key) {
        scalarsecp_mul(b, r, kept->a);
        scalarsecp_mul(a, e, kept->a);
        nonce = secp_comb_product(base, a, known.comb, b);
    }
    secp_keep(kept, nonce);
}

// Rule 4, and that the point has the parity that was given.
PELTON_DEVICE bool secp_is_nonce(const Fsecp& x, const Fsecp& y, const uint8_t* signature, uint8_t parity) {
    word r[8], differs = (y.v[0] & 1) ^ parity;
    secp_words(r, signature);
#pragma unroll
    for (int j = 0; j < 8; j++) differs |= x.v[j] ^ r[j];
    return differs == 0;
}

// Writes what is needed of a key that was recovered, whose address was found, unless it is at infinity.
PELTON_CALLED void secp_know(SecpKnown* known, const SecpKept* kept, const uint8_t* address) {
    Secp key{secp_field(kept->a), secp_field(kept->b), secp_field(kept->c)};
    known->is_key = !fsecp_is_zero(key.z);
    if (!known->is_key) return;
#pragma unroll 1
    for (int i = 0; i < 20; i++) known->address[i] = address[i];
    secp_comb(&known->comb, key);
}
