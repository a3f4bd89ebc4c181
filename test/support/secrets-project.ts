import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { localVault } from '../../src/adapters/vault/local/local-vault.ts';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { databaseNames, type Environment, LOGIN_ROLES, type LoginRole } from '../../src/domain/database.ts';
import type { Deployment } from '../../src/domain/deployment.ts';
import { environmentFiles } from '../../src/domain/environment-file.ts';
import { isTurboError } from '../../src/domain/errors.ts';
import { passwordContext } from '../../src/domain/provisioning.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { type LoginNeeds, settleLogins } from '../../src/pipeline/settle-logins.ts';
import type { DeployTarget } from '../../src/ports/deploy-target.ts';
import type { Needs } from '../../src/ports/services.ts';
import { type ProvisioningOptions, provisioningServices, type Server, withSession } from './provisioning.ts';

export type SecretsServices = LoginNeeds & Needs<'ids' | 'owner' | 'state'>;

export interface SecretsOptions extends ProvisioningOptions {
  readonly masterKey?: string;
  readonly nextMasterKey?: string;
  /** Told of the points of a change of the key. */
  readonly onKeyStep?: (point: string) => void;
}

/** The real adapters, but for the server of a project: see `fileTarget`. */
export function secretsServices(server: Server, options: SecretsOptions): SecretsServices {
  const { home, masterKey, nextMasterKey, onKeyStep } = options;
  return {
    ...provisioningServices(server, options),
    vault: localVault({ home, masterKey, nextMasterKey, onStep: onKeyStep }),
    workspace: localWorkspace(),
    target: fileTarget(home),
  };
}

const serverFile = (home: string, projectId: string) => join(home, `server-${projectId}.json`);

/** A server that is a file: what it read from `.env` when it was started. Seen by all processes of a test. */
function fileTarget(home: string): DeployTarget {
  const inspect = async (projectId: string): Promise<Deployment | null> => {
    if (!existsSync(serverFile(home, projectId))) return null;
    const base = { projectId, target: 'local', url: 'http://127.0.0.1:1', port: 1, restarts: 0 } as const;
    return { ...base, status: 'running', pid: 1, startedAt: 1 };
  };
  const start: DeployTarget['start'] = async ({ projectId, directory }) => {
    writeFileSync(serverFile(home, projectId), JSON.stringify(readEnv(directory, '.env')));
    const deployment = await inspect(projectId);
    if (!deployment) throw new Error('the server vanished');
    return deployment;
  };
  return {
    name: 'file',
    start,
    startAgain: start,
    inspect,
    async stop(projectId) {
      rmSync(serverFile(home, projectId), { force: true });
      return true;
    },
    async *logs() {},
    async remove() {},
  };
}

function readEnv(directory: string, file: string): NodeJS.Dict<string> {
  return parseEnv(readFileSync(join(directory, file), 'utf8'));
}

/** A provisioned project with a folder, its `.env` files and a running server. */
export async function makeProject(services: SecretsServices, home: string, env: Environment = 'dev') {
  const id = services.ids.projectId();
  const directory = join(home, id);
  mkdirSync(directory);
  const manifest = { version: 1, id, name: 'blog', request: 'blog', createdAt: 1, decision: null, schema: null };
  writeFileSync(join(directory, 'turbobackend.json'), JSON.stringify(manifest));
  const project = { id, name: 'blog', directory };
  await services.state.claimProject({ ...project, request: 'blog', createdAt: 1 });
  await provision({ projectId: id, env }, services);
  await settleLogins(project, env, services);
  if (env === 'dev') await services.target.start({ projectId: id, directory });
  return project;
}

/** The plain passwords in force and, while a change is under way, those it brings in. */
export async function openPasswords(services: SecretsServices, projectId: string, env: Environment = 'dev') {
  const record = await services.state.findDatabase(projectId, env);
  if (!record) throw new Error(`no record of ${projectId}`);
  const open = async (secrets: typeof record.secrets): Promise<Record<LoginRole, string>> => {
    const [mig = '', app = '', ro = ''] = await Promise.all(
      LOGIN_ROLES.map((role) => services.vault.open(secrets[role], passwordContext(projectId, env, role))),
    );
    return { mig, app, ro };
  };
  return { record, current: await open(record.secrets), next: record.nextSecrets && (await open(record.nextSecrets)) };
}

/** What must hold at every instant: all stored passwords open, and for each login one of them is the server's. */
export async function faultsAtAnyTime(services: SecretsServices, projectId: string): Promise<readonly string[]> {
  const faults: string[] = [];
  try {
    const { current, next } = await openPasswords(services, projectId);
    for (const role of LOGIN_ROLES) {
      const works = await Promise.all(
        [current, ...(next ? [next] : [])].map((set) => logsIn(services, projectId, role, set[role])),
      );
      if (!works.includes(true)) faults.push(`no stored password of ${role} logs in`);
      const login = await openLogin(projectId, 'dev', role, services);
      if (!(await logsIn(services, projectId, role, login.password)))
        faults.push(`openLogin of ${role} does not log in`);
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  return faults;
}

/** What must hold after a command that ended: one set of passwords, everywhere. */
export async function faultsAtRest(
  services: SecretsServices,
  { id, directory }: { readonly id: string; readonly directory: string },
  home: string,
): Promise<readonly string[]> {
  const faults = [...(await faultsAtAnyTime(services, id))];
  const { record, current, next } = await openPasswords(services, id);
  if (record.rotation !== null || next !== null) faults.push(`the change is not finished (${record.rotation})`);
  const files = environmentFiles('dev');
  if (readEnv(directory, files.server).DB_PASSWORD !== current.app) faults.push('.env has another password');
  if (readEnv(directory, files.migrations).DB_PASSWORD !== current.mig) faults.push('.env.migrate has another one');
  const server = JSON.parse(readFileSync(serverFile(home, id), 'utf8'));
  if (server.DB_PASSWORD !== current.app) faults.push('the server has another password');
  return faults;
}

async function logsIn(
  services: SecretsServices,
  projectId: string,
  role: LoginRole,
  password: string,
): Promise<boolean> {
  const names = databaseNames(projectId);
  const login = { ...services.cluster.adminLogin(names.database), user: names[role], password };
  try {
    await withSession(login, (query) => query('SELECT 1'));
    return true;
  } catch (error) {
    if (isTurboError(error, 'cluster.denied')) return false;
    throw error;
  }
}
