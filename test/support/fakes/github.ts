import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSpec, type SpecGuard, specGuard } from '../spec-guard.ts';
import { dawdle, FaultQueue, type Reply, receive, send } from './faults.ts';
import {
  type Addresses,
  answer,
  failure,
  fullRepository,
  invalid,
  privateUser,
  type Repository,
} from './github/answers.ts';
import { makeBareRepository, serveGit } from './github/git-server.ts';
import { type FakeToken, may, scopeHeaders } from './github/tokens.ts';

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
  /** What either side did that GitHub's document does not say; empty where the document is not beside the project. */
  readonly violations: readonly string[];
  /** Makes a repository as somebody at GitHub's own pages would. */
  addRepository(owner: string, name: string, options?: { isPrivate?: boolean; isArchived?: boolean }): void;
  /** The folder of a bare repository, for git. */
  folderOf(owner: string, name: string): string;
  /** Requests to the old name are answered with a redirect from now on. */
  rename(owner: string, name: string, newName: string): void;
  protectBranch(owner: string, name: string, branch: string): void;
  stop(): Promise<void>;
}

interface Asked {
  readonly token: FakeToken;
  readonly body: Buffer;
  readonly path: readonly string[];
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

/** GitHub in this process: its REST API held against the official document, and a real git behind it. */
export async function startFakeGithub(tokens: readonly FakeToken[]): Promise<FakeGithub> {
  const root = mkdtempSync(join(tmpdir(), 'tb-fake-github-'));
  const faults = new FaultQueue();
  const repositories = new Map<string, Repository>();
  const renamed = new Map<string, number>();
  const made: string[] = [];
  const spec = readSpec('github-subset');
  const guard: SpecGuard | null = spec && specGuard(spec, { basePath: PREFIX, failure: FAILURE });
  const running = new Set<Promise<void>>();
  const keyOf = (owner: string, name: string) => `${owner}/${name}`.toLowerCase();
  const addresses: { -readonly [K in keyof Addresses]: string } = { api: '', server: '' };

  const addRepository: FakeGithub['addRepository'] = (owner, name, { isPrivate = false, isArchived = false } = {}) => {
    const id = 5000 + made.length;
    const createdAt = new Date();
    repositories.set(keyOf(owner, name), { id, owner, name, isPrivate, description: null, createdAt, isArchived });
    made.push(`${owner}/${name}`);
    makeBareRepository(root, `${keyOf(owner, name)}.git`);
  };

  const isOwn = ({ login, organizations = [] }: FakeToken, { owner }: Pick<Repository, 'owner'>) =>
    [login, ...organizations].some((own) => own.toLowerCase() === owner.toLowerCase());

  const readRepository = ({ token, path: [, owner = '', name = ''] }: Asked): Reply => {
    const key = keyOf(owner, name);
    const repository = repositories.get(key);
    const id = renamed.get(key);
    if (!repository && id !== undefined) {
      const url = `${addresses.api}/repositories/${id}`;
      return answer(301, { message: 'Moved Permanently', url, documentation_url: 'https://docs' }, { location: url });
    }
    const isSeen = repository && (!repository.isPrivate || (isOwn(token, repository) && may(token, 'read')));
    if (!repository || !isSeen) return failure(404, 'Not Found');
    return answer(200, fullRepository(repository, addresses, { isOwn: isOwn(token, repository) }));
  };

  const createRepository = (owner: string, { token, body }: Asked): Reply => {
    const wish: Readonly<Record<string, unknown>> = JSON.parse(body.toString());
    const isPrivate = wish.private === true;
    if (!may(token, isPrivate ? 'create-private' : 'create-public')) {
      // A classic token without the scope is told that there is nothing; a fine-grained one is told what it lacks.
      return token.scopes
        ? failure(404, 'Not Found', { 'x-accepted-oauth-scopes': isPrivate ? 'repo' : 'public_repo, repo' })
        : failure(403, 'Resource not accessible by personal access token', {
            'x-accepted-github-permissions': 'administration=write',
          });
    }
    const name = String(wish.name).replace(/[^\w.-]+/g, '-');
    if (repositories.has(keyOf(owner, name))) {
      return invalid('Repository creation failed.', 'name', 'name already exists on this account');
    }
    addRepository(owner, name, { isPrivate });
    const key = keyOf(owner, name);
    const repository = repositories.get(key);
    if (!repository) throw new Error('it was just made');
    const described = { ...repository, description: typeof wish.description === 'string' ? wish.description : null };
    repositories.set(key, described);
    return answer(201, fullRepository(described, addresses, { isOwn: true }));
  };

  const deleteRepository = ({ token, path: [, owner = '', name = ''] }: Asked): Reply => {
    const repository = repositories.get(keyOf(owner, name));
    if (!repository || !isOwn(token, repository)) return failure(404, 'Not Found');
    if (!may(token, 'delete')) {
      return answer(403, { message: 'Must have admin rights to Repository.', documentation_url: 'https://docs' });
    }
    repositories.delete(keyOf(owner, name));
    rmSync(join(root, `${keyOf(owner, name)}.git`), { recursive: true, force: true });
    return { status: 204 };
  };

  const carryOut = (operation: string, asked: Asked): Reply => {
    const { token, path } = asked;
    switch (operation) {
      case 'GET /user':
        return token.isInstallation
          ? failure(403, 'Resource not accessible by integration')
          : answer(200, privateUser(token.login, addresses));
      case 'GET /repos':
        return readRepository(asked);
      case 'POST /user/repos':
        return createRepository(token.login, asked);
      case 'POST /orgs': {
        const organization = token.organizations?.find((own) => own.toLowerCase() === path[1]?.toLowerCase());
        return organization === undefined ? failure(404, 'Not Found') : createRepository(organization, asked);
      }
      case 'DELETE /repos':
        return deleteRepository(asked);
      default:
        return failure(404, 'Not Found');
    }
  };

  const rest = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', headers } = request;
    const url = new URL(`http://fake${request.url}`);
    const path = url.pathname
      .slice(PREFIX.length + 1)
      .split('/')
      .map(decodeURIComponent);
    const operation = path[0] === 'user' ? `${method} /${path.join('/')}` : `${method} /${path[0]}`;
    const fault = faults.take(operation);
    const body = await receive(request, fault);
    if (body === null) return;
    if (!(await dawdle(response, fault))) return;
    if (fault?.kind === 'reset' && fault.when === 'before') return void request.socket.resetAndDestroy();
    const token = tokens.find((known) => headers.authorization === `Bearer ${known.token}` && !known.isExpired);
    const reply =
      fault?.kind === 'answer'
        ? failure(fault.status, fault.code ?? 'Server Error', fault.headers)
        : (refusalOf(headers, token) ??
          (token ? carryOut(operation, { token, body, path }) : failure(401, 'Bad credentials')));
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    const told = { ...reply, headers: { ...scopeHeaders(token ?? null), ...reply.headers } };
    check(request, body, told);
    send(response, told, fault);
  };

