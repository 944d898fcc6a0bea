// Answers questions about what Node does, a line of JSON for each: node oracle.mjs
import { createRequire } from 'node:module';
import readline from 'node:readline';

const require = createRequire(import.meta.url);
const Cookies = require('cookies');
const Keygrip = require('keygrip');
const cookie = require('cookie');
const signature = require('cookie-signature');

// What a header is to Node: each byte is a character.
const text = hex => Buffer.from(hex, 'hex').toString('latin1');

const answers = {
  koa({ header, name, keys }) {
    const set = [];
    const response = { getHeader: () => set, setHeader: (_, all) => set.splice(0, set.length, ...all) };
    const request = { headers: { cookie: text(header) || undefined }, socket: {} };
    const cookies = new Cookies(request, response, { keys: new Keygrip(keys) });
    return { value: cookies.get(name, { signed: true }) || null, set };
  },
  // As express-session does it.
  express({ header, name, keys }) {
    const raw = cookie.parse(text(header))[name];
    if (!raw || raw.slice(0, 2) !== 's:') return { value: null };
    for (const key of keys) {
      const value = signature.unsign(raw.slice(2), key);
      if (value !== false) return { value: value || null };
    }
    return { value: null };
  },
  json({ json }) {
    try {
      const value = JSON.parse(json);
      return { ok: true, object: typeof value === 'object' && value !== null && !Array.isArray(value) };
    } catch {
      return { ok: false };
    }
  },
  base64({ value }) {
    return { hex: Buffer.from(value, 'base64').toString('hex') };
  },
  date({ millis }) {
    const date = new Date(millis);
    return { iso: date.toISOString(), utc: date.toUTCString() };
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { ask, ...question } = JSON.parse(line);
  console.log(JSON.stringify(answers[ask](question)));
}
