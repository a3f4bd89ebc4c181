import { APP_SCHEMA } from '../database.ts';
import { parseSql, type SqlStatement, SqlSyntaxError } from '../sql-parse.ts';
import { field, nameParts, nodesOf } from './statement-rules.ts';

/** A statement that takes rows or values away for good. */
export interface Destruction {
  /** Line of its first word in the script, from 1. */
  readonly line: number;
  /** In words: `drops a table`. */
  readonly what: string;
  /** Whose rows or values go; null when the statement alone does not tell. */
  readonly tables: readonly TableName[] | null;
  /** It may well keep every value: another type of a column, for one. */
  readonly mayKeepAll: boolean;
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
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
      const found = destructionOf(statement);
      return found === null ? [] : [{ line: statement.line, mayKeepAll: false, ...found }];
    });
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
}

type Found = Pick<Destruction, 'what' | 'tables'> & Partial<Pick<Destruction, 'mayKeepAll'>>;

function destructionOf({ kind, tree }: SqlStatement): Found | null {
  const altered = tablesIn(field(tree, 'relation'));
  for (const [name, fields] of nodesOf({ [kind]: tree })) {
    switch (name) {
      case 'TruncateStmt':
        return { what: 'empties a table', tables: tablesIn(fields.relations) };
      case 'DeleteStmt':
        return { what: 'deletes rows', tables: tablesIn(fields.relation) };
      case 'MergeWhenClause':
        if (fields.commandType === 'CMD_DELETE') return { what: 'deletes rows', tables: altered };
        break;
      case 'AlterTableCmd':
        if (fields.subtype === 'AT_DropColumn') return { what: 'drops a column', tables: altered };
        if (fields.subtype === 'AT_AlterColumnType') {
          return { what: 'changes the type of a column', tables: altered, mayKeepAll: true };
        }
        break;
      case 'DropStmt': {
        const holder = typeof fields.removeType === 'string' ? HOLDERS[fields.removeType] : undefined;
        if (holder !== undefined) {
          return { what: holder, tables: fields.removeType === 'OBJECT_TABLE' ? droppedTables(fields.objects) : null };
        }
        // A type takes the columns of that type along.
        if (fields.behavior === 'DROP_CASCADE') return { what: 'drops what depends on something', tables: null };
        break;
      }
    }
  }
  return null;
}

/** Tables by their nodes; null when there is something else among them. */
function tablesIn(relations: unknown): readonly TableName[] | null {
  const nodes = Array.isArray(relations) ? relations.map((node) => field(node, 'RangeVar')) : [relations];
  const names = nodes.map((node) => [field(node, 'schemaname') ?? APP_SCHEMA, field(node, 'relname')]);
  return tableNames(names);
}

function droppedTables(objects: unknown): readonly TableName[] | null {
  const names = (Array.isArray(objects) ? objects : []).map((object) => {
    const parts = nameParts(object);
    return parts.length > 1 ? parts.slice(-2) : [APP_SCHEMA, parts[0]];
  });
  return tableNames(names);
}

function tableNames(names: readonly (readonly unknown[])[]): readonly TableName[] | null {
  const found = names.flatMap(([schema, name]) =>
    typeof schema === 'string' && typeof name === 'string' ? [{ schema, name }] : [],
  );
  return found.length === names.length && found.length > 0 ? found : null;
}
