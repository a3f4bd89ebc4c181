import pluralize from 'pluralize';
import type { Schema, Table } from './schema.ts';

/** Something that comes to a table: "a delivery note", "many tags". */
export interface GrowthItem {
  /** As it was said, without articles: `delivery note`, `rating: integer`, `unique code`. */
  readonly words: string;
  /** Snake case, without what is said about it: `delivery_note`. */
  readonly name: string;
  /** Several of it come to each row. */
  readonly isMany: boolean;
  /** What it has itself, when it is a thing of its own: "pictures with a url and a caption". */
  readonly fields?: readonly GrowthItem[];
}

/** What a sentence adds to a table that is there. */
export interface Growth {
  readonly table: string;
  readonly items: readonly GrowthItem[];
}

/** A sentence that adds something to `place`, which may be no table at all. */
export interface SaidGrowth {
  readonly place: string;
  readonly items: readonly GrowthItem[];
}

const ARTICLE = '(?:the|each|every|all|all the|our|my|a|an|any|some|their|its)';
const MODAL = '(?:should|must|can|could|may|might|shall|will|would|do|does|also|always|still|now)';
const VERB = '(?:needs?|have|has|gets?|got|requires?|wants?|includes?|contains?|carr(?:y|ies))';
const NEEDS = new RegExp(
  `^(?:${ARTICLE}\\s+)?([\\w" ]+?)(?:\\s+${MODAL})*\\s+${VERB}(?:\\s+(?:also|to have|got|now))*\\s+(.+)$`,
  'i',
);
const ADDS =
  /^(?:add|give|put|insert|introduce|attach|append|store|keep)\s+(.+)\s+(?:to|on|onto|into|in|for|at)\s+(.+)$/i;
const GIVES = new RegExp(`^give\\s+(?:${ARTICLE}\\s+)?([\\w"]+(?: [\\w"]+)??)\\s+(?:(?:an?|the)\\s+)(.+)$`, 'i');
/** "orders: open, closed" behind the place: the values of what was added. */
const VALUES = /^([^:(]+?)\s*(?::|\(|,?\s+(?:which|that) (?:is|can be|are)|,?\s+(?:one of|either))\s*([^)]+?)\)?$/i;

const WHOLE = new Set(
  'i we it they you one everybody everyone somebody there app application api backend system software project database schema site website platform service server shop store blog'.split(
    ' ',
  ),
);

/** Words for who has everything: the software itself, or whoever speaks. */
export const isWhole = (place: string): boolean => WHOLE.has(place.toLowerCase());

/** "add support for coupons": what comes is behind the preposition. */
const CARRIER =
  /^(?:(?:an?|the|new|some)\s+)*(?:support|tables?|places?|pages?|sections?|options?|features?|ways?|lists?)$/i;
const TYPED =
  /^(boolean|bool|integer|int|bigint|decimal|numeric|number|text|string|uuid|jsonb?|timestamp|datetime)\s+(?:(?:called|named)\s+)?(?=\S)/i;
/** Of accounts, not of a row. */
const SIGNING_IN =
  /\b(?:accounts?|log ?ins?|log in|sign ?ups?|sign(?:ing)? in|auth|authentication|passwords?|roles?|admins?)\b/i;
const LONGEST_NAME = 4;
/** Words behind which a thing's own properties stand. */
const HAVING =
  /(?:,\s*|\s+)(?:(?:that|which|who|and|where)\s+)?(?:(?:each(?:\s+of\s+(?:them|which))?|all|every\s+one|they|it)\s+)?(?:(?:with|having|including|containing|consisting of|made of|made up of|(?:have|has|need|needs|include|includes|contain|contains)(?:\s+each)?)\s+)+/i;
/** What makes a part of a sentence of a name. */
const CLAUSE =
  /(?:^|_)(?:to|that|which|who|whose|if|when|while|where|because|so|with|without|having|including|containing|have|has|each|they)_/;
const MAYBE =
  /(?:,\s*)?\b(?:maybe|perhaps|possibly|optionally)\b(?:\s*,)?|,?\s+(?:if any|(?:which|that) (?:is optional|(?:may|can) be (?:empty|missing)))$/gi;
const ALLOWS = /^(?:can|could|may|might)$/i;

interface Said {
  readonly place: string;
  readonly what: string;
  readonly isOptional: boolean;
}

