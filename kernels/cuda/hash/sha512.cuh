// SHA-512 of two blocks of 32 bytes and a message, as ed25519 hashes R, A and what was signed.
#pragma once

#include "../carry.cuh"

#if defined(__CUDACC__)
__device__
#endif
static const uint64_t SHA512_ROUNDS[80] = {
    0x428a2f98d728ae22ull, 0x7137449123ef65cdull, 0xb5c0fbcfec4d3b2full, 0xe9b5dba58189dbbcull,
    0x3956c25bf348b538ull, 0x59f111f1b605d019ull, 0x923f82a4af194f9bull, 0xab1c5ed5da6d8118ull,
    0xd807aa98a3030242ull, 0x12835b0145706fbeull, 0x243185be4ee4b28cull, 0x550c7dc3d5ffb4e2ull,
    0x72be5d74f27b896full, 0x80deb1fe3b1696b1ull, 0x9bdc06a725c71235ull, 0xc19bf174cf692694ull,
    0xe49b69c19ef14ad2ull, 0xefbe4786384f25e3ull, 0x0fc19dc68b8cd5b5ull, 0x240ca1cc77ac9c65ull,
    0x2de92c6f592b0275ull, 0x4a7484aa6ea6e483ull, 0x5cb0a9dcbd41fbd4ull, 0x76f988da831153b5ull,
    0x983e5152ee66dfabull, 0xa831c66d2db43210ull, 0xb00327c898fb213full, 0xbf597fc7beef0ee4ull,
    0xc6e00bf33da88fc2ull, 0xd5a79147930aa725ull, 0x06ca6351e003826full, 0x142929670a0e6e70ull,
    0x27b70a8546d22ffcull, 0x2e1b21385c26c926ull, 0x4d2c6dfc5ac42aedull, 0x53380d139d95b3dfull,
    0x650a73548baf63deull, 0x766a0abb3c77b2a8ull, 0x81c2c92e47edaee6ull, 0x92722c851482353bull,
    0xa2bfe8a14cf10364ull, 0xa81a664bbc423001ull, 0xc24b8b70d0f89791ull, 0xc76c51a30654be30ull,
    0xd192e819d6ef5218ull, 0xd69906245565a910ull, 0xf40e35855771202aull, 0x106aa07032bbd1b8ull,
    0x19a4c116b8d2d0c8ull, 0x1e376c085141ab53ull, 0x2748774cdf8eeb99ull, 0x34b0bcb5e19b48a8ull,
    0x391c0cb3c5c95a63ull, 0x4ed8aa4ae3418acbull, 0x5b9cca4f7763e373ull, 0x682e6ff3d6b2b8a3ull,
    0x748f82ee5defb2fcull, 0x78a5636f43172f60ull, 0x84c87814a1f0ab72ull, 0x8cc702081a6439ecull,
    0x90befffa23631e28ull, 0xa4506cebde82bde9ull, 0xbef9a3f7b2c67915ull, 0xc67178f2e372532bull,
    0xca273eceea26619cull, 0xd186b8c721c0c207ull, 0xeada7dd6cde0eb1eull, 0xf57d4f7fee6ed178ull,
    0x06f067aa72176fbaull, 0x0a637dc5a2c898a6ull, 0x113f9804bef90daeull, 0x1b710b35131c471bull,
    0x28db77f523047d84ull, 0x32caab7b40c72493ull, 0x3c9ebe0a15c9bebcull, 0x431d67c49c100d4cull,
    0x4cc5d4becb3e42b6ull, 0x597f299cfc657e2aull, 0x5fcb6fab3ad6faecull, 0x6c44198c4a475817ull,
};

PELTON_DEVICE uint64_t sha512_rotate(uint64_t x, int by) {
    return (x >> by) | (x << (64 - by));
}

PELTON_CALLED void sha512_block(uint64_t* state, uint64_t* w) {
    uint64_t s[8];
#pragma unroll
    for (int j = 0; j < 8; j++) s[j] = state[j];
#pragma unroll 16
    for (int round = 0; round < 80; round++) {
        uint64_t word_of_round = w[round & 15];
        if (round >= 16) {
            uint64_t w15 = w[(round + 1) & 15], w2 = w[(round + 14) & 15];
            uint64_t s0 = sha512_rotate(w15, 1) ^ sha512_rotate(w15, 8) ^ (w15 >> 7);
            uint64_t s1 = sha512_rotate(w2, 19) ^ sha512_rotate(w2, 61) ^ (w2 >> 6);
            word_of_round += s0 + w[(round + 9) & 15] + s1;
            w[round & 15] = word_of_round;
        }
        uint64_t e = s[4], a = s[0];
        uint64_t sum1 = sha512_rotate(e, 14) ^ sha512_rotate(e, 18) ^ sha512_rotate(e, 41);
        uint64_t sum0 = sha512_rotate(a, 28) ^ sha512_rotate(a, 34) ^ sha512_rotate(a, 39);
        uint64_t t1 = s[7] + sum1 + ((e & s[5]) ^ (~e & s[6])) + SHA512_ROUNDS[round] + word_of_round;
        uint64_t t2 = sum0 + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6];
        s[6] = s[5];
        s[5] = e;
        s[4] = s[3] + t1;
        s[3] = s[2];
        s[2] = s[1];
        s[1] = a;
        s[0] = t1 + t2;
    }
#pragma unroll
    for (int j = 0; j < 8; j++) state[j] += s[j];
}

// Eight bytes of the padded input as a number, the first byte on top. The input is `first`, `second` (32 bytes each), the
// message, one bit and zeros; the length at its very end is not given here.
PELTON_DEVICE uint64_t sha512_input(
    const uint8_t* first, const uint8_t* second, const uint8_t* message, uint32_t length, uint32_t at) {
    uint64_t value = 0;
    for (uint32_t i = at; i < at + 8; i++) {
        uint8_t byte = 0;
        if (i < 32) byte = first[i];
        else if (i < 64) byte = second[i - 32];
        else if (i - 64 < length) byte = message[i - 64];
        else if (i - 64 == length) byte = 0x80;
        value = value << 8 | byte;
    }
    return value;
}

// The hash as a little-endian number of sixteen words. The length is below 2^32 - 256 bytes.
PELTON_DEVICE void sha512_of_three(
    word* hash, const uint8_t* first, const uint8_t* second, const uint8_t* message, uint32_t length) {
    uint64_t state[8] = {
        0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull,
        0x510e527fade682d1ull, 0x9b05688c2b3e6c1full, 0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull,
    };
    // One byte of padding and sixteen of length at least.
    uint32_t blocks = (64 + length + 17 + 127) / 128;
    for (uint32_t block = 0; block < blocks; block++) {
        uint64_t w[16];
#pragma unroll 1
        for (int j = 0; j < 16; j++) w[j] = sha512_input(first, second, message, length, 128 * block + 8 * j);
        if (block + 1 == blocks) w[15] = 8 * ((uint64_t)length + 64);
        sha512_block(state, w);
    }
#pragma unroll
    for (int j = 0; j < 8; j++) {
        uint64_t s = state[j];
        // Its bytes stand in the order of the hash, so the number that they are has them the other way round.
        word high = (word)(s >> 32), low = (word)s;
        hash[2 * j] = high >> 24 | (high >> 8 & 0xff00) | (high << 8 & 0xff0000) | high << 24;
        hash[2 * j + 1] = low >> 24 | (low >> 8 & 0xff00) | (low << 8 & 0xff0000) | low << 24;
    }
}
