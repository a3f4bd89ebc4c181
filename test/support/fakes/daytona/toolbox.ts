import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { FakeAnswer, FakeRequest, FakeRoute } from './fake-server.ts';
import { readParts, writeParts } from './multipart.ts';
import { type FakeSandbox, readJson } from './sandboxes.ts';

/** What the daemon says when something is not right: status, code and words. */
export type Refuse = (request: FakeRequest, status: number, code: string, message: string) => FakeAnswer;

type OnSandbox = (sandbox: FakeSandbox, request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

const ok = (body: unknown): FakeAnswer => ({ status: 200, body });
/** The daemon's own limit for a command that says none. */
const DEFAULT_SECONDS = 10;

/** The daemon inside the sandboxes. `parts` are the sandbox, then what the route caught. */
export function toolboxRoutes(find: (id: string) => FakeSandbox | null, refuse: Refuse): readonly FakeRoute[] {
  const route = (method: string, template: string, handle: OnSandbox): FakeRoute => ({
    method,
    template,
    handle: (request) => {
      const sandbox = find(request.parts[0] ?? '');
      if (!sandbox || sandbox.id !== request.parts[0]) return refuse(request, 404, 'NOT_FOUND', 'sandbox not found');
      if (sandbox.state !== 'started') return refuse(request, 400, 'BAD_REQUEST', 'sandbox is not running');
      sandbox.lastActivity = Date.now();
      return handle(sandbox, request);
    },
  });
  return [...fileRoutes(route, refuse), ...processRoutes(route, refuse)];
}

type MakeRoute = (method: string, template: string, handle: OnSandbox) => FakeRoute;

const placeOf = (sandbox: FakeSandbox, path: string): string =>
  isAbsolute(path) ? path : join(sandbox.workDirectory, path);

function fileRoutes(route: MakeRoute, refuse: Refuse): readonly FakeRoute[] {
  const directory = route('GET', '/work-dir', (sandbox) => ok({ dir: sandbox.workDirectory }));
  const upload = route('POST', '/files/bulk-upload', (sandbox, request) => {
    const written: { path: string; bytes: number }[] = [];
    try {
      const parts = readParts(request.headers['content-type'] ?? '', request.body);
      const paths = new Map<string, string>();
      for (const { name, bytes } of parts) {
        const index = /^files\[(\d+)\]\.(path|file)$/.exec(name);
        if (index?.[2] === 'path') paths.set(index[1] ?? '', bytes.toString('utf8'));
        const path = paths.get(index?.[1] ?? '');
        if (index?.[2] !== 'file' || path === undefined) continue;
        const place = placeOf(sandbox, path);
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, bytes);
        written.push({ path, bytes: bytes.byteLength });
      }
    } catch (error) {
      return refuse(request, 400, 'BAD_REQUEST', error instanceof Error ? error.message : 'bad multipart');
    }
    return ok({ files: written });
  });
  const download = route('POST', '/files/bulk-download', (sandbox, request) => {
    const { paths } = readJson(request);
    const parts = (paths as readonly string[]).map((path) => downloadPart(sandbox, path, request, refuse));
    const { contentType, body } = writeParts(parts);
    return { status: 200, body, headers: { 'content-type': contentType } };
  });
  const info = route('GET', '/files/info', (sandbox, request) => {
    const place = placeOf(sandbox, request.query.get('path') ?? '');
    const stat = statSync(place, { throwIfNoEntry: false });
    if (!stat) return refuse(request, 404, 'FILE_NOT_FOUND', 'file not found');
    const time = stat.mtime.toISOString();
    const known = { name: basename(place), path: place, size: stat.size, isDir: stat.isDirectory() };
    const rights = { mode: '-rw-r--r--', permissions: '0644', owner: 'daytona', group: 'daytona' };
    return ok({ ...known, ...rights, modTime: time, modifiedAt: time });
  });
  const folder = route('POST', '/files/folder', (sandbox, request) => {
    mkdirSync(placeOf(sandbox, request.query.get('path') ?? ''), { recursive: true });
    return { status: 201, body: null };
  });
  const remove = route('DELETE', '/files', (sandbox, request) => {
    const place = placeOf(sandbox, request.query.get('path') ?? '');
    if (!statSync(place, { throwIfNoEntry: false })) return refuse(request, 404, 'FILE_NOT_FOUND', 'file not found');
    rmSync(place, { recursive: request.query.get('recursive') === 'true' });
    return { status: 204, body: null };
  });
  return [directory, upload, download, info, folder, remove];
}

