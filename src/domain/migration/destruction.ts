import { parseSql, type SqlStatement, SqlSyntaxError } from '../sql-parse.ts';
import { nodesOf } from './statement-rules.ts';

/** A statement that takes rows or values away for good. */
export interface Destruction {
  /** Line of its first word in the script, from 1. */
  readonly line: number;
  /** In words: `drops a table`. */
  readonly what: string;
}

/** Objects that hold rows, or that columns hang on. What can be made again from the rest is not among them. */
const HOLDERS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'drops a table',
  OBJECT_FOREIGN_TABLE: 'drops a table',
  OBJECT_SCHEMA: 'drops a schema',
  OBJECT_SEQUENCE: 'drops a sequence',
};

/**
 * What a script takes away, by PostgreSQL's own parse tree, so also within a WITH; one finding a statement. Nothing for a
 * script that does not parse: it cannot run either.
 */
export async function findDestruction(sql: string): Promise<readonly Destruction[]> {
  try {
    const statements = await parseSql(sql);
    return statements.flatMap((statement) => {
      const what = destructionOf(statement);
      return what === null ? [] : [{ line: statement.line, what }];
    });
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
}

function destructionOf({ kind, tree }: SqlStatement): string | null {
  for (const [name, fields] of nodesOf({ [kind]: tree })) {
    switch (name) {
      case 'TruncateStmt':
        return 'empties a table';
      case 'DeleteStmt':
        return 'deletes rows';
      case 'MergeWhenClause':
        if (fields.commandType === 'CMD_DELETE') return 'deletes rows';
        break;
      case 'AlterTableCmd':
        if (fields.subtype === 'AT_DropColumn') return 'drops a column';
        if (fields.subtype === 'AT_AlterColumnType') return 'changes the type of a column';
        break;
      case 'DropStmt': {
        const holder = typeof fields.removeType === 'string' ? HOLDERS[fields.removeType] : undefined;
        if (holder !== undefined) return holder;
        // A type takes the columns of that type along.
        if (fields.behavior === 'DROP_CASCADE') return 'drops what depends on something';
        break;
      }
    }
  }
  return null;
}
