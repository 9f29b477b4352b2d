// Numbers, times and names as they are shown.
import { h } from './dom.js';

const english = new Intl.NumberFormat('en');

export const whole = (number) => english.format(typeof number === 'bigint' ? number : Math.round(number));
export const number = (quantity) => Number(BigInt(quantity));

// A rate: exact where it is small.
export const rate = (value) => (value > 0 && value < 10 ? value.toFixed(1) : whole(value));

// A share of 1; what is there is never shown as nothing, and what is missing never as all.
export function share(value) {
    const percent = 100 * value;
    if (percent > 0 && percent < 0.1) return '<0.1%';
    if (percent > 99.9 && percent < 100) return '>99.9%';
    return `${percent < 10 && percent > 0 ? percent.toFixed(1) : Math.round(percent)}%`;
}

// Nanoseconds in a unit that suits them.
export function time(ns) {
    if (ns === undefined || ns === null) return '–';
    const units = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']];
    const [size, name] = units.find(([size]) => ns >= size) ?? units[3];
    const value = ns / size;
    return `${value < 10 && size > 1 ? value.toFixed(1) : Math.round(value)} ${name}`;
}

// How long ago something was, in seconds since 1970.
export function age(seconds, now = Date.now() / 1000) {
    const ago = Math.max(0, Math.round(now - seconds));
    const units = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];
    const [size, name] = units.find(([size]) => ago >= size) ?? units[3];
    return `${Math.floor(ago / size)} ${name} ago`;
}

export const moment = (ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC');

function decimal(value, digits) {
    const wei = BigInt(value);
    const text = wei.toString().padStart(digits + 1, '0');
    const fraction = text.slice(-digits).replace(/0+$/, '');
    return english.format(BigInt(text.slice(0, -digits))) + (fraction ? `.${fraction}` : '');
}

export const ether = (wei) => `${decimal(wei, 18)} ether`;
export const gwei = (wei) => `${decimal(wei, 9)} gwei`;
export const bytes = (hex) => (hex.length - 2) / 2;

// The two ends of a long name.
export const short = (name) => (name.length > 16 ? `${name.slice(0, 8)}…${name.slice(-6)}` : name);

const link = (to, name, text) => h('a', { href: `#/${to}/${name}`, class: 'name', title: text === name ? undefined : name }, text);
export const blockLink = (quantity) => h('a', { href: `#/block/${number(quantity)}` }, whole(number(quantity)));
export const transactionLink = (hash, text = short(hash)) => link('transaction', hash, text);
export const accountLink = (address, text = short(address)) => link('account', address, text);
