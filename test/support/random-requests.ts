import type { Lexicon } from '../../src/adapters/model/planner/lexicon.ts';

const MARKS = [
  ', ',
  ' and ',
  ' has many ',
  ' belongs to ',
  '(',
  ')',
  '\n- ',
  ': ',
  ' unique',
  '?',
  ' one per ',
  ' no ',
  ' with login ',
  '. admins manage ',
  ' see their own ',
  ' are private, ',
  '/',
  '"',
  ' > ',
  '; ',
  '{',
  '}',
  ' for each ',
  ' between two ',
  ' done by a ',
  ' another ',
  ' nested ',
  ' or not ',
  ' number of ',
  ' without ',
  '.\nAs a ',
  ' I want to ',
  ' [',
  '] ',
];
const STRANGE = [
  '\u0000',
  '\u001b[31m',
  '\u202e',
  '\u200f',
  '\u200b',
  '\ufeff',
  '\ud83d',
  '🙂',
  '漢字',
  'ñandú',
  'Ωμέγα',
  "'; DROP TABLE users; --",
  '$(rm -rf /)',
  '`id`',
  '{{7*7}}',
  '$' + '{process.env.HOME}',
  '<script>',
  '%s%n',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'CREATE TABLE x (',
  'select * from',
  '\r\n',
  '\t',
  '😀'.repeat(20),
  'a'.repeat(70),
  '-- ',
  '/*',
  '*/',
  '\\',
  '\u2028',
];

/** Random numbers that are the same in every run (Park–Miller). */
function* randoms(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

/** Requests made of words of the lexicon, and of `bases` with letters, words and strange signs put in, out and about. */
export function randomRequests(
  { count, seed, bases }: { readonly count: number; readonly seed: number; readonly bases: readonly string[] },
  lexicon: Lexicon,
): readonly string[] {
  const random = randoms(seed);
  const next = (below: number) => Math.floor(random.next().value * below);
  const words = [...lexicon.nouns.keys(), ...lexicon.attributes.words, ...lexicon.english.verbs];
  const pick = (list: readonly string[]) => list[next(list.length)] ?? '';
  const made = () =>
    Array.from({ length: 2 + next(25) }, () => pick(words).replaceAll('_', ' ') + pick(MARKS)).join('');
  const mutated = () => {
    let text = pick(bases);
    for (let turn = next(8); turn >= 0; turn -= 1) {
      const at = next(text.length + 1);
      const put = [pick(STRANGE), pick(words), pick(MARKS), '', text.slice(at, at + next(40))][next(5)] ?? '';
      text = text.slice(0, at) + put + text.slice(at + next(6));
    }
    return next(20) === 0 ? text.repeat(1 + Math.floor(8000 / (text.length + 1))) : text;
  };
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? made() : mutated()).slice(0, 8000));
}
