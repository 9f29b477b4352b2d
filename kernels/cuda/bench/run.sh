#!/usr/bin/env bash
# Measures a machine with a GPU, and builds nothing there. On any x86-64 machine with the same system libraries, before:
#
#   cargo build --release -p pelton-kernels --example gpu && cargo build --release -p pelton
#
#   run.sh [FOLDER]          measures; FOLDER, target/release by default, holds `examples/gpu` (or `gpu`) and `pelton`
#   run.sh --dry [FOLDER]    says what is there and what is not, and runs what needs no GPU
#
# It needs NVIDIA's driver (580 or newer), and compute-sanitizer for the part that looks at memory. In this order:
#
#   1. the table of `gpu`: what the host takes to feed a GPU, ceilings, kernels alone, hashes, end to end, latency, energy, crossover, 10^8 signatures with one
#      in a thousand forged, in each way in which they are verified (kernels/cuda/bench/main.rs)
#   2. compute-sanitizer over `gpu --small`: memory, what is read before it is written, and races
#   3. pelton bench --until verify, both schemes, and with senders claimed, on the CPU, on the GPU, and on both
#
# The exit code is 1 if anything failed; what came before and after it is measured nevertheless.
set -uo pipefail
is_dry=
if [ "${1:-}" = --dry ]; then
    is_dry=1
    shift
fi
folder=${1:-$(cd "$(dirname "$0")/../../.." && pwd)/target/release}
gpu=$folder/examples/gpu
[ -x "$gpu" ] || gpu=$folder/gpu
pelton=$folder/pelton
failed=0
fails() {
    echo "run.sh: $*" >&2
    failed=1
}
# Tells what is run, and runs it.
run() {
    echo
    echo "\$ $*"
    "$@" || fails "failed: $*"
}

for program in "$gpu" "$pelton"; do
    [ -x "$program" ] || fails "$program is not there: build it as this script says"
done
[ "$failed" = 0 ] || exit 1
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)
[ -n "$sanitizer" ] || fails "compute-sanitizer is not there: memory is not checked"
command -v nvidia-smi >/dev/null || fails "nvidia-smi is not there: is there a driver?"
if [ -n "$is_dry" ]; then
    run "$pelton" bench --until verify --seconds 1 --backend cpu
    run "$gpu" --feed
    "$gpu" --small
    exit "$failed"
fi

echo "$(uname -srm), $(nproc) threads, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
run nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,power.limit --format=csv
run "$gpu"
if [ -n "$sanitizer" ]; then
    for tool in memcheck initcheck racecheck; do
        run "$sanitizer" --tool "$tool" --error-exitcode 9 "$gpu" --small
    done
fi
for kind in ed25519 secp256k1 "secp256k1 --claim-senders"; do
    for backend in cpu cuda auto; do
        # shellcheck disable=SC2086
        run "$pelton" bench --until verify --seconds 10 --backend "$backend" --scheme $kind
    done
done
exit "$failed"
