// The kernels, compiled for this machine and found by name: each launch runs its threads one after the other.
#pragma once

#include <stdint.h>

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>

struct Place {
    uint32_t x, y, z;
};
static thread_local Place blockIdx, blockDim, gridDim, threadIdx;

#define __global__
#define __device__
#define __launch_bounds__(...)

#include "../bench/ceilings.cu"
#include "../bls.cu"
#include "../verify.cu"

// A launch whose arguments were copied, as a driver copies them: what they lay in may be gone when it runs.
typedef std::function<void()> Launch;
typedef std::function<Launch(void** arguments, uint32_t blocks, uint32_t threads)> Kernel;

template <class... Types, size_t... Index>
Launch prepared(
    void (*kernel)(Types...), void** arguments, uint32_t blocks, uint32_t threads, std::index_sequence<Index...>) {
    (void)arguments;  // A kernel may have none.
    std::tuple<Types...> copied{*static_cast<Types*>(arguments[Index])...};
    return [=] {
        gridDim = Place{blocks, 1, 1};
        blockDim = Place{threads, 1, 1};
        for (uint32_t i = 0; i < blocks * threads; i++) {
            blockIdx = Place{i / threads, 0, 0};
            threadIdx = Place{i % threads, 0, 0};
            std::apply(kernel, copied);
        }
    };
}

template <class... Types>
Kernel kernel_of(void (*kernel)(Types...)) {
    return [=](void** arguments, uint32_t blocks, uint32_t threads) {
        return prepared(kernel, arguments, blocks, threads, std::index_sequence_for<Types...>());
    };
}

static const std::map<std::string, Kernel> KERNELS = {
    {"pelton_tables", kernel_of(pelton_tables)},
    {"pelton_ed25519_known", kernel_of(pelton_ed25519_known)},
    {"pelton_ed25519_equations", kernel_of(pelton_ed25519_equations)},
    {"pelton_ed25519_windows", kernel_of(pelton_ed25519_windows)},
    {"pelton_ed25519_groups", kernel_of(pelton_ed25519_groups)},
    {"pelton_ed25519_addresses", kernel_of(pelton_ed25519_addresses)},
    {"pelton_ed25519", kernel_of(pelton_ed25519)},
    {"pelton_ed25519_know", kernel_of(pelton_ed25519_know)},
    {"pelton_secp256k1_known_begin", kernel_of(pelton_secp256k1_known_begin)},
    {"pelton_secp256k1_known", kernel_of(pelton_secp256k1_known)},
    {"pelton_secp256k1_known_end", kernel_of(pelton_secp256k1_known_end)},
    {"pelton_secp256k1_begin", kernel_of(pelton_secp256k1_begin)},
    {"pelton_secp256k1", kernel_of(pelton_secp256k1)},
    {"pelton_secp256k1_end", kernel_of(pelton_secp256k1_end)},
    {"pelton_secp256k1_know", kernel_of(pelton_secp256k1_know)},
    {"pelton_keccak256", kernel_of(pelton_keccak256)},
    {"pelton_ceiling_products", kernel_of(pelton_ceiling_products)},
    {"pelton_ceiling_carried_products", kernel_of(pelton_ceiling_carried_products)},
    {"pelton_ceiling_sums", kernel_of(pelton_ceiling_sums)},
    {"pelton_ceiling_floats", kernel_of(pelton_ceiling_floats)},
    {"pelton_ceiling_f25519", kernel_of(pelton_ceiling_f25519)},
    {"pelton_ceiling_fsecp", kernel_of(pelton_ceiling_fsecp)},
    {"pelton_bls_decode", kernel_of(pelton_bls_decode)},
    {"pelton_bls_hash", kernel_of(pelton_bls_hash)},
    {"pelton_bls_sum_keys", kernel_of(pelton_bls_sum_keys)},
    {"pelton_bls_sum_signatures", kernel_of(pelton_bls_sum_signatures)},
    {"pelton_bls_join_keys", kernel_of(pelton_bls_join_keys)},
    {"pelton_bls_join_signatures", kernel_of(pelton_bls_join_signatures)},
    {"pelton_bls_check", kernel_of(pelton_bls_check)},
    {"pelton_bls_check_each", kernel_of(pelton_bls_check_each)},
};
