// A headless Chromium, spoken to over two pipes in the protocol of its own tools: no library and no port in between.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const NAMES = ['chromium-headless-shell', 'chromium', 'google-chrome'];
const PATIENCE_MS = 30_000;

function program() {
    const folders = process.env.PATH.split(':');
    const places = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
    return places.find((place) => fs.existsSync(place)) ?? assert.fail(`none of ${NAMES.join(', ')} is installed`);
}

export class Browser {
    #process;
    #folder;
    #waiting = new Map();
    #heard = [];
    #number = 0;
    #rest = '';

    constructor() {
        this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-'));
        const flags = [
            '--headless', '--remote-debugging-pipe', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--force-prefers-no-reduced-motion',
            '--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
            // Its sandbox does not run as root.
            ...(process.getuid() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${this.#folder}`, 'about:blank',
        ];
        this.#process = spawn(program(), flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
        this.#process.on('exit', () => this.#waiting.forEach(({ lost }) => lost(new Error('the browser has ended'))));
        // However the script ends, nothing of it stays.
        process.on('exit', () => {
            this.#process.kill('SIGKILL');
            fs.rmSync(this.#folder, { recursive: true, force: true });
        });
        this.#process.stdio[4].setEncoding('utf8').on('data', (text) => this.#read(text));
    }

    #read(text) {
        const messages = (this.#rest + text).split('\0');
        this.#rest = messages.pop();
        for (const { id, result, error, method, params } of messages.map(JSON.parse)) {
            const waiting = this.#waiting.get(id);
            this.#waiting.delete(id);
            if (error) waiting?.lost(new Error(`${waiting.method}: ${error.message}`));
            else waiting?.got(result);
            if (method) this.#heard.forEach((hear) => hear(method, params));
        }
    }

    send(method, params = {}, sessionId = undefined) {
        const id = ++this.#number;
        this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        return new Promise((got, lost) => this.#waiting.set(id, { got, lost, method }));
    }

    hear(listener) {
        this.#heard.push(listener);
    }

    async open() {
        const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
        const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
        const tab = new Tab(this, sessionId);
        for (const domain of ['Page', 'Runtime', 'Network', 'Log', 'Accessibility']) await tab.send(`${domain}.enable`);
        return tab;
    }

    async close() {
        const ended = new Promise((done) => this.#process.on('exit', done));
        this.send('Browser.close').catch(() => {});
        await ended;
    }
}

class Tab {
    #browser;
    #session;
    // Addresses that it asked, and what went wrong in it.
    asked = [];
    errors = [];

    constructor(browser, session) {
        this.#browser = browser;
        this.#session = session;
        browser.hear((method, params) => {
            if (method === 'Network.requestWillBeSent') this.asked.push(params.request.url);
            if (method === 'Network.webSocketCreated') this.asked.push(params.url);
            if (method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(params.exceptionDetails));
            if (method === 'Runtime.consoleAPICalled') this.errors.push(JSON.stringify(params.args));
            if (method === 'Log.entryAdded') this.errors.push(`${params.entry.text} ${params.entry.url ?? ''}`);
        });
    }

    send(method, params) {
        return this.#browser.send(method, params, this.#session);
    }

    // The value of an expression in the page.
    async value(expression) {
        const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
        assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
        return result.value;
    }

    // Waits until an expression holds; gives its value.
    async until(expression, what = expression) {
        for (const end = Date.now() + PATIENCE_MS; ;) {
            const value = await this.value(expression);
            if (value) return value;
            if (Date.now() > end) assert.fail(`${what}; the page shows: ${await this.value('document.body.innerText')}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    text(selector) {
        return this.value(`document.querySelector(${JSON.stringify(selector)})?.textContent`);
    }

    // A window of this size, light or dark.
    async dress({ width, height, isDark, isPhone }) {
        await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: isPhone ? 2 : 1, mobile: isPhone });
        await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }] });
    }

    async type(text) {
        await this.value('document.getElementById("wanted").select()');
        await this.send('Input.insertText', { text });
        for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', { type, key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 });
    }

    async picture(file, isWhole) {
        const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: isWhole });
        fs.writeFileSync(file, Buffer.from(data, 'base64'));
    }
}
