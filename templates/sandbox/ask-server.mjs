// Inside the sandbox: starts the built server, sends it requests in turn, and writes down what it answered.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const MOST_SHOWN = 4000;
const TOLD = 'told-answers.json';
const PORT = String(await freePort());
const base = `http://127.0.0.1:${PORT}`;
const asked = JSON.parse(process.env.REQUESTS);
delete process.env.REQUESTS;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

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

/** `{{0.accessToken}}` is what the first answer has there. */
function fillIn(text, answers) {
  return text.replace(/\{\{(\d+)\.([\w.]+)\}\}/g, (_whole, index, path) => {
    const value = path.split('.').reduce((inner, name) => inner?.[name], bodyOf(answers[Number(index)]));
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
    const whole = await answer.text();
    const said = whole.slice(0, MOST_SHOWN);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), isCut: said !== whole, text: said };
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
