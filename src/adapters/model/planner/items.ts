import type { Context } from './context.ts';
import { senseOf } from './context.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import { readField, splitFields } from './field.ts';
import type { ColumnKind } from './notation.ts';
import type { Phrase } from './phrase.ts';
import { fieldFacts } from './readers/definitions.ts';
import { plural, singular, snake } from './words.ts';

/**
 * What one item of a list says about its subject: "an order has **lines**" is a child, "**a status**" a column,
 * "**a customer**" a parent. Plural nouns are things of their own, singular ones that name a property are columns.
 */
export function itemFacts(subject: string, item: Phrase, context: Context, why: string): readonly Fact[] {
  if (item.name === subject) return [];
  const { attributes, english } = context.lexicon;
  const sense = senseOf(item.name, context);
  const known = attributes.known(item.name);
  if (isLimited(item)) return [columnFact(subject, item, context, why)];
  if (!item.plural && sense === null && known === null && isSubject(item, context))
    return childFacts(subject, item, context, why);
  if (!item.plural && hasValues(item, context)) return [columnFact(subject, item, context, why)];
  if (item.plural) {
    // "a date and notes": long texts have no rows of their own.
    if (known !== null && attributes.guess(known).kind === 'long') return [columnFact(subject, item, context, why)];
    if ((sense && !(sense.entity.weak && known)) || hasParts(item, context))
      return childFacts(subject, item, context, why);
    if (known !== null || attributes.looksLike(item.name)) return [columnFact(subject, item, context, why)];
    return english.filler.has(item.name) ? [] : childFacts(subject, item, context, why);
  }
  if (english.roles.has(item.name) && (known === null || sense?.entity.person)) return [roleFact(subject, item, why)];
  if (sense && (known === null || isSomebody(item, sense.entity.person, context)))
    return parentFacts(subject, item, why);
  if (sense && !sense.entity.weak && isThingElsewhere(item, context)) return parentFacts(subject, item, why);
  if (english.filler.has(item.name)) return [];
  return namesIn(item.name, context).map((name) => columnFact(subject, { ...item, name }, context, why));
}

const PURE_RANGE = /^\s*×?(?:[≤≥]\s*)?-?\d+(?:\.\d+)?(?:\s*(?:~|-|–|\.\.)\s*-?\d+(?:\.\d+)?)?\s*$/;

/** Nothing but limits stand behind it: it is a number. */
export function isLimited({ aside }: Phrase): boolean {
  return aside !== null && PURE_RANGE.test(aside);
}

/** "a shelf has a **box**. A box has a code": it has something itself, further on. */
function isSubject({ name, from }: Phrase, { tokens }: Context): boolean {
  return tokens.some(
    ({ lemma }, at) => at > from && lemma === name && /^(has|have|contains?)$/.test(tokens[at + 1]?.word ?? ''),
  );
}

/** "zones contain **racks** contain shelves": what has something is a thing, though its name may be that of a property. */
function hasParts({ name }: Phrase, { tokens, lexicon }: Context): boolean {
  const { having } = lexicon.english;
  return tokens.some(({ lemma, plural }, at) => plural && lemma === name && having.has(tokens[at + 1]?.word ?? ''));
}

/** "an artwork has a title and **an artist**": a person with an article, not the name of one. */
function isSomebody({ from, name }: Phrase, person: boolean, { tokens, lexicon }: Context): boolean {
  const isOne =
    ['a', 'an', 'one'].includes(tokens[from]?.word ?? '') || ['a', 'an', 'one'].includes(tokens[from - 1]?.word ?? '');
  return person && isOne && lexicon.attributes.known(name) === name;
}

/** "subject priority": two properties with a forgotten comma, when each is known and the pair is not. */
function namesIn(name: string, context: Context): readonly string[] {
  const words = name.split('_');
  const { attributes, nouns } = context.lexicon;
  if (words.length !== 2 || attributes.known(name) !== null || nouns.has(name)) return [name];
  const [first = '', second = ''] = words;
  return ALONE.has(first) && attributes.known(second) !== null ? words : [name];
}

/** Properties that never stand before another one as a part of its name. */
const ALONE = new Set([
  'subject',
  'title',
  'status',
  'priority',
  'prio',
  'email',
  'phone',
  'description',
  'isbn',
  'sku',
  'price',
]);

/** "a result (ok, warning, failed)": what stands in the parentheses are values, no fields. */
function hasValues(item: Phrase, { lexicon }: Context): boolean {
  const values = item.aside === null ? null : readValues(item.aside);
  return (
    values !== null && !values.some((value) => lexicon.attributes.known(value) !== null || lexicon.nouns.has(value))
  );
}

/** The request also speaks of it in the plural, or with an article of its own. */
function isThingElsewhere(item: Phrase, context: Context): boolean {
  return context.mentions.some((mention) => mention.name === item.name && mention.from !== item.from && mention.plural);
}

function childFacts(subject: string, item: Phrase, context: Context, why: string): readonly Fact[] {
  return [
    { kind: 'entity', name: item.name, strength: STRENGTH.listed, why },
    { kind: 'link', child: item.name, parent: subject, soft: true, why },
    ...asideFacts(item, context, why),
  ];
}

