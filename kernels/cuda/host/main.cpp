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
//   17  secp256k1 verify    64 signature, 1 parity, 4 length, message    likewise; the key is known from now on, if it is
//   18  ed25519 known       as 16, with multiples of the key             likewise
//   19  secp256k1 known     as 17, with those of the last key that 17 recovered
//   20  ed25519 group       4 how many, and as 16 of each                21 of each, as 16
//   28  products of these   likewise                                     8 how many products all of them need together
//   24 to 27                as 16 to 19                                  8 how many products of two words it needs
#define PELTON_COUNT
#include <stdio.h>
#include <string.h>

#include <vector>

#include "../scheme/ed25519_known.cuh"
#include "../scheme/ed25519_sums.cuh"
#include "../scheme/secp256k1_known.cuh"

enum { ED25519 = 16, SECP256K1 = 17, KNOWN_ED25519 = 18, KNOWN_SECP256K1 = 19, GROUP = 20, COUNTED = 24 };

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

// The three steps, over as many equal signatures as a thread has. With a key that is known: those of its own first, and the
// others where it does not prove the signature valid.
struct SecpSteps {
    const SecpBase& base;
    const unsigned char *digest, *signature;
    unsigned char parity;
    unsigned char* address;
    SecpKept kept[SECP_SHARED];

    void invert(uint32_t at) {
        shared([&] { secp_invert(kept, 0, 1, SECP_SHARED, [&](uint32_t) { return signature + at; }); });
    }
    template <class Answer>
    void points(const Answer& answer) {
        for (uint32_t i = 1; i < SECP_SHARED; i++) kept[i] = kept[0];
        shared([&] { secp_points(kept, 0, 1, SECP_SHARED, answer); });
    }
    bool recover() {
        bool is_valid = false;
        invert(0);
        secp_recover(kept, base, digest, signature, parity);
        points([&](uint32_t, bool is_key, const Fsecp& x, const Fsecp& y) {
            is_valid = is_key;
            if (is_key) secp_address(address, x, y);
        });
        return is_valid;
    }
    bool check(const SecpKnown& known) {
        bool is_valid = false;
        invert(32);
        secp_nonce(kept, base, known, digest, signature, parity);
        points([&](uint32_t, bool is_point, const Fsecp& x, const Fsecp& y) {
            is_valid = is_point && secp_is_nonce(x, y, signature, parity);
        });
        if (is_valid) memcpy(address, known.address, 20);
        return is_valid || recover();
    }
};

struct Keys {
    Ed25519Known ed25519;
    SecpKnown secp256k1;
};

static bool answer_verify(unsigned char operation, bool is_counted, const Bases& bases, Keys& keys) {
    unsigned char signature[64], key[32] = {0}, address[20] = {0}, digest[32];
    bool is_known = operation == KNOWN_ED25519 || operation == KNOWN_SECP256K1;
    bool is_ed25519 = operation == ED25519 || operation == KNOWN_ED25519;
    uint32_t length;
    if (!take(signature, 64) || !take(key, is_ed25519 ? 32 : 1) || !take(&length, 4)) return false;
    std::vector<unsigned char> message(length);
    if (!take(message.data(), length)) return false;
    if (is_known && is_ed25519) ed25519_know(&keys.ed25519, key);
    uint64_t before = pelton_products;
    unsigned char is_valid = 0;
    if (is_ed25519) {
        if (is_known && ed25519_is_key(keys.ed25519, key)) {
            is_valid = ed25519_verify_known(bases.ed25519, keys.ed25519, message.data(), length, signature, key);
            if (is_valid) memcpy(address, keys.ed25519.address, 20);
        } else {
            is_valid = ed25519_verify(address, bases.ed25519, message.data(), length, signature, key);
        }
    } else {
        keccak256(digest, length, [&](uint32_t i) { return message[i]; });
        SecpSteps steps{bases.secp256k1, digest, signature, key[0], address, {}};
        if (is_known) {
            is_valid = steps.check(keys.secp256k1);
        } else {
            is_valid = steps.recover();
            uint64_t so_far = pelton_products;
            if (is_valid) secp_know(&keys.secp256k1, steps.kept, address);
            pelton_products = so_far;
        }
    }
    uint64_t products = pelton_products - before;
    if (is_counted) return fwrite(&products, 8, 1, stdout) == 1;
    return fwrite(&is_valid, 1, 1, stdout) == 1 && fwrite(address, 1, 20, stdout) == 20;
}

struct Signed {
    unsigned char signature[64], key[32];
    std::vector<unsigned char> message;

    bool read() {
        uint32_t length;
        if (!take(signature, 64) || !take(key, 32) || !take(&length, 4)) return false;
        message.resize(length);
        return take(message.data(), length);
    }
    bool verify(unsigned char* address, const Bases& bases) const {
        return ed25519_verify(address, bases.ed25519, message.data(), (uint32_t)message.size(), signature, key);
    }
};

// The steps of a sum, and each by itself where it does not hold.
static bool answer_group(bool is_counted, const Bases& bases) {
    static const unsigned char secret[32] = {1, 2, 3};
    uint32_t count;
    if (!take(&count, 4) || count > ED25519_GROUP) return false;
    std::vector<Signed> all(count);
    for (Signed& one : all) {
        if (!one.read()) return false;
    }
    uint64_t before = pelton_products;
    std::vector<Ed25519Equation> equations(count);
    std::vector<bool> is_good(count);
    std::vector<unsigned char> answers(21 * count);
    for (uint32_t i = 0; i < count; i++) {
        const Signed& one = all[i];
        is_good[i] = ed25519_equation(
            &equations[i], secret, one.message.data(), (uint32_t)one.message.size(), one.signature, one.key);
    }
    Edwards windows[ED25519_WINDOWS];
    for (int i = 0; i < ED25519_WINDOWS; i++) windows[i] = ed25519_window(equations.data(), count, i);
    bool holds = ed25519_group(bases.ed25519, equations.data(), count, [&](int i) { return windows[i]; });
    for (uint32_t i = 0; i < count; i++) {
        unsigned char* answer = answers.data() + 21 * i;
        if (holds && is_good[i]) ed25519_address(answer + 1, all[i].key);
        answer[0] = is_good[i] && (holds || all[i].verify(answer + 1, bases));
    }
    uint64_t products = pelton_products - before;
    if (is_counted) return fwrite(&products, 8, 1, stdout) == 1;
    return fwrite(answers.data(), 1, answers.size(), stdout) == answers.size();
}

int main() {
    static Bases bases;
    static Keys keys;
    edwards_comb(&bases.ed25519, edwards_base());
    secp_comb(&bases.secp256k1, secp_base());
    unsigned char operation;
    while (take(&operation, 1)) {
        bool is_answered = operation < 8           ? answer_25519(operation)
                           : operation < 16        ? answer_secp256k1(operation)
                           : operation % 8 == 4    ? answer_group(operation >= COUNTED, bases)
                           : operation < COUNTED   ? answer_verify(operation, false, bases, keys)
                                                   : answer_verify(operation - 8, true, bases, keys);
        if (!is_answered) return 1;
    }
    return fflush(stdout);
}
