/** The one home of libpg-query: PostgreSQL's own parser. Loaded at the first use, since most commands need none. */

/** One statement of a script, as the server will get it. */
export interface SqlStatement {
  /** From its first word to its last; neither leading comments nor the semicolon. */
  readonly text: string;
  /** Line of its first word in the script, from 1. */
  readonly line: number;
  /** Name of its node in PostgreSQL's grammar: `CreateStmt`, `TransactionStmt` … */
  readonly kind: string;
  /** The node itself: objects, arrays, strings, numbers and booleans. */
  readonly tree: unknown;
}

/** A script that PostgreSQL's parser does not take. */
export class SqlSyntaxError extends Error {
  /** Line in the script, from 1. */
  readonly line: number;
  /** What stands at the place of the error, to the end of its line. */
  readonly near: string;

  constructor(message: string, line: number, near: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SqlSyntaxError';
    this.line = line;
    this.near = near;
  }
}

/** Line of an offset in a text, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Offset in UTF-16 units of a position that PostgreSQL counts in characters, from 0. */
export function offsetOfCharacter(text: string, characters: number): number {
  let offset = 0;
  for (let count = 0; count < characters && offset < text.length; count += 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Length of the blanks and comments a text starts with. Comments of PostgreSQL nest. */
function leadingTrivia(text: string): number {
  let at = 0;
  for (;;) {
    const blank = /\s/.test(text[at] ?? '');
    if (blank) at += 1;
    else if (text.startsWith('--', at)) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (text.startsWith('/*', at)) at = endOfComment(text, at);
    else return at;
  }
}

function endOfComment(text: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(text); match; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return text.length;
}

function translateError(error: unknown, sql: string): SqlSyntaxError {
  const details: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'sqlDetails') : undefined;
  const position: unknown =
    typeof details === 'object' && details !== null ? Reflect.get(details, 'cursorPosition') : 0;
  const offset = offsetOfCharacter(sql, typeof position === 'number' ? position : 0);
  const near = sql.slice(offset, offset + 80).split('\n')[0] ?? '';
  // The parser recurses; what it cannot walk, nobody can judge.
  const message =
    error instanceof RangeError ? 'too deeply nested' : error instanceof Error ? error.message : String(error);
  return new SqlSyntaxError(message, lineAt(sql, offset), near, error);
}

/**
 * Splits a script into its statements with the parser of PostgreSQL 18. Throws `SqlSyntaxError`, also for everything
 * the parser fails at for other reasons: what cannot be parsed is refused, never passed on.
 */
export async function parseSql(sql: string): Promise<readonly SqlStatement[]> {
  // The parser reads C strings: it would not see what comes after a NUL.
  const nul = sql.indexOf('\0');
  if (nul !== -1) throw new SqlSyntaxError('contains a NUL character', lineAt(sql, nul), '');
  if (sql.trim() === '') return [];
  const { parse } = await import('libpg-query');
  const bytes = Buffer.from(sql);
  try {
    const { stmts = [] } = await parse(sql);
    let line = 1;
    let counted = 0;
    return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
      const raw = bytes.subarray(start, length ? start + length : undefined).toString();
      const skipped = leadingTrivia(raw);
      const begin = start + Buffer.byteLength(raw.slice(0, skipped));
      for (; counted < begin; counted += 1) if (bytes[counted] === 0x0a) line += 1;
      const [kind = '', tree] = Object.entries(stmt ?? {})[0] ?? [];
      return { text: raw.slice(skipped).trimEnd(), line, kind, tree };
    });
  } catch (error) {
    throw translateError(error, sql);
  }
}
