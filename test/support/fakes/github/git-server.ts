import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** Nothing of the machine's own settings reaches git. */
const GIT_ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
} as const;

/** Refuses a branch as GitHub does for one that is protected, and workflows from a token without the scope. */
const UPDATE_HOOK = `#!/bin/sh
if [ -f protected ] && [ "$1" = "refs/heads/$(cat protected)" ]; then
  echo "error: GH006: Protected branch update failed for $1." >&2
  echo "error: Changes must be made through a pull request." >&2
  exit 1
fi
if [ "$FAKE_NO_WORKFLOWS" = 1 ] && git ls-tree -r --name-only "$3" | grep -q '^.github/workflows/'; then
  echo "refusing to allow a Personal Access Token to create or update workflow without the workflow scope" >&2
  exit 1
fi
`;

/** Makes a bare repository below `root`, as it is before anything was pushed. */
export function makeBareRepository(root: string, path: string): string {
  const folder = join(root, path);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', folder], { env: GIT_ENVIRONMENT });
  execFileSync('git', ['-C', folder, 'config', 'http.receivepack', 'true'], { env: GIT_ENVIRONMENT });
  const hook = join(folder, 'hooks', 'update');
  writeFileSync(hook, UPDATE_HOOK);
  chmodSync(hook, 0o755);
  return folder;
}

interface GitOrder {
  readonly path: string;
  readonly user: string;
  readonly mayWorkflows: boolean;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Serves a request by git's own `http-backend`. */
export function serveGit(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  { path, user, mayWorkflows, signal }: GitOrder,
): Promise<void> {
  const url = new URL(`http://fake${request.url}`);
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENVIRONMENT,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      REMOTE_USER: user,
      REMOTE_ADDR: '127.0.0.1',
      FAKE_NO_WORKFLOWS: mayWorkflows ? '0' : '1',
      ...(request.headers['git-protocol'] ? { GIT_PROTOCOL: String(request.headers['git-protocol']) } : {}),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  body.pipe(backend.stdin);
  backend.stdin.on('error', () => {});
  // Of a client that was killed there comes no end; without one git would wait for ever.
  request.once('close', () => {
    if (!request.complete) backend.stdin.end();
  });
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      backend.kill('SIGKILL');
      resolve();
    });
    let head = Buffer.alloc(0);
    backend.stdout.on('data', (chunk: Buffer) => {
      if (response.headersSent) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const lines = head.subarray(0, end).toString().split('\r\n');
      const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
      const status = Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10);
      response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
      response.write(head.subarray(end + 4));
    });
    backend.on('close', () => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      resolve();
    });
  });
}
