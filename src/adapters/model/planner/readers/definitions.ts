import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import type { Field } from '../field.ts';
import { readField, splitFields } from '../field.ts';
import type { Lexicon } from '../lexicon.ts';
import { glossaryOf, repairer } from '../tokens.ts';
import { isPlural, singular, snake } from '../words.ts';
import { findBlocks } from './blocks.ts';
import { constraintFacts, isConstraint, withValues } from './constraints.ts';
import { findGrids } from './grids.ts';
import { findListings } from './listings.ts';
import type { Definition, Enumerations, Structures } from './structures.ts';

/** Beyond this many brackets a request is no description any more. */
const MAX_DEFINITIONS = 200;

const KEYWORD =
  /\b(?:interface|type|model|class|struct|entity|table(?:\s+if\s+not\s+exists)?)\s+(?:["`]?\w+["`]?\.)?["`]?([\p{L}_][\p{L}\d_]*)["`]?\s*(?:(?:extends|implements)\s+\w+\s*|struct\s*|interface\s*)?[=:]?\s*[({]/giu;
const BARE = /(?<![\p{L}\d_.-])([\p{L}_][\p{L}\d_]*(?:-[\p{L}\d_]+)*)(\s?|\s?:\s?(?=\{))([({])/gu;

/** Reads definitions with brackets or on lines. What they name is wanted, and its columns are exactly theirs. */
export function readDefinitions(text: string, lexicon: Lexicon, enums: Enumerations = new Map()): Structures {
  const grids = findGrids(text, lexicon);
  const blocks = [...grids, ...(grids.length > 0 ? [] : findBlocks(text, lexicon))];
  const bracketed = [...blocks, ...findDefinitions(text, lexicon, blocks)];
  const definitions = [...bracketed, ...findListings(text, bracketed, lexicon)];
  const facts = definitions.flatMap((definition) => definitionFacts(definition, lexicon, enums));
  return { facts, spans: definitions.map(({ span }) => span) };
}

function definitionFacts(
  { name, fields: written, why, open }: Definition,
  lexicon: Lexicon,
  enums: Enumerations,
): readonly Fact[] {
  const typed = /^(create\s+)?table\b/i.test(why);
  const fields = typed ? written.map((text) => withValues(text, enums)) : written;
  // Whoever minds what must be there says it of each column.
  const isExact = typed && fields.some((text) => /\bnot\s+null\b/i.test(text));
  const constraints = fields.filter(isConstraint).flatMap((text) => constraintFacts(name, text, why));
  const pointing = new Set(constraints.flatMap((fact) => (fact.kind === 'link' ? [fact.role, `${fact.role}_id`] : [])));
  return [
    { kind: 'entity', name, strength: STRENGTH.defined, why },
    ...(open ? [] : [{ kind: 'closed', entity: name, why } as const]),
    ...constraints,
    ...fields.flatMap((text) => {
      const field = isConstraint(text) ? null : readField(text, lexicon, typed);
      if (!field || pointing.has(field.column.name)) return [];
      const column = isExact ? { ...field.column, nullable: field.column.nullable ?? true } : field.column;
      return fieldFacts(name, { ...field, column }, why);
    }),
  ];
}

/** Facts of one field; shared with the other places where fields are listed. */
export function fieldFacts(entity: string, field: Field, why: string): readonly Fact[] {
  const { column } = field;
  if (column.name === 'id') return [];
  if (field.primaryKey && !field.references) {
    // Rows get an id of their own; another key they have stays unique.
    const isId = column.name === `${entity}_id` || column.name === 'uuid';
    return isId ? [] : [{ kind: 'column', entity, column: { ...column, unique: true, nullable: false }, why }];
  }
  const pointed = field.references ? singular(snake(field.references)) : null;
  if (field.list && pointed) return [{ kind: 'link', child: pointed, parent: entity, why }];
  if (pointed) {
    const role = column.name.replace(/_id$/, '');
    const link = { kind: 'link', child: entity, parent: pointed, role, nullable: column.nullable, why } as const;
    const named = { kind: 'entity', name: pointed, strength: STRENGTH.listed, why } as const;
    return field.pointing ? [named, link] : [link];
  }
  const target = column.name.endsWith('_id') ? column.name.slice(0, -3) : null;
  if (target && !/^(external|stripe|google|remote|third_party)/.test(target) && !target.includes('stripe')) {
    return [{ kind: 'link', child: entity, parent: target, role: target, nullable: column.nullable, why }];
  }
  return [
    { kind: 'column', entity, column, why },
    ...(field.uniqueIn === null
      ? []
      : [{ kind: 'unique', entity, parts: [column.name, singular(snake(field.uniqueIn))], why } as const]),
  ];
}

function findDefinitions(text: string, lexicon: Lexicon, blocks: readonly Definition[]): readonly Definition[] {
  const found = new Map<number, Definition>();
  const closedAt = partners(text);
  const meant = glossaryOf(text, lexicon);
  const add = (match: RegExpMatchArray, word: string, strict: boolean) => {
    const open = (match.index ?? 0) + match[0].length - 1;
    const end = closedAt.get(open);
    const inside = end === undefined ? null : text.slice(open + 1, end);
    if (inside === null || found.has(open) || found.size >= MAX_DEFINITIONS || isInside(open, blocks)) return;
    if (text[open] === '(' && isInside(open, found.values())) return;
    const before = text.slice(Math.max(0, (match.index ?? 0) - LONGEST_WORD), match.index);
    // A word of another language: those who read the sentence know what it means.
    if (!strict && meant(snake(word)) !== snake(word)) return;
    const fields = splitFields(inside);
    const plain = corrected(nameOf(word, before), strict, lexicon);
    const name = wholeOf(before, fields, lexicon, strict ? plain : named(plain, before, lexicon));
    if (
      name !== '' &&
      (strict || isDefinition({ word, fields, before, gap: match[2] ?? '', bracket: match[3] ?? '' }, lexicon))
    ) {
      const head = headOf(text, match.index ?? 0);
      const close = open + inside.length + 2;
      // `ENGINE=InnoDB DEFAULT CHARSET=utf8`
      const options =
        head === null ? '' : (/^[ \t]*(?:[A-Z_ ]+=\s*\w+[ \t]*)+/i.exec(text.slice(close, close + 200))?.[0] ?? '');
      const span = { start: head ?? open, end: close + options.length };
      const why = text.slice(match.index, open + inside.length + 2).slice(0, 200);
      found.set(open, { name, fields, span, why, open: !strict && isPassing(word, match[2] ?? '', fields) });
    }
  };
  for (const match of text.matchAll(KEYWORD)) add(match, match[1] ?? '', true);
  for (const match of text.matchAll(BARE)) add(match, match[1] ?? '', false);
  return [...found.values()];
}

/** Where `CREATE TABLE` starts, when that is what stands there: its words name no things. */
function headOf(text: string, at: number): number | null {
  if (!/^table\b/i.test(text.slice(at, at + 6))) return null;
  return at - (/\bcreate\s+(?:[a-z]+\s+){0,2}$/i.exec(text.slice(Math.max(0, at - 40), at))?.[0].length ?? 0);
}

/** The values of an enum or the arguments of a check stand inside of a definition. */
function isInside(at: number, definitions: Iterable<Definition>): boolean {
  for (const { span } of definitions) if (at > span.start && at < span.end) return true;
  return false;
}

/** Where each bracket is closed. Brackets that are not closed are left out. */
function partners(text: string): ReadonlyMap<number, number> {
  const closers: ReadonlyMap<string, string> = new Map([
    [')', '('],
    ['}', '{'],
  ]);
  const open = new Map<string, number[]>([
    ['(', []],
    ['{', []],
  ]);
  const found = new Map<number, number>();
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    open.get(char)?.push(at);
    const opened = open.get(closers.get(char) ?? '')?.pop();
    if (opened !== undefined) found.set(opened, at);
  }
  return found;
}

/** "deliveries detected (time, weight)": what was done to a thing is no name. */
function nameOf(word: string, before: string): string {
  const front = /([\p{L}_]+)\s+$/u.exec(before)?.[1] ?? '';
  const isDone = /^[a-z]{3,}[^e]ed$/.test(word) && isPlural(snake(front));
  return singular(snake(isDone ? front : word));
}

/** "**vital signs** (pulse, oxygen)": what the lexicon knows by two words is called by both. */
function named(name: string, before: string, { nouns }: Lexicon): string {
  const front = snake(/([\p{L}_-]+)\s+$/u.exec(before)?.[1] ?? '');
  return front !== '' && nouns.has(`${front}_${name}`) ? `${front}_${name}` : name;
}

/** "residents (room, bed)": some of what is known about them, said in passing, without what they are called. */
function isPassing(word: string, gap: string, fields: readonly string[]): boolean {
  return (
    gap !== '' && /^[a-z]/.test(word) && !fields.some((field) => /\b(name|title|label|code|number)\b/i.test(field))
  );
}

/** "trips ordered by customers (destination, price)": what is described is ordered, not who orders. */
function wholeOf(before: string, fields: readonly string[], { nouns }: Lexicon, name: string): string {
  const whole = /([\p{L}_]+)\s+[\p{L}]+(?:ed|en|de|ht|ld|nt)\s+(?:by|from|for)\s+(?:an?\s+|the\s+)?$/iu.exec(
    before,
  )?.[1];
  const isPerson = (one: string) => nouns.get(one)?.some(({ entity }) => entity.person) === true;
  const thing = singular(snake(whole ?? ''));
  const isWhole = nouns.has(thing) && !isPerson(thing) && isPerson(name) && isPlural(snake(whole ?? ''));
  return isWhole && !fields.some((field) => /\b(name|e-?mail|phone|address|birth\w*)\b/i.test(field)) ? thing : name;
}

/** A misspelled thing, unless it is written like code. */
function corrected(name: string, strict: boolean, lexicon: Lexicon): string {
  return strict || name.includes('_') ? name : singular(repairer(lexicon)(name));
}

/** What stands around a bracket that may hold fields. */
interface Bracket {
  readonly word: string;
  readonly fields: readonly string[];
  /** The text in front of the word. */
  readonly before: string;
  readonly gap: string;
  readonly bracket: string;
}

/**
 * `Name(…)` written like code is one; `books (title, isbn)` is one when the word is a noun and most of what stands in
 * the brackets are known columns, so that `a type (single, double)` and `(two cups rice, salt)` are none. Behind a plural
 * (`players (shirt number, nickname)`) one known column is enough.
 */
function isDefinition({ word, fields, before, gap, bracket }: Bracket, lexicon: Lexicon): boolean {
  const name = corrected(nameOf(word, before), false, lexicon);
  const { attributes, domainWords, english, nouns } = lexicon;
  if (fields.length === 0 || /["\d]/.test(fields[0]?.[0] ?? '')) return false;
  // "animals (dog, cat or other)": kinds of it, no columns.
  if (
    bracket === '(' &&
    gap !== '' &&
    /\w\s+or\s+\w+$/.test(fields.at(-1) ?? '') &&
    !fields.some((field) => lexicon.attributes.looksLike(snake(field)))
  )
    return false;
  const codeLike = /^[A-Z]/.test(word) && (gap === '' || bracket === '{');
  if (codeLike) return true;
  if (english.filler.has(name) || english.determiners.has(name) || ASKING.test(name)) return false;
  const plain = fields.map((field) => snake(field.replace(/[?:(].*$/, '')));
  const known = plain.filter((field) => attributes.looksLike(field) || nouns.has(singular(field))).length;
  const noun = nouns.has(name);
  // "tool library (members, tools, loans)": what the whole is about, then its things.
  const things = plain.filter((field) => isPlural(field) && nouns.has(singular(field))).length;
  if (domainWords.has(name) && bracket === '(' && things * 2 > fields.length) return false;
  if (bracket === '{' || gap === '') return noun || known * 2 >= fields.length;
  const front = /([\p{L}_]+)\s+$/u.exec(before)?.[1] ?? '';
  if (attributes.known(name) !== null || attributes.known(snake(`${front} ${word}`)) !== null) return false;
  if (/^(after|before|during|than)$/i.test(front)) return false;
  if (fields.length < 2 || plain.some((field) => field.split('_').length > LONGEST_FIELD)) return false;
  const isListed = isPlural(snake(word)) && !APART.test(front) && !fields.some((field) => IN_WORDS.test(field));
  const asColumns = plain.filter((field) => attributes.looksLike(withoutFlags(field))).length;
  return known * 2 > fields.length || (isListed && asColumns > 0);
}

/** "paid, and **how** (cash, card)": words that ask name nothing. */
const ASKING = /^(how|who|whom|whose|what|which|when|where|why|whether|if|that)$/;
/** What stands in front of a plural that only says where or in what: "tickets **in** categories (full, child)". */
const APART = /^(in|of|by|with|per|from)$/i;
/** Beginnings and middles of what is no name of a column: "(indoors or outdoors, for members)". */
const IN_WORDS = /^(e\.?g|like|such|with|and|or|each|from|to|in|for|which|that|who|only|up|at|by|no|not)\b|\sor\s/i;
const LONGEST_WORD = 40;
const LONGEST_FIELD = 6;

function withoutFlags(field: string): string {
  return field.replace(/_(unique|optional|required)$/, '');
}