function parentFacts(subject: string, item: Phrase, why: string): readonly Fact[] {
  return [
    { kind: 'entity', name: item.name, strength: STRENGTH.wanted, why },
    { kind: 'link', child: subject, parent: item.name, nullable: item.optional || undefined, soft: true, why },
  ];
}

function roleFact(subject: string, item: Phrase, why: string): Fact {
  const nullable =
    item.optional || /\b(nobody|none|yet|later|once)\b/.test(`${item.aside ?? ''} ${item.tail.join(' ')}`);
  return { kind: 'link', child: subject, parent: item.name, role: item.name, nullable: nullable || undefined, why };
}

/** The column an item names, with the limits and values that stand in the parentheses behind it. */
export function columnFact(subject: string, item: Phrase, context: Context, why: string): Fact {
  const { attributes } = context.lexicon;
  const many = item.aside?.includes('×') ? attributes.known(plural(item.name)) : null;
  const name = many ?? attributes.known(item.name) ?? item.name;
  const values = item.aside === null ? null : readValues(item.aside);
  const range = item.aside === null || values ? null : readRange(item.aside);
  const kind = item.choice
    ? ('boolean' as const)
    : range
      ? rangedKind(name, attributes.guess(name).kind, context)
      : undefined;
  return {
    kind: 'column',
    entity: subject,
    column: {
      name,
      kind,
      values: values ?? undefined,
      nullable: item.optional || undefined,
      unique: item.unique || undefined,
      min: range?.min,
      max: range?.max,
    },
    why,
  };
}

/** What has limits is a number: "priority (1..3)" has no usual values, and nothing else is known of "ph (0..14)". */
function rangedKind(name: string, guessed: ColumnKind, { lexicon }: Context): ColumnKind | undefined {
  if (guessed === 'enum') return 'integer';
  return guessed === 'text' || guessed === 'long'
    ? lexicon.attributes.looksLike(name)
      ? 'integer'
      : 'number'
    : undefined;
}

/** The limits in a bracket: `1-5`, `..500`, `max 30`, `at least 18`, `bpm 40 to 240`. */
export function readRange(aside: string): { readonly min?: number; readonly max?: number } | null {
  const both = /(-?\d{1,9}(?:\.\d+)?)\s*(?:-|–|~|to|and|\.\.)\s*(-?\d{1,9}(?:\.\d+)?)/.exec(aside);
  if (both) return { min: Number(both[1]), max: Number(both[2]) };
  const most =
    /(?:^\s*×?(?:\.\.|≤)|\b(?:max(?:imum)?|at most|up to|no more than)\b[^\d]{0,4}|(?:<=|≤)\s*)(\d{1,9}(?:\.\d+)?)/i.exec(
      aside,
    );
  if (most) return { max: Number(most[1]) };
  const least =
    /(?:\b(?:min(?:imum)?|at least|from)\b[^\d]{0,4}|(?:>=|≥)\s*)(\d{1,9}(?:\.\d+)?)|^\s*(\d{1,9}(?:\.\d+)?)\s*\.\.\s*$/i.exec(
      aside,
    );
  return least ? { min: Number(least[1] ?? least[2]) } : null;
}

/** `single, double, family` or `call/mail`: the values of a state. Null when it is anything else. */
function readValues(aside: string): readonly string[] | null {
  const parts = aside
    .split(/[,/|]|\bor\b|\band\b/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const simple = parts.every((part) => /^[\p{L}_ '"-]{2,30}$/u.test(part) && part.split(/\s+/).length <= 3);
  const flags = parts.some((part) => /^(optional|unique|required|e\.?g|etc|maybe|not|no|sometimes|like)\b/i.test(part));
  return parts.length > 1 && parts.length <= 12 && simple && !flags ? parts.map(snake).filter(Boolean) : null;
}

/** "tickets (price, stock)": fields of the item in parentheses. */
export function asideFacts(item: Phrase, context: Context, why: string): readonly Fact[] {
  if (item.aside === null || /^\s*(e\.?g|like|such as|\d)/i.test(item.aside)) return [];
  const fields = splitFields(item.aside).map((text) => ({
    text,
    plain: singular(snake(text.replace(/\s+\d.*$/, ''))),
  }));
  const { attributes, nouns } = context.lexicon;
  const known = fields.filter(({ plain }) => attributes.looksLike(plain) || nouns.has(plain)).length;
  // Behind "vitals taken each day" a bracket with one known column holds columns.
  const columns = fields.filter(({ plain }) => attributes.looksLike(plain)).length;
  const isProse = fields.some(
    ({ text }) => text.split(/\s+/).length > 5 || /^(with|and|or|each|only)\b|\sor\s/i.test(text),
  );
  if (known * 2 <= fields.length && (!item.plural || columns === 0 || fields.length < 2 || isProse)) return [];
  return fields.flatMap(({ text }) => {
    const field = readField(text, context.lexicon);
    return field ? fieldFacts(item.name, field, why) : [];
  });
}
