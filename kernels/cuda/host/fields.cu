// The arithmetic of both fields as a kernel of its own: compiled to text only, for a test that runs the text.
//
// Operations are numbered as in main.cpp. Operands and result have 32 bytes each, little-endian.
#include "../field/f25519.cuh"
#include "../field/secp256k1.cuh"

extern "C" __global__ void pelton_fields(word operation, word* result, const word* left, const word* right) {
    F25519 a, b, r = f25519_small(0);
    Fsecp c, d, s = fsecp_small(0);
    for (int j = 0; j < 8; j++) {
        a.v[j] = c.v[j] = left[j];
        b.v[j] = d.v[j] = right[j];
    }
    switch (operation) {
        case 0: r = f25519_add(a, b); break;
        case 1: r = f25519_sub(a, b); break;
        case 2: r = f25519_mul(a, b); break;
        case 3: r = f25519_canonical(a); break;
        case 4: r = f25519_invert(a); break;
        case 8: s = fsecp_add(c, d); break;
        case 9: s = fsecp_sub(c, d); break;
        case 10: s = fsecp_mul(c, d); break;
        case 11: s = fsecp_canonical(c); break;
        case 12: s = fsecp_invert(c); break;
        case 13: s = fsecp_root(c); break;
    }
    for (int j = 0; j < 8; j++) result[j] = operation < 8 ? r.v[j] : s.v[j];
}