/** The place and the things of a sentence that adds, gives or needs something; null for other sentences. */
function partsOf(text: string): Said | null {
  const bare = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(?:please|now|also)\s+/i, '')
    .replace(/[.!?]+$/, '')
    .replace(/\s+(?:that|which)\s+belongs?\s+(?=to\s)/i, ' ')
    .replace(/,?\s+(?:too|as well|please|also)$/i, '');
  const sentence = bare.replace(MAYBE, ' ').replace(/\s+/g, ' ').trim();
  const gives = GIVES.exec(sentence);
  const adds = gives ? null : ADDS.exec(sentence);
  const needs = gives || adds ? null : NEEDS.exec(sentence);
  const [where, what] = adds ? [adds[2], adds[1]] : [(gives ?? needs)?.[1], (gives ?? needs)?.[2]];
  if (where === undefined || what === undefined || /^to\s/i.test(what)) return null;
  const behind = adds ? VALUES.exec(where) : null;
  const place = placeOf(behind?.[1] ?? where);
  if (place === null || SIGNING_IN.test(what) || CARRIER.test(what)) return null;
  const modals = needs
    ? sentence
        .slice(0, sentence.length - what.length)
        .split(' ')
        .slice(1)
    : [];
  const isOptional = sentence !== bare || modals.some((word) => ALLOWS.test(word));
  return { place, what: behind?.[2] === undefined ? what : `${what} (${behind[2]})`, isOptional };
}

/**
 * Reads "X need a Y", "give X a Y" and "add Y to X"; null for other sentences, which are for a model to understand. What
 * a thing "can", "may" or "maybe" has is optional; what follows "with" is the thing's own.
 */
export function readGrowth(text: string): SaidGrowth | null {
  const said = partsOf(text);
  if (!said) return null;
  const { place, what, isOptional } = said;
  const having = HAVING.exec(what);
  const items = readList(having ? what.slice(0, having.index) : what);
  if (!items) return null;
  const allowed = isOptional ? items.map(optional) : items;
  if (!having) return { place, items: allowed };
  const fields = readList(what.slice(having.index + having[0].length));
  const last = allowed.at(-1);
  return last && fields ? { place, items: [...allowed.slice(0, -1), { ...last, fields }] } : null;
}

function readList(words: string): readonly GrowthItem[] | null {
  const items = splitList(words).map(readItem);
  const clear = items.filter((item) => item !== null);
  return clear.length > 0 && clear.length === items.length ? clear : null;
}

function optional(item: GrowthItem): GrowthItem {
  const isSaid = item.isMany || / (?:optional|required|mandatory)\b/.test(item.words);
  return isSaid ? item : { ...item, words: `${item.words} optional` };
}

/** The same sentence for something that rows may be without: "posts need an optional subtitle"; null for other ones. */
export function optionalGrowth(text: string): string | null {
  const said = partsOf(text);
  const items = readGrowth(text)?.items ?? [];
  if (!said || items.every(({ words, isMany }) => isMany || / optional\b/.test(words))) return null;
  const isOne = splitList(said.what).length === 1 && !HAVING.test(said.what);
  const bare = said.what.replace(/^(?:an?|the)\s+/i, '').replace(/^(?:required|mandatory)\s+/i, '');
  return isOne ? `${said.place} need an optional ${bare}` : `${said.place} can have ${said.what}`;
}

function placeOf(words: string): string | null {
  const bare = words
    .replaceAll('"', '')
    .replace(new RegExp(`^(?:${ARTICLE}\\s+)+`, 'i'), '')
    .replace(/^table\s+|\s+(?:table|tables|rows?)$/i, '')
    .trim();
  const isThing = /^[\p{L}][\p{L}\d_ -]*$/u.test(bare) && bare.split(' ').length <= LONGEST_NAME;
  return isThing && !/ (?:and|or|then) /i.test(bare) ? bare : null;
}

/** Commas and "and" between things, not inside of brackets. */
function splitList(words: string): readonly string[] {
  const parts: string[] = [];
  let [depth, part] = [0, ''];
  for (const piece of words.split(/([(),]|\s+and\s+|\s*&\s*)/i)) {
    if (piece === '(') depth += 1;
    if (piece === ')') depth -= 1;
    if (depth <= 0 && /^(?:,|\s+and\s+|\s*&\s*)$/i.test(piece)) {
      parts.push(part);
      part = '';
    } else part += piece;
  }
  return joinValues([...parts, part].map((text) => text.trim()).filter((text) => text !== ''));
}

/** "a status: draft, published or archived", "a slug, unique": what follows says more of the one in front. */
function joinValues(parts: readonly string[]): readonly string[] {
  const done: string[] = [];
  for (const part of parts) {
    const last = done.at(-1);
    const isValue = last !== undefined && /:\s*\S/.test(last) && /^\w+(?:\s+or\s+\w+)?$/i.test(part);
    const isFlag = last !== undefined && /^(?:optional|required|mandatory|unique)$/i.test(part);
    if (isValue) done.push(`${done.pop()}, ${part}`);
    else if (isFlag) done.push(`${part} ${done.pop()?.replace(/^(?:an?|the)\s+/i, '')}`);
    else done.push(part);
  }
  return done;
}

