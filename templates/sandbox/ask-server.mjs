// Inside the sandbox: starts the built server, sends it requests in turn, and writes down what it answered.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const MOST_SHOWN = 4000;
const TOLD = 'told-answers.json';
const PORT = String(await freePort());
const base = `http://127.0.0.1:${PORT}`;
const asked = JSON.parse(process.env.REQUESTS);
const wanted = JSON.parse(process.env.KEYS ?? 'null');
delete process.env.REQUESTS;
delete process.env.KEYS;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Keys of every kind, as the script of the project makes them, in the database that the server uses. */
async function makeKeys({ table, scopes }) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  const place = `app.${client.escapeIdentifier(table)}`;
  const hashOf = (key) => createHash('sha256').update(key).digest('hex');
  const add = async (own, seconds) => {
    const key = randomBytes(32).toString('base64url');
    await client.query(
      `insert into ${place} (name, key_hash, scopes, created_at, expires_at)
       values ($1, $2, $3, now(), now() + make_interval(secs => $4::integer))`,
      [`tried ${hashOf(key).slice(0, 24)}`, hashOf(key), own, seconds],
    );
    return key;
  };
  const good = await add(scopes, 86_400);
  const [expired, scopeless, removed] = [await add(scopes, -1), await add([], 86_400), await add(scopes, 86_400)];
  await client.query(`delete from ${place} where key_hash = $1`, [hashOf(removed)]);
  await client.end();
  return { good, expired, scopeless, removed, hash: hashOf(good) };
}

const keys = wanted === null ? {} : await makeKeys(wanted);

let log = '';
const env = { ...process.env, HOST: '127.0.0.1', PORT, LOG_REQUESTS: 'false' };
const server = spawn(process.execPath, ['.output/server/index.mjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (log += chunk));

async function untilReady() {
  for (let attempt = 0; attempt < 200 && server.exitCode === null; attempt += 1) {
    const answer = await fetch(`${base}/health`).catch(() => null);
    if (answer) return true;
    await new Promise((next) => setTimeout(next, 50));
  }
  return false;
}

function bodyOf(answer) {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/** `{{0.accessToken}}` is what the first answer has there; `{{key}}` a key that opens operations. */
function fillIn(text, answers) {
  const opened = text.replace(/\{\{key(?:\.(\w+))?\}\}/g, (_whole, kind = 'good') => keys[kind] ?? '');
  return opened.replace(/\{\{(\d+)\.([\w.]+)\}\}/g, (_whole, index, path) => {
    const value = path.split('.').reduce((inner, name) => inner?.[name], bodyOf(answers[Number(index)]));
    return value === undefined ? '' : String(value);
  });
}

/** How a request carries what its sender has: headers, and what stands behind its address. */
function carried(place, token) {
  switch (place?.in ?? 'bearer') {
    case 'query':
      return { headers: {}, query: `${place.name}=${encodeURIComponent(token)}` };
    case 'cookie':
      return { headers: { cookie: `${place.name}=${token}` }, query: '' };
    case 'header':
      return { headers: { [place.name]: token }, query: '' };
    case 'basic':
      return { headers: { authorization: `Basic ${Buffer.from(`key:${token}`).toString('base64')}` }, query: '' };
    default:
      return { headers: { authorization: `Bearer ${token}` }, query: '' };
  }
}

async function send({ method, path, body, token, place, repeat }, answers) {
  const { headers, query } = token ? carried(place, fillIn(token, answers)) : { headers: {}, query: '' };
  const sent = body === null || body === undefined ? undefined : repeat ? body.repeat(repeat) : fillIn(body, answers);
  if (sent !== undefined) headers['content-type'] = 'application/json';
  try {
    const address = `${base}${fillIn(path, answers)}`;
    const whole = query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`;
    const answer = await fetch(whole, {
      method,
      headers,
      body: sent,
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    const all = await answer.text();
    const text = all.slice(0, MOST_SHOWN);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), isCut: text !== all, text };
  } catch (error) {
    return { status: 0, text: error instanceof Error ? error.message : String(error) };
  }
}

rmSync(TOLD, { force: true });
const answers = [];
if (await untilReady()) for (const request of asked) answers.push(await send(request, answers));
server.kill('SIGKILL');
writeFileSync(TOLD, JSON.stringify({ answers, log: log.slice(-MOST_SHOWN) }));
process.exit(0);
