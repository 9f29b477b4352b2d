// One transaction: what became of it, how it went through the stages, what it said, and what it left behind.
import { facts, h, row, svg, table } from './dom.js';
import { accountLink, blockLink, bytes, ether, gwei, moment, number, short, time, whole } from './format.js';
import { View } from './view.js';

const KINDS = { '0x0': 'legacy', '0x1': 'with an access list (2930)', '0x2': 'dynamic fee (1559)', '0x4': 'sets code (7702)', '0x65': 'declared (0x65)' };
// A transaction on its way is looked at again after so long.
const AGAIN_MS = 1_000;
// Bytes of input and logs that are shown.
const INPUT_MAX = 1_024;
const LOGS_MAX = 100;
const ENDS = ['intake', 'sink'];

const cut = (hex) => (hex.length > 2 + 2 * INPUT_MAX ? `${hex.slice(0, 2 + 2 * INPUT_MAX)}…` : hex);

export class Transaction extends View {
    title() {
        return `Transaction ${short(this.name)}`;
    }

    async draw(again) {
        const hash = this.name.toLowerCase();
        if (!/^0x[0-9a-f]{64}$/.test(hash)) throw new Error('This is no hash: 0x and 64 digits');
        const [status, transaction, receipt, { stages }] = await this.client.all([
            ['pelton_transactionStatus', hash], ['eth_getTransactionByHash', hash], ['eth_getTransactionReceipt', hash], ['pelton_stages'],
        ]);
        if (['waiting', 'checking'].includes(status.status)) again(AGAIN_MS);
        const names = stages.map(({ name }) => name).filter((name) => !ENDS.includes(name));
        return [
            h('h1', {}, this.title()), this.#fate(status), names.length > 0 && status.status !== 'unknown' ? this.#timeline(status, names) : null,
            h('h2', {}, 'What it says'), transaction ? this.#fields(transaction, receipt) : facts([['Hash', hash], ['Content', 'not known here']]),
            this.#logs(receipt), this.#input(transaction),
        ];
    }

    #fate(status) {
        const { blockNumber, transactionIndex, reason, meaning, advice, stage } = status;
        const where = blockNumber
            ? [' in block ', blockLink(blockNumber), `, at index ${whole(number(transactionIndex))}`]
            : stage ? [` ${status.status === 'rejected' ? 'by' : 'in'} ${stage}`] : [];
        return h('div', { class: `fate ${status.status}` },
            h('p', { class: 'status', 'data-figure': 'status' }, h('strong', {}, status.status), where, reason ? `: ${reason}` : ''),
            meaning ? h('p', {}, meaning) : null,
            advice ? h('p', {}, 'What to do: ', advice, '.') : null);
    }

    // Each stage with when it was done. What is not known is said to be so, and not made up from its neighbours.
    #timeline(status, names) {
        const known = new Map(status.timeline?.stages.map(({ stage, doneNs }) => [stage, doneNs]));
        const last = status.stage === undefined ? -1 : names.indexOf(status.stage);
        const isThrough = ['committed', 'failed'].includes(status.status);
        const total = Math.max(1, ...known.values());
        let before = 0;
        const rows = names.map((name, at) => {
            const doneNs = known.get(name) ?? undefined;
            if (doneNs === undefined) {
                const words = isThrough || at < last ? 'passed, when is not known'
                    : at > last ? 'not reached'
                    : status.status === 'rejected' ? `turned away: ${status.reason}` : 'here';
                const after = before;
                before = isThrough || at < last ? undefined : after;
                return row(['', name], ['figure', ''], ['figure', ''], ['flow words', words]);
            }
            const took = before === undefined ? undefined : doneNs - before;
            const from = took === undefined ? doneNs : before;
            before = doneNs;
            const part = svg('rect', { class: 'passed', y: 0, height: 10, x: Math.min(996, (1000 * from) / total), width: Math.max(4, (1000 * (doneNs - from)) / total) });
            return row(['', name], ['figure', `+${time(doneNs)}`], ['figure', took === undefined ? '–' : time(took)],
                ['flow', svg('svg', { class: 'bar-of', viewBox: '0 0 1000 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, part)]);
        });
        const columns = [['Stage', ''], ['Done', 'figure'], ['Took', 'figure'], ['', 'flow']];
        const note = status.timeline
            ? `It came in at ${moment(status.timeline.arrivedUnixMs)}. Each time is when the stage was done with the batch, later the block, that it was in; it includes waiting for the stage.`
            : 'When it passed which stage is not known: times are kept for the newest transactions that came through, and not for rejected ones.';
        return [h('h2', {}, 'Way through the stages'), h('p', { class: 'note' }, note), table('Way through the stages', columns, rows, { class: 'listed timeline', id: 'timeline' })];
    }

    #fields(one, receipt) {
        const used = receipt && number(receipt.gasUsed);
        const access = (list) => list && list.length > 0 ? h('ul', { class: 'keys' }, list.map(({ address, storageKeys }) =>
            h('li', {}, accountLink(address, address), storageKeys.length > 0 ? `, ${whole(storageKeys.length)} slots` : ''))) : undefined;
        return facts([
            ['Hash', one.hash], ['From', accountLink(one.from, one.from)],
            ['To', one.to ? accountLink(one.to, one.to) : receipt?.contractAddress ? ['creates ', accountLink(receipt.contractAddress, receipt.contractAddress)] : 'creates a contract'],
            ['Value', ether(one.value)],
            ['Fee', receipt ? `${ether(BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice))}, at ${gwei(receipt.effectiveGasPrice)} per gas` : undefined],
            ['Of it for contention', receipt?.contentionFee && ether(receipt.contentionFee)],
            ['Gas', receipt ? `${whole(used)} of ${whole(number(one.gas))}` : `at most ${whole(number(one.gas))}`],
            ['Offered per gas', one.maxFeePerGas ? `at most ${gwei(one.maxFeePerGas)}, tip ${gwei(one.maxPriorityFeePerGas)}` : gwei(one.gasPrice)],
            ['Nonce', whole(number(one.nonce))], ['Type', KINDS[one.type] ?? one.type],
            ['Access list', access(one.accessList)], ['Declared reads', access(one.reads)], ['Declared writes', access(one.writes)],
        ]);
    }

    #logs(receipt) {
        if (!receipt || receipt.logs.length === 0) return null;
        const rows = receipt.logs.slice(0, LOGS_MAX).map((log) => row(
            ['figure', whole(number(log.logIndex))], ['', accountLink(log.address)],
            ['bytes', log.topics.map((topic) => h('div', {}, topic)), h('div', { class: 'data' }, cut(log.data))]));
        const columns = [['Index', 'figure'], ['Account', ''], ['Topics, then data', '']];
        const title = receipt.logs.length > LOGS_MAX ? `Logs, the first ${LOGS_MAX} of ${whole(receipt.logs.length)}` : 'Logs';
        return [h('h2', {}, title), table('Logs', columns, rows, { class: 'listed logs' })];
    }

    #input(transaction) {
        if (!transaction || transaction.input === '0x') return null;
        return [h('h2', {}, `Input, ${whole(bytes(transaction.input))} bytes`), h('pre', { class: 'bytes', tabindex: '0' }, cut(transaction.input))];
    }
}
