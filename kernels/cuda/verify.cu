// The kernels, one for each question that the host asks. Each thread answers for one signature, or
// for a few.
//
//   input, by signature                                       output
//   messages   bytes, one message behind the other            verdicts   32 bytes each: whether it is valid (1 byte),
//   ends       u32, where each message ends in `messages`                then the address of who signed (20 bytes),
//   signatures 64 bytes each                                             then zeros
//   keys       32 bytes each (ed25519), or parities, 1 byte each (secp256k1)
//   count      how many signatures
//   scratch    96 bytes for each signature
#include "scheme/ed25519.cuh"
#include "scheme/secp256k1.cuh"

// Multiples of the base points, made once by `tables`.
__device__ Ed25519Base ed25519_base;
__device__ SecpBase secp256k1_base;

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
        edwards_multiples(ed25519_base.multiples, 128, edwards_base());
        secp_multiples(&secp256k1_base, secp_base());
    }
}

// All kernels have the same parameters, whether they need them or not.
#define PELTON_VERIFY(name)                               \
    extern "C" __global__ void __launch_bounds__(THREADS) name( \
        uint8_t* verdicts,                                \
        const uint8_t* messages,                          \
        const uint32_t* ends,                             \
        const uint8_t* signatures,                        \
        const uint8_t* keys,                              \
        uint32_t count,                                   \
        uint8_t* scratch)

PELTON_VERIFY(pelton_ed25519) {
    (void)scratch;
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    uint32_t start = i ? ends[i - 1] : 0;
    uint8_t address[20];
    bool is_valid = ed25519_verify(
        address, ed25519_base, messages + start, ends[i] - start, signatures + 64 * i, keys + 32 * i);
    put_verdict(verdicts + VERDICT_BYTES * i, is_valid, address);
}

// The three steps of secp256k1, see scheme/secp256k1.cuh. In the first and the last one a thread has SECP_SHARED signatures.
PELTON_VERIFY(pelton_secp256k1_begin) {
    (void)verdicts, (void)messages, (void)ends, (void)keys;
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x, stride = (count + SECP_SHARED - 1) / SECP_SHARED;
    if (i >= stride) return;
    secp_invert_r((SecpKept*)scratch, signatures, i, stride, count);
}

PELTON_VERIFY(pelton_secp256k1) {
    (void)verdicts;
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    uint32_t start = i ? ends[i - 1] : 0;
    const uint8_t* message = messages + start;
    uint8_t digest[32];
    keccak256(digest, ends[i] - start, [&](uint32_t at) { return message[at]; });
    secp_recover((SecpKept*)scratch + i, secp256k1_base, digest, signatures + 64 * i, keys[i]);
}

PELTON_VERIFY(pelton_secp256k1_end) {
    (void)messages, (void)ends, (void)signatures, (void)keys;
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x, stride = (count + SECP_SHARED - 1) / SECP_SHARED;
    if (i >= stride) return;
    secp_addresses((const SecpKept*)scratch, i, stride, count, [&](uint32_t at, bool is_valid, const uint8_t* address) {
        put_verdict(verdicts + VERDICT_BYTES * at, is_valid, address);
    });
}
