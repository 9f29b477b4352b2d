// ethers: deploys a contract, sends 1,000 transactions, reads receipts and logs, and watches by WebSocket.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { ContractFactory, JsonRpcProvider, Network, Wallet, WebSocketProvider, parseEther } from 'ethers';

const [, , httpUrl, wsUrl, key] = process.argv;
const { abi, bytecode } = JSON.parse(fs.readFileSync(process.env.TALLY));
const provider = new JsonRpcProvider(httpUrl, Network.from(31337), { staticNetwork: true, polling: true, pollingInterval: 50 });
const watcher = new WebSocketProvider(wsUrl);
const wallet = new Wallet(key, provider);
assert.equal((await watcher.getNetwork()).chainId, 31337n);

const tally = await new ContractFactory(abi, bytecode, wallet).deploy(7n, { value: parseEther('1') });
await tally.waitForDeployment();
const address = await tally.getAddress();
assert.equal(await provider.getBalance(address), parseEther('1'));
assert.equal(await tally.total(), 7n);
await assert.rejects(tally.add.staticCall(1_000_000n), /too much/);

const logs = [];
const heads = [];
await watcher.on({ address }, (log) => logs.push(log.transactionHash));
await watcher.on('block', (number) => heads.push(number));
await watcher.getBlockNumber();
await new Promise((resolve) => setTimeout(resolve, 200));

const count = 1_000;
const nonce = await wallet.getNonce();
const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
const sent = [];
for (let index = 0; index < count; index++) {
    const call = await tally.add.populateTransaction(BigInt(index));
    const fields = { ...call, type: 2, chainId: 31337n, nonce: nonce + index, gasLimit: 60_000n };
    const signed = await wallet.signTransaction({ ...fields, maxFeePerGas, maxPriorityFeePerGas });
    sent.push(provider.broadcastTransaction(signed));
}
const responses = await Promise.all(sent);
await responses[count - 1].wait(1, 60_000);
const receipts = await Promise.all(responses.map(({ hash }) => provider.getTransactionReceipt(hash)));
assert.ok(receipts.every(({ status, logs }) => status === 1 && logs.length === 1));
const total = 7n + BigInt((count * (count - 1)) / 2);
assert.equal(await tally.total(), total);

const found = await tally.queryFilter(tally.filters.Added(wallet.address), 0, 'latest');
assert.deepEqual(found.map(({ args }) => args.value), [...Array(count).keys()].map(BigInt));
for (let tries = 0; logs.length < count && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
assert.deepEqual(logs, responses.map(({ hash }) => hash), 'every log came by WebSocket, in order');
assert.ok(heads.length > 0, 'and so did heads');

// What wallets do when nothing is said: fees, nonce and gas limit come from the node.
await (await tally.add(1n)).wait();
assert.equal(await tally.total(), total + 1n);
console.log(`ethers: ${count} transactions in ${new Set(receipts.map(({ blockNumber }) => blockNumber)).size} blocks`);
process.exit(0);