const FLAGS = /^(?:(?:optional|required|mandatory|unique)\s+)+/i;
const MANY = /^(?:many|several|multiple|more|various|one or more|any number of|a list of|lists of)\s+/i;
const FRONT =
  /^(?:and\s+)?(?:(?:an?|the|some|their|its|own|new|another|extra|additional|single|one|many|several|multiple|more|various|one or more|any number of|a list of|lists of)\s+)*(?:(?:column|field|property|attribute)s?\s+)?(?:(?:called|named|for)\s+)?(?:(?:an?|the)\s+)?/i;

function readItem(text: string): GrowthItem | null {
  const front = FRONT.exec(text)?.[0] ?? '';
  const bare = text
    .slice(front.length)
    .replace(/["'`]/g, '')
    .replace(/\be-mail/gi, 'email')
    .trim();
  const slashed = /^([\w ]+?)\s+(\w+(?:\s?[/|]\s?\w+)+)$/.exec(bare);
  const [, said = '', inside] = slashed ?? /^([^(:]+?)\s*(?:(?:\(|:)\s*([^)]+?)\s*\)?)?$/.exec(bare) ?? [];
  const flags = FLAGS.exec(said)?.[0] ?? '';
  const type = TYPED.exec(said.slice(flags.length))?.[0] ?? '';
  const title = said.slice(flags.length + type.length);
  const name = snake(title.replace(/\s+(?:column|field)$/i, '').replace(/\s+in\s+(?=\w+$)/i, ' '));
  const isName = /^[a-z][a-z0-9_]*$/.test(name) && name.split('_').length <= LONGEST_NAME;
  if (!isName || CLAUSE.test(name)) return null;
  const values = inside?.split(/\s*(?:,|\||\/|\bor\b|\band\b)\s*/).filter((value) => value !== '') ?? [];
  // "pictures (url, caption)": of several things it is what they have, no value.
  if (values.length > 1 && isPlural(name)) return null;
  const kind =
    values.length > 1
      ? values.map((value) => snake(value)).join(' | ')
      : (inside ?? TYPED.exec(type + name)?.[1] ?? '');
  const hasUnit = /\s+in\s+\w+$/i.test(title);
  const isPlain = !hasUnit && kind === '' && flags === '' && !/\b(?:column|field)/i.test(text);
  return {
    words: [kind === '' ? name : `${name}: ${kind}`, flags.trim().toLowerCase()].filter(Boolean).join(' '),
    name,
    isMany: isPlain && (MANY.test(front.replace(/^and\s+/i, '')) || isPlural(name)),
  };
}

const snake = (words: string): string =>
  words
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

function isPlural(name: string): boolean {
  const last = name.slice(name.lastIndexOf('_') + 1);
  return !/(?:ss|us|is)$/.test(last) && pluralize.singular(last) !== last;
}

/** The table that words stand for, whatever their number. */
export function tableCalled(words: string, { tables }: Schema): Table | null {
  const name = snake(words);
  const wanted = [name, pluralize(name), pluralize.singular(name)];
  return tables.find((table) => wanted.includes(table.name)) ?? null;
}

/** Names of what a schema has, those that look most like the words first. */
export function nearestTables(words: string, { tables }: Schema): readonly string[] {
  const wanted = pluralize(snake(words));
  const far = new Map(tables.map(({ name }) => [name, distance(wanted, name)]));
  return tables.map(({ name }) => name).sort((one, other) => (far.get(one) ?? 0) - (far.get(other) ?? 0));
}

/** Letters that differ, less for a name that holds the other. */
function distance(one: string, other: string): number {
  const stem = pluralize.singular(one);
  if (other.includes(stem) || one.includes(pluralize.singular(other))) return 0;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, found] of [...other].entries()) {
      const change = (row[j] ?? 0) + (letter === found ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const ENDINGS = ['', '_id', '_cents', '_at', '_on', '_url', '_value', '_hash'];

/** Items of a growth that a table has, as a column or as a table that is tied to it. */
export function itemsIn({ table: title, items }: Growth, schema: Schema): readonly GrowthItem[] {
  const table = schema.tables.find(({ name }) => name === title);
  const columns = new Set(table?.columns.map(({ name }) => name));
  const tied = tiedTo(title, schema);
  return items.filter(({ name, isMany }) => {
    const single = pluralize.singular(name);
    const isColumn = ENDINGS.some((ending) => columns.has(`${name}${ending}`) || columns.has(`${single}${ending}`));
    return (isMany ? false : isColumn) || tied.has(pluralize(single)) || (isMany && isColumn);
  });
}

/** Tables that refer to a table, or that share a table of pairs with it. */
function tiedTo(title: string, { tables }: Schema): ReadonlySet<string> {
  const targets = (table: Table) => table.columns.flatMap(({ references }) => (references ? [references.table] : []));
  const children = tables.filter((table) => targets(table).includes(title));
  return new Set(children.flatMap((table) => [table.name, ...targets(table)]));
}
