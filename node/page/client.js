// JSON-RPC over one WebSocket to where this page came from. What is asked while it is not there fails; it tries again for as
// long as the page is open.

const PATIENCE_MS = 10_000;
const AGAIN_MS = [250, 500, 1_000, 2_000];

// What the node answered in place of a result.
export class Refused extends Error {
    constructor({ code, message }) {
        super(message);
        this.code = code;
    }
}

export class Client {
    #url;
    #told;
    #socket;
    #waiting = new Map();
    #number = 0;
    #tries = 0;

    // `told` hears true when the node can be reached, and false when it cannot any more.
    constructor(url, told) {
        this.#url = url;
        this.#told = told;
        this.#connect();
    }

    get isOpen() {
        return this.#socket.readyState === WebSocket.OPEN;
    }

    #connect() {
        const socket = new WebSocket(this.#url);
        this.#socket = socket;
        socket.addEventListener('open', () => {
            this.#tries = 0;
            this.#told(true);
        });
        socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(data)));
        socket.addEventListener('close', () => {
            for (const { lost } of this.#waiting.values()) lost(new Error('the connection was lost'));
            this.#waiting.clear();
            this.#told(false);
            const after = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)];
            setTimeout(() => this.#connect(), after);
        });
    }

    #take(message) {
        // A batch that is refused as a whole is answered by one error without a number.
        const answers = Array.isArray(message) ? message : [message];
        for (const answer of answers) {
            const waiting = this.#waiting.get(answer.id);
            this.#waiting.delete(answer.id);
            if (answer.error) waiting?.lost(new Refused(answer.error));
            else waiting?.got(answer.result);
        }
    }

    #ask(method, params) {
        const id = ++this.#number;
        const answered = new Promise((got, lost) => this.#waiting.set(id, { got, lost }));
        const timer = setTimeout(() => {
            this.#waiting.get(id)?.lost(new Error(`no answer to ${method} in ${PATIENCE_MS / 1000} s`));
            this.#waiting.delete(id);
        }, PATIENCE_MS);
        const done = () => clearTimeout(timer);
        answered.then(done, done);
        return [answered, { jsonrpc: '2.0', id, method, params }];
    }

    // The results of several calls, each [method, ...params], sent together.
    async all(calls) {
        if (!this.isOpen) throw new Error('the node cannot be reached');
        if (calls.length === 0) return [];
        const asked = calls.map(([method, ...params]) => this.#ask(method, params));
        this.#socket.send(JSON.stringify(asked.map(([, request]) => request)));
        return Promise.all(asked.map(([answered]) => answered));
    }

    // The result of one.
    async call(method, ...params) {
        const [result] = await this.all([[method, ...params]]);
        return result;
    }
}
