import { expect, test } from 'vitest';
import type { KeyPlace } from '../../../src/domain/contract-plan.ts';
import { type EndpointTask, operationTasks } from '../../../src/domain/endpoint-task.ts';
import { keyPlaceFor, type TrialKeys, trialKeys, withoutKeys } from '../../../src/domain/trial-keys.ts';
import { attackEndpoint } from '../../../src/phases/write-endpoints/attack-endpoint.ts';
import type { Bench, BenchRequest } from '../../../src/phases/write-endpoints/bench.ts';
import { contractProject, readDocument } from '../../support/contract-backend.ts';

/** Operations of a document that keys open: what is tried with keys before one of them is accepted. */

const document = await readDocument('beehives.yaml');
const { schema } = contractProject(document);
const tasks = new Map(operationTasks(document, schema).map((task) => [task.plan.name, task]));

function taskOf(id: string): EndpointTask {
  const task = tasks.get(`operations/${id}`);
  if (!task) throw new Error(`${id} is no task`);
  return { ...task, brief: task.brief ?? '' };
}

const textOf = (place: KeyPlace | undefined) => (place ? `${place.in} ${place.name.toLowerCase()}` : '');

/** How a server looks at keys. */
interface Doorkeeper {
  readonly places: readonly string[];
  /** Which keys it takes for good. */
  readonly good: (token: string) => boolean;
  readonly needsScope?: boolean;
  readonly isOptional?: boolean;
}

const isGood = (token: string) => token === '{{key}}' || token === '{{key.scopeless}}';

/** A server that does nothing but look at keys. */
function guardedBy({ places, good, needsScope = false, isOptional = false }: Doorkeeper): Pick<Bench, 'request'> {
  const statusFor = ({ path, token, place }: BenchRequest): number => {
    if (path === '/health') return 200;
    const sent = token !== null && places.includes(textOf(place ?? undefined)) ? token : null;
    if (sent === null) return isOptional ? 200 : 401;
    if (!good(sent)) return 401;
    return needsScope && sent !== '{{key}}' ? 403 : 200;
  };
  return {
    request: async (requests) => ({
      log: '',
      answers: requests.map((one) => ({
        status: statusFor({
          ...one,
          place: one.place ?? ({ in: places[0]?.split(' ')[0], name: places[0]?.split(' ')[1] } as KeyPlace),
        }),
        body: {},
        whole: null,
      })),
    }),
  };
}

async function weaknesses(id: string, keeper: Doorkeeper): Promise<readonly string[]> {
  const target = { task: taskOf(id), code: '', withAccounts: false, token: null, check: () => [] };
  return attackEndpoint(target, guardedBy(keeper) as Bench);
}

const HEADER = 'header x-hive-key';
const BEARER = 'bearer authorization';

test('a server that looks at keys as the document says withstands', async () => {
  expect(await weaknesses('weighHoney', { places: [HEADER, BEARER], good: isGood })).toEqual([]);
  expect(await weaknesses('harvestHive', { places: [BEARER], good: isGood, needsScope: true })).toEqual([]);
  expect(await weaknesses('nameQueen', { places: ['cookie hive'], good: isGood })).toEqual([]);
  expect(await weaknesses('forecastHoney', { places: ['query sheet'], good: isGood, isOptional: true })).toEqual([]);
});

const HOLES: readonly (readonly [what: string, id: string, keeper: Doorkeeper, told: RegExp])[] = [
  [
    'lets everybody in',
    'weighHoney',
    { places: [HEADER, BEARER], good: isGood, isOptional: true },
    /nothing else is answered with 200 instead of 401/,
  ],
  ['believes every key', 'weighHoney', { places: [HEADER, BEARER], good: () => true }, /a forged key at its place/],
  [
    'forgets when keys end',
    'nameQueen',
    { places: ['cookie hive'], good: (token) => isGood(token) || token === '{{key.expired}}' },
    /a key that is over/,
  ],
  [
    'keeps keys that were taken back',
    'nameQueen',
    { places: ['cookie hive'], good: (token) => isGood(token) || token === '{{key.removed}}' },
    /a key that was taken back/,
  ],
  [
    'takes the hash of a key',
    'nameQueen',
    { places: ['cookie hive'], good: (token) => isGood(token) || token === '{{key.hash}}' },
    /the hash of a key/,
  ],
  [
    'puts keys into SQL',
    'nameQueen',
    { places: ['cookie hive'], good: (token) => isGood(token) || token.includes("'") },
    /SQL for a key/,
  ],
  [
    'looks for keys in a query, too',
    'weighHoney',
    { places: [HEADER, BEARER, 'query x-hive-key'], good: isGood },
    /a good key elsewhere \(query X-Hive-Key\)/,
  ],
  [
    'looks for keys in cookies, too',
    'harvestHive',
    { places: [BEARER, 'cookie api_key'], good: isGood, needsScope: true },
    /elsewhere \(cookie api_key\)/,
  ],
  [
    'does not look at scopes',
    'harvestHive',
    { places: [BEARER], good: isGood },
    /a key without the scope at its place \(bearer\)/,
  ],
  [
    'knows one of two places only',
    'weighHoney',
    { places: [HEADER], good: isGood },
    /a good key at its place \(bearer\) is answered with 401; it must be let in/,
  ],
  [
    'takes bad keys for none where none is needed',
    'forecastHoney',
    { places: ['query sheet'], good: () => true, isOptional: true },
    /a forged key at its place/,
  ],
  [
    'wants a key where none is needed',
    'forecastHoney',
    { places: ['query sheet'], good: isGood },
    /nothing else is answered with 401; it must be let in/,
  ],
];

test.each(HOLES)('a server that %s is found', async (_what, id, keeper, told) => {
  expect((await weaknesses(id, keeper)).join('\n')).toMatch(told);
});

test('requests carry keys where their operation looks for them', () => {
  const keys = trialKeys(document, schema) as TrialKeys;
  const placed = (method: string, path: string) => textOf(keyPlaceFor(keys, method, path) ?? undefined);
  expect(placed('GET', '/honey?x=1')).toBe(HEADER);
  expect(placed('POST', '/hives/7/harvest')).toBe(BEARER);
  expect(placed('GET', '/forecast')).toBe('query sheet');
  expect(placed('GET', '/queens/names')).toBe('cookie hive');
  expect(placed('GET', '/nowhere')).toBe('');
});

test('who writes operations is told nothing of the table that keeps keys', () => {
  const keys = trialKeys(document, schema);
  expect(schema.tables.map(({ name }) => name)).toContain(keys?.table);
  expect(withoutKeys(schema, keys).tables.map(({ name }) => name)).toEqual(['hives']);
});
