import type { KeyPlace } from '../../domain/contract-plan.ts';
import type { TaskKey } from '../../domain/endpoint-task.ts';
import type { Attempt } from './attempt.ts';
import type { BenchRequest } from './bench.ts';

/** What stands for a key that opens everything, where the server is asked. */
export const GOOD_KEY = '{{key}}';

/** What somebody has who knows what a key looks like, had one once, or reads what the database keeps of one. */
const BAD_KEYS: readonly (readonly [what: string, key: string])[] = [
  ['a forged key', 'A'.repeat(43)],
  ['a key that is over', '{{key.expired}}'],
  ['a key that was taken back', '{{key.removed}}'],
  ['the hash of a key', '{{key.hash}}'],
  ['a longer key', `${GOOD_KEY}A`],
  ['SQL for a key', "' or '1'='1"],
  ['a pattern for a key', '%'],
];

/** Where a key may stand in other documents. */
const ELSEWHERE: readonly KeyPlace[] = [
  { in: 'bearer', name: 'authorization' },
  { in: 'basic', name: 'authorization' },
  { in: 'header', name: 'X-API-Key' },
  { in: 'query', name: 'api_key' },
  { in: 'cookie', name: 'api_key' },
];

/**
 * An operation that a key opens, asked with keys that are none, at each place where one counts; with a good one there,
 * and with a good one at every other place, the name of the right one included.
 */
export function keyAttempts(base: BenchRequest, { places, needsScope, isOptional }: TaskKey): readonly Attempt[] {
  const right = places.flatMap((place): readonly Attempt[] => {
    const at = `at its place (${textOf(place)})`;
    const bad = BAD_KEYS.map(([what, token]) => ({ ...base, token, place, what: `${what} ${at}`, wanted: 401 }));
    const scopeless = {
      ...base,
      token: '{{key.scopeless}}',
      place,
      what: `a key without the scope ${at}`,
      wanted: 403,
    };
    const good = { ...base, token: GOOD_KEY, place, what: `a good key ${at}`, unwanted: 401 };
    return [...bad, good, ...(needsScope ? [scopeless] : [])];
  });
  // Who brings no key is let in there: one that nobody looks at is none.
  if (isOptional) return right;
  const wrong = wrongPlaces(places).map((place) => {
    return { ...base, token: GOOD_KEY, place, what: `a good key elsewhere (${textOf(place)})`, wanted: 401 };
  });
  return [...right, ...wrong];
}

function wrongPlaces(places: readonly KeyPlace[]): readonly KeyPlace[] {
  const names = places.filter(({ in: where }) => where !== 'bearer' && where !== 'basic').map(({ name }) => name);
  const moved = names.flatMap((name): KeyPlace[] =>
    (['header', 'query', 'cookie'] as const).map((where) => ({ in: where, name })),
  );
  const all = [...ELSEWHERE, ...moved];
  const known = new Set(places.map(textOf));
  return all.filter(
    (place, at) => !known.has(textOf(place)) && all.findIndex((own) => textOf(own) === textOf(place)) === at,
  );
}

/** Headers are the same in capitals. */
function textOf({ in: where, name }: KeyPlace): string {
  return where === 'bearer' || where === 'basic' ? where : `${where} ${where === 'header' ? name.toLowerCase() : name}`;
}
