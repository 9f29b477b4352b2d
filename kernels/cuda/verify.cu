// The kernels, one for each question that the host asks. Each thread answers for one signature.
//
//   input, by signature                                       output
//   messages   bytes, one message behind the other            verdicts   32 bytes each: whether it is valid (1 byte),
//   ends       u32, where each message ends in `messages`                then the address of who signed (20 bytes),
//   signatures 64 bytes each                                             then zeros
//   keys       32 bytes each (ed25519)
//   parities   1 byte each (secp256k1)
//   count      how many signatures
#include "scheme/ed25519.cuh"
#include "scheme/secp256k1.cuh"

// Multiples of the base points, made once by `tables`.
__device__ Ed25519Base ed25519_base;
__device__ SecpMultiples secp256k1_base;

constexpr int THREADS = 128;
constexpr uint32_t VERDICT_BYTES = 32;

// Every byte of a verdict is written: what stood there before is no part of an answer.
PELTON_DEVICE void put_verdict(uint8_t* verdict, bool is_valid, const uint8_t* address) {
#pragma unroll
    for (uint32_t i = 0; i < VERDICT_BYTES; i++) {
        verdict[i] = i == 0 ? is_valid : is_valid && i <= 20 ? address[i - 1] : 0;
    }
}

extern "C" __global__ void pelton_tables() {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        edwards_multiples(ed25519_base.multiples, edwards_base());
        secp_multiples(&secp256k1_base, secp_base());
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) pelton_ed25519(
    uint8_t* verdicts,
    const uint8_t* messages,
    const uint32_t* ends,
    const uint8_t* signatures,
    const uint8_t* keys,
    uint32_t count) {
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    uint32_t start = i ? ends[i - 1] : 0;
    uint8_t address[20];
    bool is_valid = ed25519_verify(
        address, ed25519_base, messages + start, ends[i] - start, signatures + 64 * i, keys + 32 * i);
    put_verdict(verdicts + VERDICT_BYTES * i, is_valid, address);
}

extern "C" __global__ void __launch_bounds__(THREADS) pelton_secp256k1(
    uint8_t* verdicts,
    const uint8_t* messages,
    const uint32_t* ends,
    const uint8_t* signatures,
    const uint8_t* parities,
    uint32_t count) {
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    uint32_t start = i ? ends[i - 1] : 0;
    uint8_t address[20];
    bool is_valid = secp_verify(
        address, secp256k1_base, messages + start, ends[i] - start, signatures + 64 * i, parities[i]);
    put_verdict(verdicts + VERDICT_BYTES * i, is_valid, address);
}
