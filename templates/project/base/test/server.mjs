import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, '.output', 'server', 'index.mjs');

/** Ends the server with the tests, however those end. */
const LIFELINE = 'data:text/javascript,process.stdin.resume().on("close",()=>process.exit());';

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Why the server is not well: what it answered, otherwise the last line of its log. */
async function reasonOf(answer, log) {
  const problem = await answer?.json().catch(() => null);
  if (problem?.detail) return problem.detail;
  const line = log.trim().split('\n').at(-1);
  try {
    return JSON.parse(line).message;
  } catch {
    return line || 'It does not answer.';
  }
}

/**
 * Starts what `npm run build` made, on a port of its own, with more settings than those of `.env`. Throws an error of
 * one line when it does not become healthy.
 */
export async function startServer(settings = {}) {
  if (!existsSync(output)) throw new Error('There is nothing to test: run `npm run build` first.');
  const port = await freePort();
  const own = { HOST: '127.0.0.1', PORT: String(port), LOG_REQUESTS: 'false' };
  const child = spawn(process.execPath, ['--import', LIFELINE, output], {
    cwd: root,
    env: { ...process.env, ...own, ...settings },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.on('data', (chunk) => {
    log += chunk;
  });
  // It may be gone before it is let go.
  child.stdin.on('error', () => {});
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.status === 200) break;
    // A server that answers, but not well, gets better soon or not at all.
    if (child.exitCode !== null || attempt > (answer ? 40 : 200)) {
      child.kill();
      throw new Error(`The server is not ready. ${await reasonOf(answer, log)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    /** What it printed so far. */
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Sends JSON and reads JSON. */
export async function send(method, url, body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? null : JSON.parse(text),
  };
}
