// The kernels for BLS signatures over BLS12-381, and how a batch goes through them. A thread has one signature, or one sum.
//
//   encodings ── decode ──> points ── sum_signatures ──> parts ── join_signatures ──> sums ──┐
//                           are_valid                                                        ├─ check ──> answers
//   keys ────────────────────────────── sum_keys ──────> parts ── join_keys ────────> sums ──┤
//   expanded ── hash ───────────────────────────────────────────────────────────> hashes ────┘
//
// and what stands in a sum that does not hold, or in none, goes from points and keys to answers by itself (check_each).
//
//   encodings      96 bytes each                     are_valid, answers   bytes: 0 or 1
//   coefficients   four words each                   ends                 where each part or sum ends among what it is of
//   expanded       256 bytes for each message
//
// Points of keys, hashes and sums lie in memory as those of `blst`.
#include "curve/bls12381_hash.cuh"
#include "scheme/bls.cuh"

constexpr int BLS_THREADS = 128;

#define PELTON_BLS(name, ...) extern "C" __global__ void __launch_bounds__(BLS_THREADS) name(__VA_ARGS__, uint32_t count)
#define PELTON_BLS_THREAD (blockIdx.x * blockDim.x + threadIdx.x)

PELTON_BLS(pelton_bls_decode, BlsG2Affine* points, uint8_t* are_valid, const uint8_t* encodings) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i >= count) return;
    BlsG2Affine point;
    bool is_valid = bls_decode(&point, encodings + 96 * i);
    if (is_valid) points[i] = point;
    are_valid[i] = is_valid;
}

PELTON_BLS(pelton_bls_hash, BlsG2Affine* hashes, const uint8_t* expanded) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i < count) bls_hash(hashes + i, expanded + 256 * i);
}

PELTON_BLS(
    pelton_bls_sum_keys,
    BlsG1* sums,
    BlsMultiples<F381>* multiples,
    const BlsG1Affine* points,
    const uint8_t* are_valid,
    const word* coefficients,
    const uint32_t* ends) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i < count) bls_sum(sums + i, multiples, points, are_valid, coefficients, i ? ends[i - 1] : 0, ends[i]);
}

PELTON_BLS(
    pelton_bls_sum_signatures,
    BlsG2* sums,
    BlsMultiples<F381x2>* multiples,
    const BlsG2Affine* points,
    const uint8_t* are_valid,
    const word* coefficients,
    const uint32_t* ends) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i < count) bls_sum(sums + i, multiples, points, are_valid, coefficients, i ? ends[i - 1] : 0, ends[i]);
}

PELTON_BLS(pelton_bls_join_keys, BlsG1* sums, const BlsG1* points, const uint32_t* ends) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i < count) bls_join(sums + i, points, i ? ends[i - 1] : 0, ends[i]);
}

PELTON_BLS(pelton_bls_join_signatures, BlsG2* sums, const BlsG2* points, const uint32_t* ends) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i < count) bls_join(sums + i, points, i ? ends[i - 1] : 0, ends[i]);
}

// Sum i is of the sums of keys before ends[i], each of one message. `pairs` has room for all of these and one more for each sum.
PELTON_BLS(
    pelton_bls_check,
    uint8_t* answers,
    BlsPair* pairs,
    const BlsG1* keys,
    const uint32_t* messages,
    const BlsG2Affine* hashes,
    const BlsG2* signatures,
    const uint32_t* ends) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i >= count) return;
    uint32_t first = i ? ends[i - 1] : 0;
    answers[i] = bls_sum_holds(pairs + first + i, keys, messages, hashes, first, ends[i], signatures + i);
}

// Those signatures whose numbers stand in `which`. `pairs` has room for two for each.
PELTON_BLS(
    pelton_bls_check_each,
    uint8_t* answers,
    BlsPair* pairs,
    const BlsG1Affine* keys,
    const uint32_t* messages,
    const BlsG2Affine* hashes,
    const BlsG2Affine* points,
    const uint8_t* are_valid,
    const uint32_t* which) {
    uint32_t i = PELTON_BLS_THREAD;
    if (i >= count) return;
    uint32_t of = which[i];
    answers[i] = are_valid[of] && bls_holds(pairs + 2 * i, keys + of, hashes + messages[of], points + of);
}
