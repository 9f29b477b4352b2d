// Answers questions about the arithmetic of the kernels, compiled for this machine: what a test asks is computed by the
// very headers that the device runs, and compared with an oracle.
//
// Standard input:  operation (1 byte), then its operands, all little-endian
// Standard output: its result, at once
//
//   operation              operands          result
//    0  25519 add           32, 32            32     any number below 2^256, congruent
//    1  25519 sub           32, 32            32
//    2  25519 mul           32, 32            32
//    3  25519 canonical     32, 32 (unused)   32     below p
//    4  25519 invert        32, 32 (unused)   32
//    8  secp256k1 add ... invert, as 0 to 4
//   13  secp256k1 root     32, 32 (unused)   32     its square is the operand, if that is a square
//   14  secp256k1 split    32, 32 (unused)   32     sizes of both numbers, 16 each, of an operand below n
//   16  ed25519 verify      64 signature, 32 key, 4 length, message      1 whether it is valid, 20 address or zeros
//   17  secp256k1 verify    64 signature, 1 parity, 4 length, message    likewise
//   24  ed25519 products    as 16                                        8 how many products of two words 16 needs
//   25  secp256k1 products  as 17                                        likewise
#define PELTON_COUNT
#include <stdio.h>
#include <string.h>

#include <vector>

#include "../scheme/ed25519.cuh"
#include "../scheme/secp256k1.cuh"

static bool take(void* into, size_t bytes) { return fread(into, 1, bytes, stdin) == bytes; }

static bool answer_25519(unsigned char operation) {
    F25519 a, b, r;
    if (!take(&a, sizeof a) || !take(&b, sizeof b)) return false;
    switch (operation) {
        case 0: r = f25519_add(a, b); break;
        case 1: r = f25519_sub(a, b); break;
        case 2: r = f25519_mul(a, b); break;
        case 3: r = f25519_canonical(a); break;
        case 4: r = f25519_invert(a); break;
        default: return false;
    }
    return fwrite(&r, 1, sizeof r, stdout) == sizeof r;
}

static bool answer_secp256k1(unsigned char operation) {
    Fsecp a, b, r;
    if (!take(&a, sizeof a) || !take(&b, sizeof b)) return false;
    switch (operation) {
        case 8: r = fsecp_add(a, b); break;
        case 9: r = fsecp_sub(a, b); break;
        case 10: r = fsecp_mul(a, b); break;
        case 11: r = fsecp_canonical(a); break;
        case 12: r = fsecp_invert(a); break;
        case 13: r = fsecp_root(a); break;
        case 14: {
            ScalarsecpSplit split;
            scalarsecp_split(&split, a.v);
            for (int j = 0; j < 8; j++) r.v[j] = j < 4 ? split.first[j] : split.second[j - 4];
            break;
        }
        default: return false;
    }
    return fwrite(&r, 1, sizeof r, stdout) == sizeof r;
}

struct Bases {
    Ed25519Base ed25519;
    SecpBase secp256k1;
};

// What many share counts for each of them as its part.
template <class Step>
static void shared(const Step& step) {
    uint64_t before = pelton_products;
    step();
    pelton_products = before + (pelton_products - before) / SECP_SHARED;
}

// The three steps, over as many equal signatures as a thread has.
static bool answer_secp256k1_steps(
    unsigned char* address,
    const SecpBase& base,
    const std::vector<unsigned char>& message,
    const unsigned char* signature,
    unsigned char parity) {
    static SecpKept kept[SECP_SHARED];
    static unsigned char signatures[64 * SECP_SHARED], digest[32];
    for (uint32_t i = 0; i < SECP_SHARED; i++) memcpy(signatures + 64 * i, signature, 64);
    keccak256(digest, (uint32_t)message.size(), [&](uint32_t i) { return message[i]; });
    bool is_valid = false;
    shared([&] { secp_invert_r(kept, signatures, 0, 1, SECP_SHARED); });
    secp_recover(kept, base, digest, signature, parity);
    for (uint32_t i = 1; i < SECP_SHARED; i++) kept[i] = kept[0];
    shared([&] {
        secp_addresses(kept, 0, 1, SECP_SHARED, [&](uint32_t, bool valid, const uint8_t* found) {
            is_valid = valid;
            memcpy(address, found, 20);
        });
    });
    return is_valid;
}

static bool answer_verify(unsigned char asked, const Bases& bases) {
    unsigned char operation = asked & 17;
    unsigned char signature[64], key[32] = {0}, address[20] = {0};
    uint32_t length;
    if (!take(signature, 64) || !take(key, operation == 16 ? 32 : 1) || !take(&length, 4)) return false;
    std::vector<unsigned char> message(length);
    if (!take(message.data(), length)) return false;
    uint64_t before = pelton_products;
    unsigned char is_valid =
        operation == 16 ? ed25519_verify(address, bases.ed25519, message.data(), length, signature, key)
                        : answer_secp256k1_steps(address, bases.secp256k1, message, signature, key[0]);
    uint64_t products = pelton_products - before;
    if (asked != operation) return fwrite(&products, 8, 1, stdout) == 1;
    return fwrite(&is_valid, 1, 1, stdout) == 1 && fwrite(address, 1, 20, stdout) == 20;
}

int main() {
    static Bases bases;
    edwards_multiples(bases.ed25519.multiples, 128, edwards_base());
    secp_multiples(&bases.secp256k1, secp_base());
    unsigned char operation;
    while (take(&operation, 1)) {
        bool is_answered = operation < 8    ? answer_25519(operation)
                           : operation < 16 ? answer_secp256k1(operation)
                           : operation < 18 ? answer_verify(operation, bases)
                           : operation == 24 || operation == 25 ? answer_verify(operation, bases)
                                                                : false;
        if (!is_answered) return 1;
    }
    return fflush(stdout);
}
