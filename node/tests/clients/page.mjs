// The page in a browser: a devnet under a small load, and what is seen of it must be what JSON-RPC says. The browser must ask
// nobody but the node, find nothing wrong, need no scrolling sideways on a phone, and read well in both dresses.
//
//   node page.mjs PROGRAM [FOLDER for pictures]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { encodeDeployData, encodeFunctionData, formatEther, formatGwei, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { Browser } from './browser.mjs';

const [, , program, pictures] = process.argv;
const { abi, bytecode } = JSON.parse(fs.readFileSync(process.env.TALLY));
const PAYEE = '0x00000000000000000000000000000000000000aa';
const DESK = { width: 1280, height: 900, isPhone: false };
const PHONE = { width: 360, height: 740, isPhone: true };

async function start(port) {
    const running = spawn(program, ['devnet', '--port', port, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    // However this script ends, it ends too.
    process.on('exit', () => running.kill());
    const line = await new Promise((ready) => readline.createInterface({ input: running.stdout }).once('line', ready));
    const stop = () => new Promise((done) => {
        running.on('exit', done);
        running.kill();
    });
    return { ...JSON.parse(line), stop };
}

const node = await start('0');
const accounts = node.accounts.map(({ key }) => privateKeyToAccount(key));

async function rpc(calls) {
    const requests = calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params }));
    const response = await fetch(node.http, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(requests) });
    const answers = await response.json();
    return requests.map(({ id }) => answers.find((answer) => answer.id === id));
}
async function call(...request) {
    const [{ result, error }] = await rpc([request]);
    assert.equal(error, undefined, JSON.stringify(error));
    return result;
}
const fees = { type: 'eip1559', chainId: 31337, maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 10n ** 6n };
const nonces = accounts.map(() => 0);
const sign = (from, fields, nonce = nonces[from]++) => accounts[from].signTransaction({ ...fees, gas: 21_000n, to: PAYEE, value: 1n, nonce, ...fields });
const submit = (wires) => rpc(wires.map((wire) => ['eth_sendRawTransaction', wire]));

const browser = new Browser();
const tab = await browser.open();
const go = (route) => tab.value(`location.hash = ${JSON.stringify(route)}`);
const figure = (name) => tab.text(`[data-figure="${name}"]`);
const count = (text) => Number(/[\d,]+/.exec(text)[0].replaceAll(',', ''));

