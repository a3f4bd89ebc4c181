import type { Fact } from '../../facts.ts';
import { STRENGTH } from '../../facts.ts';
import { looseType } from '../../field.ts';
import type { Lexicon } from '../../lexicon.ts';
import { readTypedName } from '../../type-words.ts';
import { singular, snake } from '../../words.ts';
import { fieldFacts } from '../definitions.ts';
import type { Enumerations, Span } from '../structures.ts';

/** One property of a thing, as the code that was pasted declares it. */
export interface Member {
  readonly name: string;
  /** A type of the lexicon's words, of a thing or of an enumeration. */
  readonly type: string;
  readonly list?: boolean | undefined;
  /** Undefined where the code says nothing. */
  readonly nullable?: boolean | undefined;
  readonly unique?: boolean | undefined;
  readonly key?: boolean | undefined;
  readonly values?: readonly string[] | undefined;
  /** The thing it refers to, when the code says so beside the type. */
  readonly target?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A class, model, table or schema of pasted code. */
export interface Thing {
  readonly name: string;
  readonly members: readonly Member[];
  readonly span: Span;
  readonly why: string;
}

/** The name of a class or table as an entity is called: `BookModel`, `book_schema`, `books` are a `book`. */
export function thingName(word: string): string {
  const name = singular(snake(word.replace(/^.*\./, '')));
  return name.replace(/_(schema|model|entity|table|dto)$/, '') || name;
}

/** What pasted things say: exactly their columns, and what refers to what. */
export function thingFacts(things: readonly Thing[], enums: Enumerations, lexicon: Lexicon): readonly Fact[] {
  const names = new Set(things.map(({ name }) => name));
  return things.flatMap((thing) => [
    { kind: 'entity', name: thing.name, strength: STRENGTH.defined, why: thing.why } as const,
    { kind: 'closed', entity: thing.name, why: thing.why } as const,
    ...thing.members.flatMap((member) => memberFacts(thing, member, { things, names, enums, lexicon })),
  ]);
}

interface Known {
  readonly things: readonly Thing[];
  readonly names: ReadonlySet<string>;
  readonly enums: Enumerations;
  readonly lexicon: Lexicon;
}

function memberFacts(thing: Thing, member: Member, known: Known): readonly Fact[] {
  const { why } = thing;
  const target = member.target ?? member.type;
  const parent = thingName(target);
  if (member.target !== undefined || known.names.has(parent)) return linkFacts(thing, member, parent, known);
  const values = member.values ?? known.enums.get(thingName(member.type));
  const name = snake(member.name);
  if (name === '') return [];
  const typed = values ? {} : typeOf(member, name, known.lexicon);
  const { nullable, unique, min, max } = member;
  const column = { name, ...typed, values: values?.map(snake).filter(Boolean), nullable, unique, min, max };
  // A key of something that was not pasted keeps its type.
  const key: readonly Fact[] =
    name.endsWith('_id') && !member.key ? [{ kind: 'column', entity: thing.name, column, why }] : [];
  const facts = fieldFacts(
    thing.name,
    {
      column,
      references: null,
      pointing: false,
      primaryKey: member.key === true,
      list: member.list === true,
      uniqueIn: null,
    },
    why,
  );
  return [...key, ...facts];
}

/** One of another thing is a reference; several of it are its children, or each may have several of the other. */
function linkFacts(thing: Thing, member: Member, parent: string, known: Known): readonly Fact[] {
  const { why } = thing;
  const named: Fact = { kind: 'entity', name: parent, strength: STRENGTH.listed, why };
  if (!member.list) {
    const role = snake(member.name).replace(/_id$/, '');
    const link = { kind: 'link', child: thing.name, parent, role, nullable: member.nullable, why } as const;
    return known.names.has(parent) ? [link] : [named, link];
  }
  const other = known.things.find(({ name }) => name === parent);
  const back = other?.members.filter((one) => thingName(one.target ?? one.type) === thing.name) ?? [];
  if (back.some((one) => !one.list) || other?.members.some(({ name }) => snake(name) === `${thing.name}_id`)) return [];
  if (back.length > 0 || member.target !== undefined)
    return [
      ...(other ? [] : [named]),
      ...(parent === thing.name ? [] : [{ kind: 'many-to-many', left: thing.name, right: parent, why } as const]),
    ];
  return parent === thing.name ? [] : [{ kind: 'link', child: parent, parent: thing.name, why }];
}

function typeOf(member: Member, name: string, lexicon: Lexicon): { kind?: never } | object {
  const word = spelled(member.type);
  const found = readTypedName(`${name}: ${word}${member.list ? '[]' : ''}`, true);
  if (!found?.type) return /^[A-Z]/.test(member.type) || member.type === '' ? {} : { kind: 'text' };
  return looseType(found.word, found.type, name, lexicon);
}

/** Types of programming languages in the words of the table of types. */
const SPELLED: readonly (readonly [RegExp, string])[] = [
  [
    /^(time\.time|local_?date_?time|offset_?date_?time|zoned_?date_?time|instant|date_?time(_?offset|_?utc|_?field)?|timestamps?(tz)?)$/i,
    'datetime',
  ],
  [/^(local_?date|date_?only|naive_?date|date_?field)$/i, 'date'],
  [/^(local_?time|time_?only|naive_?time)$/i, 'time'],
  [/^(u?int(16|32)?|[iu](8|16|32)|short|byte|smallint|tinyint|mediumint|unsigned_?integer|integer|year)$/i, 'integer'],
  [/^(u?int64|[iu]64|big_?int(eger)?|long|unsigned_?big_?integer|bigserial)$/i, 'bigint'],
  [/^(float(32|64)|f32|f64|float|double(_?precision)?|real)$/i, 'double'],
  [/^(big_?decimal|decimal(128)?|numeric|money)$/i, 'decimal'],
  [/^(bool|boolean)$/i, 'boolean'],
  [
    /^(json(b|_?value|_?field|_?node|_?object)?|any|unknown|object|mixed|record|map|dict|hash_?map|struct|interface)$/i,
    'jsonb',
  ],
  [/^(guid|uuid(_?v\d)?|uuid\.uuid)$/i, 'uuid'],
  [
    /^(string|str|varchar|char|text|long_?text|medium_?text|tiny_?text|citext|email|url|ip_?address|slug|cuid|nanoid|object_?id|id)$/i,
    'string',
  ],
  [/^(bytes|buffer|blob|binary|bytea|\[?u8\]?)$/i, 'bytea'],
];

function spelled(type: string): string {
  return SPELLED.find(([pattern]) => pattern.test(type))?.[1] ?? type.replace(/[^\p{L}\p{N}_ ]/gu, '');
}
