import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { Finding } from '../../../domain/finding.ts';
import { inspectLock } from '../../shared/process/lock-file.ts';
import { type AccessFault, findAccessFaults } from './access-faults.ts';
import { attach } from './attach.ts';
import { copyFolder, findNativePackage, missingLinks, type NativePackage } from './binaries.ts';
import { findCopyFaults } from './copy-faults.ts';
import { dataFolderProblem, freeBytes } from './instance.ts';
import { findLayout, type Layout, readPassword, readState } from './layout.ts';
import { isPortFree } from './port.ts';
import { findPostmaster, isPidFileMisleading } from './postmaster.ts';
import { serverUser } from './server-user.ts';

/** Looks at everything the embedded cluster of a home stands on. Changes and starts nothing; never throws for what it finds. */
export async function diagnoseEmbedded(options: { readonly home: string }): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const native = await look(found, 'programs', () => findNativePackage());
  if (native) found.push(programs(native));
  found.push(homeFolder(options.home));
  const layout = await look(found, 'cluster folder', () => findLayout(options.home));
  if (layout) await lookAtCluster(found, layout, native);
  const faults = findAccessFaults(layout?.home ?? options.home, layout, serverUser());
  const names = new Set(faults.map(({ name }) => name));
  return [...found.filter(({ name }) => !names.has(name)), ...faults.map(access)];
}

async function lookAtCluster(found: Finding[], layout: Layout, native: NativePackage | null): Promise<void> {
  if (native) await look(found, COPY, () => found.push(copy(layout, native)));
  found.push(space(layout));
  await look(found, 'lock', () => found.push(lock(layout)));
  if (!existsSync(layout.instance)) return;
  await look(found, 'data folder', () => found.push(dataFolder(layout)));
  await look(found, 'password file', () => found.push(passwordFile(layout)));
  await look(found, 'server', async () => found.push(...(await server(layout))));
}

/** Runs one look; what it throws becomes a finding of that name, and null. */
async function look<T>(found: Finding[], name: string, work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    found.push(bad(name, detail, (error instanceof TurboError ? error.hint : undefined) ?? null));
    return null;
  }
}

const COPY = 'copy of the programs';
const PROGRAMS = ['initdb', 'pg_ctl', 'postgres'];
const SHOWN_FILES = 3;

function good(name: string, detail: string): Finding {
  return { name, ok: true, detail, fix: null };
}

function bad(name: string, detail: string, fix: string | null): Finding {
  return { name, ok: false, detail, fix };
}

function programs(native: NativePackage): Finding {
  const gone = PROGRAMS.filter((name) => !existsSync(join(native.folder, 'bin', name)));
  if (gone.length > 0) {
    const fix = 'Install turbobackend again (npm install); what is running goes on.';
    return bad('programs', `${native.folder} has no ${gone.join(', ')}.`, fix);
  }
  const missing = missingLinks(native).length;
  const links = missing === 0 ? '' : `; npm left out ${missing} library links, which the cluster's copy gets`;
  return good('programs', `PostgreSQL ${native.version}${links}`);
}

function access({ name, path, found, mode }: AccessFault): Finding {
  return bad(name, `${path} has mode ${found}.`, `chmod ${mode.toString(8)} ${path}`);
}

function homeFolder(home: string): Finding {
  let path = home;
  while (!existsSync(path) && path !== dirname(path)) path = dirname(path);
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return good('home', path === home ? home : `${home} (will be made)`);
  } catch {
    return bad('home', `${path} cannot be written to.`, 'Set TURBOBACKEND_HOME to a folder you may write to.');
  }
}

function copy(layout: Layout, native: NativePackage): Finding {
  const folder = copyFolder(layout.folder, native);
  if (!existsSync(folder)) return good(COPY, 'not made yet');
  const faults = findCopyFaults(native, folder);
  const shown = faults.slice(0, SHOWN_FILES).map(({ path, kind }) => `${path} (${kind})`);
  const more = faults.length > shown.length ? ` and ${faults.length - shown.length} more` : '';
  return faults.length === 0
    ? good(COPY, folder)
    : bad(COPY, `${folder} is damaged: ${shown.join(', ')}${more}.`, 'turbobackend doctor --fix');
}

function space(layout: Layout): Finding {
  const megabytes = Math.floor(freeBytes(layout.folder) / 1024 / 1024);
  const detail = `${megabytes} MB free for ${layout.folder}`;
  return megabytes < 200 ? bad('disk', detail, 'Free some space.') : good('disk', detail);
}

function lock(layout: Layout): Finding {
  const held = inspectLock(layout.lock);
  if (held === null) return good('lock', 'free');
  if (!held.stale) return good('lock', `held by process ${held.pid ?? 'unknown'}, which is alive`);
  return good('lock', `left by process ${held.pid ?? 'unknown'}, which is gone; the next command takes it over`);
}

function dataFolder(layout: Layout): Finding {
  const problem = dataFolderProblem(layout, serverUser());
  return problem === null ? good('data folder', layout.data) : bad('data folder', problem.detail, problem.fix);
}

function passwordFile(layout: Layout): Finding {
  const path = layout.passwordFile;
  if (readPassword(layout.home) === null) {
    return bad('password file', `${path} is gone.`, 'turbobackend db start (it sets a new password)');
  }
  return good('password file', path);
}

async function server(layout: Layout): Promise<readonly Finding[]> {
  const port = readState(layout.home)?.port ?? null;
  const postmaster = findPostmaster(layout.data);
  if (postmaster === null) {
    const stale = isPidFileMisleading(layout.data) ? '; its stale pid file will be removed' : '';
    const state = good('server', `not running${stale}`);
    if (port === null || (await isPortFree(port))) return [state];
    return [
      state,
      bad('port', `Port ${port} is used by another program.`, 'The next start takes another port by itself.'),
    ];
  }
  const password = readPassword(layout.home);
  const name = `process ${postmaster.pid}, port ${postmaster.port}`;
  if (postmaster.status !== 'ready' || password === null) return [good('server', `${postmaster.status} (${name})`)];
  const target = { port: postmaster.port, password, data: layout.data, systemIdentifier: null };
  const answer = (await attach(target)).kind;
  if (answer === 'ours') return [good('server', `running (${name})`)];
  const fix = 'turbobackend db stop && turbobackend db start';
  return [bad('server', `${name} runs, but does not let us in (${answer}).`, fix)];
}
