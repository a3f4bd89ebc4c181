import { identifier } from '../../domain/identifier.ts';
import type { SqlSession } from '../../ports/sql.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { lineOf } from './mutant.ts';

/** A deliberate fault in the database of a project. */
export interface DatabaseMutant {
  readonly table: string;
  readonly fault: string;
  readonly file: string;
  readonly line: number;
  /** Makes it, and takes it back; all tables are empty then. */
  readonly apply: string;
  readonly revert: string;
  readonly isPolicy: boolean;
}

const CONSTRAINTS = `
  select c.conname as name, t.relname as table, c.contype as kind, pg_get_constraintdef(c.oid) as definition
  from pg_constraint c
  join pg_class t on t.oid = c.conrelid
  join pg_namespace n on n.oid = t.relnamespace
  where n.nspname = 'app' and c.contype in ('u', 'f', 'c') and t.relname not like '\\_%'
  order by t.relname, c.conname`;

const POLICIES = `
  select policyname as name, tablename as table, qual, with_check as checked
  from pg_policies where schemaname = 'app' and tablename not like '\\_%' order by tablename, policyname`;

const KINDS: Readonly<Record<string, string>> = { u: 'unique', f: 'foreign key', c: 'check' };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** One for each constraint, each rule of what becomes of children, and each policy that lets not everybody through. */
export async function databaseMutants(owner: SqlSession, migrations: FileTree): Promise<readonly DatabaseMutant[]> {
  const constraints = (await owner.query(CONSTRAINTS)).rows.flatMap((row) => {
    const [name, table, kind, definition] = [row.name, row.table, row.kind, row.definition].map(textOf);
    return constraintMutants(name ?? '', table ?? '', kind ?? '', definition ?? '', migrations);
  });
  const policies = (await owner.query(POLICIES)).rows.flatMap((row) => {
    const [name, table, qual, checked] = [row.name, row.table, row.qual, row.checked].map(textOf);
    return policyMutants(name ?? '', table ?? '', { qual: qual ?? '', checked: checked ?? '' }, migrations);
  });
  return [...constraints, ...policies];
}

function constraintMutants(
  name: string,
  table: string,
  kind: string,
  definition: string,
  migrations: FileTree,
): readonly DatabaseMutant[] {
  const alter = `ALTER TABLE app.${identifier(table)}`;
  const drop = `${alter} DROP CONSTRAINT ${identifier(name)}`;
  const add = `${alter} ADD CONSTRAINT ${identifier(name)} ${definition}`;
  const place = placeOf(migrations, new RegExp(`CONSTRAINT "?${name}"? `));
  const gone: DatabaseMutant = {
    ...place,
    table,
    fault: `${KINDS[kind]} ${name} is gone`,
    apply: drop,
    revert: add,
    isPolicy: false,
  };
  const action = / ON DELETE (?:CASCADE|SET NULL)/.exec(definition)?.[0];
  if (action === undefined) return [gone];
  const tame = `${alter} ADD CONSTRAINT ${identifier(name)} ${definition.replace(action, '')}`;
  return [gone, { ...gone, fault: `${name} has no${action}`, apply: `${drop}; ${tame}`, revert: `${drop}; ${add}` }];
}

function policyMutants(
  name: string,
  table: string,
  { qual, checked }: { qual: string; checked: string },
  migrations: FileTree,
): readonly DatabaseMutant[] {
  const alter = `ALTER POLICY ${identifier(name)} ON app.${identifier(table)}`;
  const place = placeOf(migrations, new RegExp(`POLICY "?${name}"? ON "?${table}"? `));
  const base = { ...place, table, isPolicy: true };
  const mutants: DatabaseMutant[] = [];
  // Without a check of its own the condition is the check, too.
  if (qual !== '' && qual !== 'true') {
    const open = checked === '' && name === 'may_update' ? ` WITH CHECK (${qual})` : '';
    mutants.push({
      ...base,
      fault: `policy ${name} of ${table} meets every row`,
      apply: `${alter} USING (true)${open}`,
      revert: `${alter} USING (${qual})`,
    });
  }
  if (name === 'may_insert' && checked !== '' && checked !== 'true') {
    mutants.push({
      ...base,
      fault: `policy ${name} of ${table} lets every row in`,
      apply: `${alter} WITH CHECK (true)`,
      revert: `${alter} WITH CHECK (${checked})`,
    });
  }
  return mutants;
}

function placeOf(migrations: FileTree, pattern: RegExp): { readonly file: string; readonly line: number } {
  for (const [file, text] of Object.entries(migrations)) {
    const match = pattern.exec(text);
    if (match) return { file, line: lineOf(text, match.index) };
  }
  return { file: Object.keys(migrations)[0] ?? 'migrations', line: 1 };
}

/** Statements that empty all tables of a project. */
export async function emptyTables(owner: SqlSession): Promise<string> {
  const { rows } = await owner.query(
    "select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and relkind = 'r' order by 1",
  );
  return `TRUNCATE ${rows.map(({ name }) => `app.${identifier(textOf(name))}`).join(', ')} CASCADE`;
}

/** Switches the second wall off, and on again; `[off, on]`, empty without one. */
export async function wallSwitches(owner: SqlSession): Promise<readonly [string, string]> {
  const { rows } = await owner.query(
    "select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and relrowsecurity order by 1",
  );
  const each = (what: string) =>
    rows.map(({ name }) => `ALTER TABLE app.${identifier(textOf(name))} ${what} ROW LEVEL SECURITY`).join('; ');
  return [each('DISABLE'), each('ENABLE')];
}
