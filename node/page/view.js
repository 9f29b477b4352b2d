// What the views of one block, transaction or account share: asking, and saying so where there is no answer.
import { h } from './dom.js';
import { Refused } from './client.js';

export class View {
    #isGone = false;
    #timer;

    constructor(main, client, name) {
        this.main = main;
        this.client = client;
        this.name = name;
        // What a view has of its own is there once it is made.
        queueMicrotask(() => this.#begin());
    }

    stop() {
        this.#isGone = true;
        clearTimeout(this.#timer);
    }

    // Shows it; again after so many milliseconds if `draw` gives a number.
    async #begin() {
        let content;
        let again;
        try {
            content = await this.draw((ms) => { again = ms; });
        } catch (error) {
            const words = error instanceof Refused ? `The node says: ${error.message}.` : `${error.message}.`;
            content = [h('h1', {}, this.title()), h('p', { class: 'nothing', role: 'alert' }, words)];
        }
        if (this.#isGone) return;
        const old = this.main.innerHTML;
        const fresh = h('main', {}, content);
        if (old !== fresh.innerHTML) this.main.replaceChildren(...fresh.childNodes);
        if (again !== undefined) this.#timer = setTimeout(() => this.#begin(), again);
    }
}

// Shows a list a page at a time: `more` gives the rows of the next page and whether there is another one.
export function pages(drawn, more) {
    const body = drawn.querySelector('tbody');
    const button = h('button', { type: 'button', class: 'more', click: () => next() }, 'Show more');
    const trouble = h('p', { role: 'alert' });
    async function next() {
        button.disabled = true;
        try {
            const { rows, isLast } = await more();
            body.append(...rows);
            button.hidden = isLast;
            trouble.textContent = '';
        } catch (error) {
            trouble.textContent = `${error.message}.`;
        }
        button.disabled = false;
    }
    return [drawn, button, trouble];
}
