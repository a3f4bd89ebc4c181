import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writingSandboxName } from '../../src/domain/remote.ts';
import { canariesIn } from '../support/canaries.ts';
import { type FakeDaytona, startFakeDaytona } from '../support/fakes/daytona.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { type PlayedModel, playModel } from '../support/played-writer.ts';
import { falconry } from '../support/plays.ts';
import { startCli } from '../support/run-cli.ts';
import { sandboxEnvironment } from '../support/sandbox-environment.ts';

/** A model writes an endpoint, and everything of it that runs while it is written runs in a sandbox at Daytona. */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const project = join(folder, 'falconry');
const play = falconry('nitro');
const MASTER_KEY = 'a key for the tests of models, long enough';
let model: PlayedModel;
let daytona: FakeDaytona;

const start = (args: readonly string[]) =>
  startCli([...args], {
    home: folder,
    cwd: folder,
    env: {
      DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
      PG_DB_SCHEMA: `elsewhere_${process.pid}`,
      TURBOBACKEND_MASTER_KEY: MASTER_KEY,
      OPENAI_API_KEY: CANARY_KEY,
      TURBOBACKEND_MODEL_URL: model.url,
      DAYTONA_API_KEY: daytona.key,
      DAYTONA_API_URL: daytona.apiUrl,
    },
    timeoutMs: 500_000,
  });
const cli = (args: readonly string[]) => start(args).finished;
const createIn = (directory: string) =>
  start([
    ...['create', play.request, '--dir', directory, '--workspace', 'daytona', '--max-cost', '2'],
    ...['--verify', 'none', '--yes', '--json'],
  ]);
const idOf = (directory: string): string => JSON.parse(readFileSync(join(directory, 'turbobackend.json'), 'utf8')).id;
/** Names of the sandboxes that were made since so many calls. */
const madeSince = (calls: number): readonly string[] =>
  daytona.calls
    .slice(calls)
    .flatMap(({ route, body }) => (route === 'POST /sandbox' ? [String(JSON.parse(body).name)] : []));

/** Where processes of this machine work whose command names a test that the model wrote. */
function placesOfTests(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes('test/custom-heaviest-falcons.test.mjs') ? [readlinkSync(`/proc/${pid}/cwd`)] : [];
      } catch {
        return [];
      }
    });
}

beforeAll(async () => {
  [model, daytona] = await Promise.all([playModel(play), startFakeDaytona({ environment: sandboxEnvironment })]);
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await model.stop();
  await daytona.close();
  await giveBack();
});

test('an endpoint is written wrong, told, mended and accepted in a sandbox elsewhere, and none is left', async () => {
  const seen = new Set<string>();
  const watch = setInterval(() => {
    for (const place of placesOfTests()) seen.add(place);
  }, 50);
  const created = await createIn(project).finished.finally(() => clearInterval(watch));
  expect([created.code, created.code === 0 ? '' : created.stdout]).toEqual([0, '']);
  const secrets = new Map([
    ['key of the model', CANARY_KEY],
    ['key of Daytona', daytona.key],
    ['password', password],
    ['master key', MASTER_KEY],
  ]);
  expect(canariesIn(`${created.stdout}${created.stderr}`, secrets)).toEqual([]);
  const { url, endpoints } = JSON.parse(created.stdout);
  expect(endpoints).toEqual([{ method: 'GET', path: '/heaviest-falcons', status: 'written', reason: '' }]);
  expect(await play.ask(url)).toEqual([]);
  expect(model.requests.map(({ body }) => body).at(-1)).toMatch(/Type 'number' is not assignable to type 'string'/);

  const rooms = [...seen].filter((place) => place.includes('/rooms/room-'));
  expect(rooms.length).toBeGreaterThan(0);
  expect([...seen].filter((place) => !/\/tb-fake-daytona-\w+\/work\/turbobackend\//.test(place))).toEqual([]);
  expect(readdirSync(join(folder, 'turbobackend'))).not.toContain('trials');
  expect(existsSync(join(folder, 'turbobackend'))).toBe(true);
  // The one for writing, and the one in which the whole is tried.
  const id = idOf(project);
  expect(madeSince(0)).toEqual([writingSandboxName(id), `turbobackend-${id}`]);
  expect([daytona.sandboxes(), daytona.violations()]).toEqual([[], []]);
}, 600_000);

test('killed while it is written, the same command goes on in the same sandbox, and leaves none; destroy takes what is left', async () => {
  const [other, calls] = [join(folder, 'killed'), daytona.calls.length];
  const kill = async () => {
    const { child, finished } = createIn(other);
    const since = daytona.calls.length;
    const isTried = () =>
      daytona.calls.slice(since).some(({ body }) => body.includes('run-job.mjs') && body.includes('room-'));
    await expect.poll(isTried, { timeout: 400_000, interval: 100 }).toBe(true);
    child.kill('SIGKILL');
    await finished;
  };
  await kill();
  const id = idOf(other);
  expect(daytona.sandboxes().map(({ name }) => name)).toEqual([writingSandboxName(id)]);
  const created = await createIn(other).finished;
  expect([created.code, created.code === 0 ? '' : created.stdout]).toEqual([0, '']);
  expect(JSON.parse(created.stdout).endpoints).toMatchObject([{ status: 'written' }]);
  expect([madeSince(calls), daytona.sandboxes()]).toEqual([[writingSandboxName(id), `turbobackend-${id}`], []]);

  const third = join(folder, 'destroyed');
  const { child, finished } = createIn(third);
  await expect.poll(() => daytona.sandboxes().length, { timeout: 400_000, interval: 100 }).toBe(1);
  child.kill('SIGKILL');
  await finished;
  expect((await cli(['doctor', '--remote'])).stdout).toContain(writingSandboxName(idOf(third)));
  expect((await cli(['destroy', third, '--yes'])).code).toBe(0);
  expect(daytona.sandboxes()).toEqual([]);
  expect((await cli(['destroy', other, '--yes'])).code).toBe(0);
}, 900_000);
