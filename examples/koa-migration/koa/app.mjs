// The application as it was, with three things that make living together harmless: see the guide.
//   node app.mjs REDIS_URL [PORT]
import Redis from 'ioredis';
import Koa from 'koa';
import session from 'koa-generic-session';
import redisStore from 'koa-redis';

const [url = 'redis://127.0.0.1', port = '0'] = process.argv.slice(2);
const redis = new Redis(url);
const tokens = user => `tokens:${user}`;

const app = new Koa({ keys: ['newest key', 'older key'] });

// 1. `rolling` is off: a request that only reads writes nothing, and so brings nothing back.
app.use(session({ key: 'koa.sid', prefix: 'sid:', store: redisStore({ url }) }));

// 2. A session of a user whose set does not have it is none. Somebody has ended it, and a slow request brought it back.
app.use(async (ctx, next) => {
  const { user } = ctx.session;
  if (user && !await redis.sismember(tokens(user), ctx.sessionId)) await ctx.regenerateSession();
  await next();
});

const routes = {
  async '/sign-in'(ctx) {
    const { user, password } = ctx.query;
    // A real service keeps a hash that is made for passwords.
    if (await redis.hget('passwords', user) !== password) { ctx.status = 403; return; }
    const { counts } = ctx.session;
    await ctx.regenerateSession();
    Object.assign(ctx.session, { user, ...(counts && { counts }) });
    // 3. The session is there before its token: whoever ends all of a user's finds both, or neither.
    await ctx.saveSession();
    await redis.sadd(tokens(user), ctx.sessionId);
  },
  async '/count'(ctx) {
    ctx.session.counts = { rust: 0, koa: 0, ...ctx.session.counts };
    ctx.session.counts.koa += 1;
  },
  async '/sign-out'(ctx) {
    const { user } = ctx.session;
    const id = ctx.sessionId;
    ctx.session = null;
    if (user) {
      // The session first, then its token: so that no session lives whose token is forgotten.
      await redis.del(`sid:${id}`);
      await redis.srem(tokens(user), id);
    }
  },
  async '/password'(ctx) {
    const { user } = ctx.session;
    if (!user) { ctx.status = 403; return; }
    await redis.hset('passwords', user, ctx.query.password);
    const ids = await redis.smembers(tokens(user));
    ctx.session = null;
    if (ids.length > 0) {
      await redis.multi().del(...ids.map(id => `sid:${id}`)).srem(tokens(user), ...ids).exec();
    }
  },
  async '/me'() {},
};

app.use(async ctx => {
  const route = routes[ctx.path];
  if (!route) return;
  ctx.status = 200;
  await route(ctx);
  const { user = null, counts = null } = ctx.session ?? {};
  ctx.body = { user, counts };
});

const server = app.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
// It ends when its input does, where somebody holds that open: so it does not outlive a test.
if (!process.stdin.isTTY) process.stdin.resume().on('end', () => process.exit(0));
