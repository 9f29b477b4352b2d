// Random sums of ed25519 equations, in groups that have a verdict each: if
//
//   8 ( sum z (k A + R)  -  (sum z S) B ) = 0        with a random z of 128 bits for each signature of a group
//
// holds, so does rule 5 for each of them, but for a chance of 2^-128 for who cannot foresee z. If it does not, nothing is
// said, and each is verified for itself. Four steps:
//
//   ed25519_equation    A, R and the digits of z k and z, by each thread for one signature
//   ed25519_window      by each thread for one window of one group: the points whose digit there is d go to bucket d, and
//                       the buckets are added up, each d fold (Pippenger 1976)
//   ed25519_group       by each thread for one group: the windows over the same doublings, and whether the sum is zero
//   the addresses       of the keys of a group that holds, by each thread for one signature
//
// All threads that run together do the same at the same time, whatever the digits are.
#pragma once

#include "ed25519.cuh"

// Signatures of a group. More make sums cheaper, and a forged one dearer.
constexpr uint32_t ED25519_GROUP = 128, ED25519_FIRST = 4;

// Of five bits: 51 windows of z k, and of z, which is shorter, 26.
constexpr int ED25519_WINDOWS = 51, ED25519_SHORT_WINDOWS = 26, ED25519_BUCKETS = 16;

// A signature that breaks a rule has no part in a sum: neutral points, and numbers that are zero.
struct Ed25519Equation {
    EdwardsAffine key, nonce;
    // z k and z, as digits are read of them, and z S.
    word key_shifted[8], nonce_shifted[8], base[8];
};

// s + 16 (32^50 + ... + 1) for s below 2^253: its digits of five bits, less 16 each, are digits of s from -16 to 15.
PELTON_DEVICE void ed25519_offset5(word* shifted, const word* s) {
    const word halves[8] = {0x21084210, 0x08421084, 0x42108421, 0x10842108,
                            0x84210842, 0x21084210, 0x08421084, 0x42108421};
    shifted[0] = add_cc(s[0], halves[0]);
#pragma unroll
    for (int j = 1; j < 8; j++) shifted[j] = addc_cc(s[j], halves[j]);
}

PELTON_DEVICE int ed25519_digit5(const word* shifted, int i) {
    int at = 5 * i / 32, bit = 5 * i % 32;
    uint64_t two = shifted[at] | (uint64_t)(at < 7 ? shifted[at + 1] : 0) << 32;
    return (int)(two >> bit & 31) - 16;
}

// z of a signature: a hash of a secret that is another one for each batch, of S, and of k, which is a hash of all the rest.
PELTON_DEVICE void ed25519_coefficient(word* z, const uint8_t* secret, const uint8_t* s, const word* k) {
    uint8_t bytes[32];
    word hash[16];
#pragma unroll
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(k[i / 4] >> (8 * (i % 4)));
    sha512_of_three(hash, secret, s, bytes, 32);
#pragma unroll
    for (int j = 0; j < 8; j++) z[j] = j < 4 ? hash[j] : 0;
    if ((z[0] | z[1] | z[2] | z[3]) == 0) z[0] = 1;
}

PELTON_DEVICE void ed25519_scalar_mul(word* r, const word* a, const word* b) {
    word product[16];
    mul_wide<8>(product, a, b);
    scalar25519_reduce(r, product);
}

// Step 1: whether the signature obeys rules 1 to 4, and its equation.
PELTON_CALLED bool ed25519_equation(
    Ed25519Equation* equation,
    const uint8_t* secret,
    const uint8_t* message,
    uint32_t length,
    const uint8_t* signature,
    const uint8_t* key) {
    word a[8], r[8], s[8], k[8], z[8], hash[16];
    ed25519_words(a, key);
    ed25519_words(r, signature);
    ed25519_words(s, signature + 32);
    Edwards of_key = edwards_zero(), of_nonce = edwards_zero();
    bool is_good = ed25519_is_canonical_and_not_small(a) && ed25519_is_canonical_and_not_small(r) &&
                   scalar25519_is_canonical(s);
    is_good = is_good && edwards_decompress(&of_key, a) && edwards_decompress(&of_nonce, r);
    sha512_of_three(hash, signature, key, message, length);
    scalar25519_reduce(k, hash);
    ed25519_coefficient(z, secret, signature + 32, k);
#pragma unroll
    for (int j = 0; j < 8; j++) z[j] = is_good ? z[j] : 0;
    equation->key = edwards_affine(of_key.x, of_key.y);
    equation->nonce = edwards_affine(of_nonce.x, of_nonce.y);
    ed25519_scalar_mul(k, k, z);
    ed25519_scalar_mul(equation->base, s, z);
    ed25519_offset5(equation->key_shifted, k);
    ed25519_offset5(equation->nonce_shifted, z);
    return is_good;
}

