// The kernels, one for each question that the host asks. Each thread answers for one signature, or
// for a few.
//
//   input, by signature                                       output
//   messages   bytes, one message behind the other            verdicts   32 bytes each: whether it is valid (1 byte),
//   ends       u32, where each message ends in `messages`                then the address of who signed (20 bytes),
//   signatures 64 bytes each                                             then zeros; 255 in front where nobody answered
//   keys       32 bytes each (ed25519), or parities, 1 byte each (secp256k1)
//
//   order      the tasks: number of a signature and of a place among the keys that are known, u32 each; those of the
//              same kind stand together, so that threads that run together do the same
//   part       which of them a kernel is for: the number of the first one, and how many, u32 each
//   scratch    96 bytes for each task of secp256k1, 384 for each of ed25519
//   known      keys that are known: Ed25519Known or SecpKnown by place
//   secret     32 bytes that are others for each batch
//
// All that differs between batches of a length is read from memory, so that one CUDA graph serves many of them: there may
// be more threads than tasks, and those do nothing.
//
// What a key that is known does not prove is left without an answer, and answered by the kernels that need none.
#include "scheme/ed25519_known.cuh"
#include "scheme/ed25519_sums.cuh"
#include "scheme/secp256k1_known.cuh"

// Multiples of the base points, made once by `tables`.
__device__ Ed25519Base ed25519_base;
__device__ SecpBase secp256k1_base;

constexpr int THREADS = 128;
constexpr uint32_t VERDICT_BYTES = 32;
constexpr uint8_t NO_ANSWER = 0xff;

// As in src/cuda/steps.rs.
static_assert(sizeof(Ed25519Known) == 6208 && sizeof(SecpKnown) == 6272, "the host gives out places of this size");

struct Task {
    uint32_t signature, place;
};
struct Part {
    uint32_t first, count;
};

// Every byte of a verdict is written: what stood there before is no part of an answer.
PELTON_DEVICE void put_verdict(uint8_t* verdict, bool is_valid, const uint8_t* address) {
#pragma unroll
    for (uint32_t i = 0; i < VERDICT_BYTES; i++) {
        verdict[i] = i == 0 ? is_valid : is_valid && i <= 20 ? address[i - 1] : 0;
    }
}

extern "C" __global__ void pelton_tables() {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        edwards_comb(&ed25519_base, edwards_base());
        secp_comb(&secp256k1_base, secp_base());
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
        const Task* order,                                \
        const Part* part,                                 \
        uint8_t* scratch,                                 \
        uint8_t* known,                                   \
        const uint8_t* secret)
// What each of them begins with: its tasks, and how many.
#define PELTON_BEGIN                                          \
    const uint32_t count = part->count;                       \
    [[maybe_unused]] const Task* tasks = order + part->first; \
    (void)verdicts, (void)messages, (void)ends, (void)signatures, (void)keys, (void)scratch, (void)known, (void)secret

// The number of a thread's task among these, or of its first one; a kernel in which each has `shared` of them has those
// `stride` apart.
PELTON_DEVICE uint32_t thread_task() { return blockIdx.x * blockDim.x + threadIdx.x; }
PELTON_DEVICE uint32_t stride_of(uint32_t count, uint32_t shared) { return (count + shared - 1) / shared; }

PELTON_DEVICE bool is_answered(const uint8_t* verdicts, uint32_t signature) {
    return verdicts[VERDICT_BYTES * signature] != NO_ANSWER;
}

// Whether a thread with several tasks has one without an answer.
PELTON_DEVICE bool is_any_open(const uint8_t* verdicts, const Task* tasks, uint32_t stride, uint32_t count) {
    bool is_open = false;
#pragma unroll 1
    for (uint32_t at = thread_task(); at < count; at += stride) is_open |= !is_answered(verdicts, tasks[at].signature);
    return is_open;
}

PELTON_DEVICE uint32_t start_of(const uint32_t* ends, uint32_t signature) { return signature ? ends[signature - 1] : 0; }

