// The first screen: is it running, how fast, what limits it, what is lost and why.
import { h, row, say, svg, table } from './dom.js';
import { Flow } from './flow.js';
import * as format from './format.js';
import { LIMITING, between, isLater, offered, rejected, verdict } from './rates.js';

const { accountLink, age, blockLink, gwei, number, rate, share, short, time, whole } = format;

const PERIOD_MS = 1_000;
// Looks that are kept for the curve, and over how many of them rates are taken.
const KEPT = 61;
const SPAN = 3;
const BLOCKS = 8;

// Rates of the last minute as a curve over nothing.
class Curve {
    constructor() {
        this.line = svg('polyline', { class: 'curve', points: '' });
        this.area = svg('polygon', { class: 'under', points: '' });
        this.drawn = svg('svg', { class: 'spark', viewBox: '0 0 120 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.area, this.line);
    }

    show(values) {
        const most = Math.max(1, ...values);
        const at = (value, index) => `${(120 * (KEPT - 1 - values.length + index + 1)) / (KEPT - 1)},${(29 - (27 * value) / most).toFixed(2)}`;
        const points = values.map(at);
        this.line.setAttribute('points', points.join(' '));
        const [first, last] = [points[0], points.at(-1)].map((point) => point?.split(',')[0]);
        this.area.setAttribute('points', values.length > 1 ? `${first},30 ${points.join(' ')} ${last},30` : '');
    }
}

// A large figure, what it is, and what stands below it.
class Tile {
    constructor(name, title) {
        this.value = h('p', { class: 'large', 'data-figure': name });
        this.below = h('p', { class: 'below', 'data-figure': `${name}-more` });
        this.drawn = h('div', { class: 'tile' }, h('h2', {}, title), this.value, this.below);
    }

    show(value, below) {
        say(this.value, value);
        say(this.below, below);
    }
}

export class Overview {
    #client;
    #looks = [];
    #timer;
    #isGone = false;

    constructor(main, client) {
        this.#client = client;
        this.title = h('h1', { class: 'verdict', 'data-figure': 'verdict' });
        this.tiles = {
            committed: new Tile('committed', 'Committed a second'),
            latency: new Tile('latency', 'Latency, median'),
            height: new Tile('height', 'Block'),
            waiting: new Tile('waiting', 'Waiting'),
            lost: new Tile('lost', 'Turned away or failed'),
        };
        this.curve = new Curve();
        this.tiles.committed.drawn.append(this.curve.drawn);
        this.flow = new Flow();
        this.lost = h('div');
        this.blocks = h('div');
        this.hot = h('div');
        this.limits = h('p', { class: 'limits', 'data-figure': 'limits' });
        const section = (title, note, ...content) => h('section', {}, h('h2', {}, title), h('p', { class: 'note' }, note), content);
        this.moving = h('div', {},
            section('Stages', 'Each bar is what came in since the start: blue went on, amber is inside, red was turned away. Rates and time are of the last seconds.', this.flow.drawn),
            section('What is lost, and why', 'Since the start. Nothing is lost without a reason.', this.lost, this.limits));
        main.replaceChildren(
            this.title,
            h('div', { class: 'tiles' }, Object.values(this.tiles).map(({ drawn }) => drawn)),
            this.moving,
            h('div', { class: 'pair' },
                section('Newest blocks', 'A block is final when it is seen.', this.blocks),
                section('Hot keys', 'Accounts and slots that many write to, and what claiming one costs in the next block beside the base fee.', this.hot)));
        this.#look();
    }

    stop() {
        this.#isGone = true;
        clearTimeout(this.#timer);
    }

    async #look() {
        try {
            const [figures, blocks] = await this.#client.all([['pelton_stages'], ['pelton_blocks', 'latest', BLOCKS]]);
            if (!this.#isGone) this.#show(figures, blocks);
        } catch {
            // The head of the page says that the node cannot be reached; what was seen last stays.
        }
        if (!this.#isGone) this.#timer = setTimeout(() => this.#look(), PERIOD_MS);
    }

    #show(figures, blocks) {
        if (!isLater(this.#looks.at(-1), figures)) this.#looks = [];
        this.#looks = [...this.#looks, figures].slice(-KEPT);
        const before = this.#looks.at(-1 - Math.min(SPAN, this.#looks.length - 1));
        const rates = this.#looks.length > 1 ? between(before, figures) : undefined;
        say(this.title, verdict(figures, rates, format).join(' '));
        this.moving.hidden = figures.stages.length === 0;
        this.#tiles(figures, rates, blocks[0]);
        const limit = rates?.busiest?.busy >= LIMITING ? rates.busiest.name : undefined;
        this.flow.show(figures, rates, limit);
        this.#reasons(figures);
        this.#blocks(blocks);
        this.#hotKeys(figures.chain);
        const hit = Object.entries(figures.limitsHit).filter(([, count]) => count > 0);
        say(this.limits, hit.length > 0
            ? `Limits of the server that clients ran into: ${hit.map(([name, count]) => `${name} ${whole(count)}`).join(', ')}.`
            : 'No client ran into a limit of the server.');
    }

    #tiles(figures, rates, newest) {
        const { chain, latency } = figures;
        const { committed, latency: soon, height, waiting, lost } = this.tiles;
        committed.show(rates ? rate(rates.committed) : '–', `${whole(chain.committed)} since the start`);
        this.curve.show(this.#looks.slice(1).map((look, at) => between(this.#looks[at], look).committed));
        soon.show(time(latency?.p50Ns), latency
            ? `p99 ${time(latency.p99Ns)}, longest ${time(latency.maxNs)}`
            : 'nothing in 10 s');
        const since = newest ? age(number(newest.timestamp)) : '';
        height.show(whole(chain.height), `${chain.height > 0 ? since : 'none made yet'}, base fee ${gwei(chain.baseFee)}`);
        waiting.show(whole(figures.waiting), `for a block; at the door ${whole(figures.waitingAtDoor)}`);
        const away = rejected(figures);
        const part = offered(figures) > 0 ? `${share((away + chain.failed) / offered(figures))} of all: ` : '';
        lost.show(whole(away + chain.failed), `${part}${whole(away)} turned away, ${whole(chain.failed)} failed`);
        lost.drawn.classList.toggle('bad', away + chain.failed > 0);
    }

    #reasons({ stages, meanings, chain }) {
        const given = stages.flatMap(({ name, rejected }) => Object.entries(rejected).map(([reason, count]) => ({ name, reason, count })));
        given.sort((one, other) => other.count - one.count);
        const rows = given.map(({ name, reason, count }) => row(
            ['reason', reason], ['', name], ['figure', whole(count)],
            ['words', `${meanings[reason]?.meaning ?? ''} `, h('span', { class: 'advice' }, `What to do: ${meanings[reason]?.advice ?? ''}.`)]));
        if (chain.failed > 0) {
            rows.push(row(['reason', 'Failed'], ['', 'execute'], ['figure', whole(chain.failed)],
                ['words', 'It ran, was charged and had no other effect. ', h('span', { class: 'advice' }, 'What to do: read its receipt.')]));
        }
        const columns = [['Reason', ''], ['Stage', ''], ['Count', 'figure'], ['What it means', '']];
        this.#replace(this.lost, rows.length > 0
            ? table('Reasons', columns, rows, { class: 'listed reasons-listed', id: 'reasons' })
            : h('p', { class: 'nothing' }, 'Nothing was turned away, and nothing failed.'));
    }

    #blocks(blocks) {
        const rows = blocks.map((block) => row(
            ['figure', blockLink(block.number)], ['', number(block.number) > 0 ? age(number(block.timestamp)) : 'at the start'],
            ['figure', whole(number(block.transactions))], ['figure', whole(number(block.failed))],
            ['figure wide', whole(number(block.gasUsed))]));
        const columns = [['Block', 'figure'], ['Made', ''], ['Transactions', 'figure'], ['Failed', 'figure'], ['Gas', 'figure wide']];
        this.#replace(this.blocks, table('Newest blocks', columns, rows, { class: 'listed', id: 'blocks' }));
    }

    #hotKeys({ hotKeys, hotKeyCount, baseFee }) {
        const columns = [['Key', ''], ['Price per gas', 'figure'], ['Of the base fee', 'figure']];
        const rows = hotKeys.map(({ address, slot, price }) => row(
            ['', accountLink(address), slot === null ? ' the account' : ` slot ${short(slot.replace(/^0x0*(?=.)/, '0x'))}`],
            ['figure', gwei(price)], ['figure', `${(Number(BigInt(price)) / Math.max(1, number(baseFee))).toFixed(2)}×`]));
        const more = hotKeyCount > hotKeys.length ? h('p', { class: 'note' }, `and ${whole(hotKeyCount - hotKeys.length)} more`) : undefined;
        this.#replace(this.hot, ...(rows.length > 0
            ? [table('Hot keys', columns, rows, { class: 'listed', id: 'hot' }), more].filter(Boolean)
            : [h('p', { class: 'nothing' }, 'No key is so busy that it has a price.')]));
    }

    // Puts a list in place of the one before if it differs, unless somebody stands on a link in it.
    #replace(place, ...content) {
        const isSame = place.innerHTML === content.map(({ outerHTML }) => outerHTML).join('');
        if (!isSame && !place.contains(document.activeElement)) place.replaceChildren(...content);
    }
}
