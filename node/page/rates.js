// What two looks at `pelton_stages` say together. Pure: figures in, figures out.

// What stands at the two ends of the pipeline is no part of it, and so never its limit.
const ENDS = ['intake', 'sink'];
// From this share of its time on, a stage is what holds the others up.
export const LIMITING = 0.8;

const sum = (object) => Object.values(object).reduce((all, one) => all + one, 0);

export const rejected = (figures) => figures.stages.reduce((all, stage) => all + sum(stage.rejected), 0);
// All that came in.
export const offered = (figures) => figures.stages[0]?.taken ?? 0;

// Whether the second look is at the same process as the first, later on.
export const isLater = (before, now) => before !== undefined && now.uptimeNs > before.uptimeNs;

function stageBetween(before, now, seconds) {
    const rise = (field) => now[field] - before[field];
    // Figures of a stage in which nothing happened are old, and what is added later may be longer than what is looked at.
    const share = (ns) => Math.min(1, Math.max(0, ns / (seconds * 1e9)));
    return {
        name: now.name,
        in: rise('taken') / seconds,
        out: rise('passed') / seconds,
        busy: share(rise('busyNs')),
        blocked: share(rise('blockedNs')),
    };
}

export function between(before, now) {
    const seconds = (now.uptimeNs - before.uptimeNs) / 1e9;
    const stages = now.stages.map((stage, at) => stageBetween(before.stages[at], stage, seconds));
    const inner = stages.filter(({ name, busy }) => !ENDS.includes(name) && busy > 0);
    const busiest = inner.reduce((most, stage) => (most && most.busy >= stage.busy ? most : stage), undefined);
    const rise = (of) => (of(now) - of(before)) / seconds;
    return {
        seconds,
        stages,
        busiest,
        offered: rise(offered),
        rejected: rise(rejected),
        committed: rise(({ chain }) => chain.committed),
        failed: rise(({ chain }) => chain.failed),
        blocks: rise(({ chain }) => chain.height),
    };
}

// Is it running, how fast, and what limits it: two sentences.
export function verdict(now, rates, { rate, share, whole }) {
    if (now.stages.length === 0) return ['A chain to look into.', 'It takes no transactions and does not grow.'];
    if (rates === undefined) return ['Running.', 'How fast, the next look will say.'];
    const { committed, failed, busiest } = rates;
    if (rates.offered === 0 && committed + failed === 0) {
        if (now.waiting > 0) return ['Running, nothing moves.', `Waiting for a block: ${whole(now.waiting)}, none of which can be in one yet.`];
        return ['Running, idle.', 'Nothing comes in.'];
    }
    const speed = `Running, ${rate(committed)} committed a second.`;
    if (busiest === undefined) return [speed, 'Nothing limits it.'];
    const { name, busy } = busiest;
    if (busy >= LIMITING) return [speed, `${name} limits it: busy ${share(busy)} of the time.`];
    return [speed, `Nothing limits it: the busiest stage, ${name}, is busy ${share(busy)} of the time.`];
}
