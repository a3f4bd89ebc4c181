/** The first line of a migration whose one statement is run again and again, each time a transaction of its own. */
export const REPEAT_MARK = '-- repeat until no row is changed';

/** Kinds of statements that tell how many rows they changed. */
const KINDS = new Set(['UpdateStmt', 'DeleteStmt', 'InsertStmt']);

/** Whether a file says that it is to be repeated. */
export function isRepeated(sql: string): boolean {
  return sql.startsWith(REPEAT_MARK) && /^\r?\n/.test(sql.slice(REPEAT_MARK.length));
}

/** Why statements cannot be repeated; null when they can. */
export function findRepeatRefusal(kinds: readonly string[]): string | null {
  const [kind = '', ...more] = kinds;
  if (more.length === 0 && KINDS.has(kind)) return null;
  return 'what is repeated until no row is changed is one UPDATE, DELETE or INSERT, alone in its file';
}
