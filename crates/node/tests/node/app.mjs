// One application for each way to keep sessions: node app.mjs STACK REDIS_URL CONFIG
// It says its port, and then answers:
//   /show           the session, and its id
//   /set?n=&v=      gives a name a value
//   /add?n=         counts
//   /out            ends the session
//   any with &gate= waits, once the session is read, until /open?gate= is asked for
// and ends when its input does, so that it does not outlive the test.
import { createClient } from 'redis';

const [stack, url, json] = process.argv.slice(2);
const config = JSON.parse(json ?? '{}');
const gates = new Map();
const gate = name => {
  if (!gates.has(name)) {
    const made = {};
    made.opened = new Promise(open => { made.open = open; });
    made.reached = new Promise(reach => { made.reach = reach; });
    gates.set(name, made);
  }
  return gates.get(name);
};

async function act(path, query, session, end) {
  if (query.gate) {
    gate(query.gate).reach();
    await gate(query.gate).opened;
  }
  if (path === '/set') session[query.n] = JSON.parse(query.v);
  if (path === '/add') session[query.n] = (session[query.n] ?? 0) + 1;
  if (path === '/out') { await end(); return 'null'; }
  return JSON.stringify(session);
}

async function direct(path, query) {
  if (path === '/reached') { await gate(query.gate).reached; return true; }
  if (path === '/open') { gate(query.gate).open(); return true; }
  return false;
}

let app;
if (stack === 'express') {
  const { default: express } = await import('express');
  const { default: session } = await import('express-session');
  const { RedisStore } = await import('connect-redis');
  const client = createClient({ url });
  await client.connect();
  const { ttl, prefix, ...rest } = config;
  app = express();
  app.use(async (req, res, next) => {
    if (await direct(req.path, req.query)) res.end('{}'); else next();
  });
  app.use(session({
    resave: false, saveUninitialized: false, secret: ['keyboard cat'], ...rest,
    store: new RedisStore({ client, ...(ttl && { ttl }), ...(prefix !== undefined && { prefix }) }),
  }));
  app.use(async (req, res) => {
    const { session } = req;
    const end = () => new Promise(done => session.destroy(done));
    const body = await act(req.path, req.query, session, end);
    res.setHeader('x-session', req.sessionID);
    res.end(body);
  });
} else {
  const { default: Koa } = await import('koa');
  const { default: redisStore } = await import('koa-redis');
  const store = redisStore({ url });
  const koa = new Koa({ keys: config.keys ?? ['keys', 'keykeys'] });
  koa.on('error', () => {});
  const query = ctx => Object.fromEntries(new URLSearchParams(ctx.querystring));
  koa.use(async (ctx, next) => {
    if (await direct(ctx.path, query(ctx))) ctx.body = '{}'; else await next();
  });
  if (stack === 'koa-generic') {
    const { default: session } = await import('koa-generic-session');
    koa.use(session({ prefix: 'sid:', ...config, store }));
  } else {
    const { default: session } = await import('koa-session');
    koa.use(session({ ...config, store }, koa));
  }
  koa.use(async ctx => {
    const end = () => { ctx.session = null; };
    const body = await act(ctx.path, query(ctx), ctx.session, end);
    ctx.set('x-session', encodeURIComponent(ctx.sessionId ?? ctx.session?.externalKey ?? ''));
    ctx.body = body;
  });
  app = koa;
}

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
