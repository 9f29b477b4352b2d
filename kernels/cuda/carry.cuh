// The instructions that all arithmetic here is made of: 32-bit words, and one carry between them.
//
// On the device each is one PTX instruction. On the host each is written out, with the carry in a variable, so that
// the very same arithmetic is compiled by any C++ compiler and compared with oracles on machines without a GPU.
//
//   add(a, b)          a + b                              add_cc, addc, addc_cc: carry out, in, both
//   sub(a, b)          a - b                              sub_cc, subc, subc_cc: borrow out, in, both
//   mul_pair           (low, high) = a * b
//   mad_pair_cc        (low, high) += a * b, carry out    madc_pair_cc: carry in and out
//
// A carry lives from one instruction to the next only: what sets it and what uses it stand side by side.
//
// PELTON_DEVICE functions become part of who calls them. PELTON_CALLED ones stay apart: what runs once or seldom must not
// push what runs often out of the instruction cache.
#pragma once

#include <stdint.h>

typedef uint32_t word;

#if defined(__CUDA_ARCH__)

#define PELTON_DEVICE __device__ __forceinline__
#define PELTON_CALLED __device__ __noinline__

#define PELTON_BINARY(name, instruction)                                          \
    PELTON_DEVICE word name(word a, word b) {                                     \
        word r;                                                                   \
        asm volatile(instruction " %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));      \
        return r;                                                                 \
    }

PELTON_BINARY(add_cc, "add.cc.u32")
PELTON_BINARY(addc, "addc.u32")
PELTON_BINARY(addc_cc, "addc.cc.u32")
PELTON_BINARY(sub_cc, "sub.cc.u32")
PELTON_BINARY(subc, "subc.u32")
PELTON_BINARY(subc_cc, "subc.cc.u32")

#undef PELTON_BINARY

// Two words of a product stand side by side in one statement, so that the assembler makes one instruction of them.
#define PELTON_PAIR(name, low, high)                                              \
    PELTON_DEVICE void name(word& l, word& h, word a, word b) {                   \
        asm volatile(low " %0, %2, %3, %0; " high " %1, %2, %3, %1;"              \
                     : "+r"(l), "+r"(h)                                           \
                     : "r"(a), "r"(b));                                           \
    }

PELTON_PAIR(mad_pair_cc, "mad.lo.cc.u32", "madc.hi.cc.u32")
PELTON_PAIR(madc_pair_cc, "madc.lo.cc.u32", "madc.hi.cc.u32")

#undef PELTON_PAIR

PELTON_DEVICE void mul_pair(word& l, word& h, word a, word b) {
    asm volatile("mul.lo.u32 %0, %2, %3; mul.hi.u32 %1, %2, %3;" : "=r"(l), "=r"(h) : "r"(a), "r"(b));
}

#else

#if defined(__CUDACC__)
#define PELTON_DEVICE __device__ __forceinline__ __host__
#define PELTON_CALLED __device__ __noinline__ __host__
#else
#define PELTON_DEVICE static inline
#define PELTON_CALLED static inline
#endif

// Nothing on the host runs two of these at once in one thread.
static thread_local word carry_flag = 0;

#if defined(PELTON_COUNT)
// How many products of two words were made: one instruction each on the device.
static uint64_t pelton_products = 0;
#define PELTON_COUNTED() pelton_products++
#else
#define PELTON_COUNTED()
#endif

PELTON_DEVICE word carried(uint64_t sum) {
    carry_flag = (word)(sum >> 32);
    return (word)sum;
}
PELTON_DEVICE word borrowed(uint64_t difference) {
    carry_flag = (word)(difference >> 63);
    return (word)difference;
}

PELTON_DEVICE word add_cc(word a, word b) { return carried((uint64_t)a + b); }
PELTON_DEVICE word addc_cc(word a, word b) { return carried((uint64_t)a + b + carry_flag); }
PELTON_DEVICE word addc(word a, word b) { return a + b + carry_flag; }
PELTON_DEVICE word sub_cc(word a, word b) { return borrowed((uint64_t)a - b); }
PELTON_DEVICE word subc_cc(word a, word b) { return borrowed((uint64_t)a - b - carry_flag); }
PELTON_DEVICE word subc(word a, word b) { return a - b - carry_flag; }
PELTON_DEVICE void mul_pair(word& l, word& h, word a, word b) {
    PELTON_COUNTED();
    uint64_t product = (uint64_t)a * b;
    l = (word)product;
    h = (word)(product >> 32);
}
PELTON_DEVICE void madc_pair_cc(word& l, word& h, word a, word b) {
    word low, high;
    mul_pair(low, high, a, b);
    l = addc_cc(l, low);
    h = addc_cc(h, high);
}
PELTON_DEVICE void mad_pair_cc(word& l, word& h, word a, word b) {
    carry_flag = 0;
    madc_pair_cc(l, h, a, b);
}

#endif
