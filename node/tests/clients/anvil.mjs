// The same signed transactions through anvil and through Pelton: equal receipts, balances and storage, by a node that nobody
// here wrote; and how many a second each takes from the same client, in batches of eth_sendRawTransaction.
//
//   TRANSACTIONS=1000 node anvil.mjs PELTON_URL ANVIL_URL KEY...
//
// The rates mean something where both are built for speed and nothing else runs.
//
// Each sender has a contract of its own, so that the order among senders, which a block is free to choose, changes nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { encodeDeployData, encodeFunctionData, getContractAddress, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [, , pelton, anvil, ...keys] = process.argv;
const { abi, bytecode } = JSON.parse(fs.readFileSync(process.env.TALLY));
const [perSender, batchSize] = [Number(process.env.TRANSACTIONS ?? 1_000) / keys.length, 100];
const payee = (sender, nonce) => `0x${'00'.repeat(15)}5e${(sender * 65_536 + nonce).toString(16).padStart(8, '0')}`;

async function post(url, requests) {
    const body = JSON.stringify(requests);
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const responses = new Map((await answer.json()).map((one) => [one.id, one]));
    return requests.map(({ id, method }) => {
        const { result, error } = responses.get(id);
        assert.ok(!error, `${method}: ${JSON.stringify(error)}`);
        return result;
    });
}

/// Asks in batches, one after the other.
async function ask(url, method, params) {
    const requests = params.map((params, id) => ({ jsonrpc: '2.0', id, method, params }));
    const answers = [];
    for (let at = 0; at < requests.length; at += batchSize) answers.push(...(await post(url, requests.slice(at, at + batchSize))));
    return answers;
}

/// A transaction of a sender: a contract, then payments, calls, and calls that fail by turns.
function transaction(sender, contract, nonce) {
    const call = (value) => ({ to: contract, gas: 60_000n, data: encodeFunctionData({ abi, functionName: 'add', args: [value] }) });
    if (nonce === 0) return { gas: 500_000n, data: encodeDeployData({ abi, bytecode, args: [7n] }) };
    if (nonce % 20 === 10) return { ...call(1_000_000n), gas: 60_000n };
    return nonce % 2 ? { to: payee(sender, nonce), gas: 21_000n, value: BigInt(nonce) } : call(BigInt(nonce));
}

async function sign() {
    const senders = keys.map(privateKeyToAccount);
    const contracts = senders.map(({ address }) => getContractAddress({ from: address, nonce: 0n }));
    const signed = [];
    for (let nonce = 0; nonce < perSender; nonce++) {
        for (const [index, account] of senders.entries()) {
            const fields = { type: 'legacy', chainId: 31337, nonce, gasPrice: 2_000_000_000n, ...transaction(index, contracts[index], nonce) };
            signed.push(await account.signTransaction(fields));
        }
    }
    return { senders: senders.map(({ address }) => address), contracts, signed };
}

/// Sends all; gives the rate until the last of them has a receipt, and all receipts.
async function run(url, signed) {
    const ids = signed.map((one) => keccak256(one));
    const started = performance.now();
    await ask(url, 'eth_sendRawTransaction', signed.map((one) => [one]));
    for (const id of ids.slice(-keys.length)) {
        while (!(await post(url, [{ jsonrpc: '2.0', id: 0, method: 'eth_getTransactionReceipt', params: [id] }]))[0]) {
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }
    const rate = (1_000 * signed.length) / (performance.now() - started);
    return { rate, receipts: await ask(url, 'eth_getTransactionReceipt', ids.map((id) => [id])) };
}

/// What of a receipt does not depend on the block.
function essence({ transactionHash, type, status, from, to, contractAddress, gasUsed, effectiveGasPrice, logsBloom, logs }) {
    const shown = logs.map(({ address, topics, data }) => ({ address, topics, data }));
    return { transactionHash, type, status, from, to, contractAddress, gasUsed, effectiveGasPrice, logsBloom, logs: shown };
}

const { senders, contracts, signed } = await sign();
const [ours, theirs] = [await run(pelton, signed), await run(anvil, signed)];
for (const [index, receipt] of ours.receipts.entries()) {
    assert.deepEqual(essence(receipt), essence(theirs.receipts[index]), `transaction ${index}`);
}
const failed = ours.receipts.filter(({ status }) => status === '0x0').length;
assert.equal(failed, (keys.length * perSender) / 20);
const payees = senders.flatMap((_, sender) => Array.from({ length: perSender }, (_, nonce) => payee(sender, nonce)));
for (const [method, params] of [
    ['eth_getBalance', [...senders, ...contracts, ...payees].map((address) => [address, 'latest'])],
    ['eth_getTransactionCount', [...senders, ...contracts].map((address) => [address, 'latest'])],
    ['eth_getStorageAt', contracts.map((address) => [address, '0x0', 'latest'])],
    ['eth_getCode', contracts.map((address) => [address, 'latest'])],
]) {
    assert.deepEqual(await ask(pelton, method, params), await ask(anvil, method, params), method);
}
const [rate, other] = [ours.rate, theirs.rate].map(Math.round);
console.log(`anvil: ${signed.length} transactions, ${failed} of them failing, leave the same`);
console.log(`${rate} a second here, ${other} there: ${(ours.rate / theirs.rate).toFixed(1)} times as many`);
process.exit(0);
