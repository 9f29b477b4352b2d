// The waterfall: what came into each stage, went on, stays inside and was turned away, and what the stage does with its time.
import { h, row, say, svg, table } from './dom.js';
import { rate, share, time, whole } from './format.js';

const TASKS = {
    intake: 'takes from the door',
    ingest: 'decodes and checks',
    verify: 'asks who signed',
    dedup: 'drops copies',
    schedule: 'plans a block',
    agree: 'agrees on a block',
    seal: 'gives it a header',
    multicast: 'sends it in packets',
    assemble: 'rebuilds it from packets',
    order: 'makes it final',
    execute: 'runs it in parallel',
    commit: 'works out the state root',
    persist: 'puts it on the disk',
    sink: 'hands it over',
};

const COLUMNS = [
    ['Stage', ''], ['In /s', 'figure'], ['Out /s', 'figure'], ['Since the start', 'flow'], ['Turned away', 'figure'],
    ['Inside', 'figure'], ['Time', 'flow'], ['p99', 'figure'],
];

// A bar of parts, each a share of the whole, one after the other.
function bar(label, kinds) {
    const parts = kinds.map((kind) => svg('rect', { class: kind, y: 0, height: 10, width: 0 }));
    const drawn = svg('svg', { class: 'bar-of', viewBox: '0 0 1000 10', preserveAspectRatio: 'none', role: 'img' }, parts);
    return {
        drawn,
        show(shares, words) {
            let at = 0;
            shares.forEach((value, index) => {
                // What is there is seen, however little it is.
                const width = value > 0 ? Math.max(4, 1000 * value) : 0;
                parts[index].setAttribute('x', Math.min(at, 1000 - width));
                parts[index].setAttribute('width', width);
                at += width;
            });
            drawn.setAttribute('aria-label', `${label}: ${words}`);
        },
    };
}

const entries = (rejected) => Object.entries(rejected).sort(([, one], [, other]) => other - one);

class Stage {
    constructor(name) {
        const cell = () => h('span', { class: 'value' });
        this.cells = { in: cell(), out: cell(), away: cell(), inside: cell(), p99: cell() };
        this.reasons = h('span', { class: 'reasons' });
        this.flow = bar('since the start', ['passed', 'held', 'rejected']);
        this.time = bar('of its time', ['busy', 'blocked']);
        this.shares = h('span', { class: 'value' });
        this.limit = h('span', { class: 'limit' });
        const { cells } = this;
        this.drawn = row(
            ['stage', h('span', { class: 'stage-name' }, name), this.limit, h('span', { class: 'task' }, TASKS[name] ?? '')],
            ['figure in', cells.in], ['figure out', cells.out], ['flow', this.flow.drawn],
            ['figure away', cells.away, this.reasons], ['figure inside', cells.inside],
            ['flow time', this.time.drawn, this.shares], ['figure p99', cells.p99],
        );
        this.drawn.dataset.stage = name;
    }

    show(stage, rates, most, isLimit) {
        const away = entries(stage.rejected);
        const count = away.reduce((all, [, one]) => all + one, 0);
        say(this.cells.in, rates ? rate(rates.in) : '–');
        say(this.cells.out, rates ? rate(rates.out) : '–');
        say(this.cells.away, count > 0 ? whole(count) : '–');
        say(this.reasons, away.map(([reason, one]) => `${reason} ${whole(one)}`).join(', '));
        say(this.cells.inside, whole(stage.held));
        say(this.cells.p99, stage.p99Ns > 0 ? time(stage.p99Ns) : '–');
        const words = `${whole(stage.passed)} went on, ${whole(stage.held)} inside, ${whole(count)} turned away`;
        this.flow.show([stage.passed, stage.held, count].map((one) => (most > 0 ? one / most : 0)), words);
        const { busy, blocked } = rates ?? { busy: 0, blocked: 0 };
        const shares = rates ? `${share(busy)} busy${blocked > 0 ? `, ${share(blocked)} blocked` : ''}` : '–';
        this.time.show([busy, Math.min(blocked, 1 - busy)], shares);
        say(this.shares, shares);
        say(this.limit, isLimit ? 'limit' : '');
        this.drawn.classList.toggle('limiting', isLimit);
        this.drawn.classList.toggle('clean', count === 0);
    }
}

export class Flow {
    constructor() {
        this.drawn = h('div');
        this.stages = [];
    }

    // `limit` is the name of the stage that holds the others up, if there is one.
    show(figures, rates, limit) {
        const names = figures.stages.map(({ name }) => name);
        if (names.join() !== this.stages.map(({ drawn }) => drawn.dataset.stage).join()) {
            this.stages = names.map((name) => new Stage(name));
            const rows = this.stages.map(({ drawn }) => drawn);
            this.drawn.replaceChildren(table('Stages of the pipeline', COLUMNS, rows, { class: 'stages' }));
        }
        const most = Math.max(0, ...figures.stages.map(({ taken }) => taken));
        figures.stages.forEach((stage, at) => {
            this.stages[at].show(stage, rates?.stages[at], most, stage.name === limit);
        });
    }
}
