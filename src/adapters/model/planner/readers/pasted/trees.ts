import { readTypedName } from '../../type-words.ts';
import { singular, snake } from '../../words.ts';
import { closingAt } from './scan.ts';
import { type Member, type Thing, thingName } from './thing.ts';
import { readYaml } from './yaml.ts';

const MAX_DEPTH = 5;
const MAX_TRIES = 20;
const WRAPPERS =
  /^(entities|models|tables|schemas?|resources|collections|definitions|\$defs|components|types|classes|database|db)$/i;
const FIELDS = ['fields', 'columns', 'properties', 'attributes', 'props'];
const NAMES = ['name', 'table', 'entity', 'model', 'title', 'id', 'tableName'];

/** Things that JSON or YAML describes: names with fields and their types. Plain data and running text are none. */
export function findTrees(text: string): readonly Thing[] {
  const trees = [...jsonIn(text), ...readYaml(text)];
  return trees.flatMap(({ value, start, end }) => {
    const why = text.slice(start, end).trim().slice(0, 200);
    return thingsIn(value, 0).map(({ name, members }) => ({ name, members, span: { start, end }, why }));
  });
}

interface Tree {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

function jsonIn(text: string): readonly Tree[] {
  const found: Tree[] = [];
  let tries = 0;
  for (let at = 0; at < text.length && tries < MAX_TRIES; at += 1) {
    if (!/^[{[]\s*["{]/.test(text.slice(at, at + 40))) continue;
    tries += 1;
    const end = closingAt(text, at);
    if (end === -1) continue;
    try {
      found.push({ value: JSON.parse(text.slice(at, end + 1)), start: at, end: end + 1 });
      at = end;
    } catch {
      // Not JSON after all.
    }
  }
  return found;
}

type Found = Pick<Thing, 'name' | 'members'>;

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function thingsIn(value: unknown, depth: number): readonly Found[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((one) => describedThing(one) ?? []);
  if (!isTree(value)) return [];
  const own = describedThing(value);
  if (own) return [own];
  return Object.entries(value).flatMap(([key, inner]): readonly Found[] => {
    if (WRAPPERS.test(key)) {
      const inside = thingsIn(inner, depth + 1);
      if (inside.length > 0) return inside;
    }
    const members = membersOf(inner);
    return members === null ? [] : [{ name: thingName(key), members }];
  });
}

/** `{ name: rooms, columns: […] }` */
function describedThing(value: unknown): Found | null {
  if (!isTree(value)) return null;
  const name = NAMES.map((key) => value[key]).find((one) => typeof one === 'string');
  const fields = FIELDS.map((key) => value[key]).find((one) => typeof one === 'object' && one !== null);
  const members = typeof name === 'string' && fields ? membersOf(fields, required(value)) : null;
  return members && typeof name === 'string' ? { name: thingName(name), members } : null;
}

function required(value: Record<string, unknown>): readonly string[] | null {
  const { required: list } = value;
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : null;
}

/** Null when what stands there does not describe fields: most of them need a type. */
function membersOf(value: unknown, must: readonly string[] | null = null): readonly Member[] | null {
  if (Array.isArray(value)) {
    const members = value.flatMap((one) => describedMember(one) ?? []);
    return members.length > 0 && members.length === value.length ? members : null;
  }
  if (!isTree(value)) return null;
  const inner = FIELDS.map((key) => value[key]).find(isTree);
  if (inner) return membersOf(inner, required(value) ?? (value.type === 'object' ? [] : null));
  const entries = Object.entries(value);
  const members = entries.flatMap(([key, one]) => memberOf(key, one, must) ?? []);
  const typed = members.filter(({ isSure }) => isSure).length;
  if (members.length === 0 || members.length < entries.length || typed * 2 < members.length) return null;
  return members.map(({ isSure: _, ...member }) => member);
}

function describedMember(value: unknown): Member | null {
  if (!isTree(value)) return null;
  const name = ['name', 'field', 'column'].map((key) => value[key]).find((one) => typeof one === 'string');
  const member = typeof name === 'string' ? settings(name, value, null) : null;
  return member;
}

interface Sure extends Member {
  readonly isSure: boolean;
}

function memberOf(key: string, value: unknown, must: readonly string[] | null): Sure | null {
  const name = key.replace(/\?$/, '');
  if (snake(name) === '') return null;
  if (typeof value === 'string') return spelledMember(name, value, key.endsWith('?'));
  if (Array.isArray(value)) {
    const words = value.filter((one) => typeof one === 'string');
    if (words.length !== value.length || words.length === 0) return null;
    if (words.length === 1) {
      const one = spelledMember(name, words[0] ?? '', false);
      return one && { ...one, list: true };
    }
    return { name, type: 'string', values: words, isSure: true };
  }
  if (!isTree(value)) return null;
  const member = settings(name, value, must);
  return member && { ...member, isSure: true };
}

/** `string`, `int?`, `string unique`, `enum(a, b)`, `ref author`, `Author`. */
function spelledMember(name: string, text: string, optional: boolean): Sure | null {
  const flags = { unique: /\bunique\b/i.test(text) || undefined, key: /\b(primary|pk)\b/i.test(text) || undefined };
  const nullable =
    optional || /\?|\b(optional|nullable|null)\b(?<!not null)/i.test(text)
      ? true
      : /\b(required|not null)\b/i.test(text)
        ? false
        : undefined;
  const plain = text
    .replace(/\b(unique|primary( key)?|pk|optional|nullable|required|not null|auto\w*)\b/gi, ' ')
    .replace(/[?,!]/g, (sign) => (sign === ',' ? ',' : ' '))
    .trim();
  const listed =
    /^enum\s*[([:]?\s*([^)\]]+)[)\]]?$/i.exec(plain)?.[1] ??
    (/^[\w -]+(\s*\|\s*[\w -]+)+$/.test(plain) ? plain : undefined);
  if (listed !== undefined) {
    const values = listed
      .split(/[|,/]/)
      .map((one) => one.trim())
      .filter(Boolean);
    return { name, type: 'string', values, nullable, ...flags, isSure: true };
  }
  const target = /^(?:ref(?:erences)?|fk|belongs_?to|->)\s*[(:]?\s*(\w+)/i.exec(plain)?.[1];
  if (target !== undefined) return { name, type: target, target, nullable, ...flags, isSure: true };
  const list = /\[\]$|^(list|array)\b/i.test(plain);
  const word = plain
    .replace(/\[\]$/, '')
    .replace(/^(list|array)(\s+of\s+|\s*<\s*)?/i, '')
    .replace(/[>]$/, '');
  const bare = word.replace(/\s*\(.*\)$/, '');
  const isType =
    readTypedName(`${name}: ${bare}`, true)?.type != null ||
    /^(datetime|timestamp\w*|date|double|decimal|int\d*|uuid|text|id)$/i.test(bare);
  const isThing = /^\p{Lu}\w*$/u.test(bare);
  if (!/^[\w ]{1,40}$/.test(bare) || (!isType && !isThing)) return null;
  return { name, type: bare, list, nullable, ...flags, isSure: true };
}

/** `{ type: string, unique: true, enum: […], $ref: … }` */
function settings(name: string, value: Record<string, unknown>, must: readonly string[] | null): Member | null {
  const ref = value.$ref ?? value.ref ?? value.references ?? value.foreignKey;
  const to =
    typeof ref === 'string' ? ref : isTree(ref) ? Object.values(ref).find((one) => typeof one === 'string') : undefined;
  const target = typeof to === 'string' ? (/([\p{L}_]\w*)(?:\.\w+|\(\w+\))?$/u.exec(to)?.[1] ?? undefined) : undefined;
  const said = value.type;
  const format = typeof value.format === 'string' ? value.format : '';
  const listed = value.enum ?? value.values ?? value.options;
  const values = Array.isArray(listed) ? listed.filter((one) => typeof one === 'string') : [];
  if (target === undefined && typeof said !== 'string' && values.length === 0) return null;
  const word = /^(date|date-time|uuid)$/.test(format)
    ? format.replace('date-time', 'datetime')
    : typeof said === 'string'
      ? said
      : 'string';
  const items = word === 'array' && isTree(value.items) ? settings(name, value.items, null) : null;
  const isTrue = (key: string) => value[key] === true;
  const nullable =
    isTrue('nullable') || isTrue('optional') || value.required === false
      ? true
      : isTrue('required') || value.nullable === false
        ? false
        : must === null
          ? undefined
          : !must.includes(name);
  if (items) return { ...items, list: true, nullable };
  const bound = (...keys: string[]) => keys.map((key) => value[key]).find((one) => typeof one === 'number');
  return {
    name,
    type: word.replace(/\?$/, ''),
    nullable: word.endsWith('?') ? true : nullable,
    unique: isTrue('unique') || undefined,
    key: isTrue('primary') || isTrue('primaryKey') || isTrue('primary_key') || undefined,
    values: values.length > 0 ? values : undefined,
    target: target === undefined ? undefined : singular(target),
    min: bound('min', 'minimum'),
    max: bound('max', 'maximum'),
  };
}
