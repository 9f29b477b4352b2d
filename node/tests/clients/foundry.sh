#!/usr/bin/env bash
# cast and forge: send, call, logs, access lists, 1,000 transactions, `forge create` and `forge script --broadcast`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export ETH_RPC_URL=$1
ws=$2 key=$3
work=$(mktemp -d)
trap 'kill $watching 2>/dev/null || true; rm -rf "$work"' EXIT
watching=
same() { [ "$1" = "$2" ] || { echo "$3: $1, not $2" >&2; exit 1; }; }

mkdir "$work/src" "$work/script"
cp "$here/Tally.sol" "$work/src/" && cp "$here/Deploy.s.sol" "$work/script/"
cd "$work"
me=$(cast wallet address "$key")

created=$(forge create --offline --use "$SOLC" --broadcast --private-key "$key" src/Tally.sol:Tally --constructor-args 3)
tally=$(sed -n 's/^Deployed to: //p' <<<"$created")
same "$(cast call "$tally" 'total()(uint256)')" 3 "what forge created"
same "$(cast code "$tally" | head -c 4)" 0x60 "its code"
cast send --json --private-key "$key" "$tally" 'add(uint256)' 4 >sent.json
same "$(node -p 'require("./sent.json").status')" 0x1 "a call by cast"
same "$(cast storage "$tally" 0 | tail -c 2)" 7 "the slot of the total"
cast estimate --from "$me" "$tally" 'add(uint256)' 4 >/dev/null
if cast call "$tally" 'add(uint256)' 1000000 >refused.txt 2>&1; then echo "too much is refused" >&2; exit 1; fi
grep -q "too much" refused.txt
cast access-list --from "$me" "$tally" 'add(uint256)' 1 | grep -qi "$tally"
cast logs --from-block 0 --address "$tally" 'Added(address indexed,uint256,uint256)' | grep -qi "${me#0x}"
cast proof "$tally" 0x0 >proof.txt
node -e 'const { accountProof, storageProof } = JSON.parse(require("fs").readFileSync("proof.txt"));
    if (accountProof.length === 0 || storageProof.length !== 1) process.exit(1);'

cast logs --subscribe --rpc-url "$ws" 'Added(address indexed,uint256,uint256)' >told.txt 2>&1 &
watching=$!
sleep 1
before=$(cast nonce "$me")
forge script --offline --use "$SOLC" --rpc-url "$ETH_RPC_URL" --broadcast --private-key "$key" \
    script/Deploy.s.sol:Deploy >script.txt 2>&1 || { tail -n 30 script.txt >&2; exit 1; }
grep -q "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL" script.txt
same $(($(cast nonce "$me") - before)) 1001 "what forge script sent"
run=$(ls broadcast/Deploy.s.sol/31337/run-latest.json)
same "$(node -p "require('./$run').receipts.filter(({ status }) => status === '0x1').length")" 1001 "its receipts"
deployed=$(node -p "require('./$run').receipts[0].contractAddress")
same "$(cast call "$deployed" 'total()(uint256)' | cut -d ' ' -f 1)" 499501 "what it added up to"
# Of a burst, cast itself drops what it cannot print in time; that all of them come is what viem and the others show.
last=$(node -p "require('./$run').receipts[1000].transactionHash")
for _ in $(seq 100); do
    grep -q "$last" told.txt && break
    sleep 0.1
done
grep -q "$last" told.txt || { echo "the last log did not come by WebSocket" >&2; exit 1; }
echo "forge: 1001 transactions in $(node -p "new Set(require('./$run').receipts.map(({ blockNumber }) => blockNumber)).size") blocks"