// Tasks whose keys are known.
PELTON_VERIFY(pelton_ed25519_known) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    Task task = tasks[thread_task()];
    uint32_t i = task.signature, start = start_of(ends, i);
    const Ed25519Known& by = ((const Ed25519Known*)known)[task.place];
    if (!ed25519_is_key(by, keys + 32 * i)) return;
    bool is_valid = ed25519_verify_known(
        ed25519_base, by, messages + start, ends[i] - start, signatures + 64 * i, keys + 32 * i);
    put_verdict(verdicts + VERDICT_BYTES * i, is_valid, by.address);
}

// The four steps of random sums, see scheme/ed25519_sums.cuh.
PELTON_VERIFY(pelton_ed25519_equations) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    uint32_t i = tasks[thread_task()].signature, start = start_of(ends, i);
    Ed25519Equation* equation = sums_equation(ed25519_sums(count, scratch), thread_task());
    bool is_good = ed25519_equation(
        equation, secret, messages + start, ends[i] - start, signatures + 64 * i, keys + 32 * i);
    if (!is_good) put_verdict(verdicts + VERDICT_BYTES * i, false, keys);
}

// ED25519_WINDOWS threads for each group, those for the same window together.
PELTON_VERIFY(pelton_ed25519_windows) {
    PELTON_BEGIN;
    Ed25519Sums sums = ed25519_sums(count, scratch);
    uint32_t window = thread_task() / sums.groups, group = thread_task() % sums.groups;
    if (window >= ED25519_WINDOWS) return;
    const Ed25519Equation* first = sums_equation(sums, sums_start(group));
    *sums_window(sums, window, group) = ed25519_window(first, sums_length(sums, group), (int)window);
}

// A thread for each group.
PELTON_VERIFY(pelton_ed25519_groups) {
    PELTON_BEGIN;
    Ed25519Sums sums = ed25519_sums(count, scratch);
    uint32_t group = thread_task();
    if (group >= sums.groups) return;
    const Ed25519Equation* first = sums_equation(sums, sums_start(group));
    *sums_holds(sums, group) = ed25519_group(ed25519_base, first, sums_length(sums, group), [&](int window) {
        return *sums_window(sums, (uint32_t)window, group);
    });
}

// What a group that does not hold leaves open, the next kernel answers.
PELTON_VERIFY(pelton_ed25519_addresses) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    uint32_t i = tasks[thread_task()].signature;
    if (!*sums_holds(ed25519_sums(count, scratch), sums_group(thread_task())) || is_answered(verdicts, i)) return;
    uint8_t address[20];
    ed25519_address(address, keys + 32 * i);
    put_verdict(verdicts + VERDICT_BYTES * i, true, address);
}

PELTON_VERIFY(pelton_ed25519) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    uint32_t i = tasks[thread_task()].signature, start = start_of(ends, i);
    if (is_answered(verdicts, i)) return;
    uint8_t address[20];
    bool is_valid = ed25519_verify(
        address, ed25519_base, messages + start, ends[i] - start, signatures + 64 * i, keys + 32 * i);
    put_verdict(verdicts + VERDICT_BYTES * i, is_valid, address);
}

// Tasks whose keys are to be known from the next batch on.
PELTON_VERIFY(pelton_ed25519_know) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    Task task = tasks[thread_task()];
    ed25519_know((Ed25519Known*)known + task.place, keys + 32 * task.signature);
}

// The three steps of secp256k1 with known keys, see scheme/secp256k1_known.cuh, and those without, see scheme/secp256k1.cuh.
// In the first and the last one of both a thread has SECP_SHARED tasks.
PELTON_VERIFY(pelton_secp256k1_known_begin) {
    PELTON_BEGIN;
    uint32_t stride = stride_of(count, SECP_SHARED);
    if (thread_task() >= stride) return;
    secp_invert((SecpKept*)scratch, thread_task(), stride, count, [&](uint32_t at) {
        return signatures + 64 * tasks[at].signature + 32;
    });
}

