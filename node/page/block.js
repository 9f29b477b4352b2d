// One block: what its header says, and its transactions, a page at a time.
import { facts, h, row, table } from './dom.js';
import { accountLink, age, blockLink, ether, gwei, moment, number, short, transactionLink, whole } from './format.js';
import { View, pages } from './view.js';

const PAGE = 25;
const COLUMNS = [['Index', 'figure'], ['Transaction', ''], ['From', 'wide'], ['To', ''], ['Value', 'figure wide'], ['Result', '']];

// Rows for transactions of blocks, given [block, index] for each; the first cell is what `first` makes of it.
export async function rowsOf(client, places, first) {
    const quantity = (value) => `0x${value.toString(16)}`;
    const transactions = await client.all(places.map(([block, index]) =>
        ['eth_getTransactionByBlockNumberAndIndex', quantity(block), quantity(index)]));
    const receipts = await client.all(transactions.map((one) => ['eth_getTransactionReceipt', one?.hash ?? `0x${'0'.repeat(64)}`]));
    return transactions.flatMap((one, at) => {
        // Forgotten in between.
        if (one === null || receipts[at] === null) return [];
        const { status, contractAddress } = receipts[at];
        return [row(
            ['figure', first(one)], ['', transactionLink(one.hash)], ['wide', accountLink(one.from)],
            ['', one.to ? accountLink(one.to) : ['creates ', contractAddress ? accountLink(contractAddress) : 'nothing']],
            ['figure wide', ether(one.value)],
            [status === '0x0' ? 'failed' : '', status === '0x0' ? 'failed' : 'committed'])];
    });
}

export class Block extends View {
    title() {
        return `Block ${/^\d+$/.test(this.name) ? whole(BigInt(this.name)) : short(this.name)}`;
    }

    async #header() {
        if (/^0x[0-9a-f]{64}$/.test(this.name)) return this.client.call('eth_getHeaderByHash', this.name);
        if (!/^\d{1,20}$/.test(this.name)) throw new Error('This is no number of a block');
        return this.client.call('eth_getHeaderByNumber', `0x${BigInt(this.name).toString(16)}`);
    }

    async draw() {
        const header = await this.#header();
        if (header === null) {
            const newest = await this.client.call('eth_blockNumber');
            return [h('h1', {}, this.title()), h('p', { class: 'nothing' }, 'There is no such block. The newest one is ', blockLink(newest), '.')];
        }
        const [[brief], newest] = await this.client.all([['pelton_blocks', header.number, 1], ['eth_blockNumber']]);
        const height = number(header.number);
        const count = number(brief.transactions);
        const about = [
            ['Hash', header.hash], ['Made', height > 0 ? `${moment(1000 * number(header.timestamp))}, ${age(number(header.timestamp))}` : 'before all others'],
            ['Transactions', `${whole(count)}, ${whole(number(brief.failed))} of them failed`],
            ['Gas used', `${whole(number(header.gasUsed))} of ${whole(number(header.gasLimit))}`],
            ['Base fee', header.baseFeePerGas && gwei(header.baseFeePerGas)], ['Size', `${whole(number(brief.size))} bytes`],
            ['Producer', accountLink(header.miner, header.miner)], ['Parent', header.parentHash],
            ['State root', header.stateRoot], ['Transactions root', header.transactionsRoot], ['Receipts root', header.receiptsRoot],
        ];
        const beside = h('p', { class: 'beside' },
            height > 0 ? h('a', { href: `#/block/${height - 1}` }, '← Block below') : '',
            height < number(newest) ? h('a', { href: `#/block/${height + 1}` }, 'Block above →') : '');
        return [h('h1', {}, `Block ${whole(height)}`), beside, facts(about), h('h2', {}, 'Transactions'), await this.#transactions(height, count)];
    }

    async #transactions(height, count) {
        if (count === 0) return h('p', { class: 'nothing' }, 'There are none in it.');
        let shown = 0;
        const more = async () => {
            const places = Array.from({ length: Math.min(PAGE, count - shown) }, (_, at) => [height, shown + at]);
            const rows = await rowsOf(this.client, places, ({ transactionIndex }) => whole(number(transactionIndex)));
            shown += places.length;
            return { rows, isLast: shown === count };
        };
        const { rows, isLast } = await more();
        const drawn = table('Transactions of the block', COLUMNS, rows, { class: 'listed' });
        return isLast ? drawn : pages(drawn, more);
    }
}
