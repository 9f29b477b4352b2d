// Which view is shown: the part of the address behind # says it, so that views can be linked to and the history of the browser
// works.
//
//   #/   #/block/NUMBER or HASH   #/transaction/HASH   #/account/ADDRESS
import { Account } from './account.js';
import { Block } from './block.js';
import { Client } from './client.js';
import { h, say } from './dom.js';
import { Overview } from './overview.js';
import { Transaction } from './transaction.js';

const VIEWS = { block: Block, transaction: Transaction, account: Account };
const main = document.getElementById('main');
const link = document.getElementById('link');
const wanted = document.getElementById('wanted');
const answer = document.getElementById('answer');
let view;

const page = new URL('/', location.href);
page.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
page.hash = '';

const client = new Client(page.href, (isReached) => {
    say(link, isReached ? 'live' : 'not reached, trying again');
    document.body.classList.toggle('cut-off', !isReached);
    if (isReached) greet();
});

// Says who is there, and shows again what could not be shown before.
async function greet() {
    if (!(view instanceof Overview)) show();
    const [chain, version] = await client.all([['eth_chainId'], ['web3_clientVersion']]);
    say(document.getElementById('chain'), `chain ${Number(chain)}, ${version}`);
}

function show() {
    view?.stop();
    const [, kind, name] = location.hash.split('/');
    document.title = name ? `${kind} ${name} – Pelton` : 'Pelton';
    if (VIEWS[kind] && name) {
        view = new VIEWS[kind](main, client, name);
    } else if (kind) {
        view = undefined;
        main.replaceChildren(h('h1', {}, 'There is no such view'), h('p', {}, h('a', { href: '#/' }, 'To the first one')));
    } else {
        view = new Overview(main, client);
    }
}

// What was typed, as a route; a hash may be a block's or a transaction's, which the node knows.
async function find(text) {
    const typed = text.trim().replaceAll(',', '');
    if (/^\d+$/.test(typed) && BigInt(typed) < 2n ** 64n) return `#/block/${BigInt(typed)}`;
    if (/^0x[0-9a-f]{40}$/i.test(typed)) return `#/account/${typed.toLowerCase()}`;
    if (/^0x[0-9a-f]{64}$/i.test(typed)) {
        const block = await client.call('eth_getBlockTransactionCountByHash', typed.toLowerCase());
        return `#/${block === null ? 'transaction' : 'block'}/${typed.toLowerCase()}`;
    }
    throw new Error('That is no block number, no hash (0x and 64 digits) and no address (0x and 40 digits).');
}

document.getElementById('search').addEventListener('submit', async (event) => {
    event.preventDefault();
    say(answer, '');
    try {
        const route = await find(wanted.value);
        wanted.value = '';
        location.hash = route;
        main.focus({ preventScroll: true });
    } catch (error) {
        say(answer, error.message);
        wanted.select();
    }
    wanted.toggleAttribute('aria-invalid', answer.textContent !== '');
});

document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
});

addEventListener('hashchange', () => {
    say(answer, '');
    wanted.removeAttribute('aria-invalid');
    show();
    scrollTo(0, 0);
});
show();
