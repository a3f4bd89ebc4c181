import { parseColumnType, type ValueKind } from '../../domain/column-type.ts';
import type { QueryShape } from '../../domain/query-gate.ts';
import { textKey } from '../../domain/tool-record.ts';

/** A query that was accepted, with what the server says of it. */
export interface AcceptedQuery {
  /** `topPosts`. */
  readonly name: string;
  readonly purpose: string;
  readonly shape: QueryShape;
  /** Names of `$1` to `$n`. */
  readonly parameters: readonly string[];
  /** Types as PostgreSQL writes them: `character varying`, `integer[]`. */
  readonly parameterTypes: readonly string[];
  readonly columnTypes: readonly string[];
}

const TYPES: Readonly<Record<ValueKind, string>> = {
  text: 'string',
  integer: 'number',
  bigint: 'number',
  decimal: 'string',
  float: 'number',
  boolean: 'boolean',
  date: 'string',
  time: 'string',
  timestamp: 'string',
  interval: 'string',
  uuid: 'string',
  network: 'string',
  bytes: 'string',
  json: 'unknown',
};

/** What a value of a type is in the code of the backend (its `server/lib/types.ts`); what is not known is text. */
function codeType(type: string): string {
  const isList = type.endsWith('[]');
  const plain = type.replace(/^pg_catalog\./, '').replace(/\[\]$/, '');
  const kind = parseColumnType(SHORT[plain] ?? plain)?.kind;
  const one = kind ? TYPES[kind] : 'string';
  return isList ? `(${one} | null)[]` : one;
}

const SHORT: Readonly<Record<string, string>> = {
  'character varying': 'text',
  character: 'text',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'time without time zone': 'time',
  'time with time zone': 'time',
};

/** What a type is in a schema, whatever PostgreSQL calls it; null for what no column can be. */
function kindOf(type: string): ValueKind | null {
  const plain = type.replace(/^pg_catalog\./, '');
  return parseColumnType(SHORT[plain] ?? plain)?.kind ?? null;
}

/**
 * A parameter may also be given as text where digits must not be lost, and may be missing. One that could be the key of
 * an account takes what every account has, since its type does not tell keys of text and numbers apart.
 */
function parameterType(type: string, accountKey: ValueKind | null): string {
  if (type.endsWith('[]')) return `readonly ${codeType(type).replace(/^\((.*) \| null\)/, '$1')}`;
  const kind = kindOf(type);
  if (accountKey !== null && kind === accountKey) return "Account['id'] | null";
  const own = codeType(type);
  return kind === 'decimal' ? 'number | string | null' : own === 'unknown' ? 'string | null' : `${own} | null`;
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const constant = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const inTemplate = (text: string) => text.replace(/[\\`]|\$\{/g, (part) => `\\${part}`);
const inComment = (text: string) => text.replace(/\*\//g, '* /').replace(/\s+/g, ' ').trim();

/**
 * The module with the queries of an endpoint: the only way its code comes to the database. `accountKey` is what the keys
 * of accounts are; null: nobody signs in.
 */
export function queriesModule(
  endpoint: string,
  queries: readonly AcceptedQuery[],
  accountKey: ValueKind | null,
): string {
  const up = '../'.repeat(endpoint.split('/').length);
  const account = accountKey ? [`import type { Account } from '${up}lib/auth.ts';`] : [];
  const head = [
    ...account,
    `import type { Statement } from '${up}lib/database.ts';`,
    `import { runQuery, type Transaction } from '${up}lib/endpoint-queries.ts';`,
  ];
  return `${[head.join('\n'), ...queries.map((query) => queryCode(endpoint, query, accountKey))].join('\n\n')}\n`;
}

/** PostgreSQL cuts longer names, and two that are the same afterwards are one statement to it. */
const MAX_STATEMENT_NAME = 63;

function statementName(endpoint: string, query: string): string {
  const whole = `${endpoint}.${query}`;
  if (whole.length <= MAX_STATEMENT_NAME) return whole;
  const mark = textKey(whole).slice(0, 12);
  return `${mark}.${query}`;
}

function queryCode(endpoint: string, query: AcceptedQuery, accountKey: ValueKind | null): string {
  const { name, purpose, shape, parameters, parameterTypes, columnTypes } = query;
  const row = `${pascal(name)}Row`;
  const columns = shape.columns.map((column, index) => {
    const type = codeType(columnTypes[index] ?? 'text');
    return `  readonly ${column.name}: ${type}${column.nullable && type !== 'unknown' ? ' | null' : ''};`;
  });
  const values = parameters.map(
    (parameter, index) => `  readonly ${parameter}: ${parameterType(parameterTypes[index] ?? 'text', accountKey)};`,
  );
  const text = inTemplate(shape.text).replace(/\n(?=\S)/g, '\n    ');
  const given = parameters.length > 0 ? [`values: ${pascal(name)}Values`] : [];
  const asker = accountKey ? ['account: Account | null'] : [];
  const list = parameters.map((parameter) => `values.${parameter}`).join(', ');
  return [
    `const ${constant(name)}: Statement = {\n  name: '${statementName(endpoint, name)}',\n  text: \`\n    ${text}\`,\n};`,
    columns.length > 0
      ? `export interface ${row} {\n${columns.join('\n')}\n}`
      : `export type ${row} = Readonly<Record<never, never>>;`,
    ...(values.length > 0 ? [`export interface ${pascal(name)}Values {\n${values.join('\n')}\n}`] : []),
    `/** ${inComment(purpose)} */
export function ${name}(
${[...given, ...asker, 'together: Transaction | null = null'].map((parameter) => `  ${parameter},`).join('\n')}
): Promise<${row}[]> {
  return runQuery<${row}>(${[constant(name), `[${list}]`, ...(accountKey ? ['account'] : []), 'together'].join(', ')});
}`,
  ].join('\n\n');
}
