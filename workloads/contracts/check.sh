#!/bin/sh
# Recompiles the contracts with the pinned compiler and compares with what is committed in out/.
#
#   contracts/check.sh           exit 1 and a diff if they differ
#   contracts/check.sh --write   replace what is in out/
#
# Needs node and npm; the compiler goes into a temporary folder.
set -eu

solc_version=0.8.37
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case "${1:-}" in
    "" | --write) ;;
    *) echo "usage: $0 [--write]" >&2; exit 2 ;;
esac

(cd "$work" && npm init --yes >/dev/null 2>&1 && npm install --silent --no-audit --no-fund "solc@$solc_version" >&2)
mkdir "$work/out"
NODE_PATH="$work/node_modules" node "$here/compile.js" "$work/out"

if [ "${1:-}" = --write ]; then
    mkdir -p "$here/out"
    rm -f "$here"/out/*.json
    cp "$work"/out/*.json "$here/out/"
    echo "wrote $(ls "$here/out" | tr '\n' ' ')"
else
    diff -ru "$here/out" "$work/out"
    echo "the committed contracts are what solc $solc_version makes of the sources"
fi
