// One of the peers in Node: node peers.mjs STACK REDIS_URL
// It says its port, and then answers:
//   /new   a session with what a page's forms need
//   /      the number in the session, or the same where there is none
// and ends when its input does, so that it does not outlive who measures.
const [stack, url] = process.argv.slice(2);
const count = 7;
const token = 'a-token-of-forty-three-characters-as-it-is-';
const fill = session => Object.assign(session, { count, form_token: token });

async function express(withSession) {
  const { default: express } = await import('express');
  const app = express();
  if (withSession) {
    const { default: session } = await import('express-session');
    const { RedisStore } = await import('connect-redis');
    const { createClient } = await import('redis');
    const client = await createClient({ url }).connect();
    const store = new RedisStore({ client });
    app.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false }));
  }
  app.get('/', (request, response) => {
    response.send(String(withSession ? request.session.count : count));
  });
  app.get('/new', (request, response) => {
    if (withSession) fill(request.session);
    response.send('');
  });
  return app;
}

async function koa(withSession) {
  const { default: Koa } = await import('koa');
  const app = new Koa({ keys: ['a secret'] });
  if (withSession) {
    const { default: session } = await import('koa-generic-session');
    const { default: redisStore } = await import('koa-redis');
    app.use(session({ store: redisStore({ url }) }));
  }
  app.use(context => {
    if (context.path === '/new') {
      if (withSession) fill(context.session);
      context.body = '';
    } else {
      context.body = String(withSession ? context.session.count : count);
    }
  });
  return app;
}

const stacks = {
  express: () => express(false),
  'connect-redis': () => express(true),
  koa: () => koa(false),
  'koa-redis': () => koa(true),
};
const app = await stacks[stack]();
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
// Connections are kept while others have their turn.
server.keepAliveTimeout = 0;
process.stdin.on('end', () => process.exit()).resume();