PELTON_DEVICE void ed25519_drop(Edwards* buckets, const EdwardsAffine& point, int digit) {
    if (digit == 0) return;
    Edwards* bucket = buckets + (digit < 0 ? -digit : digit) - 1;
    *bucket = edwards_add_affine(*bucket, point, digit < 0);
}

// Step 2: the sum of digit i of all `count` equations times their points.
PELTON_CALLED Edwards ed25519_window(const Ed25519Equation* equations, uint32_t count, int i) {
    Edwards buckets[ED25519_BUCKETS];
#pragma unroll 1
    for (int j = 0; j < ED25519_BUCKETS; j++) buckets[j] = edwards_zero();
#pragma unroll 1
    for (uint32_t j = 0; j < count; j++) {
        ed25519_drop(buckets, equations[j].key, ed25519_digit5(equations[j].key_shifted, i));
        if (i >= ED25519_SHORT_WINDOWS) continue;
        ed25519_drop(buckets, equations[j].nonce, ed25519_digit5(equations[j].nonce_shifted, i));
    }
    // Bucket d is in d of the sums of all buckets from one on.
    Edwards above = edwards_zero(), sum = above;
#pragma unroll 1
    for (int j = ED25519_BUCKETS - 1; j >= 0; j--) {
        above = edwards_add(above, edwards_summand(buckets[j]), false);
        sum = edwards_add(sum, edwards_summand(above), false);
    }
    return sum;
}

// Step 3: whether the sum of `count` equations is zero; `window(i)` is what step 2 gave.
template <class Window>
PELTON_DEVICE bool ed25519_group(
    const Ed25519Base& base, const Ed25519Equation* equations, uint32_t count, const Window& window) {
    Edwards sum = edwards_zero();
#pragma unroll 1
    for (int i = ED25519_WINDOWS - 1; i >= 0; i--) {
#pragma unroll 1
        for (int j = 0; j < 5; j++) sum = edwards_double(sum, true);
        sum = edwards_add(sum, edwards_summand(window(i)), false);
    }
    // Up to 2^32 numbers below L, in nine words.
    word total[16] = {0}, s[8];
#pragma unroll 1
    for (uint32_t j = 0; j < count; j++) {
        total[0] = add_cc(total[0], equations[j].base[0]);
#pragma unroll
        for (int k = 1; k < 8; k++) total[k] = addc_cc(total[k], equations[j].base[k]);
        total[8] = addc(total[8], 0);
    }
    scalar25519_reduce(s, total);
    return ed25519_is_neutral(sum, ed25519_base_product(base, s));
}

// Where all of this stands between the steps. Of the groups of a batch the first one has ED25519_FIRST tasks, so that those
// whose answers are known, and not all valid, spoil no other.
//
//   [ equations of all tasks | sums of windows, those of the same window together | whether a group holds, a word each ]
struct Ed25519Sums {
    uint32_t count, groups;
    uint8_t* memory;
};

PELTON_DEVICE uint32_t sums_group(uint32_t task) {
    return task < ED25519_FIRST ? 0 : 1 + (task - ED25519_FIRST) / ED25519_GROUP;
}
PELTON_DEVICE uint32_t sums_start(uint32_t group) { return group ? ED25519_FIRST + (group - 1) * ED25519_GROUP : 0; }
PELTON_DEVICE uint32_t sums_length(const Ed25519Sums& sums, uint32_t group) {
    uint32_t end = sums_start(group + 1);
    return (end < sums.count ? end : sums.count) - sums_start(group);
}
PELTON_DEVICE Ed25519Sums ed25519_sums(uint32_t count, uint8_t* memory) {
    return Ed25519Sums{count, 1 + sums_group(count - 1), memory};
}
PELTON_DEVICE Ed25519Equation* sums_equation(const Ed25519Sums& sums, uint32_t task) {
    return (Ed25519Equation*)sums.memory + task;
}
PELTON_DEVICE Edwards* sums_window(const Ed25519Sums& sums, uint32_t window, uint32_t group) {
    return (Edwards*)sums_equation(sums, sums.count) + window * sums.groups + group;
}
PELTON_DEVICE word* sums_holds(const Ed25519Sums& sums, uint32_t group) {
    return (word*)sums_window(sums, ED25519_WINDOWS, 0) + group;
}