  const check = ({ method = 'GET', url = '', headers }: IncomingMessage, body: Buffer, reply: Reply) => {
    guard?.check({
      method,
      address: url,
      requestHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      requestBody: body,
      status: reply.status,
      answerHeaders: reply.headers ?? {},
      answerBody: Buffer.from(reply.body ?? ''),
    });
  };

  const git = async (request: IncomingMessage, response: ServerResponse) => {
    const fault = faults.take('git');
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault?.kind === 'answer') return send(response, { status: fault.status, body: 'Unavailable' }, null);
    const url = new URL(`http://fake${request.url}`);
    const place = /^\/([^/]+)\/([^/]+)\.git(\/.*)$/.exec(url.pathname);
    const [, owner = '', name = '', rest = ''] = place ?? [];
    const login = Buffer.from(/^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
    const token = tokens.find((known) => login === `x-access-token:${known.token}` && !known.isExpired);
    if (!token) {
      const headers = { 'www-authenticate': 'Basic realm="GitHub"' };
      return send(response, { status: 401, headers, body: 'Bad credentials' }, null);
    }
    const repository = repositories.get(keyOf(owner, name));
    const isOwned = repository !== undefined && isOwn(token, repository);
    if (!repository || (repository.isPrivate && !isOwned)) {
      return send(response, { status: 404, body: 'Repository not found.' }, null);
    }
    const isPush = url.search.includes('git-receive-pack') || rest.endsWith('git-receive-pack');
    if (isPush && (!isOwned || !may(token, 'push') || repository.isArchived)) {
      return send(
        response,
        { status: 403, body: `Permission to ${owner}/${name}.git denied to ${token.login}.` },
        null,
      );
    }
    const path = `/${keyOf(owner, name)}.git${rest}`;
    await serveGit(root, request, response, { path, user: token.login, mayWorkflows: may(token, 'push-workflow') });
  };

  const server = createServer((request, response) => {
    const served = (request.url?.startsWith(`${PREFIX}/`) ? rest : git)(request, response).catch(() => {
      response.destroy();
    });
    running.add(served);
    void served.then(() => running.delete(served));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  addresses.server = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  addresses.api = `${addresses.server}${PREFIX}`;

  return {
    apiUrl: addresses.api,
    serverUrl: addresses.server,
    faults,
    repositories,
    made,
    violations: guard?.violations ?? [],
    addRepository,
    folderOf: (owner, name) => join(root, `${keyOf(owner, name)}.git`),
    rename(owner, name, newName) {
      const repository = repositories.get(keyOf(owner, name));
      if (!repository) throw new Error(`there is no ${owner}/${name}`);
      repositories.delete(keyOf(owner, name));
      renamed.set(keyOf(owner, name), repository.id);
      repositories.set(keyOf(owner, newName), { ...repository, name: newName });
    },
    protectBranch: (owner, name, branch) =>
      writeFileSync(join(root, `${keyOf(owner, name)}.git`, 'protected'), `${branch}\n`),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(running);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** GitHub turns away who does not say who it is, whatever the token. */
function refusalOf(headers: IncomingMessage['headers'], token: FakeToken | undefined): Reply | null {
  if (!headers['user-agent']) return failure(403, 'Request forbidden by administrative rules.');
  if (headers['x-github-api-version'] !== '2022-11-28') return failure(400, 'API version is missing');
  return token ? null : failure(401, 'Bad credentials');
}
