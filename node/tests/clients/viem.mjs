// viem: deploys a contract, sends 1,000 transactions in batches, reads receipts and logs, and watches by WebSocket.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, http, parseEther, webSocket } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [, , httpUrl, wsUrl, key] = process.argv;
const { abi, bytecode } = JSON.parse(fs.readFileSync(process.env.TALLY));
const account = privateKeyToAccount(key);
const chain = defineChain({
    id: 31337,
    name: 'Pelton',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [httpUrl], webSocket: [wsUrl] } },
});
const client = createPublicClient({ chain, transport: http(httpUrl, { batch: { batchSize: 250 } }), pollingInterval: 50 });
const wallet = createWalletClient({ account, chain, transport: http(httpUrl) });
const watcher = createPublicClient({ chain, transport: webSocket(wsUrl) });
assert.equal(await client.getChainId(), 31337);

const deployed = await client.waitForTransactionReceipt({
    hash: await wallet.deployContract({ abi, bytecode, args: [5n], value: parseEther('1') }),
});
assert.equal(deployed.status, 'success');
const address = deployed.contractAddress;
assert.equal(await client.getBalance({ address }), parseEther('1'));
assert.equal(await client.readContract({ address, abi, functionName: 'total' }), 5n);
await assert.rejects(client.simulateContract({ account, address, abi, functionName: 'add', args: [1_000_000n] }), /too much/);

const logs = [];
const heads = [];
const stopLogs = watcher.watchContractEvent({ address, abi, eventName: 'Added', onLogs: (news) => logs.push(...news) });
const stopHeads = watcher.watchBlockNumber({ onBlockNumber: (number) => heads.push(number) });
// The socket is open, and what was asked through it before is in force.
await watcher.getBlockNumber();
await new Promise((resolve) => setTimeout(resolve, 200));

const count = 1_000;
const nonce = await client.getTransactionCount({ address: account.address });
const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
const signed = [];
for (let index = 0; index < count; index++) {
    const data = encodeFunctionData({ abi, functionName: 'add', args: [BigInt(index)] });
    const fields = { type: 'eip1559', chainId: 31337, nonce: nonce + index, gas: 60_000n, to: address, data };
    signed.push(await account.signTransaction({ ...fields, maxFeePerGas, maxPriorityFeePerGas }));
}
const hashes = await Promise.all(signed.map((serializedTransaction) => client.sendRawTransaction({ serializedTransaction })));
await client.waitForTransactionReceipt({ hash: hashes[count - 1], timeout: 60_000 });
const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
assert.ok(receipts.every(({ status, logs }) => status === 'success' && logs.length === 1));
const total = 5n + BigInt((count * (count - 1)) / 2);
assert.equal(await client.readContract({ address, abi, functionName: 'total' }), total);
assert.equal(await client.getTransactionCount({ address: account.address }), nonce + count);

const found = await client.getContractEvents({ address, abi, eventName: 'Added', fromBlock: deployed.blockNumber });
assert.equal(found.length, count);
assert.deepEqual(found.map(({ args }) => args.value), [...Array(count).keys()].map(BigInt));
for (let tries = 0; logs.length < count && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
stopLogs();
stopHeads();
assert.deepEqual(logs.map(({ transactionHash }) => transactionHash), hashes, 'every log came by WebSocket, in order');
assert.ok(heads.includes(receipts[count - 1].blockNumber), 'and so did the heads');

const again = await wallet.writeContract({ address, abi, functionName: 'add', args: [1n] });
await client.waitForTransactionReceipt({ hash: again });
assert.equal(await client.readContract({ address, abi, functionName: 'total' }), total + 1n);
console.log(`viem: ${count} transactions in ${new Set(receipts.map(({ blockNumber }) => blockNumber)).size} blocks`);
process.exit(0);
