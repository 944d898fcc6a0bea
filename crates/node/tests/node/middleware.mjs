// Runs one request through the real middleware, on a Redis that only notes what it is asked, at a time that stands still.
// A line of JSON for each request: node middleware.mjs
//   stack, options, stored, now   which middleware, its options, the value in Redis, the milliseconds since 1970
//   header                        the request's cookies
//   clears                        whether the application ends the session
// and what becomes of it:
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

function redis(stored, commands) {
  const note = name => async (...words) => { commands.push([name, ...words]); };
  return Object.assign(new EventEmitter(), {
    get: async () => stored,
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

async function express({ options, stored, header, clears }, commands) {
  const { ttl, disableTTL, tls, ...rest } = options;
  const store = new RedisStore({ client: redis(stored, commands), ttl, disableTTL });
  const middleware = session({ secret: 'key', resave: false, saveUninitialized: false, ...rest, store });
  const [request, response] = message(header, tls);
  await new Promise((done, failed) => middleware(request, response, error => error ? failed(error) : done()));
  if (clears) await new Promise(done => request.session.destroy(done));
  response.writeHead(200);
  response.end();
  await new Promise(setImmediate);
  return [response.getHeader('set-cookie') ?? []].flat();
}

async function koa({ stack, options: { tls = false, ...options }, stored, header, clears }, commands) {
  const store = koaRedis({ client: redis(stored, commands) });
  const [request, response] = message(header);
  const base = {};
  const app = { use() {}, emit() {}, context: base };
  const middleware = stack === 'koa-session'
    ? koaSession({ ...options, store }, app)
    : generic({ ...options, store });
  const ctx = Object.assign(Object.create(base), {
    app, url: '/', req: request, res: response,
    cookies: new Cookies(request, response, { keys: new Keygrip(['key']), secure: tls }),
  });
  await middleware(ctx, async () => { if (clears) ctx.session = null; });
  return [response.getHeader('set-cookie') ?? []].flat();
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  Date.now = () => question.now;
  const answer = { commands: [] };
  try {
    answer.set = await (question.stack === 'express' ? express : koa)(question, answer.commands);
  } catch (error) {
    answer.error = String(error);
  }
  console.log(JSON.stringify(answer));
}
