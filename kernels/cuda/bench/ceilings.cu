// What a GPU can do at most: kernels that do one thing only, as often as they can.
//
// Each thread goes `rounds` times over a few independent chains and writes what came of them, so that nothing is left out
// as useless. How much a round does is said at each kernel and in `src/cuda/ceilings.rs`.
#include "../field/f25519.cuh"
#include "../field/secp256k1.cuh"

#define PELTON_CEILING(name) extern "C" __global__ void name(word* sink, word seed, word rounds)
#define PELTON_THREAD (blockIdx.x * blockDim.x + threadIdx.x)

constexpr int CHAINS = 8, UNROLLED = 16;

// 128 products of two words, each added to two words (IMAD.WIDE).
PELTON_CEILING(pelton_ceiling_products) {
    word low[CHAINS], high[CHAINS], y = seed | 1, all = 0;
    for (int j = 0; j < CHAINS; j++) low[j] = high[j] = seed + PELTON_THREAD * CHAINS + j;
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll
        for (int k = 0; k < UNROLLED; k++) {
#pragma unroll
            for (int j = 0; j < CHAINS; j++) mad_pair_cc(low[j], high[j], high[(j + 1) % CHAINS], y);
        }
    }
    for (int j = 0; j < CHAINS; j++) all ^= low[j] ^ high[j];
    sink[PELTON_THREAD] = all;
}

// 128 products, in runs of four that hand on a carry, as all arithmetic here is made of them.
PELTON_CEILING(pelton_ceiling_carried_products) {
    word a[2][8], b[8], all = 0;
    for (int j = 0; j < 8; j++) {
        a[0][j] = seed + PELTON_THREAD + j;
        a[1][j] = seed ^ (PELTON_THREAD + j);
        b[j] = seed * (j + 3) + PELTON_THREAD;
    }
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll
        for (int k = 0; k < UNROLLED; k++) {
            mad_row<8>(a[0], b, a[1][k % 8]);
            mad_row<8>(a[1], b, a[0][k % 8]);
        }
    }
    for (int j = 0; j < 8; j++) all ^= a[0][j] ^ a[1][j];
    sink[PELTON_THREAD] = all;
}

// 128 sums of three words (IADD3).
PELTON_CEILING(pelton_ceiling_sums) {
    word a[CHAINS], all = 0;
    for (int j = 0; j < CHAINS; j++) a[j] = seed + PELTON_THREAD * CHAINS + j;
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll
        for (int k = 0; k < UNROLLED; k++) {
#pragma unroll
            for (int j = 0; j < CHAINS; j++) a[j] = a[j] + a[(j + 1) % CHAINS] + seed;
        }
    }
    for (int j = 0; j < CHAINS; j++) all ^= a[j];
    sink[PELTON_THREAD] = all;
}

// 128 products of floating-point numbers with 53 bits, each added to one (DFMA).
PELTON_CEILING(pelton_ceiling_floats) {
    double a[CHAINS], x = 1.0 + seed * 1e-12, y = seed * 1e-6, all = 0;
    for (int j = 0; j < CHAINS; j++) a[j] = PELTON_THREAD + j;
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll
        for (int k = 0; k < UNROLLED; k++) {
#pragma unroll
            for (int j = 0; j < CHAINS; j++) a[j] = a[j] * x + y;
        }
    }
    for (int j = 0; j < CHAINS; j++) all += a[j];
    sink[PELTON_THREAD] = (word)(long long)all;
}

// 8 multiplications in the field of 25519, one after the other.
PELTON_CEILING(pelton_ceiling_f25519) {
    F25519 a = f25519_small(seed + PELTON_THREAD), b = f25519_small(seed + 2);
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll 1
        for (int k = 0; k < 4; k++) {
            a = f25519_mul(a, b);
            b = f25519_mul(b, a);
        }
    }
    sink[PELTON_THREAD] = f25519_canonical(a).v[0] ^ f25519_canonical(b).v[7];
}

// 8 multiplications in the field of secp256k1, one after the other.
PELTON_CEILING(pelton_ceiling_fsecp) {
    Fsecp a = fsecp_small(seed + PELTON_THREAD), b = fsecp_small(seed + 2);
#pragma unroll 1
    for (word round = 0; round < rounds; round++) {
#pragma unroll 1
        for (int k = 0; k < 4; k++) {
            a = fsecp_mul(a, b);
            b = fsecp_mul(b, a);
        }
    }
    sink[PELTON_THREAD] = fsecp_canonical(a).v[0] ^ fsecp_canonical(b).v[7];
}
