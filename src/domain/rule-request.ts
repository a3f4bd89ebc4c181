import type { Column, Schema, Table } from './schema.ts';
import { columnCalled, PLACE, type Place, pattern, snake, THING, tableNamed, withColumn } from './schema-place.ts';

const MUST = '(?:must|should|has to|have to|is|are|shall|can|may)';
const NUMBER = '(-?\\d+(?:\\.\\d+)?)';
const UNIT = '(?:\\s+(characters?|chars?|letters?|signs?))?';
const LEAST = `(?:at least|no less than|not less than|minimum(?: of)?|min\\.?|from)\\s+${NUMBER}${UNIT}`;
const MOST = `(?:at most|no more than|not more than|up to|maximum(?: of)?|max\\.?)\\s+${NUMBER}${UNIT}`;

const POSITIVE = pattern(
  `${THING}${PLACE}\\s+${MUST}\\s+(?:always\\s+)?be\\s+(?:positive|greater than (?:0|zero)|more than (?:0|zero)|above (?:0|zero))`,
);
const NOT_NEGATIVE = pattern(
  `${THING}${PLACE}\\s+(?:(?:must|may|should|can|shall)(?:\\s?not|n't)|cannot|can't|is never|are never|never)\\s+(?:be\\s+|get\\s+|become\\s+|fall\\s+|go\\s+)?(?:negative|below (?:0|zero)|under (?:0|zero)|less than (?:0|zero))`,
);
const AT_LEAST = pattern(`${THING}${PLACE}\\s+(?:${MUST}\\s+)?(?:(?:be|have|has)\\s+)?${LEAST}(?:\\s+long)?`);
const AT_MOST = pattern(`${THING}${PLACE}\\s+(?:${MUST}\\s+)?(?:(?:be|have|has)\\s+)?${MOST}(?:\\s+long)?`);
const BETWEEN = pattern(
  `${THING}${PLACE}\\s+(?:${MUST}\\s+)?(?:(?:be|go|goes)\\s+)?(?:between|from)\\s+${NUMBER}\\s+(?:and|to)\\s+${NUMBER}${UNIT}`,
);
const DEFAULT = pattern(
  `(?:the\\s+default(?:\\s+(?:of|for))?\\s+${THING}${PLACE}\\s+(?:is|should be|must be)|${THING}${PLACE}\\s+(?:defaults? to|is by default|should default to))\\s+["'\`]?([\\w.-]+)["'\`]?`,
);
const VALUE = pattern(
  `add\\s+(?:the\\s+(?:value|state|status|option)\\s+)?["'\`]?([\\w -]+?)["'\`]?\\s+(?:to|as an?)\\s+${THING}${PLACE}`,
);
/** What things become; most other participles ("nested", "tagged", "liked") are no states. */
const STATES =
  'cancell?ed|archived|refunded|returned|rejected|approved|accepted|published|closed|reopened|paused|suspended|blocked|locked|expired|completed|finished|failed|confirmed|shipped|delivered|paid|lost|postponed|declined|withdrawn|hidden|sold|reserved|disputed|escalated|resolved|scheduled|invoiced|verified|disabled|deactivated|retired|delayed|overdue|on hold';

const STATE = pattern(`${THING}\\s+(?:can|may|could|should|must)\\s+(?:also\\s+|now\\s+)?be\\s+(${STATES})`);
const INDEX = pattern(`(?:add|create|make)\\s+an?\\s+index\\s+(?:on|for|over)\\s+${THING}${PLACE}`);

/**
 * Reads a sentence about a rule for a column that is there: limits of numbers and of the length of texts, a default, one
 * more value of an enum ("orders can be cancelled"), an index. Null when it says something else.
 */
export function ruleChange(sentence: string, schema: Schema): Schema | null {
  return (
    limited(sentence, schema) ??
    withDefault(sentence, schema) ??
    withValue(sentence, schema) ??
    withIndex(sentence, schema)
  );
}

type Check = NonNullable<Column['check']>;

function limited(sentence: string, schema: Schema): Schema | null {
  const [, name = '', where] = POSITIVE.exec(sentence) ?? [];
  if (name !== '') return checked(columnCalled(name, where, schema), schema, smallest);
  const [, other = '', place] = NOT_NEGATIVE.exec(sentence) ?? [];
  if (other !== '') return checked(columnCalled(other, place, schema), schema, () => ({ min: 0 }));
  const between = BETWEEN.exec(sentence);
  if (between) return measured(between, schema, between[5], { least: Number(between[3]), most: Number(between[4]) });
  const least = AT_LEAST.exec(sentence);
  if (least) return measured(least, schema, least[4], { least: Number(least[3]) });
  const most = AT_MOST.exec(sentence);
  return most ? measured(most, schema, most[4], { most: Number(most[3]) }) : null;
}

interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** Of a text its length, of a number its value. */
function measured(match: RegExpExecArray, schema: Schema, unit: string | undefined, bounds: Bounds): Schema | null {
  return checked(columnCalled(match[1] ?? '', match[2], schema), schema, (column) => {
    const { least, most } = bounds;
    if (isText(column) && isLength(least) && isLength(most)) {
      return {
        ...(least === undefined ? {} : { minLength: least }),
        ...(most === undefined ? {} : { maxLength: most }),
      };
    }
    if (!isNumber(column) || unit !== undefined) return null;
    return { ...(least === undefined ? {} : { min: least }), ...(most === undefined ? {} : { max: most }) };
  });
}

const isLength = (bound: number | undefined): boolean => bound === undefined || (Number.isInteger(bound) && bound >= 0);
const isText = ({ type }: Column): boolean => /^(text|varchar)/.test(type) && !type.endsWith('[]');
const isNumber = ({ type }: Column): boolean =>
  /^(integer|bigint|smallint|numeric|real|double)/.test(type) && !type.endsWith('[]');

/** The smallest value above zero that a number of this type can have; null for what is no number, or has none. */
function smallest(column: Column): Check | null {
  if (!isNumber(column)) return null;
  if (/^(integer|bigint|smallint)/.test(column.type)) return { min: 1 };
  const scale = /,\s*(\d+)\)/.exec(column.type)?.[1];
  return scale === undefined ? null : { min: Number((10 ** -Number(scale)).toFixed(Number(scale))) };
}

function checked(place: Place | null, schema: Schema, limits: (column: Column) => Check | null): Schema | null {
  const check = place && limits(place.column);
  return place && check ? withColumn(schema, place, { check: { ...place.column.check, ...check } }) : null;
}

function withDefault(sentence: string, schema: Schema): Schema | null {
  const match = DEFAULT.exec(sentence);
  const place = match && columnCalled(match[1] ?? match[3] ?? '', match[2] ?? match[4], schema);
  if (!match || !place) return null;
  const value = valueFor(place.column, match[5] ?? '', schema);
  return value === null ? null : withColumn(schema, place, { default: { value } });
}

/** The words as a value of the column; null when it is none. */
function valueFor({ type }: Column, words: string, { enums }: Schema): string | number | boolean | null {
  const values = enums.find(({ name }) => name === type)?.values;
  if (values) return values.find((value) => value === snake(words) || value === words) ?? null;
  if (type === 'boolean') return /^(true|yes|on)$/i.test(words) ? true : /^(false|no|off)$/i.test(words) ? false : null;
  if (/^(integer|bigint|smallint|numeric)/.test(type)) return /^-?\d+(\.\d+)?$/.test(words) ? Number(words) : null;
  return type === 'text' ? words : null;
}

function withValue(sentence: string, schema: Schema): Schema | null {
  const added = VALUE.exec(sentence);
  if (added) {
    const place = columnCalled(added[2] ?? '', added[3], schema) ?? statusCalled(added[2] ?? '', schema);
    return place && oneMore(place.column, snake(added[1] ?? '').replaceAll('-', '_'), schema);
  }
  const [, thing = '', state = ''] = STATE.exec(sentence) ?? [];
  const place = thing === '' ? null : stateOf(thing, schema);
  return place && oneMore(place.column, snake(state), schema);
}

/** The column that says what state a thing is in: "orders" for `orders.status`, "order status" too. */
function stateOf(words: string, schema: Schema): Place | null {
  const table = tableNamed(words.replace(/\s+(?:status|state)$/i, ''), schema);
  const column = table?.columns.find(({ name, type }) => /^(status|state)$/.test(name) && isEnum(type, schema));
  return table && column ? { table, column } : null;
}

/** "order status" */
const statusCalled = (words: string, schema: Schema): Place | null =>
  /\s(?:status|state)$/i.test(words) ? stateOf(words, schema) : null;

const isEnum = (type: string, { enums }: Schema): boolean => enums.some(({ name }) => name === type);

function oneMore({ type }: Column, value: string, schema: Schema): Schema | null {
  const known = schema.enums.find(({ name }) => name === type);
  if (!known) return null;
  const isThere = known.values.some((one) => one === value || one.replace(/ll/g, 'l') === value.replace(/ll/g, 'l'));
  if (isThere) return schema;
  const more = { ...known, values: [...known.values, value] };
  return { ...schema, enums: schema.enums.map((one) => (one === known ? more : one)) };
}

function withIndex(sentence: string, schema: Schema): Schema | null {
  const [, name = '', where] = INDEX.exec(sentence) ?? [];
  const place = name === '' ? null : columnCalled(name, where, schema);
  if (!place) return null;
  const { table, column } = place;
  const isThere = table.indexes.some(({ columns: [first] }) => first === column.name);
  const indexed: Table = { ...table, indexes: [...table.indexes, { columns: [column.name] }] };
  return isThere ? schema : { ...schema, tables: schema.tables.map((one) => (one === table ? indexed : one)) };
}
