import type { CatalogColumn, CatalogConstraint } from '../catalog.ts';
import { parseColumnType } from '../column-type.ts';
import type { Column, Table } from '../schema.ts';

/** What PostgreSQL's spelling of defaults and checks says in a schema; only what a schema of ours makes is understood. */

const NUMBER = String.raw`\(*'?\(?(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\)?'?\)?(?:::[a-z ]+)?\)?(?:::[a-z ]+)?`;
const NAME = '"?([a-z][a-z0-9_]*)"?';
const OPENING = [
  /^\(?EXTRACT\(epoch FROM now\(\)\)\)?::bigint$/,
  /^now\(\)$/,
  /^CURRENT_DATE$/,
  /^\(now\(\) AT TIME ZONE 'UTC'::text\)$/,
];

/** The default of a column; a maker that only the backend knows is the one of `like`. */
export function defaultOf(column: CatalogColumn, type: string, like: Column['default']): Column['default'] {
  if (column.identity !== null) return { generate: 'identity' };
  const expression = column.default;
  const maker = like && 'generate' in like ? like.generate : null;
  if (expression === null) return maker === 'id' || maker === 'owner' || isIdle(maker, type) ? like : null;
  if (expression === 'gen_random_uuid()') return { generate: 'uuid' };
  if (OPENING.some((pattern) => pattern.test(expression))) {
    return { generate: maker === 'updated' ? 'updated' : 'created' };
  }
  return constantOf(expression, type);
}

/** A time that only the backend fills in. */
function isIdle(maker: string | null, type: string): boolean {
  return (maker === 'created' || maker === 'updated') && !/^(bigint|date|timestamp|timestamptz)$/.test(type);
}

function constantOf(expression: string, type: string): Column['default'] {
  const parsed = parseColumnType(type);
  if (parsed?.kind === 'boolean' && /^(true|false)$/.test(expression)) return { value: expression === 'true' };
  const number = new RegExp(`^${NUMBER}$`).exec(expression)?.[1];
  const isNumeric = parsed !== null && ['integer', 'bigint', 'decimal', 'float'].includes(parsed.kind);
  if (isNumeric) return number === undefined ? null : { value: Number(number) };
  const text = /^(E?)'((?:[^']|'')*)'(?:::[a-z0-9_ "()[\],]+)?$/s.exec(expression);
  if (!text) return null;
  const inner = (text[2] ?? '').replaceAll("''", "'");
  return { value: text[1] === 'E' ? inner.replaceAll('\\\\', '\\') : inner };
}

/** The limits a check sets for one column; null when it says something else. */
export function checkOf({ definition }: CatalogConstraint, column: CatalogColumn): Column['check'] {
  const isLength = definition.includes('char_length(');
  const subject = isLength
    ? String.raw`char_length\(\(?"?${column.name}"?\)?(?:::text)?\)`
    : String.raw`\(?"?${column.name}"?\)?(?:::[a-z ]+)?`;
  const bound = (operator: string) => String.raw`\(${subject} ${operator} ${NUMBER}\)`;
  const both = new RegExp(`^CHECK \\(\\(${bound('>=')} AND ${bound('<=')}\\)\\)$`).exec(definition);
  const least = new RegExp(`^CHECK \\(${bound('>=')}\\)$`).exec(definition);
  const most = new RegExp(`^CHECK \\(${bound('<=')}\\)$`).exec(definition);
  const [low, high] = [both?.[1] ?? least?.[1], both?.[2] ?? most?.[1]];
  if (low === undefined && high === undefined) return null;
  const [min, max] = isLength ? (['minLength', 'maxLength'] as const) : (['min', 'max'] as const);
  return {
    ...(low === undefined ? {} : { [min]: Number(low) }),
    ...(high === undefined ? {} : { [max]: Number(high) }),
  };
}

const OPERATORS = ['<=', '>=', '<>', '<', '>', '='] as const;

/** The comparison of two columns that a check makes; null when it says something else. */
export function comparisonOf({ definition }: CatalogConstraint): Table['checks'][number] | null {
  const side = String.raw`\(?${NAME}\)?(?:::[a-z ]+)?`;
  const match = new RegExp(`^CHECK \\(\\(${side} (<=|>=|<>|<|>|=) ${side}\\)\\)$`).exec(definition);
  const operator = OPERATORS.find((known) => known === match?.[2]);
  return match?.[1] !== undefined && match[3] !== undefined && operator
    ? { left: match[1], operator, right: match[3] }
    : null;
}