function downloadPart(sandbox: FakeSandbox, path: string, request: FakeRequest, refuse: Refuse) {
  const place = placeOf(sandbox, path);
  if (statSync(place, { throwIfNoEntry: false })?.isFile() === true) {
    return { name: 'file', filename: path, type: 'application/octet-stream', bytes: readFileSync(place) };
  }
  const { body } = refuse(request, 404, 'FILE_NOT_FOUND', `file not found: ${path}`);
  return { name: 'error', filename: path, type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
}

function processRoutes(route: MakeRoute, refuse: Refuse): readonly FakeRoute[] {
  const execute = route('POST', '/process/execute', async (sandbox, request) => {
    const { command, cwd, envs, timeout } = readJson<ExecuteBody>(request);
    if (cwd !== undefined && !statSync(placeOf(sandbox, cwd), { throwIfNoEntry: false })) {
      return refuse(request, 400, 'BAD_REQUEST', `chdir ${cwd}: no such file or directory`);
    }
    const place = cwd === undefined ? undefined : placeOf(sandbox, cwd);
    const timeoutMs = (timeout ?? DEFAULT_SECONDS) * 1000;
    const { exitCode, output } = await sandbox.processes.run({ command, cwd: place, environment: envs, timeoutMs });
    if (exitCode === null) return refuse(request, 408, 'PROCESS_EXECUTION_TIMEOUT', 'command execution timeout');
    return ok({ exitCode, result: output });
  });
  const create = route('POST', '/process/session', (sandbox, request) => {
    const id = String(readJson(request).sessionId);
    const { sessions } = sandbox.processes;
    if (sessions.has(id)) return refuse(request, 409, 'CONFLICT', 'session already exists');
    sessions.set(id, []);
    return { status: 201, body: null };
  });
  const look = route('GET', '/process/session/{sessionId}', (sandbox, request) => {
    const [, id = ''] = request.parts;
    const commands = sandbox.processes.sessions.get(id);
    if (!commands) return refuse(request, 404, 'NOT_FOUND', 'session not found');
    return ok({ sessionId: id, commands: commands.map(describeCommand) });
  });
  const remove = route('DELETE', '/process/session/{sessionId}', async (sandbox, request) => {
    const isGone = await sandbox.processes.endSession(request.parts[1] ?? '');
    return isGone ? { status: 204, body: null } : refuse(request, 404, 'NOT_FOUND', 'session not found');
  });
  return [execute, create, look, remove, ...commandRoutes(route, refuse)];
}

interface ExecuteBody {
  readonly command: string;
  readonly cwd?: string;
  readonly envs?: Readonly<Record<string, string>>;
  readonly timeout?: number;
}

function commandRoutes(route: MakeRoute, refuse: Refuse): readonly FakeRoute[] {
  const start = route('POST', '/process/session/{sessionId}/exec', async (sandbox, request) => {
    const [, id = ''] = request.parts;
    if (!sandbox.processes.sessions.has(id)) return refuse(request, 404, 'NOT_FOUND', 'session not found');
    const { command, runAsync, async: isAsync } = readJson(request);
    const { entry, ended } = sandbox.processes.start(id, String(command));
    if (runAsync === true || isAsync === true) return { status: 202, body: { cmdId: entry.id } };
    await ended;
    const { exitCode, stdout, stderr, output } = entry;
    return ok({ cmdId: entry.id, exitCode, stdout, stderr, output });
  });
  const command = (sandbox: FakeSandbox, request: FakeRequest) =>
    sandbox.processes.sessions.get(request.parts[1] ?? '')?.find(({ id }) => id === request.parts[2]);
  const look = route('GET', '/process/session/{sessionId}/command/{commandId}', (sandbox, request) => {
    const found = command(sandbox, request);
    return found ? ok(describeCommand(found)) : refuse(request, 404, 'NOT_FOUND', 'command not found');
  });
  const logs = route('GET', '/process/session/{sessionId}/command/{commandId}/logs', (sandbox, request) => {
    const found = command(sandbox, request);
    if (!found) return refuse(request, 404, 'NOT_FOUND', 'command not found');
    return ok({ output: found.output, stdout: found.stdout, stderr: found.stderr });
  });
  return [start, look, logs];
}

const describeCommand = ({ id, command, exitCode }: { id: string; command: string; exitCode: number | null }) => ({
  id,
  command,
  ...(exitCode === null ? {} : { exitCode }),
});
