import { HTTPError } from 'nitro/h3';
import pg from 'pg';
import { checks, keys } from './checks.ts';
import { type FieldProblem, problem } from './problem.ts';

/** A statement with a fixed text: prepared once on each connection, under its name. */
export interface Statement {
  /** `<table>.<what>`, at most 63 characters, different for each text; of the server itself it begins with `_`. */
  readonly name: string;
  readonly text: string;
}

/**
 * The columns an integrity error is about. Of a key that was added by hand they stand in its detail, if anywhere:
 * `Key (email, tenant)=(…) already exists.`
 */
function fieldsOf({ constraint = '', detail = '' }: pg.DatabaseError): readonly string[] {
  if (Object.hasOwn(keys, constraint)) return keys[constraint] ?? [];
  const list = /\(([^()]+)\)=\(/.exec(detail)?.[1];
  return list ? list.split(', ').map((name) => name.replaceAll('"', '')) : [];
}

function errorsOf(fields: readonly string[], message: string): { errors?: FieldProblem[] } {
  return fields.length > 0 ? { errors: fields.map((field) => ({ field, message })) } : {};
}

/**
 * Failures that are no fault of the request and pass: connection and login (08, 28, 3D), resources (53), shutting
 * down and time-outs (57), locks (55P03), conflicts between transactions (40), a standby (25006).
 */
const PASSING = /^(?:08|28|3D|40|53|57|55P03$|25006$)/;

/** What a client is told about an error of the database; what is nobody's fault outside stays as it is (500). */
export function translateDatabaseError(error: unknown, statement: Statement): unknown {
  const isOurs = HTTPError.isError(error) || error instanceof TypeError;
  if (isOurs || error instanceof RangeError) return error;
  if (!(error instanceof pg.DatabaseError)) {
    return unavailable('The database does not answer; try again in a moment.', error);
  }
  const { code = '', column, constraint } = error;
  const fields = fieldsOf(error);
  switch (code) {
    case '23505':
      return problem(
        409,
        `There is a row with this ${fields.join(', ') || 'key'} already.`,
        errorsOf(fields, 'is taken'),
      );
    case '23503':
      return foreignKeyProblem(error, fields, statement);
    case '23001':
      return stillReferenced(error);
    case '23502':
      return problem(
        400,
        'A required field is missing.',
        errorsOf(column ? [column] : [], 'is required'),
      );
    case '23514':
      return brokenCheck(constraint);
  }
  // Row-level security, which has a last word behind the conditions of the statements.
  if (code === '42501' && error.routine === 'ExecWithCheckOptions') {
    return problem(403, 'This row may not be written like that.', { cause: error });
  }
  if (code === '42501' && /^\s*(?:insert|update)\b/i.test(statement.text))
    return fullStorage(error);
  // Too few or too many parameters: a fault of this server, under the number of a broken connection.
  if (error.routine === 'exec_bind_message') return error;
  if (PASSING.test(code)) {
    return unavailable('The database is busy; try again in a moment.', error);
  }
  // 22: a value its type cannot hold. 54: a value larger than PostgreSQL can work with.
  if (code.startsWith('22') || code.startsWith('54'))
    return problem(400, 'A value does not fit its field.');
  return error;
}

/** Values out of their limits, or that do not go together. Of a constraint added by hand only the name is known. */
function brokenCheck(constraint = 'of the table'): Error {
  const messages = Object.hasOwn(checks, constraint) ? checks[constraint] : undefined;
  if (!messages) return problem(400, `The values break the rule ${constraint}.`);
  const errors = Object.entries(messages).map(([field, message]) => ({ field, message }));
  return problem(400, 'Some fields are not valid.', { errors });
}

/** A reference to a row that is not there, or the removal of a row that others refer to. */
function foreignKeyProblem(
  error: pg.DatabaseError,
  fields: readonly string[],
  { name, text }: Statement,
): Error {
  const table = name.split('.', 1)[0];
  if (text.trimStart().startsWith('delete') || error.table !== table) return stillReferenced(error);
  return problem(
    422,
    'A row that is referred to does not exist.',
    errorsOf(fields, 'does not exist'),
  );
}

function stillReferenced({ table }: pg.DatabaseError): Error {
  return problem(409, `The row is still referred to${table ? ` by ${table}` : ''}.`);
}

/** Beyond its limit of storage the database takes the right to add and change rows away. */
function fullStorage(cause: Error): Error {
  const detail =
    'The storage limit is reached: rows can be read and deleted, not added or changed.';
  return problem(507, detail, { cause });
}

function unavailable(detail: string, cause: unknown): Error {
  return problem(503, detail, { headers: { 'retry-after': '1' }, cause });
}
