import { isPlainIdentifier } from './identifier.ts';
import { STATEMENTS } from './query-gate/grammar.ts';
import { type OutputColumn, outputsOf } from './query-gate/outputs.ts';
import { groundOf, refusalOf, refusedWrite } from './query-gate/rules.ts';
import { at, placesOf } from './query-gate/tree.ts';
import { stripInvisible } from './request.ts';
import type { Schema } from './schema.ts';
import { parseSql, type SqlStatement, SqlSyntaxError } from './sql-parse.ts';

export type { OutputColumn } from './query-gate/outputs.ts';

/** What a query of an endpoint does, as far as its text tells. */
export interface QueryShape {
  readonly kind: 'read' | 'write';
  /** As the server gets it. */
  readonly text: string;
  /** `$1` to `$n`. */
  readonly parameters: number;
  readonly columns: readonly OutputColumn[];
}

export type QueryVerdict = { readonly shape: QueryShape } | { readonly refusal: string };

/** 8 KB of UTF-8: a query somebody can still read. */
const MAX_BYTES = 8 * 1024;
const MAX_PARAMETERS = 50;
const MAX_COLUMNS = 200;

/**
 * Judges a query that somebody wrote who is not trusted, by the tree of PostgreSQL's own parser: one SELECT, INSERT,
 * UPDATE or DELETE on tables of the schema, made of nothing but what is on the list, whose values are parameters and
 * whose columns have names. Whatever is not understood is refused (RELIABILITY 4.2). Never throws.
 */
export async function judgeQuery(sql: string, schema: Schema): Promise<QueryVerdict> {
  const refusal = (text: string): QueryVerdict => ({ refusal: text });
  if (Buffer.byteLength(sql) > MAX_BYTES) return refusal(`a query has at most ${MAX_BYTES} bytes`);
  if (stripInvisible(sql) !== sql.replace(/\r\n?/g, '\n')) return refusal('it holds characters that cannot be seen');
  try {
    const statements = await parseSql(sql);
    const [statement] = statements;
    if (!statement || statements.length > 1) {
      return refusal(`one statement is wanted, these are ${statements.length}`);
    }
    return judge(statement, schema);
  } catch (error) {
    if (error instanceof SqlSyntaxError) {
      return refusal(`${error.message} in line ${error.line}${error.near === '' ? '' : `, at: ${error.near}`}`);
    }
    // What cannot be walked cannot be judged.
    return refusal('it is too deeply nested');
  }
}

function judge({ kind, tree, text }: SqlStatement, schema: Schema): QueryVerdict {
  if (!STATEMENTS.has(kind)) return { refusal: `${kind} is not allowed: only select, insert, update and delete are` };
  const ground = groundOf(tree, schema);
  const written = refusedWrite(kind, tree, schema);
  if (written !== null) return { refusal: written };
  for (const place of placesOf('', tree)) {
    const refusal = refusalOf(place, ground);
    if (refusal !== null) return { refusal };
  }
  const numbers = [...placesOf('', tree)].flatMap(({ name, value }) =>
    name === 'ParamRef' ? [typeof value.number === 'number' ? value.number : 0] : [],
  );
  const parameters = Math.max(0, ...numbers);
  const missing = Array.from({ length: Math.min(parameters, MAX_PARAMETERS) }, (_, index) => index + 1).find(
    (number) => !numbers.includes(number),
  );
  if (parameters > MAX_PARAMETERS) return { refusal: `there are at most ${MAX_PARAMETERS} parameters` };
  if (missing !== undefined || numbers.includes(0)) return { refusal: `$${missing ?? 0} is not used` };
  const columns = outputsOf(kind, tree, schema);
  const problem = columnProblem(columns);
  if (problem !== null) return { refusal: problem };
  const isRead = kind === 'SelectStmt' && at(tree, 'lockingClause') === undefined;
  return {
    shape: {
      kind: isRead ? 'read' : 'write',
      text,
      parameters,
      columns: columns.flatMap((column) => column ?? []),
    },
  };
}

function columnProblem(columns: readonly (OutputColumn | null)[]): string | null {
  const unnamed = columns.indexOf(null);
  if (unnamed !== -1) return `give column ${unnamed + 1} a name: … as name`;
  const names = columns.flatMap((column) => column?.name ?? []);
  const odd = names.find((name) => !isPlainIdentifier(name) || name.length > 55);
  if (odd !== undefined) return `${JSON.stringify(odd)} is no name of a column: use snake_case`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `two columns are called ${twice}`;
  return names.length > MAX_COLUMNS ? `there are at most ${MAX_COLUMNS} columns` : null;
}