PELTON_VERIFY(pelton_secp256k1_known) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    Task task = tasks[thread_task()];
    uint32_t i = task.signature, start = start_of(ends, i);
    const uint8_t* message = messages + start;
    uint8_t digest[32];
    keccak256(digest, ends[i] - start, [&](uint32_t at) { return message[at]; });
    const SecpKnown& by = ((const SecpKnown*)known)[task.place];
    secp_nonce((SecpKept*)scratch + thread_task(), secp256k1_base, by, digest, signatures + 64 * i, keys[i]);
}

PELTON_VERIFY(pelton_secp256k1_known_end) {
    PELTON_BEGIN;
    uint32_t stride = stride_of(count, SECP_SHARED);
    if (thread_task() >= stride) return;
    auto answer = [&](uint32_t at, bool is_point, const Fsecp& x, const Fsecp& y) {
        Task task = tasks[at];
        uint32_t i = task.signature;
        if (!is_point || !secp_is_nonce(x, y, signatures + 64 * i, keys[i])) return;
        put_verdict(verdicts + VERDICT_BYTES * i, true, ((const SecpKnown*)known)[task.place].address);
    };
    secp_points((const SecpKept*)scratch, thread_task(), stride, count, answer);
}

PELTON_VERIFY(pelton_secp256k1_begin) {
    PELTON_BEGIN;
    uint32_t stride = stride_of(count, SECP_SHARED);
    if (thread_task() >= stride || !is_any_open(verdicts, tasks, stride, count)) return;
    secp_invert((SecpKept*)scratch, thread_task(), stride, count, [&](uint32_t at) {
        return signatures + 64 * tasks[at].signature;
    });
}

PELTON_VERIFY(pelton_secp256k1) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    uint32_t i = tasks[thread_task()].signature, start = start_of(ends, i);
    if (is_answered(verdicts, i)) return;
    const uint8_t* message = messages + start;
    uint8_t digest[32];
    keccak256(digest, ends[i] - start, [&](uint32_t at) { return message[at]; });
    secp_recover((SecpKept*)scratch + thread_task(), secp256k1_base, digest, signatures + 64 * i, keys[i]);
}

PELTON_VERIFY(pelton_secp256k1_end) {
    PELTON_BEGIN;
    uint32_t stride = stride_of(count, SECP_SHARED);
    if (thread_task() >= stride || !is_any_open(verdicts, tasks, stride, count)) return;
    auto answer = [&](uint32_t at, bool is_key, const Fsecp& x, const Fsecp& y) {
        uint32_t i = tasks[at].signature;
        if (is_answered(verdicts, i)) return;
        uint8_t address[20] = {0};
        if (is_key) secp_address(address, x, y);  // rule 5
        put_verdict(verdicts + VERDICT_BYTES * i, is_key, address);
    };
    secp_points((const SecpKept*)scratch, thread_task(), stride, count, answer);
}

// Tasks whose keys, recovered just now, are to be known from the next batch on.
PELTON_VERIFY(pelton_secp256k1_know) {
    PELTON_BEGIN;
    if (thread_task() >= count) return;
    Task task = tasks[thread_task()];
    const uint8_t* address = verdicts + VERDICT_BYTES * task.signature + 1;
    secp_know((SecpKnown*)known + task.place, (const SecpKept*)scratch + part->first + thread_task(), address);
}

// Not signatures but hashes: the Keccak-256 of each message, in place of a verdict.
PELTON_VERIFY(pelton_keccak256) {
    PELTON_BEGIN;
    uint32_t i = thread_task();
    if (i >= count) return;
    const uint8_t* message = messages + start_of(ends, i);
    keccak256(verdicts + VERDICT_BYTES * i, ends[i] - start_of(ends, i), [&](uint32_t at) { return message[at]; });
}
