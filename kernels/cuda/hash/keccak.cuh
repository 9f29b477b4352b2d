// Keccak-256, as Ethereum uses it.
#pragma once

#include "../carry.cuh"

PELTON_DEVICE uint64_t keccak_rotate(uint64_t x, int by) {
    return by ? (x << by) | (x >> (64 - by)) : x;
}

PELTON_CALLED void keccak_permute(uint64_t* s) {
    const int offsets[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                             25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
    // The constant of a round from a shift register of eight bits.
    word shift = 1;
#pragma unroll 1
    for (int round = 0; round < 24; round++) {
        uint64_t columns[5], moved[25];
#pragma unroll
        for (int x = 0; x < 5; x++) columns[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
#pragma unroll
        for (int x = 0; x < 5; x++) {
            uint64_t mix = columns[(x + 4) % 5] ^ keccak_rotate(columns[(x + 1) % 5], 1);
#pragma unroll
            for (int y = 0; y < 5; y++) {
                // (x, y) moves to (y, 2 x + 3 y).
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = keccak_rotate(s[x + 5 * y] ^ mix, offsets[x + 5 * y]);
            }
        }
#pragma unroll
        for (int at = 0; at < 25; at++) {
            int row = at / 5 * 5, x = at % 5;
            s[at] = moved[at] ^ (~moved[row + (x + 1) % 5] & moved[row + (x + 2) % 5]);
        }
#pragma unroll
        for (int bit = 0; bit < 7; bit++) {
            s[0] ^= (uint64_t)(shift & 1) << ((1 << bit) - 1);
            shift = (shift << 1) ^ ((shift >> 7) * 0x171);
        }
    }
}

// The hash of `length` bytes, of which byte i is given by `input(i)`.
template <class Input>
PELTON_DEVICE void keccak256(uint8_t* hash, uint32_t length, const Input& input) {
    uint64_t s[25];
#pragma unroll
    for (int at = 0; at < 25; at++) s[at] = 0;
    uint32_t blocks = length / 136 + 1;
    for (uint32_t block = 0; block < blocks; block++) {
#pragma unroll
        for (int at = 0; at < 17; at++) {
            uint64_t value = 0;
            for (int byte = 0; byte < 8; byte++) {
                uint32_t i = 136 * block + 8 * at + byte;
                uint64_t one = i < length ? input(i) : i == length ? 1 : 0;
                value |= one << (8 * byte);
            }
            s[at] ^= value;
        }
        if (block + 1 == blocks) s[16] ^= 1ull << 63;
        keccak_permute(s);
    }
#pragma unroll
    for (int i = 0; i < 32; i++) hash[i] = (uint8_t)(s[i / 8] >> (8 * (i % 8)));
}
