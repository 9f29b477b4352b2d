// One account: what it owns, its code, what of it waits, and what it sent and received.
import { facts, h, row, table } from './dom.js';
import { bytes, blockLink, ether, gwei, accountLink, number, short, transactionLink, whole } from './format.js';
import { rowsOf } from './block.js';
import { View, pages } from './view.js';

const COLUMNS = [['Block', 'figure'], ['Transaction', ''], ['From', 'wide'], ['To', ''], ['Value', 'figure wide'], ['Result', '']];
const WAITING_MAX = 25;
// Bytes of code that are shown.
const CODE_MAX = 512;
// EIP-7702: code that says whose code it runs.
const DELEGATION = /^0xef0100([0-9a-f]{40})$/;

export class Account extends View {
    title() {
        return `Account ${short(this.name)}`;
    }

    async draw() {
        const address = this.name.toLowerCase();
        if (!/^0x[0-9a-f]{40}$/.test(address)) throw new Error('This is no address: 0x and 40 digits');
        const [balance, nonce, pending, code, figures, first, pool] = await this.client.all([
            ['eth_getBalance', address, 'latest'], ['eth_getTransactionCount', address, 'latest'],
            ['eth_getTransactionCount', address, 'pending'], ['eth_getCode', address, 'latest'], ['pelton_stages'],
            ['pelton_accountTransactions', address], ['txpool_contentFrom', address],
        ]);
        const delegate = DELEGATION.exec(code)?.[1];
        const kind = delegate ? ['delegated to ', accountLink(`0x${delegate}`, `0x${delegate}`)]
            : code === '0x' ? 'without code' : `a contract, ${whole(bytes(code))} bytes of code`;
        const hot = figures.chain.hotKeys.filter((key) => key.address.toLowerCase() === address);
        const price = hot.map(({ slot, price }) => `${slot === null ? 'the account' : `slot ${short(slot)}`} ${gwei(price)} per gas`).join(', ');
        const about = [
            ['Address', address], ['Balance', ether(balance)], ['Kind', kind],
            ['Transactions sent', `${whole(number(nonce))}${pending === nonce ? '' : `; the next nonce that is free is ${whole(number(pending))}`}`],
            ['Hot', price || undefined],
        ];
        return [h('h1', {}, this.title()), facts(about), this.#waiting(pool), h('h2', {}, 'Transactions, newest first'),
            await this.#transactions(address, first), this.#code(code)];
    }

    #waiting({ pending, queued }) {
        const all = [...Object.values(pending), ...Object.values(queued)];
        if (all.length === 0) return null;
        const rows = all.slice(0, WAITING_MAX).map((one) => row(
            ['figure', whole(number(one.nonce))], ['', transactionLink(one.hash)], ['', one.to ? accountLink(one.to) : 'creates'],
            ['figure', ether(one.value)]));
        const columns = [['Nonce', 'figure'], ['Transaction', ''], ['To', ''], ['Value', 'figure']];
        const note = all.length > WAITING_MAX ? h('p', { class: 'note' }, `${whole(all.length)} in all`) : null;
        return [h('h2', {}, 'Waiting for a block'), table('Waiting transactions', columns, rows, { class: 'listed' }), note];
    }

    async #transactions(address, first) {
        let found = first;
        const show = ({ transactions }) => rowsOf(this.client,
            transactions.map(({ blockNumber, transactionIndex }) => [number(blockNumber), number(transactionIndex)]),
            ({ blockNumber }) => blockLink(blockNumber));
        const rows = await show(found);
        if (rows.length === 0 && found.older === null) return h('p', { class: 'nothing' }, 'None in the blocks that this node still knows.');
        const drawn = table('Transactions of the account', COLUMNS, rows, { class: 'listed' });
        if (found.older === null) return drawn;
        return pages(drawn, async () => {
            const { blockNumber, belowIndex } = found.older;
            found = await this.client.call('pelton_accountTransactions', address, blockNumber, belowIndex);
            return { rows: await show(found), isLast: found.older === null };
        });
    }

    #code(code) {
        if (code === '0x') return null;
        const cut = code.length > 2 + 2 * CODE_MAX ? `${code.slice(0, 2 + 2 * CODE_MAX)}…` : code;
        return [h('h2', {}, 'Code'), h('pre', { class: 'bytes', tabindex: '0' }, cut)];
    }
}
