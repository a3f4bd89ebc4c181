import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import type { DesignBase, Origin } from '../../../domain/explanation.ts';
import { primaryKey, type Schema, type Table } from '../../../domain/schema.ts';
import { type Removal, schemaWithout } from '../../../domain/schema-without.ts';
import type { Context } from './context.ts';
import { trustedSense } from './context.ts';
import { type Draft, draft } from './draft.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import { resolve } from './resolve.ts';
import { singular } from './words.ts';

/** What is left of a base, as drafts that keep what they have. */
export interface Start {
  readonly schema: Schema;
  readonly drafts: readonly Draft[];
  /** What went because the request did not want it, in words. */
  readonly notes: readonly string[];
}

/** Takes from a base what the request does not want, and makes drafts of the rest, so that new things can tie to it. */
export function startFrom(base: DesignBase, facts: readonly Fact[], context: Context): Start {
  const all = draftsOf(base.schema, base.name, context);
  const removal = removalOf(all, base.schema, facts, context);
  const schema = withSaidAccess(schemaWithout(base.schema, removal));
  return { schema, drafts: draftsOf(schema, base.name, context), notes: notesOn(base.schema, schema, removal) };
}

function draftsOf(schema: Schema, name: string, context: Context): readonly Draft[] {
  const origin: Origin = { kind: 'template', template: name };
  const drafts = schema.tables.map((table) => {
    const noun = singular(table.name);
    const entity = trustedSense(noun, context)?.entity ?? null;
    const join = primaryKey(table).length !== 1;
    return draft({ name: noun, entity, strength: STRENGTH.defined, origin }, { join, given: table });
  });
  for (const one of drafts) {
    for (const { name: column, references, nullable, unique } of one.given?.columns ?? []) {
      const parent = drafts.find(({ given }) => given?.name === references?.table);
      if (!parent) continue;
      const part = references?.onDelete === 'cascade';
      one.links.push({ role: column.replace(/_id$/, ''), parent, nullable, unique, part, origin });
    }
  }
  return drafts;
}

function removalOf(drafts: readonly Draft[], schema: Schema, facts: readonly Fact[], context: Context): Removal {
  const tables = new Set<string>();
  const columns = new Set<string>();
  const model = { drafts: [...drafts], leftOver: [], circles: [] };
  let accounts = facts.some((fact) => fact.kind === 'accounts' && !fact.wanted);
  for (const fact of facts) {
    if (fact.kind !== 'without') continue;
    const table = resolve(model, fact.name, context)?.given;
    if (table && isAccountsTable(table, schema)) accounts = true;
    else if (table) tables.add(table.name);
    else for (const path of columnsNamed(fact.name, schema, context)) columns.add(path);
  }
  return { tables, columns, accounts };
}

function columnsNamed(spokenName: string, schema: Schema, context: Context): readonly string[] {
  const name = context.lexicon.attributes.known(spokenName) ?? spokenName;
  const names = new Set([name, spokenName].flatMap((one) => [one, `${one}_cents`, `${one}_at`, `${one}_url`]));
  return schema.tables.flatMap((table) =>
    table.columns.filter((column) => names.has(column.name)).map((column) => `${table.name}.${column.name}`),
  );
}

/** What holds where nothing is said is written down, so that new tables change nothing about it. */
function withSaidAccess(schema: Schema): Schema {
  if (!schema.accounts) return schema;
  const said = (table: Table): Table => {
    if (isAccountsTable(table, schema) || table.access) return table;
    const { read, write, owner, sharedWith } = accessOf(table, schema);
    return { ...table, access: { read, write, through: owner?.kind === 'parent' ? owner.column : null, sharedWith } };
  };
  return { ...schema, tables: schema.tables.map(said) };
}

function notesOn(before: Schema, after: Schema, removal: Removal): readonly string[] {
  const gone = before.tables.filter(({ name }) => !after.tables.some((table) => table.name === name));
  const along = gone.map(({ name }) => name).filter((name) => !removal.tables.has(name));
  const wanted = [...removal.tables].filter((name) => gone.some((table) => table.name === name));
  return [
    ...(wanted.length > 0 ? [`Left away, as was asked: ${wanted.join(', ')}.`] : []),
    ...(along.length > 0 ? [`${along.join(', ')} cannot be without them, and went too.`] : []),
    ...(before.accounts && !after.accounts
      ? [`Nobody signs in; ${before.accounts.table} stay as what is known about people.`]
      : []),
  ];
}
