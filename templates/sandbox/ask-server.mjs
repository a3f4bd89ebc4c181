// Inside the sandbox: starts the built server, sends it requests in turn, and prints what it answered.
import { spawn } from 'node:child_process';

const MOST_SHOWN = 4000;
const PORT = '8787';
const base = `http://127.0.0.1:${PORT}`;
const asked = JSON.parse(process.env.REQUESTS);
delete process.env.REQUESTS;

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

/** `{{0.accessToken}}` is what the first answer has there. */
function fillIn(text, answers) {
  return text.replace(/\{\{(\d+)\.([\w.]+)\}\}/g, (_whole, index, path) => {
    const value = path.split('.').reduce((inner, name) => inner?.[name], answers[Number(index)]?.body);
    return value === undefined ? '' : String(value);
  });
}

async function send({ method, path, body, token, repeat }, answers) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${fillIn(token, answers)}`;
  const text = body === null || body === undefined ? undefined : repeat ? body.repeat(repeat) : fillIn(body, answers);
  if (text !== undefined) headers['content-type'] = 'application/json';
  try {
    const answer = await fetch(`${base}${fillIn(path, answers)}`, {
      method,
      headers,
      body: text,
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    const said = (await answer.text()).slice(0, MOST_SHOWN);
    try {
      return { status: answer.status, body: JSON.parse(said) };
    } catch {
      return { status: answer.status, body: said };
    }
  } catch (error) {
    return { status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}

const answers = [];
if (await untilReady()) for (const request of asked) answers.push(await send(request, answers));
server.kill('SIGKILL');
process.stdout.write(`\n=== answers ===\n${JSON.stringify({ answers, log: log.slice(-MOST_SHOWN) })}\n`, () =>
  process.exit(0),
);
