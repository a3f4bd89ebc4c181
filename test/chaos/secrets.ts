import { rmSync } from 'node:fs';
import type { KeyRotation } from '../../src/operations/rotate-key.ts';
import { startCluster } from '../support/global-cluster.ts';
import { borrowMetadata, releaseMetadata } from '../support/provisioning.ts';
import { secretsServices } from '../support/secrets-project.ts';
import {
  type Kill,
  playKeyChange,
  playNaively,
  playRotation,
  pointsOfRotation,
  type Round,
  type Scene,
  storeValues,
  unreadable,
} from './secrets-rounds.ts';
import { secretsRunner } from './secrets-run.ts';

/**
 * `npm run chaos:secrets [kills]`: changes of passwords and of the key under kill -9, at each named point and at that
 * many random moments each (default 60), by key file and by TURBOBACKEND_MASTER_KEY, and two at once. After each kill
 * everything stored must open and one stored password of each login must log in; after one more run there must be one
 * set of passwords, in the server, the files and the record. The control changes them in the naive order and must fail.
 * Prints counts; ends with 1 when a promise was broken or the control found nothing.
 */
const randomKills = Number(process.argv[2] ?? 60);
/** How long a change takes here; kills are spread over it. */
const ROTATION_MS = 160;
const KEY_CHANGE_MS = 120;

const counts = { rotations: 0, keyChanges: 0, kills: 0, tooLate: 0, atOnce: 0, violations: 0, controlFindings: 0 };

function tally(what: 'rotations' | 'keyChanges', name: string, { killed, faults }: Round): void {
  counts[what] += 1;
  counts.kills += killed ? 1 : 0;
  counts.tooLate += killed ? 0 : 1;
  complain(name, faults);
}

function complain(name: string, faults: readonly string[]): void {
  counts.violations += faults.length > 0 ? 1 : 0;
  for (const fault of faults) process.stdout.write(`${name}: ${fault}\n`);
}

const nameOf = ({ killAt, killAfterMs }: Kill) => killAt ?? `${killAfterMs?.toFixed(0)} ms`;
const randomly = (ms: number): Kill[] =>
  Array.from({ length: randomKills }, () => ({ killAfterMs: Math.random() * ms }));

async function inPairs(kills: readonly (readonly Kill[])[], work: (kills: readonly Kill[]) => Promise<void>) {
  for (let at = 0; at < kills.length; at += 2) await Promise.all(kills.slice(at, at + 2).map(work));
}

async function rotations(scene: Scene): Promise<void> {
  const points = (await pointsOfRotation(scene)).map((killAt): Kill => ({ killAt }));
  const twice = points.map((kill, at): Kill[] => [kill, points[(at * 5 + 3) % points.length] ?? kill]);
  const rounds = [...points.map((kill) => [kill]), ...twice, ...randomly(ROTATION_MS).map((kill) => [kill])];
  await inPairs(rounds, async (kills) => {
    const name = `rotate ${kills.map(nameOf).join(', ')}`;
    tally('rotations', name, await playRotation(scene, kills));
  });
}

async function keyChanges(scene: Scene): Promise<void> {
  const stored = await storeValues(scene, 3);
  const points = ['key-locked', 'next-key', 'before:retire', 'resealed', 'promoted'];
  const values = Array.from({ length: stored.count }, (_, at) => `value:${at + 1}`);
  const named = [...points, ...values].map((killAt): Kill => ({ killAt }));
  for (const kill of [...named, ...randomly(KEY_CHANGE_MS)]) {
    tally('keyChanges', `rotate-key ${nameOf(kill)}`, await playKeyChange(scene, stored, kill));
  }
  for (let round = 0; round < 10; round += 1) {
    const project = { id: '', name: '', directory: '' };
    const both = [0, 1].map(() => scene.children.run({ verb: 'rotate-key', project }));
    const ends = await Promise.all(both);
    const [one, two] = ends.map(({ lines }): KeyRotation => JSON.parse(lines.at(-1) ?? '{}'));
    const faults = ends.flatMap(({ code, stderr }) => (code === 0 ? [] : [stderr]));
    // One result for both; or the second began when the first had ended, and went on from its key.
    const areApart = one && two && (one.from.includes(two.to) || two.from.includes(one.to));
    counts.atOnce += one?.to === two?.to ? 1 : 0;
    if (one?.to !== two?.to && !areApart) faults.push(`two results: ${one?.to}, ${two?.to}`);
    complain('rotate-key at once', [...faults, ...(await unreadable(scene, stored))]);
  }
  // From the key file to a master key, and from there to others; each change starts where the last one ended.
  let masterKey: string | undefined;
  for (const kill of [...named.filter((_, at) => at % 3 === 0), ...randomly(KEY_CHANGE_MS * 2).slice(0, 10)]) {
    const nextMasterKey = `master key number ${counts.keyChanges}`;
    const keys = { ...(masterKey === undefined ? {} : { masterKey }), nextMasterKey };
    tally('keyChanges', `rotate-key (environment) ${nameOf(kill)}`, await playKeyChange(scene, stored, kill, keys));
    masterKey = nextMasterKey;
  }
}

const { cluster, stop } = await startCluster();
const metadata = borrowMetadata();
const services = secretsServices(cluster, metadata);
const children = await secretsRunner(cluster, metadata);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    children.close();
    void stop().finally(() => {
      rmSync(metadata.home, { recursive: true, force: true });
      process.exit(130);
    });
  });
}
try {
  await services.state.listDatabases();
  const scene: Scene = { server: cluster, ...metadata, services, children };
  for (const role of ['mig', 'app', 'ro']) {
    const { faults } = await playNaively(scene, { killAt: `altered:${role}` });
    counts.controlFindings += faults.length > 0 ? 1 : 0;
  }
  await rotations(scene);
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  // Its own metadata: what the projects above have sealed would be moved along with each change of the key.
  for (const { projectId, env, generation } of await services.state.listDatabases()) {
    await services.state.deleteDatabase(projectId, env, generation);
  }
  await keyChanges(scene);
} finally {
  children.close();
  await releaseMetadata(cluster, metadata, services);
  await stop();
}
process.stdout.write(`${JSON.stringify(counts)}\n`);
process.exitCode = counts.violations > 0 || counts.controlFindings < 3 ? 1 : 0;
