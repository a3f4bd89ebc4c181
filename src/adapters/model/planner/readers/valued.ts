import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { ColumnFact, Fact } from '../facts.ts';
import { columnFact, readRange } from '../items.ts';
import { type Phrase, readPhrase, textBetween } from '../phrase.ts';
import { snake } from '../words.ts';

const LONGEST_ASIDE = 60;

/** "application status (sent, read)", "ratings (1..5)": values and limits where nothing else says whose they are. */
export function readValued(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, open) => {
    if (token.word !== '(') return [];
    const phrase = [4, 3, 2, 1].map((back) => readPhrase(context, open - back)).find((one) => one?.to === open);
    const close = tokens.findIndex((one, at) => at > open && at < open + LONGEST_ASIDE && one.word === ')');
    if (!phrase || close === -1) return [];
    const aside = textBetween(context, open + 1, close);
    const owned = ownedBy(phrase.name, context);
    const why = textBetween(context, phrase.from, close + 1);
    if (owned) {
      const fact = columnFact(owned.entity, { ...phrase, name: owned.name, plural: false, aside }, context, why);
      const { values, min, max } = fact.kind === 'column' ? fact.column : {};
      return values || (min ?? max) !== undefined ? [fact] : [];
    }
    const kinds = kindsOf(phrase, aside, context);
    if (kinds) return [{ kind: 'column', entity: phrase.name, column: kinds, why } as const];
    const range = readRange(aside);
    const measured = range && /^[\s\d.~≤≥-]+$/.test(aside) ? measureOf(phrase.name, context) : null;
    return measured === null || !range
      ? []
      : [{ kind: 'column', entity: phrase.name, column: { name: measured, kind: 'integer', ...range }, why } as const];
  });
}

/** `application_status` is the status of an application, unless the lexicon knows it as one word. */
function ownedBy(name: string, context: Context): { readonly entity: string; readonly name: string } | null {
  const words = name.split('_');
  for (let at = words.length - 1; at > 0; at -= 1) {
    const [entity, own] = [words.slice(0, at).join('_'), words.slice(at).join('_')];
    const known = context.lexicon.attributes.known(own);
    if (known !== null && senseOf(entity, context)) return { entity, name: known };
  }
  return null;
}

/** "animals (dog, cat or other)": what kinds of it there are, or in what state it is. */
function kindsOf({ name, plural }: Phrase, aside: string, context: Context): ColumnFact | null {
  const sense = senseOf(name, context);
  if (!plural || !sense || sense.entity.person || !/\sor\s/.test(aside)) return null;
  const values = aside
    .split(/,|\bor\b/)
    .map(snake)
    .filter((one) => one !== '');
  const isPlain = values.every((value) => value.split('_').length <= 2 && !context.lexicon.attributes.looksLike(value));
  if (values.length < 2 || !isPlain || /\b(more|not|both|a|an|the|with|only|else|if)\b/.test(aside)) return null;
  const states = values.filter((value) => /(ed|open|new|active|done|paid|sent|pending)$/.test(value));
  const isState = states.length * 2 > values.length;
  const usual = isState ? /^(status|state)$/ : /^(species|kind|type|category)$/;
  const known = sense.entity.columns.find((column) => usual.test(column.name));
  return { name: known?.name ?? (isState ? 'status' : 'kind'), values };
}

/** The number that such a thing is about: the stars of a rating. */
function measureOf(name: string, context: Context): string | null {
  const columns = senseOf(name, context)?.entity.columns ?? [];
  return columns.find((column) => /^(rating|score|stars|points|grade|value|mark)$/.test(column.name))?.name ?? null;
}
