// Elements. Whatever comes from a chain goes in as text or as a plain attribute, never as markup: there is no other way here.

function made(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        if (typeof value === 'function') element.addEventListener(name, value);
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
    return element;
}

// An element with attributes; a function is called on the event of that name.
export const h = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);

// The same for drawings.
export const svg = (name, attributes = {}, ...children) =>
    made(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

// Changes a text only if it differs, so that nothing is drawn or read out anew for nothing.
export function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

// A table whose rows keep their meaning where a phone shows them as cards. A column is [title, class].
export function table(caption, columns, rows, attributes = {}) {
    const head = columns.map(([title, kind]) => h('th', { scope: 'col', role: 'columnheader', class: kind }, title));
    const body = h('tbody', { role: 'rowgroup' }, rows);
    return h('table', { role: 'table', ...attributes },
        h('caption', { class: 'unseen' }, caption),
        h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, head)),
        body);
}

// A row of it, from elements, texts, or [class, ...content]; the first cell names the row.
export function row(...cells) {
    return h('tr', { role: 'row' }, cells.map((cell, at) => {
        const [kind, ...content] = Array.isArray(cell) ? cell : ['', cell];
        return at === 0
            ? h('th', { scope: 'row', role: 'rowheader', class: kind }, content)
            : h('td', { role: 'cell', class: kind }, content);
    }));
}

// Names and what they stand for, without those for which there is nothing to say.
export function facts(pairs) {
    const known = pairs.filter(([, value]) => value !== undefined && value !== null);
    return h('dl', { class: 'facts' }, known.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}
