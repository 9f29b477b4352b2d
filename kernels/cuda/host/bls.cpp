// Answers questions about the arithmetic of the kernels for BLS signatures, as main.cpp does for the others.
//
// Standard input:  operation (1 byte), then its operands, all little-endian, numbers and points as they lie in memory
// Standard output: its result, at once
//
//   operation              operands                            result
//    0  add                 48, 48                              48   modulo p; of two numbers a R and b R that of their result
//    1  sub                 48, 48                              48
//    2  mul                 48, 48                              48
//    3  square              48, 48 (unused)                     48
//    4  invert              48, 48 (unused)                     48
//    8  quadratic add       96, 96                              96
//    9  ... sub, mul, square and invert, as 1 to 4
//   13  quadratic root      96, 96 (unused)                     96   its square is the operand, if that is a square
//   16  decode              96                                  1 whether it obeys rules 1 to 3, 192 the point
//   17  final power         4 count, each 96 and 192            576  of the product of the loops of all pairs
//   18  sum of keys         4 count, each 96, 16, 1             144  points, their coefficients, whether they are valid
//   19  sum of signatures   4 count, each 192, 16, 1            288
//   20  join of keys        4 count, each 144                   144
//   21  join of signatures  4 count, each 288                   288
//   22  verify              96 key, 192 hash, 96 encoding       1    whether it is valid
//   23  sums hold           4 count, each 144, 192; 288         1    whether sums of keys, hashes and a sum fulfil rule 6
//   24  hash                256                                 192  the point of an expanded message
//   32 + n                  those of 16 + n                     8    how many products of two words 16 + n needs
#define PELTON_COUNT
#include <stdio.h>
#include <string.h>

#include <vector>

#include "../curve/bls12381_hash.cuh"
#include "../scheme/bls.cuh"

static bool take(void* into, size_t bytes) { return fread(into, 1, bytes, stdin) == bytes; }

// What operations 16 and above have written: told, or counted only.
static std::vector<unsigned char> result;
static void put(const void* from, size_t bytes) {
    result.insert(result.end(), (const unsigned char*)from, (const unsigned char*)from + bytes);
}

template <class F>
static bool answer_field(unsigned char operation) {
    F a, b, r;
    if (!take(&a, sizeof a) || !take(&b, sizeof b)) return false;
    switch (operation) {
        case 0: r = f381_add(a, b); break;
        case 1: r = f381_sub(a, b); break;
        case 2: r = f381_mul(a, b); break;
        case 3: r = f381_square(a); break;
        case 4: r = f381_invert(a); break;
        default: return false;
    }
    return fwrite(&r, 1, sizeof r, stdout) == sizeof r;
}

static bool answer_root() {
    F381x2 a, b;
    if (!take(&a, sizeof a) || !take(&b, sizeof b)) return false;
    a = f381_root(a);
    return fwrite(&a, 1, sizeof a, stdout) == sizeof a;
}

static bool answer_decode() {
    unsigned char encoding[96];
    BlsG2Affine point = {};
    if (!take(encoding, sizeof encoding)) return false;
    unsigned char is_valid = bls_decode(&point, encoding);
    put(&is_valid, 1);
    put(&point, sizeof point);
    return true;
}

static bool answer_power() {
    uint32_t count;
    if (!take(&count, 4)) return false;
    std::vector<BlsPair> pairs(count);
    for (BlsPair& pair : pairs) {
        if (!take(&pair.left, sizeof pair.left) || !take(&pair.right, sizeof pair.right)) return false;
        bls_begin(&pair);
    }
    F381x12 f;
    bls_miller(&f, pairs.data(), count);
    bls_final_power(&f);
    put(&f, sizeof f);
    return true;
}

template <class F>
static bool answer_sum() {
    uint32_t count;
    if (!take(&count, 4)) return false;
    std::vector<BlsAffine<F>> points(count);
    std::vector<BlsMultiples<F>> multiples(count);
    std::vector<word> coefficients(4 * count);
    std::vector<uint8_t> are_valid(count);
    for (uint32_t i = 0; i < count; i++) {
        if (!take(&points[i], sizeof points[i]) || !take(&coefficients[4 * i], 16) || !take(&are_valid[i], 1)) return false;
    }
    BlsPoint<F> sum;
    bls_sum(&sum, multiples.data(), points.data(), are_valid.data(), coefficients.data(), 0, count);
    put(&sum, sizeof sum);
    return true;
}

template <class F>
static bool answer_join() {
    uint32_t count;
    if (!take(&count, 4)) return false;
    std::vector<BlsPoint<F>> points(count);
    if (!take(points.data(), count * sizeof(BlsPoint<F>))) return false;
    BlsPoint<F> sum;
    bls_join(&sum, points.data(), 0, count);
    put(&sum, sizeof sum);
    return true;
}

static bool answer_verify() {
    BlsPair pairs[2];
    BlsG1Affine key;
    BlsG2Affine hash, signature;
    unsigned char encoding[96];
    if (!take(&key, sizeof key) || !take(&hash, sizeof hash) || !take(encoding, sizeof encoding)) return false;
    unsigned char is_valid = bls_decode(&signature, encoding) && bls_holds(pairs, &key, &hash, &signature);
    put(&is_valid, 1);
    return true;
}

static bool answer_sums_hold() {
    uint32_t count;
    if (!take(&count, 4)) return false;
    std::vector<BlsG1> keys(count);
    std::vector<BlsG2Affine> hashes(count);
    std::vector<uint32_t> messages(count);
    std::vector<BlsPair> pairs(count + 1);
    BlsG2 signature;
    for (uint32_t i = 0; i < count; i++) {
        messages[i] = i;
        if (!take(&keys[i], sizeof keys[i]) || !take(&hashes[i], sizeof hashes[i])) return false;
    }
    if (!take(&signature, sizeof signature)) return false;
    unsigned char holds = bls_sum_holds(pairs.data(), keys.data(), messages.data(), hashes.data(), 0, count, &signature);
    put(&holds, 1);
    return true;
}

static bool answer_hash() {
    unsigned char bytes[256];
    BlsG2Affine point;
    if (!take(bytes, sizeof bytes)) return false;
    bls_hash(&point, bytes);
    put(&point, sizeof point);
    return true;
}

static bool answer_points(unsigned char operation) {
    switch (operation) {
        case 16: return answer_decode();
        case 17: return answer_power();
        case 18: return answer_sum<F381>();
        case 19: return answer_sum<F381x2>();
        case 20: return answer_join<F381>();
        case 21: return answer_join<F381x2>();
        case 22: return answer_verify();
        case 23: return answer_sums_hold();
        case 24: return answer_hash();
        default: return false;
    }
}

static bool answer(unsigned char operation) {
    if (operation < 8) return answer_field<F381>(operation);
    if (operation < 13) return answer_field<F381x2>(operation - 8);
    if (operation == 13) return answer_root();
    bool is_counted = operation >= 32;
    uint64_t before = pelton_products;
    result.clear();
    if (!answer_points(is_counted ? operation - 16 : operation)) return false;
    uint64_t products = pelton_products - before;
    if (is_counted) return fwrite(&products, 8, 1, stdout) == 1;
    return fwrite(result.data(), 1, result.size(), stdout) == result.size();
}

int main() {
    unsigned char operation;
    while (take(&operation, 1)) {
        if (!answer(operation)) return 1;
    }
    return fflush(stdout);
}
