// The arithmetic of the field of 381 bits and of its quadratic extension as a kernel of its own: compiled to text only, for a
// test that runs the text.
//
// Operations are numbered as in bls.cpp. Operands and result have 96 bytes each, of which those of the field use the first
// half.
#include "../field/f381.cuh"

extern "C" __global__ void pelton_f381(word operation, F381x2* result, const F381x2* left, const F381x2* right) {
    F381x2 a = *left, b = *right, r;
    f381_set(&r, 0);
    switch (operation) {
        case 0: r.c0 = f381_add(a.c0, b.c0); break;
        case 1: r.c0 = f381_sub(a.c0, b.c0); break;
        case 2: r.c0 = f381_mul(a.c0, b.c0); break;
        case 3: r.c0 = f381_square(a.c0); break;
        case 8: r = f381_add(a, b); break;
        case 9: r = f381_sub(a, b); break;
        case 10: r = f381_mul(a, b); break;
        case 11: r = f381_square(a); break;
    }
    *result = r;
}