async function photograph(name) {
    for (const [size, window] of [['desktop', DESK], ['phone', PHONE]]) {
        for (const isDark of [false, true]) {
            await tab.dress({ ...window, isDark });
            await tab.value('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
            const wide = await tab.value('document.documentElement.scrollWidth - innerWidth');
            assert.ok(wide <= 0, `${name} on a ${size} is ${wide} px too wide`);
            const faint = await tab.value(`(${faintTexts})()`);
            assert.deepEqual(faint, [], `${name}, ${size}, ${isDark ? 'dark' : 'light'}: text of too little contrast`);
            if (pictures) await tab.picture(path.join(pictures, `${name}-${size}-${isDark ? 'dark' : 'light'}.png`), true);
        }
    }
    await tab.dress({ ...DESK, isDark: false });
}

// Texts whose contrast with what is behind them is below 4.5; runs in the page.
function faintTexts() {
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const linear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const [red, green, blue, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
            if (alpha === 1) return [red, green, blue];
        }
        return [255, 255, 255];
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: element, textContent: text } = walker.currentNode;
        if (!text.trim() || element.closest('noscript')) continue;
        const [one, other] = [parts(getComputedStyle(element).color), ground(element)].map(luminance);
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < 4.5) faint.push(`${text.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
    }
    return faint;
}

// Whatever can be reached by a key has a name for those who do not see it.
async function allIsNamed(view) {
    const { nodes } = await tab.send('Accessibility.getFullAXTree');
    const roles = ['link', 'button', 'searchbox', 'textbox', 'table', 'image'];
    const named = nodes.filter(({ ignored, role }) => !ignored && roles.includes(role?.value));
    const nameless = named.filter(({ name }) => !name?.value).map(({ role }) => role.value);
    assert.deepEqual(nameless, [], `without a name in ${view}`);
    assert.ok(nodes.some(({ role }) => role?.value === 'main') && nodes.some(({ role }) => role?.value === 'heading'), view);
}

// 1. Nothing has come yet.
await tab.dress({ ...DESK, isDark: false });
await tab.send('Page.navigate', { url: `${node.http}/` });
await tab.until(`document.querySelector('[data-figure="verdict"]')?.textContent === 'Running, idle. Nothing comes in.'`);
assert.equal(await tab.text('#link'), 'live');
assert.match(await tab.text('#chain'), /^chain 31337, Pelton/);
await photograph('idle');

// 2. A load, with everything that can become of a transaction in it.
const deploy = await sign(0, { to: undefined, value: 0n, gas: 1_000_000n, data: encodeDeployData({ abi, bytecode, args: [0n] }) });
const contract = (await call('eth_sendRawTransactionSync', deploy)).contractAddress;
const add = (from, value) => sign(from, { to: contract, value: 0n, gas: 100_000n, data: encodeFunctionData({ abi, functionName: 'add', args: [value] }) });
const failing = await add(1, 1_000_000n);
const good = await add(1, 7n);
const waiting = await sign(2, { value: 5n }, 3);
const wrong = await sign(3, { chainId: 1 });
nonces[3] -= 1;
const [, , , refused] = await submit([failing, good, waiting, wrong, await sign(4, {})]);
assert.match(refused.error.message, /chain id/);
const [copy] = await submit([await sign(0, {}, 0)]);
assert.match(copy.error.message, /underpriced/);
for (let round = 0; round < 8; round++) {
    const wires = await Promise.all(Array.from({ length: 160 }, (_, at) => sign(5 + (at % 5), {})));
    const answers = await submit(wires);
    assert.ok(answers.every(({ error }) => error === undefined), JSON.stringify(answers[0]));
}
await tab.until(`/^Running, [\\d,.]+ committed a second\\./.test(document.querySelector('[data-figure="verdict"]').textContent)`);
await photograph('load');

// 3. At rest, every figure is what JSON-RPC says.
await tab.until(`/nothing moves/.test(document.querySelector('[data-figure="verdict"]').textContent)`, 'the load is through');
const { stages, chain, waiting: left } = await call('pelton_stages');
assert.deepEqual([chain.committed, chain.failed, left], [8 * 160 + 3, 1, 1]);
assert.equal(count(await figure('committed-more')), chain.committed);
assert.equal(count(await figure('height')), chain.height);
assert.equal(count(await figure('waiting')), left);
const away = stages.flatMap(({ name, rejected }) => Object.entries(rejected).map(([reason, times]) => [name, reason, times]));
assert.ok(away.some(([, reason]) => reason === 'WrongChain') && away.some(([, reason]) => reason === 'ReplacementUnderpriced'), JSON.stringify(away));
assert.equal(count(await figure('lost')), away.reduce((all, [, , times]) => all + times, chain.failed));
const listed = await tab.value(`[...document.querySelectorAll('#reasons tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`);
for (const [name, reason, times] of [...away, ['execute', 'Failed', chain.failed]]) {
    assert.ok(listed.some((row) => row[0] === reason && row[1] === name && count(row[2]) === times), `${reason} of ${name}: ${JSON.stringify(listed)}`);
}
const drawn = await tab.value(`[...document.querySelectorAll('[data-stage]')].map((row) => [row.dataset.stage, row.querySelector('.away .value').textContent, row.querySelector('[role=img]').getAttribute('aria-label')])`);
assert.deepEqual(drawn.map(([name]) => name), stages.map(({ name }) => name));
stages.forEach(({ passed, held, rejected }, at) => {
    const times = Object.values(rejected).reduce((all, one) => all + one, 0);
    assert.equal(drawn[at][1], times > 0 ? String(times) : '–');
    assert.equal(drawn[at][2].replaceAll(',', ''), `since the start: ${passed} went on ${held} inside ${times} turned away`);
});
const [newest] = await call('pelton_blocks', 'latest', 1);
assert.equal(count(await tab.text('#blocks tbody th')), Number(newest.number));
await allIsNamed('the first screen');
await photograph('rest');

// 4. Single transactions, found by typing their hashes.
async function find(wire, status) {
    await tab.type(keccak256(wire));
    await tab.until(`location.hash === '#/transaction/${keccak256(wire)}' && document.querySelector('[data-figure="status"]')?.textContent.startsWith('${status}')`, status);
    return tab.value('document.querySelector("main").innerText');
}
const timeline = () => tab.value(`[...document.querySelectorAll('#timeline tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`);
let text = await find(good, 'committed');
const receipt = await call('eth_getTransactionReceipt', keccak256(good));
for (const part of [accounts[1].address, contract, receipt.logs[0].topics[0]]) assert.ok(text.toLowerCase().includes(part.toLowerCase()), part);
assert.ok(text.includes(`${BigInt(receipt.gasUsed).toLocaleString('en')} of 100,000`), text);
const told = (await call('pelton_transactionStatus', keccak256(good))).timeline.stages;
const shown = await timeline();
assert.deepEqual(shown.map(([stage]) => stage), told.map(({ stage }) => stage));
assert.deepEqual(shown.map(([stage]) => stage), stages.map(({ name }) => name).slice(1, -1));
assert.ok(told.every(({ doneNs }, at) => doneNs > 0 && doneNs >= (told[at - 1]?.doneNs ?? 0)), JSON.stringify(told));
assert.ok(shown.every(([, done]) => /^\+[\d.]+ (s|ms|µs|ns)$/.test(done)), JSON.stringify(shown));
await allIsNamed('a transaction');
await photograph('transaction');
assert.ok((await find(failing, 'failed')).includes('read its receipt'));
text = await find(waiting, 'waiting');
assert.ok(text.includes('NonceGap') && text.includes('send the transaction with nonce 0 first'), text);
assert.deepEqual((await timeline()).map(([, , , words]) => words).slice(3), ['here', ...Array(6).fill('not reached')]);
text = await find(wrong, 'rejected');
assert.ok(text.includes('WrongChain') && text.includes("sign it for this chain's id"), text);
assert.deepEqual((await timeline())[0], ['ingest', '', '', 'turned away: WrongChain']);
await photograph('rejected');
// What it waited for comes, and the page tells without being asked.
await find(waiting, 'waiting');
await submit([await sign(2, {}, 0), await sign(2, {}, 1), await sign(2, {}, 2)]);
await tab.until(`document.querySelector('[data-figure="status"]').textContent.startsWith('committed in block')`);

// 5. An account, and a block.
const facts = () => tab.value(`Object.fromEntries([...document.querySelectorAll('dl.facts > div')].map((one) => [...one.children].map((part) => part.textContent)))`);
await tab.type(accounts[1].address);
await tab.until(`document.querySelector('h1')?.textContent.startsWith('Account')`);
const balance = formatEther(BigInt(await call('eth_getBalance', accounts[1].address, 'latest')));
assert.equal((await facts()).Balance.replaceAll(',', ''), `${balance} ether`);
assert.equal((await facts())['Transactions sent'], '2');
const hrefs = () => tab.value(`[...document.querySelectorAll('main tbody a')].map((link) => link.hash)`);
for (const wire of [good, failing]) assert.ok((await hrefs()).includes(`#/transaction/${keccak256(wire)}`));
await photograph('account');
await go(`#/account/${PAYEE}`);
await tab.until(`document.querySelector('dl.facts dd')?.textContent === '${PAYEE}' && document.querySelectorAll('main tbody tr').length === 25`, 'the newest 25 of many');
await tab.value(`document.querySelector('button.more').click()`);
await tab.until(`document.querySelectorAll('main tbody tr').length === 50`, 'and 25 older ones');
assert.equal(new Set((await hrefs()).filter((hash) => hash.startsWith('#/transaction/'))).size, 50, 'none of them twice');
await go(`#/account/${contract}`);
await tab.until(`document.querySelector('main')?.innerText.includes('a contract')`);
await tab.type(String(Number(receipt.blockNumber)));
await tab.until(`document.querySelector('h1')?.textContent === 'Block ${Number(receipt.blockNumber)}'`);
assert.equal((await facts()).Hash, receipt.blockHash);
assert.ok((await hrefs()).includes(`#/transaction/${receipt.transactionHash}`));
await allIsNamed('a block');
await photograph('block');

// 6. Hot keys. Nothing waits any more, so nothing happens after what is sent here.
// A contract goes round in circles, five times in a block or two: some blocks later, whoever calls it pays for that.
const circles = (await call('eth_sendRawTransactionSync', await sign(0, { to: undefined, value: 0n, gas: 1_000_000n, data: '0x625b5f565f526003601df3' }), 20_000)).contractAddress;
const first = nonces[0]++;
const circle = { to: circles, value: 0n, gas: 16_000_000n };
// The first comes last, so that all of them are in one block.
await submit(await Promise.all([1, 2, 3, 4].map(() => sign(0, circle))));
await call('eth_sendRawTransactionSync', await sign(0, circle, first), 20_000);
const isHot = async () => (await call('pelton_stages')).chain.hotKeyCount > 0;
for (let block = 0; block < 12 && !(await isHot()); block++) await call('eth_sendRawTransactionSync', await sign(4, {}), 20_000);
const { hotKeys } = (await call('pelton_stages')).chain;
await go('#/');
await tab.until(`document.querySelector('#hot')`);
assert.ok(hotKeys.some(({ address, slot }) => address === circles && slot === null), JSON.stringify(hotKeys));
const rows = await tab.value(`[...document.querySelectorAll('#hot tbody tr')].map((row) => [row.querySelector('a').hash, row.cells[1].textContent])`);
assert.deepEqual(rows, hotKeys.map(({ address, price }) => [`#/account/${address}`, `${formatGwei(BigInt(price))} gwei`]));
await photograph('hot');

// 7. What cannot be found gets a clear answer, and what looks like markup is text.
for (const garbage of ['hello', '0x12', '-1', '0x' + 'g'.repeat(64), '99999999999999999999999', '<img src=x onerror=alert(1)>', '']) {
    const before = await tab.value('location.hash');
    await tab.type(garbage || ' ');
    await tab.until(`document.getElementById('answer').textContent.startsWith('That is no block number')`, garbage);
    assert.equal(await tab.value('location.hash'), before, garbage);
    await tab.value(`document.getElementById('answer').textContent = ''`);
}
await tab.type('123456789');
await tab.until(`document.querySelector('main').innerText.includes('There is no such block')`);
await tab.type(`0x${'ab'.repeat(32)}`);
await tab.until(`document.querySelector('[data-figure="status"]')?.textContent === 'unknown'`);
for (const route of ['#/account/<img src=x onerror=alert(1)>', '#/block/<b>', '#/transaction/%', '#/nowhere/1']) {
    await go(route);
    await tab.until(`/This is no|There is no such view/.test(document.querySelector('main').innerText)`, route);
    assert.equal(await tab.value(`document.querySelectorAll('main img, main b').length`), 0, route);
}
const sizes = await tab.value(`fetch('/nothing.js').then(({ status }) => status)`);
assert.equal(sizes, 404);
tab.errors = tab.errors.filter((error) => !error.includes('/nothing.js'));

// 8. It asked nobody else, and nothing went wrong.
const own = (address) => new URL(address).host === new URL(node.http).host;
assert.ok(tab.asked.length > 10 && tab.asked.every(own), tab.asked.join(' '));
assert.deepEqual(tab.errors, []);

// 9. A node that goes is missed, and found again when it comes back.
await go('#/');
await tab.until(`document.querySelector('[data-figure="committed-more"]')`);
await node.stop();
await tab.until(`document.getElementById('link').textContent === 'not reached, trying again'`);
const again = await start(new URL(node.http).port);
await tab.until(`document.getElementById('link').textContent === 'live' && document.querySelector('[data-figure="committed-more"]').textContent.startsWith('0 ')`, 'the new one begins at nothing');
await browser.close();
await again.stop();
console.log(`page: ${chain.committed} transactions, ${tab.asked.length} requests, all to the node`);
process.exit(0);
