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
#include <stdio.h>
#include <string.h>

#include "../field/f25519.cuh"

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

int main() {
    unsigned char operation;
    while (take(&operation, 1)) {
        if (!answer_25519(operation)) return 1;
    }
    return fflush(stdout);
}
