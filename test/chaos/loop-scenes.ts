import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Created } from '../../src/pipeline/created.ts';
import { newAuthority, newCertificate } from '../support/certificates.ts';
import type { TestCluster } from '../support/global-cluster.ts';
import { startManagedCluster } from '../support/managed-cluster.ts';
import { type Play, type PlayedModel, playModel } from '../support/played-writer.ts';
import { addProjectSecrets, createArgs, differences, leaks, openSession, type Session } from './loop-session.ts';

const NOWHERE = 'http://127.0.0.1:9/v1';

/** What came out of a scene: numbers to print, and what was not as promised. */
export interface SceneEnd {
  readonly counts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

async function judge(created: Created, play: Play): Promise<readonly string[]> {
  const [endpoint] = created.endpoints ?? [];
  if (endpoint?.status !== 'written') return [`not written: ${endpoint?.reason ?? 'there is no endpoint'}`];
  const failed = created.checks.filter(({ passed }) => !passed).map(({ name }) => `failed: ${name}`);
  const proven = (created.verification?.attempts ?? 0) > 0 ? [] : ['nothing was attacked'];
  return [...failed, ...proven, ...(await play.ask(created.url))];
}

/** Written, proven and used; again from the records, without a network; again with rows that nobody may be sent. */
export async function playWhole(play: Play, home: string, cluster: TestCluster): Promise<SceneEnd> {
  const session = openSession(home, cluster);
  const model = await playModel(play);
  const [first, second] = [join(home, 'one', play.name), join(home, 'two', play.name)];
  const faults: string[] = [];
  try {
    const created = await session.create(first, play, model.url);
    faults.push(...(await judge(created, play)));
    const calls = model.requests.length;
    const replayed = await session.create(second, play, NOWHERE, ['--replay', '--verify', 'none']);
    if (replayed.endpoints?.[0]?.status !== 'written') faults.push('the replay did not write it');
    faults.push(...differences(first, second).map((fault) => `replayed: ${fault}`));
    addProjectSecrets(first, session.secrets);
    await plantRow(created, session);
    rmSync(first, { recursive: true });
    const again = await session.create(first, play, model.url, ['--fresh', '--verify', 'none']);
    if (again.endpoints?.[0]?.status !== 'written') faults.push('asked afresh, it was not written');
    if (model.requests.length !== 2 * calls)
      faults.push(`afresh: ${model.requests.length - calls} instead of ${calls} calls`);
    faults.push(...leaks(model, session));
    return { counts: { calls, secrets: session.secrets.size }, faults };
  } finally {
    for (const directory of [first, second]) await session.destroy(directory, play);
    await model.stop();
  }
}

/** A database that programs cannot be let near: nothing is written, the reason is told, and the backend is there. */
export async function playByTls(play: Play, home: string): Promise<SceneEnd> {
  const authority = newAuthority('tb loop authority');
  const server = await startManagedCluster(newCertificate({ names: ['localhost'], authority }));
  const model = await playModel(play);
  const { port, user, password } = server.administrator;
  writeFileSync(join(home, 'authority.pem'), authority.certificate);
  const env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@localhost:${port}/postgres?sslmode=verify-full`,
    DB_CLUSTER_SSLROOTCERT: join(home, 'authority.pem'),
  };
  const session = openSession(home, server);
  const directory = join(home, 'one', play.name);
  try {
    const created = await session.create(directory, { ...play, env }, model.url, ['--verify', 'none']);
    const [endpoint] = created.endpoints ?? [];
    const isTold = endpoint?.status === 'missing' && /by TLS/.test(endpoint.reason);
    const { status } = await fetch(`${created.url}/falcons`);
    const faults = [
      ...(isTold ? [] : [`told: ${endpoint?.status} ${endpoint?.reason}`]),
      ...(status === 200 ? [] : [`the backend answers ${status}`]),
      ...(model.requests.length === 3 ? [] : [`${model.requests.length} calls`]),
      ...leaks(model, session),
    ];
    return { counts: { calls: model.requests.length }, faults };
  } finally {
    await session.destroy(directory, { ...play, env });
    await model.stop();
    await server.stop();
  }
}

/** A row whose value is a secret, where rows can be made by anybody. */
async function plantRow({ url, database }: Created, { secrets }: Session): Promise<void> {
  if (!database?.tables.includes('falcons')) return;
  const value = `row${Math.random().toString(36).slice(2, 14)}`;
  secrets.set('row', value);
  const answer = await fetch(`${url}/falcons`, {
    method: 'POST',
    body: JSON.stringify({ ring_number: value, weight_grams: 19_999 }),
    headers: { 'content-type': 'application/json' },
  });
  if (answer.status !== 201) throw new Error(`the row was not made: ${answer.status}`);
}

const MOST_KILLS = 40;
/** Long enough for an answer to be written down, short enough for programs to run still. */
const BETWEEN_MS = 400;

/**
 * Killed at every question, and once more while the tools run that its answer asks for; the same command each time.
 * Nothing that was answered may be asked again, and what comes out is what comes out of one go.
 */
export async function playKilled(play: Play, home: string, cluster: TestCluster): Promise<SceneEnd> {
  const model = await playModel(play);
  const session = openSession(home, cluster);
  const [directory, whole] = [join(home, 'one', play.name), join(home, 'two', play.name)];
  const faults: string[] = [];
  let kills = 0;
  try {
    const args = createArgs(directory, play, ['--verify', 'none']);
    for (let isThere = true; isThere && kills < MOST_KILLS; ) {
      isThere = await killOnce(kills % 2 === 0 ? 'question' : 'tools', args, play, session, model);
      kills += isThere ? 1 : 0;
      if (existsSync(directory)) plantFiles(directory, session);
    }
    const created = await session.create(directory, play, model.url, ['--verify', 'none']);
    const [endpoint] = created.endpoints ?? [];
    if (endpoint?.status !== 'written') faults.push(`not written: ${endpoint?.reason}`);
    const answered = model.requests.filter(({ answered: done }) => done).map(({ body }) => body);
    const repeated = answered.length - new Set(answered).size;
    if (repeated > 0) faults.push(`${repeated} answered questions were asked again`);
    faults.push(...leaks(model, session));
    await session.create(whole, play, NOWHERE, ['--replay', '--verify', 'none']);
    for (const path of Object.keys(PLANTED)) rmSync(join(directory, path), { force: true });
    faults.push(...differences(directory, whole));
    return { counts: { kills, questions: new Set(answered).size, repeated }, faults };
  } finally {
    for (const own of [directory, whole]) await session.destroy(own, play);
    await model.stop();
  }
}

/** Kills `create` while the next question waits for its answer, or shortly after that came; false: there was none. */
async function killOnce(
  moment: 'question' | 'tools',
  args: readonly string[],
  play: Play,
  session: Session,
  model: PlayedModel,
): Promise<boolean> {
  const number = model.requests.length + 1;
  const held = moment === 'question' ? new Promise<true>((resolve) => model.hold(number, () => resolve(true))) : null;
  const { child, finished } = session.start(args, play, model.url);
  const ended = finished.then(() => false);
  const isThere = await Promise.race([held ?? untilAnswered(model, number, ended), ended]);
  if (isThere && held === null) await sleep(BETWEEN_MS);
  child.kill('SIGKILL');
  await finished;
  return isThere;
}

async function untilAnswered(model: PlayedModel, number: number, ended: Promise<boolean>): Promise<boolean> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && !model.requests[number - 1]?.answered) await sleep(20);
  return !hasEnded;
}

const PLANTED: Readonly<Record<string, string>> = {
  '.env.production': 'PAYMENT_KEY',
  'server/.env.local': 'MAIL_KEY',
  '.npmrc': 'REGISTRY_KEY',
};

function plantFiles(directory: string, { secrets }: Session): void {
  for (const [path, name] of Object.entries(PLANTED)) {
    const value = secrets.get(name) ?? `planted-${name}-${Math.random().toString(36).slice(2)}`;
    secrets.set(name, value);
    if (existsSync(join(directory, 'server'))) writeFileSync(join(directory, path), `${name}=${value}\n`);
  }
}
