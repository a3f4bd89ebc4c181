import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSpec, type SpecGuard, specGuard } from '../spec-guard.ts';
import { dawdle, FaultQueue, type Reply, receive, send } from './faults.ts';
import { failure, type Repository } from './github/answers.ts';
import { serveGit } from './github/git-server.ts';
import { carryOut } from './github/rest.ts';
import { smallDocument } from './github/small-document.ts';
import { type FakeToken, may, scopeHeaders } from './github/tokens.ts';
import { World } from './github/world.ts';

export interface FakeGithub {
  /** For `GITHUB_API_URL`. */
  readonly apiUrl: string;
  /** For `GITHUB_SERVER_URL`. */
  readonly serverUrl: string;
  /** By operation: `GET /user`, `GET /repos`, `POST /user/repos`, `POST /orgs`, `DELETE /repos`, `git`. */
  readonly faults: FaultQueue;
  /** By `owner/name`, in lower case. */
  readonly repositories: ReadonlyMap<string, Repository>;
  /** Repositories that were ever made, also those that are gone. */
  readonly made: readonly string[];
  /** What either side did that GitHub's document does not say, or a small one of ours where it is not beside the project. */
  readonly violations: readonly string[];
  /** Makes a repository as somebody at GitHub's own pages would. */
  addRepository(owner: string, name: string, options?: { isPrivate?: boolean; isArchived?: boolean }): void;
  /** The folder of a bare repository, for git. */
  folderOf(owner: string, name: string): string;
  /** Requests to the old name are answered with a redirect from now on. */
  rename(owner: string, name: string, newName: string): void;
  protectBranch(owner: string, name: string, branch: string): void;
  /** Hears of each request when it comes, also of git's. */
  onCall(listener: (() => void) | null): void;
  stop(): Promise<void>;
}

interface Service {
  readonly world: World;
  readonly faults: FaultQueue;
  readonly guard: SpecGuard;
  /** The fake is being stopped. */
  readonly signal: AbortSignal;
}

const PREFIX = '/api/v3';
const FAILURE = {
  type: 'object',
  required: ['message', 'documentation_url'],
  properties: {
    message: { type: 'string' },
    documentation_url: { type: 'string' },
    status: { type: 'string' },
    errors: { type: 'array' },
  },
};

/** GitHub in this process: its REST API held against the official document (`isOurs`: a small one), and a real git behind it. */
export async function startFakeGithub(
  tokens: readonly FakeToken[],
  { isOurs = false }: { readonly isOurs?: boolean } = {},
): Promise<FakeGithub> {
  const world = new World(mkdtempSync(join(tmpdir(), 'tb-fake-github-')), tokens);
  const spec = (isOurs ? null : readSpec('github-subset')) ?? smallDocument();
  const guard = specGuard(spec, { basePath: PREFIX, failure: FAILURE });
  const stopping = new AbortController();
  const service: Service = { world, guard, faults: new FaultQueue(), signal: stopping.signal };
  const running = new Set<Promise<void>>();
  let heard: (() => void) | null = null;
  const server = createServer((request, response) => {
    heard?.();
    const serve = request.url?.startsWith(`${PREFIX}/`) ? serveRest : servePush;
    const served = serve(request, response, service).catch(() => {
      response.destroy();
    });
    running.add(served);
    void served.then(() => running.delete(served));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const serverUrl = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  world.addresses = { server: serverUrl, api: `${serverUrl}${PREFIX}` };
  return {
    apiUrl: world.addresses.api,
    serverUrl,
    faults: service.faults,
    repositories: world.repositories,
    made: world.made,
    violations: guard.violations,
    addRepository: (owner, name, options = {}) => world.add(owner, name, options),
    folderOf: (owner, name) => world.folderOf(owner, name),
    rename: (owner, name, newName) => world.rename(owner, name, newName),
    protectBranch: (owner, name, branch) =>
      writeFileSync(join(world.folderOf(owner, name), 'protected'), `${branch}\n`),
    onCall(listener) {
      heard = listener;
    },
    async stop() {
      stopping.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(running);
      rmSync(world.root, { recursive: true, force: true });
    },
  };
}

async function serveRest(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const { method = 'GET', headers, url = '' } = request;
  const { world, faults } = service;
  const path = new URL(`http://fake${url}`).pathname
    .slice(PREFIX.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const operation = path[0] === 'user' ? `${method} /${path.join('/')}` : `${method} /${path[0]}`;
  const fault = faults.take(operation);
  const body = await receive(request, fault);
  if (body === null || !(await dawdle(response, fault))) return;
  if (fault?.kind === 'reset' && fault.when === 'before') return void request.socket.resetAndDestroy();
  const token = world.tokens.find((known) => headers.authorization === `Bearer ${known.token}` && !known.isExpired);
  const reply =
    fault?.kind === 'answer'
      ? failure(fault.status, fault.code ?? 'Server Error', fault.headers)
      : (refusalOf(headers) ?? (token ? carryOut(operation, { token, body, path }, world) : unknownToken()));
  if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
  const told = { ...reply, headers: { ...scopeHeaders(token ?? null), ...reply.headers } };
  check(request, body, told, service.guard);
  send(response, told, fault);
}

const unknownToken = () => failure(401, 'Bad credentials');

/** GitHub turns away who does not say who it is, whatever the token. */
function refusalOf(headers: IncomingMessage['headers']): Reply | null {
  if (!headers['user-agent']) return failure(403, 'Request forbidden by administrative rules.');
  return headers['x-github-api-version'] === '2022-11-28' ? null : failure(400, 'The version of the API is missing');
}

function check({ method = 'GET', url = '', headers }: IncomingMessage, body: Buffer, reply: Reply, guard: SpecGuard) {
  guard.check({
    method,
    address: url,
    requestHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    requestBody: body,
    status: reply.status,
    answerHeaders: reply.headers ?? {},
    answerBody: Buffer.from(reply.body ?? ''),
  });
}

/** Lets in to git whom GitHub would let in. */
async function servePush(
  request: IncomingMessage,
  response: ServerResponse,
  { world, faults, signal }: Service,
): Promise<void> {
  const fault = faults.take('git');
  if (!(await dawdle(response, fault))) return;
  if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
  const refuse = (status: number, body: string, headers = {}) => send(response, { status, headers, body }, null);
  if (fault?.kind === 'answer') return refuse(fault.status, 'Unavailable');
  const { pathname, search } = new URL(`http://fake${request.url}`);
  const [, owner = '', name = '', rest = ''] = /^\/([^/]+)\/([^/]+)\.git(\/.*)$/.exec(pathname) ?? [];
  const login = Buffer.from(/^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
  const token = world.tokens.find((known) => login === `x-access-token:${known.token}` && !known.isExpired);
  if (!token) return refuse(401, 'Bad credentials', { 'www-authenticate': 'Basic realm="GitHub"' });
  const repository = world.find(owner, name);
  const isOwned = repository !== undefined && world.isOwn(token, repository);
  if (!repository || (repository.isPrivate && !isOwned)) return refuse(404, 'Repository not found.');
  const isPush = search.includes('git-receive-pack') || rest.endsWith('git-receive-pack');
  if (isPush && (!isOwned || !may(token, 'push') || repository.isArchived)) {
    return refuse(403, `Permission to ${owner}/${name}.git denied to ${token.login}.`);
  }
  const path = `${world.folderOf(owner, name).slice(world.root.length)}${rest}`;
  const mayWorkflows = may(token, 'push-workflow');
  await serveGit(world.root, request, response, { path, user: token.login, mayWorkflows, signal });
}
