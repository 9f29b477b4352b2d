#!/usr/bin/env bash
# Compiles the kernels for every GPU that is supported, each unit of them into a fatbin of its own, and what measures a GPU,
# into ceilings.fatbin: all are part of the repository.
#
#   build.sh           compiles them anew
#   build.sh --check   compiles them elsewhere, and fails if those in the repository are not what the source gives
#
# The same source gives the same bytes, wherever it lies. pelton.sources says of which bytes they were made: a test that
# needs no compiler holds it against the files as they are (tests/fatbin.rs).
#
# The compiler is NVIDIA's, from PyPI, every version pinned; it goes to .cuda in the root of the repository. No GPU and no
# driver is needed. PTX for sm_75 makes the kernels run on whatever comes after the newest one named here, too.
set -euo pipefail
cd "$(dirname "$0")"

# Units, as NAME:SOURCE. Of what verifies, the text (PTX), which tests run (tests/ptx), is kept beside the code, and what each
# kernel takes of a multiprocessor; of what measures, the code alone; of what is only tested, the text alone.
verifying="pelton:verify.cu bls:bls.cu"
measuring="ceilings:bench/ceilings.cu"
tested="fields:host/fields.cu f381:host/f381.cu"

root=$(cd ../.. && pwd)
wanted="nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96"
if [ "$(cat "$root/.cuda/wanted" 2>/dev/null)" != "$wanted" ]; then
    python3 -m venv "$root/.cuda"
    # shellcheck disable=SC2086
    "$root/.cuda/bin/python" -m pip install --quiet $wanted
    echo "$wanted" >"$root/.cuda/wanted"
fi
nvcc=$(echo "$root"/.cuda/lib/python3*/site-packages/nvidia/cu13/bin/nvcc)

folder=.
if [ "${1:-}" = --check ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi

# First the text, without its comments; then everything from that very text.
text() { "$nvcc" -O3 -ptx -arch=compute_75 -o - "$2" | sed 's|//.*||; /^[[:space:]]*$/d' >"$folder/$1.ptx"; }
codes=compute_75,sm_80,sm_86,sm_89,sm_90,sm_100,sm_120
code() {
    "$nvcc" -O3 --threads 0 -fatbin -Xfatbin=-compress-all -gencode "arch=compute_75,code=[$codes]" \
        -o "$folder/$1.fatbin" "$folder/$1.ptx"
}
# What each kernel takes with all that it calls, which a test holds to a budget (tests/fatbin.rs). An instruction has 16 bytes.
resources() {
    local cubin name rest bytes
    cubin=$(mktemp)
    {
        echo "kernel registers stack_bytes spilled_bytes instructions"
        "$nvcc" -O3 -cubin -arch=sm_90 -Xptxas -v -o "$cubin" "$folder/$1.ptx" 2>&1 |
            awk 'function put() { if (name) print name, registers, stack, spilled }
                 /Compiling entry function/ { put(); name = substr($7, 2, length($7) - 2); stack = ""; spilled = 0 }
                 /bytes stack frame/ { if (stack == "") stack = $1; spilled += $5 }
                 / Used / { registers = $5 }
                 END { put() }' |
            while read -r name rest; do
                bytes=$(readelf -SW "$cubin" 2>/dev/null | sed -n "s/.* \.text\.$name  *PROGBITS *[^ ]* *[^ ]* *\([^ ]*\) .*/\1/p")
                echo "$name $rest $((16#$bytes / 16))"
            done | LC_ALL=C sort
    } >"$folder/$1.resources"
    rm -f "$cubin"
}
made=()
for unit in $verifying $measuring $tested; do
    name=${unit%%:*}
    text "$name" "${unit#*:}"
    case " $verifying " in *" $unit "*)
        resources "$name"
        made+=("$name.resources")
        ;;
    esac
    case " $verifying $measuring " in *" $unit "*)
        code "$name"
        made+=("$name.fatbin")
        ;;
    esac
    case " $measuring " in
    *" $unit "*) rm -f "$folder/$name.ptx" ;;
    *)
        gzip -n -9 -f "$folder/$name.ptx"
        made+=("$name.ptx.gz")
        ;;
    esac
done

if [ "${1:-}" != --check ]; then
    sha256sum build.sh "${made[@]}" $(find . -name '*.cu' -o -name '*.cuh' | LC_ALL=C sort) | sed 's|  \./|  |' >pelton.sources
    exit
fi
for compiled in "${made[@]}"; do
    cmp "$folder/$compiled" "$compiled" || {
        echo "kernels/cuda/$compiled is not what the source gives: run kernels/cuda/build.sh" >&2
        exit 1
    }
done
