import { ADMIN_ROLE } from '../contract-plan.ts';
import type { EnumType, Schema, SchemaInput } from '../schema.ts';
import { schemaShape } from '../schema.ts';
import { accessFor } from './access.ts';
import { type ColumnInput, presetOf, storageOf, type TableInput } from './columns.ts';
import { type Findings, isForAdmins } from './entities.ts';
import type { Entity, EntityField } from './entity.ts';
import { keyColumn, keyType } from './key-columns.ts';
import { columnName } from './names.ts';
import { keyTable, linkTable, toggleTable } from './own-tables.ts';
import { isKeyOf, isVariable, parentOf } from './paths.ts';
import { scopeAssumptions, withRole } from './role.ts';
import { isBelow, KEY, type Source, sourceOf } from './sources.ts';

/** Why a column is there: the place in the document, or a sentence. */
export interface ColumnReason {
  readonly pointer: string | null;
  readonly rule: string;
}

/** A table and what is known about each of its columns. */
export interface DesignedTable {
  readonly table: TableInput;
  readonly reasons: ReadonlyMap<string, ColumnReason>;
}

/** The tables of a contract, with what was assumed on the way. */
export interface DesignedTables {
  readonly schema: Schema;
  readonly reasons: ReadonlyMap<string, { readonly pointer: string; readonly columns: DesignedTable['reasons'] }>;
  readonly assumptions: readonly string[];
}

/** Puts tables together for everything a contract keeps. */
export function designTables(findings: Findings): DesignedTables {
  const enums: EnumType[] = [];
  const assumptions: string[] = [];
  const designed = findings.entities.map((entity) => ({
    entity,
    ...designTable(entity, findings, enums, assumptions),
  }));
  const toggles = findings.toggles.map((toggle) => ({ toggle, table: toggleTable(toggle, findings) }));
  const links = findings.links.map((link) => {
    const parent = designed.find(({ entity }) => entity === link.parent)?.table;
    return { link, table: linkTable(link, findings, parent?.access) };
  });
  const { accounts } = findings;
  const role =
    accounts && findings.operations.some((operation) => isForAdmins(findings, operation))
      ? withRole(designed, enums)
      : null;
  const people = role?.people ?? designed.find(({ entity }) => entity.isAccounts)?.table;
  if (role) enums.push(role.type);
  assumptions.push(...scopeAssumptions(findings));
  const input: SchemaInput = {
    version: 1,
    tables: [
      ...withoutCircles(designed.map(({ table, entity }) => (entity.isAccounts && people ? people : table))),
      ...toggles.map(({ table }) => table),
      ...links.map(({ table }) => table),
      ...(findings.keys ? [keyTable(findings.keys)] : []),
    ],
    enums: enums.map(({ name, values }) => ({ name, values: [...values] })),
    accounts:
      accounts && people
        ? {
            ...{ table: people.name, login: columnName(accounts.loginField), password: 'password_hash' },
            ...(role ? { role: role.column, admins: [ADMIN_ROLE] } : {}),
          }
        : null,
  };
  const reasons = new Map([
    ...designed.map(
      ({ entity, table, reasons: columns }) => [table.name, { pointer: entity.pointer, columns }] as const,
    ),
    ...links.map(({ link, table }) => [table.name, { pointer: link.on.pointer, columns: new Map() }] as const),
    ...toggles.map(({ toggle, table }) => [table.name, { pointer: toggle.on.pointer, columns: new Map() }] as const),
  ]);
  if (findings.keys) {
    const asked = findings.operations.find(({ security }) => security === 'required');
    reasons.set(findings.keys.table, { pointer: asked?.pointer ?? '#', columns: new Map() });
    assumptions.push(
      'Nobody signs up by the document: who runs the backend makes keys, and those open its operations.',
    );
  }
  return { schema: schemaShape.parse(input), reasons, assumptions };
}

/** Of tables that need each other, the reference that closes the circle may be empty: some row has to be first. */
function withoutCircles(tables: readonly TableInput[]): readonly TableInput[] {
  const needs = new Map<string, Set<string>>();
  const leadsTo = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(needs.get(from) ?? [])].some((next) => leadsTo(next, to, seen));
  };
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const target = column.references?.table;
      if (target === undefined || column.nullable) return column;
      if (leadsTo(target, table.name)) return { ...column, nullable: true };
      needs.set(table.name, (needs.get(table.name) ?? new Set()).add(target));
      return column;
    }),
  }));
}

