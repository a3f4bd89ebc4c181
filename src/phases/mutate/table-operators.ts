import { accessOf } from '../../domain/access.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { Operator } from './mutant.ts';

/** Faults in what is generated for each table: statements, schemas and routes. */

/** A guard that lets in who is not signed in, or is no administrator. */
const SOMEBODY = "{ id: '0', isAdmin: false, sessionId: '' }";

const SCHEMAS = /^server\/schemas\//;
const ROUTES = /^server\/routes\//;

/** In the schemas, `fields` are what bodies hold, and `columns` what lists are asked. */
const IN_FIELDS = '(?<=const fields = \\{(?:(?!\\n\\};)[\\s\\S])*)';
const IN_COLUMNS = '(?<=export const columns = \\{(?:(?!\\n\\})[\\s\\S])*)';

export const SCHEMA_OPERATORS: readonly Operator[] = [
  {
    fault: 'the upper limit of a field is gone',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_FIELDS}\\b(?:max|whole|fraction): (?<at>-?[\\d.e]+)`),
    how: 'code',
    text: () => 'Number.POSITIVE_INFINITY',
  },
  {
    fault: 'the lower limit of a field is gone',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_FIELDS}\\bmin: (?<at>-?[\\d.e]+)`),
    how: 'code',
    text: () => 'Number.NEGATIVE_INFINITY',
  },
  {
    fault: 'a field takes texts that are not of its enum',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_FIELDS}(?<at>\\benums\\.\\w+)`),
    how: 'code',
    text: () => 'value.text()',
  },
  {
    fault: 'a field takes what is no e-mail address',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_FIELDS}(?<at>\\bvalue\\.email\\([^)]*\\))`),
    how: 'code',
    text: () => 'value.text({ max: 254 })',
  },
  {
    fault: 'a required field may be missing',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_FIELDS}\\n {2}(?<name>\\w+):\\s+(?<at>(?:value|enums)\\.[^\\n]*),(?=\\n)`),
    how: 'code',
    isPointless: (name, text) => new RegExp(`fields\\.${name}\\.(?:optional|default)\\(`).test(text),
    text: (at) => `${at}.optional()`,
  },
  {
    fault: 'a default is another one, or none',
    files: SCHEMAS,
    pattern: /fields\.\w+\.default\((?<at>[^)\n]+)\)/,
    how: 'code',
    text: () => 'undefined',
  },
  {
    fault: 'fields that are not known are let through',
    files: SCHEMAS,
    pattern: /(?<at>z\.strictObject)\(/,
    how: 'code',
    text: () => 'z.object',
  },
  {
    fault: 'a filter is not checked',
    files: SCHEMAS,
    pattern: new RegExp(`${IN_COLUMNS}(?<at>(?:value\\.(?!text)\\w+\\([^)]*\\)|enums\\.\\w+))`),
    how: 'code',
    text: () => 'value.text()',
  },
  {
    fault: 'a key in a path is not checked',
    files: SCHEMAS,
    pattern: /keySchema = z\.object\(\{[^;]*?(?<at>value\.(?!text)\w+\([^)]*\))/,
    how: 'code',
    text: () => 'value.text()',
  },
];

export const ROUTE_OPERATORS: readonly Operator[] = [
  {
    fault: 'who is not signed in is let in',
    files: ROUTES,
    pattern: /(?<at>await requireAccount\(event\))/,
    how: 'code',
    isFirstWall: true,
    text: () => `event.req.headers.get('authorization') === null ? ${SOMEBODY} : await requireAccount(event)`,
  },
  {
    fault: 'who is no administrator is let in',
    files: ROUTES,
    pattern: /(?<at>await requireAdmin\(event\))/,
    how: 'code',
    isFirstWall: true,
    text: () =>
      `await requireAdmin(event).catch((error) => { if (error.status !== 403) throw error; return ${SOMEBODY}; })`,
  },
  {
    fault: 'a bad token is let through',
    files: ROUTES,
    pattern: /(?<at>await readAccount\(event\))/,
    how: 'code',
    text: () => 'await readAccount(event).catch(() => null)',
  },
  {
    fault: 'If-Match is not looked at',
    files: ROUTES,
    pattern: /(?<at>versionsToChange\(event\))/,
    how: 'code',
    text: () => 'null',
  },
  {
    fault: 'a request with an idempotency key takes effect again',
    files: ROUTES,
    pattern: /(?<at>\bread(?:Own)?Once\(event, [^()]*\))(?!:)/,
    how: 'code',
    text: () => 'null',
  },
  {
    fault: 'a removal is answered with another status',
    files: ROUTES,
    pattern: /return (?<at>noContent\(\))/,
    how: 'code',
    text: () => '({})',
  },
  {
    fault: 'other methods than allowed are told',
    files: /^server\/routes\/(?!health|ready|openapi|auth).*\.ts$/,
    pattern: /(?<at>methodNotAllowed\('GET'[^)]*\))/,
    how: 'code',
    text: () => "methodNotAllowed('TRACE')",
  },
];

/** Faults in the statements of one table. */
export function statementOperators(table: Table, schema: Schema): readonly Operator[] {
  const files = new RegExp(`^server/data/${table.name}\\.ts$`);
  const { sharedWith } = accessOf(table, schema);
  const sensitive = table.columns.find((column) => column.sensitive);
  const own = [...ownerColumns(table, schema), ...sharedWith];
  const operators: Operator[] = [
    {
      fault: 'the version of a row is not looked at',
      files,
      pattern: /and \(\$\d+::text\[\] is null or (?<at>xmin::text = any\(\$\d+\))\)/,
      how: 'sql',
      text: () => 'true',
    },
    {
      fault: 'any row is met, not the one with the key',
      files,
      pattern: /name: '\w+\.(?:find|update|replace|delete)',(?:(?!`,)[\s\S])*?\n {4}where (?<at>\S+ = \$1)/,
      how: 'sql',
      text: (at) => `(${at} or true)`,
    },
    {
      fault: 'PATCH leaves a field as it is',
      files,
      pattern: /case when (?<at>\$\d+) then/,
      how: 'sql',
      text: (at) => `${at} and false`,
    },
    {
      fault: 'PUT leaves a field as it is',
      files,
      pattern: /(?<=name: '\w+\.replace',(?:(?!\n {4}where)[\s\S])*?\n {6})(?!updated_at)(?<at>\S+ = \$\d+)(?=,?\n)/,
      how: 'sql',
      text: (at) => at.replace(/^(\S+) = (\S+)$/, '$1 = case when false then $2 else $1 end'),
    },
  ];
  if (own.length > 0) {
    operators.push({
      fault: 'rows of others are met too',
      files: new RegExp(`^server/data/${table.name}\\.ts$`),
      pattern: new RegExp(`(?<at>(?<![\\w.])(?:${own.join('|')}) = (?:\\$(?!1\\b)\\d+|\\$\\{account\\}))`),
      how: 'sql',
      isFirstWall: true,
      text: (at) => `(${at} or true)`,
    });
  }
  if (sensitive) {
    operators.push({
      fault: 'a sensitive column is shown',
      files,
      pattern: /(?:returning|select) (?<at>\w+), \w+/,
      how: 'sql',
      text: (at) => `${at}, ${sensitive.name}`,
    });
  }
  return operators;
}

/** The columns that tell whose a row, and each row it is tied to, is. */
function ownerColumns(table: Table, schema: Schema): readonly string[] {
  const names = schema.tables.flatMap((candidate) => {
    const { owner } = accessOf(candidate, schema);
    const isNear = candidate === table || candidate.name !== schema.accounts?.table;
    return owner && owner.kind !== 'parent' && isNear ? [owner.column] : [];
  });
  return [...new Set(names)];
}
