import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { passwordContext } from '../../src/domain/provisioning.ts';
import type { Server } from '../support/provisioning.ts';
import {
  faultsAtAnyTime,
  faultsAtRest,
  makeProject,
  openPasswords,
  type SecretsServices,
  secretsServices,
} from '../support/secrets-project.ts';
import type { SecretsCall, SecretsRunner } from './secrets-run.ts';

/** Where a round is killed. */
export type Kill = Pick<SecretsCall, 'killAt' | 'killAfterMs'>;

export interface Round {
  readonly killed: boolean;
  readonly faults: readonly string[];
}

export interface Scene {
  readonly server: Server;
  readonly home: string;
  readonly metadataDatabase: string;
  readonly services: SecretsServices;
  readonly children: SecretsRunner;
}

/** The points a change of passwords passes, from one that is not killed. */
export async function pointsOfRotation({ services, home, children }: Scene): Promise<readonly string[]> {
  const project = await makeProject(services, home);
  const { code, lines, stderr } = await children.run({ verb: 'rotate', project });
  if (code !== 0) throw new Error(stderr);
  return lines;
}

/** One project, its passwords changed, killed on the way (as often as there are kills), and changed again. */
export async function playRotation(scene: Scene, kills: readonly Kill[]): Promise<Round> {
  const { services, home, children } = scene;
  const project = await makeProject(services, home);
  const before = (await openPasswords(services, project.id)).current;
  const faults: string[] = [];
  let killed = false;
  for (const kill of kills) {
    const { code, stderr } = await children.run({ verb: 'rotate', project, ...kill });
    if (code === null) killed = true;
    else if (code !== 0) faults.push(stderr);
    faults.push(...(await faultsAtAnyTime(services, project.id)));
  }
  const cut = await openPasswords(services, project.id);
  // What is begun must be what ends; otherwise the last call makes a change of its own.
  const begun = cut.next ?? (cut.record.rotation === 'files' ? cut.current : null);
  const last = await children.run({ verb: 'rotate', project });
  if (last.code !== 0) faults.push(last.stderr);
  faults.push(...(await faultsAtRest(services, project, home)));
  const after = (await openPasswords(services, project.id)).current;
  if (begun && after.app !== begun.app) faults.push('a second change was begun');
  if (LOGIN_ROLES.some((role) => after[role] === before[role])) faults.push('an old password is still in force');
  return { killed, faults };
}

/** The control: changed in the order one writes first. */
export async function playNaively({ services, home, children }: Scene, kill: Kill): Promise<Round> {
  const project = await makeProject(services, home);
  const { code } = await children.run({ verb: 'naive', project, ...kill });
  return { killed: code === null, faults: await faultsAtAnyTime(services, project.id) };
}

/** What is stored of some projects, and what it must open to. */
export interface Stored {
  readonly plain: ReadonlyMap<string, string>;
  readonly count: number;
}

/** Records as projects in the middle of a change of passwords have them: both slots are full. No databases are made. */
export async function storeValues({ services }: Scene, projects: number): Promise<Stored> {
  const { state, vault, ids } = services;
  const plain = new Map<string, string>();
  for (let count = 0; count < projects; count += 1) {
    const projectId = ids.projectId();
    const seal = async (slot: string) => {
      const [mig = '', app = '', ro = ''] = await Promise.all(
        LOGIN_ROLES.map((role) => {
          plain.set(`${projectId}:${role}:${slot}`, `${slot} of ${role} in ${projectId}`);
          return vault.seal(`${slot} of ${role} in ${projectId}`, passwordContext(projectId, 'dev', role));
        }),
      );
      return { mig, app, ro };
    };
    const record = await state.wishDatabase({
      projectId,
      env: 'dev',
      databaseName: databaseNames(projectId).database,
      systemIdentifier: 'nowhere',
      desired: 'present',
      secrets: await seal('secrets'),
    });
    await state.beginRotation(projectId, 'dev', record.generation, await seal('nextSecrets'));
  }
  return { plain, count: plain.size };
}

/** Every stored value opens, to what it was; and what is sealed now opens, too. */
export async function unreadable(scene: Scene, stored: Stored, keys: SecretsCall['keys'] = {}): Promise<string[]> {
  const fresh = secretsServices(scene.server, { ...scene, ...keys });
  const faults: string[] = [];
  const seen = new Set<string>();
  try {
    for (const { projectId, secrets, nextSecrets } of await scene.services.state.listDatabases()) {
      for (const [slot, values] of Object.entries({ secrets, nextSecrets })) {
        for (const role of LOGIN_ROLES) {
          const name = `${projectId}:${role}:${slot}`;
          const want = stored.plain.get(name);
          if (want === undefined || values === null) continue;
          seen.add(name);
          const found = await fresh.vault
            .open(values[role], passwordContext(projectId, 'dev', role))
            .catch((error: unknown) => String(error));
          if (found !== want) faults.push(`${name}: ${found}`);
        }
      }
    }
    const context = passwordContext('aaaaaaaaaaaaaaaa', 'dev', 'app');
    const sealed = await fresh.vault.seal('new', context);
    if ((await fresh.vault.open(sealed, context)) !== 'new') faults.push('what is sealed now does not open');
  } finally {
    await fresh.state.close();
  }
  if (seen.size !== stored.count) faults.push(`${stored.count - seen.size} values are gone`);
  return faults;
}

/** The key is changed, killed on the way, and changed again; afterwards one key opens everything. */
export async function playKeyChange(
  scene: Scene,
  stored: Stored,
  kill: Kill,
  keys: SecretsCall['keys'] = {},
): Promise<Round> {
  const { children, home } = scene;
  const project = { id: '', name: '', directory: '' };
  const faults: string[] = [];
  const { code, stderr } = await children.run({ verb: 'rotate-key', project, keys, ...kill });
  if (code !== null && code !== 0) faults.push(stderr);
  faults.push(...(await unreadable(scene, stored, keys)));
  const last = await children.run({ verb: 'rotate-key', project, keys });
  if (last.code !== 0) faults.push(last.stderr);
  const after = keys.nextMasterKey === undefined ? keys : { masterKey: keys.nextMasterKey };
  faults.push(...(await unreadable(scene, stored, after)));
  const files = readdirSync(join(home, 'keys'));
  const want = keys.nextMasterKey === undefined ? ['vault.key'] : [];
  if (files.join() !== want.join()) faults.push(`key files: ${files.join(', ')}`);
  return { killed: code === null, faults };
}

/** Takes away a record that `storeValues` made. */
export async function forgetValues({ services }: Scene, stored: Stored): Promise<void> {
  for (const projectId of new Set([...stored.plain.keys()].map((name) => name.split(':')[0] ?? ''))) {
    const record = await services.state.findDatabase(projectId, 'dev');
    if (record) await services.state.deleteDatabase(projectId, 'dev', record.generation);
  }
}
