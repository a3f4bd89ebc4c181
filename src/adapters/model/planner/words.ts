import pluralize from 'pluralize';

/** Words as the planner compares them: lower case, without accents and apostrophes, parts joined by `_`. */

for (const word of [
  'data',
  'metadata',
  'sms',
  'gps',
  'dns',
  'gas',
  'os',
  'https',
  'staff',
  'stuff',
  'iris',
  'tennis',
]) {
  pluralize.addUncountableRule(word);
}
pluralize.addSingularRule(/leaves$/i, 'leave');
pluralize.addIrregularRule('cookie', 'cookies');
pluralize.addIrregularRule('cafe', 'cafes');
pluralize.addIrregularRule('quiz', 'quizzes');
pluralize.addIrregularRule('specimen', 'specimens');
pluralize.addIrregularRule('regimen', 'regimens');

/** What was worked out before; bounded, because requests may hold any words. */
const REMEMBERED = 20_000;
const singulars = new Map<string, string>();
const snakes = new Map<string, string>();

/** Lower case, without accents; `OrderItem`, `order-item` and `order item` all become `order_item`. */
export function snake(text: string): string {
  const known = snakes.get(text);
  if (known !== undefined) return known;
  const result = toSnake(text);
  if (text.length < 60 && snakes.size < REMEMBERED) snakes.set(text, result);
  return result;
}

function toSnake(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .replace(/\bsign-?up(s?)\b/gi, 'sign_up$1')
    .replace(/\be-mail/gi, 'email')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** Plurals of words that end in `i`: not `analysis` and `axis`. */
const MANY_IN_IS = /^(taxi|safari|alibi|bikini|zucchini|khaki|[a-z]{2,}(?:ai|ki|ji|wi))s$/;

function splitLast(name: string): [string, string] {
  const at = name.lastIndexOf('_') + 1;
  return [name.slice(0, at), name.slice(at)];
}

/** Singular of the last word of a snake_case name. */
export function singular(name: string): string {
  const known = singulars.get(name);
  if (known !== undefined) return known;
  const [front, last] = splitLast(name);
  const result =
    last.length <= 2 || (/(ss|us|is)$/.test(last) && !MANY_IN_IS.test(last)) ? name : front + pluralize.singular(last);
  if (singulars.size < REMEMBERED) singulars.set(name, result);
  return result;
}

/** Plural of the last word of a snake_case name. */
export function plural(name: string): string {
  const [front, last] = splitLast(name);
  return front + pluralize.plural(last);
}

/** True when the last word is visibly a plural (`posts`; not `status`, not `post`). */
export function isPlural(name: string): boolean {
  return singular(name) !== name;
}

/** What a verb may be a form of: `borrows`, `borrowed`, `borrowing` give `borrow` among others. */
export function verbStems(word: string): readonly string[] {
  const stems = [word];
  const base = IRREGULAR.get(word);
  if (base !== undefined) stems.push(base);
  for (const [ending, replacements] of VERB_ENDINGS) {
    if (word.length <= ending.length + 1 || !word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length);
    for (const replacement of replacements) stems.push(stem + replacement);
    const doubled = stem.at(-1);
    if (ending !== 's' && doubled !== undefined && doubled === stem.at(-2)) stems.push(stem.slice(0, -1));
  }
  return stems;
}

/** Forms of verbs for deeds that are kept. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  [
    'fly flew flown',
    'take took taken',
    'sell sold',
    'give gave given',
    'ride rode ridden',
    'drive drove driven',
    'swim swam swum',
    'buy bought',
    'bring brought',
    'lend lent',
    'pay paid payed',
    'send sent',
    'write wrote written',
    'teach taught',
    'wear wore worn',
    'run ran',
    'win won',
    'catch caught',
    'feed fed',
    'choose chose chosen',
    'hold held',
    'withdraw withdrew withdrawn',
    'eat ate eaten',
    'drink drank drunk',
    'sow sown',
    'spend spent',
    'lead led',
    'bid bade bidden',
  ].flatMap((line) => {
    const [first = '', ...forms] = line.split(' ');
    return forms.map((form) => [form, first] as const);
  }),
);

const VERB_ENDINGS: readonly (readonly [string, readonly string[]])[] = [
  ['s', ['']],
  ['es', ['']],
  ['ies', ['y']],
  ['ed', ['', 'e']],
  ['ied', ['y']],
  ['ing', ['', 'e']],
];

/** Damerau–Levenshtein distance (optimal string alignment), given up beyond `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    let best = i;
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      }
      current.push(value);
      best = Math.min(best, value);
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}
