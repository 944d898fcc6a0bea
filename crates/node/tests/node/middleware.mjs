// Runs one request through the real middleware, on a Redis that only notes what it is asked, at a time that stands still.
// A line of JSON for each request: node middleware.mjs
//   stack, options, stored, now   which middleware, its options, the value in Redis, the milliseconds since 1970
//   header                        the request's cookies
//   keys                          what cookies are signed by, `key` by default
//   changes, clears               whether the application changes the session, or ends it
//   lifetime                      what the application writes into the session as its lifetime, in Koa
//   id                            what the option that makes ids is to make
// and what becomes of it:
//   asked                         the keys that were read
//   commands, set                 what Redis was told to change, and the `Set-Cookie` headers
//   error                         why it failed
import http from 'node:http';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import readline from 'node:readline';
import session from 'express-session';
import { RedisStore } from 'connect-redis';
import generic from 'koa-generic-session';
import koaRedis from 'koa-redis';
import koaSession from 'koa-session';

const require = createRequire(import.meta.url);
const Cookies = require('cookies');
const Keygrip = require('keygrip');

function redis(stored, { commands, asked }) {
  const note = name => async (...words) => { commands.push([name, ...words]); };
  return Object.assign(new EventEmitter(), {
    get: async key => { asked.push(key); return stored; },
    set: async (key, value, options) => {
      const ttl = options ? ['EX', options.expiration.value] : [];
      commands.push(['SET', key, value, ...ttl]);
    },
    setex: async (key, ttl, value) => { commands.push(['SET', key, value, 'EX', ttl]); },
    expire: note('EXPIRE'),
    del: async keys => { commands.push(['DEL', ...[keys].flat()]); },
  });
}

function message(header, encrypted) {
  const request = Object.assign(new EventEmitter(), {
    url: '/', method: 'GET', headers: header ? { cookie: header } : {}, socket: {}, connection: { encrypted },
  });
  return [request, new http.ServerResponse(request)];
}

async function express({ options, stored, header, keys = ['key'], changes, clears, id }, answer) {
  const { ttl, disableTTL, prefix, tls, ...rest } = options;
  const store = new RedisStore({
    client: redis(stored, answer), ttl, disableTTL, ...(prefix !== undefined && { prefix }),
  });
  const middleware = session({
    secret: keys, resave: false, saveUninitialized: false, ...rest, ...(id && { genid: () => id }), store,
  });
  const [request, response] = message(header, tls);
  await new Promise((done, failed) => middleware(request, response, error => error ? failed(error) : done()));
  if (changes) request.session.changed = true;
  if (clears) await new Promise(done => request.session.destroy(done));
  response.writeHead(200);
  response.end();
  await new Promise(setImmediate);
  return [response.getHeader('set-cookie') ?? []].flat();
}

async function koa({ stack, options: { tls = false, ...options }, stored, header, keys = ['key'], ...wants }, answer) {
  const store = koaRedis({ client: redis(stored, answer) });
  const [request, response] = message(header);
  const base = {};
  const app = { use() {}, emit() {}, context: base };
  const ids = wants.id && (stack === 'koa-session' ? { genid: () => wants.id } : { genSid: async () => wants.id });
  const middleware = stack === 'koa-session'
    ? koaSession({ ...options, ...ids, store }, app)
    : generic({ ...options, ...ids, store });
  const ctx = Object.assign(Object.create(base), {
    app, url: '/', req: request, res: response,
    cookies: new Cookies(request, response, { keys: new Keygrip(keys), secure: tls }),
  });
  await middleware(ctx, async () => {
    if (wants.changes) ctx.session.changed = true;
    if (wants.clears) ctx.session = null;
    if (wants.lifetime) (stack === 'koa-session' ? ctx.session : ctx.session.cookie).maxAge = wants.lifetime;
  });
  return [response.getHeader('set-cookie') ?? []].flat();
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  Date.now = () => question.now;
  const answer = { asked: [], commands: [] };
  try {
    answer.set = await (question.stack === 'express' ? express : koa)(question, answer);
  } catch (error) {
    answer.error = String(error);
  }
  console.log(JSON.stringify(answer));
}