function designTable(entity: Entity, findings: Findings, enums: EnumType[], assumptions: string[]): DesignedTable {
  const columns = new Map<string, ColumnInput>();
  const reasons = new Map<string, ColumnReason>();
  const put = (column: ColumnInput, pointer: string | null, rule: string) => {
    if (columns.has(column.name)) return;
    columns.set(column.name, column);
    reasons.set(column.name, { pointer, rule });
  };
  put(keyColumn(entity, findings), null, 'rows are addressed by a key');
  for (const parent of parentsOf(entity, findings)) {
    const reference = { table: parent.table, column: 'id', onDelete: 'cascade' as const };
    const column = { name: `${parent.singular}_id`, type: keyType(parent, findings), references: reference };
    put(column, entity.pointer, `it is listed below ${parent.singular}`);
  }
  for (const field of entity.fields.values()) {
    const column = columnOf(field, entity, findings, enums, assumptions);
    if (column) put(column, field.shape.pointer, '');
  }
  const access = accessFor(entity, findings, columns, put);
  for (const column of addressColumns(entity, findings)) {
    const found = columns.get(column);
    if (found && !found.primaryKey && !found.nullable) columns.set(column, { ...found, unique: true });
  }
  if (access?.assumption) assumptions.push(access.assumption);
  return {
    table: {
      name: entity.table,
      columns: [...columns.values()],
      ...(access?.input ? { access: access.input } : {}),
    },
    reasons,
  };
}

/** The entities whose rows those of another one are listed below. */
function parentsOf(entity: Entity, { entities }: Pick<Findings, 'entities'>): readonly Entity[] {
  return entities.filter((parent) => isBelow(entity, parent));
}

function columnOf(
  field: EntityField,
  entity: Entity,
  findings: Findings,
  enums: EnumType[],
  assumptions: string[],
): ColumnInput | null {
  const source = sourceOf(field, entity, findings);
  switch (source.kind) {
    case 'password':
      return {
        name: source.column,
        type: 'text',
        sensitive: true,
        ...(isNeeded(field, entity) ? {} : { nullable: true }),
      };
    case 'reference':
    case 'embed':
      return referenceColumn(field, source, findings);
    case 'column':
      return source.column === KEY ? null : valueColumn(field, source, entity, findings, enums, assumptions);
    default:
      return null;
  }
}

function isNeeded(field: EntityField, entity: Entity): boolean {
  return entity.isAccounts || field.createRequired;
}

function referenceColumn(
  field: EntityField,
  source: Extract<Source, { kind: 'reference' | 'embed' }>,
  findings: Findings,
) {
  const reference = { table: source.entity.table, column: 'id' };
  const column = { name: source.column, type: keyType(source.entity, findings) };
  if (source.isOwner) {
    const cascade = { ...reference, onDelete: 'cascade' as const };
    return { ...column, references: cascade, default: { generate: 'owner' as const } };
  }
  const nullable = !field.createRequired;
  const onDelete = nullable ? ('set-null' as const) : ('restrict' as const);
  return { ...column, references: { ...reference, onDelete }, ...(nullable ? { nullable } : {}) };
}

function valueColumn(
  field: EntityField,
  source: Extract<Source, { kind: 'column' }>,
  entity: Entity,
  findings: Findings,
  enums: EnumType[],
  assumptions: string[],
): ColumnInput {
  const enumName = `${entity.singular}_${source.column}`.slice(0, 55);
  const { type, check } = storageOf(findings.document, field.shape, enumName, enums);
  const name = source.column;
  if (source.made === 'created' || source.made === 'updated') return { name, type, default: { generate: source.made } };
  if (source.made === 'slug') return { name, type: 'text', unique: true };
  const isLogin = entity.isAccounts && findings.accounts !== null && field.name === findings.accounts.loginField;
  if (isLogin) return { name, type, check, unique: true };
  const preset = presetOf(field, type);
  if (preset.isAssumed) {
    const shown = JSON.stringify(preset.value);
    assumptions.push(`${entity.table}.${name} is ${shown} until something else is said: answers always have it.`);
  }
  return {
    name,
    type,
    check,
    // Registering takes no member that is in no body.
    ...(entity.isAccounts && !field.inCreate && !field.inUpdate ? { protected: true } : {}),
    ...(preset.nullable ? { nullable: true } : {}),
    ...(preset.value === null ? {} : { default: { value: preset.value } }),
  };
}

/** Columns that paths find rows by; they are unique. */
function addressColumns(entity: Entity, findings: Findings): readonly string[] {
  const paths = [...entity.reads, ...entity.writes].map(({ path }) => path);
  const toggled = findings.toggles
    .filter((toggle) => toggle.entity === entity)
    .map(({ path }) => path.split('/').slice(0, -1).join('/'));
  return [...paths, ...toggled].flatMap((path) => {
    const last = path.split('/').at(-1);
    if (!isVariable(last) || !entity.prefixes.has(parentOf(path))) return [];
    const param = (last ?? '').slice(1, -1);
    return isKeyOf(param, entity) ? [] : [columnName(param)];
  });
}
