import { type ColumnType, parseColumnType } from '../../domain/column-type.ts';
import { type Embedding, embeddings, isNested } from '../../domain/embedding.ts';
import { listOrder } from '../../domain/list-order.ts';
import {
  adminFields,
  changeableFields,
  type InputField,
  inputFields,
  outputColumns,
  resourcePath,
} from '../../domain/rest.ts';
import { type Column, type EnumType, primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import { pascalCase } from './source.ts';
import { type RowSource, rowSource, type Wall, wallOf } from './wall.ts';

/** One column with everything the builders ask about it. */
export interface FieldType {
  /** Null for an enum. */
  readonly type: ColumnType | null;
  readonly choices: EnumType | null;
  /** Name of the enum in the generated code. */
  readonly enumName: string;
  readonly array: boolean;
}

/** Rows of another table that can be shown with a row. */
export interface ResourceRelation {
  readonly embedding: Embedding;
  /** The columns of the row that lead to them. */
  readonly columns: readonly Column[];
  /** They are listed below the row too. */
  readonly nested: boolean;
  /** Where they are read: a table, guarded or not, or what everybody may see of accounts. */
  readonly source: RowSource;
}

/** A table as the generated code sees it. */
export interface Resource {
  readonly table: Table;
  /** `/order-items`. */
  readonly path: string;
  readonly key: readonly Column[];
  readonly output: readonly Column[];
  readonly inputs: readonly InputField[];
  readonly patches: readonly InputField[];
  /** What only administrators may change, in a PATCH. */
  readonly adminPatches: readonly InputField[];
  /** What lists are ordered by: the time of creation when there is one, then the key. Never null, always visible. */
  readonly order: readonly Column[];
  readonly relations: readonly ResourceRelation[];
  /** Who may see and change which rows; null when nobody signs in. */
  readonly wall: Wall | null;
  typeOf(column: Column): FieldType;
}

/** Whether accounts send what is kept as a hash, beside the password they sign in with. */
export function keepsSecrets({ wall, inputs, patches }: Resource): boolean {
  return wall !== null && (wall.isAccounts ? patches : inputs).some(({ hashed }) => hashed);
}

/** The tables of a schema as resources, in the schema's order. */
export function resourcesOf(schema: Schema): readonly Resource[] {
  const names = enumNames(schema);
  const typeOf = (column: Column): FieldType => {
    const type = parseColumnType(column.type);
    const choices = type ? null : (schema.enums.find((candidate) => candidate.name === column.type) ?? null);
    return { type, choices, enumName: names.get(column.type) ?? '', array: type?.array ?? false };
  };
  return schema.tables.map((table) => ({
    table,
    path: resourcePath(table),
    key: primaryKey(table),
    output: outputColumns(table),
    inputs: inputFields(table),
    patches: changeableFields(table, schema),
    adminPatches: adminFields(table, schema),
    order: listOrder(table),
    relations: relationsOf(table, schema),
    wall: wallOf(table, schema),
    typeOf,
  }));
}

/** A list has no operator "=", so that it leads nowhere. */
function relationsOf(table: Table, schema: Schema): readonly ResourceRelation[] {
  return embeddings(table, schema).flatMap((embedding) => {
    const columns = embedding.columns.flatMap((name) => table.columns.find((column) => column.name === name) ?? []);
    const isScalar = columns.every((column) => !column.type.endsWith(']'));
    if (!isScalar) return [];
    return [{ embedding, columns, nested: isNested(embedding, table), source: rowSource(embedding, schema) }];
  });
}

/** What fills the column in, if it is not the client. */
export function generatorOf(column: Column): string | null {
  return column.default !== null && 'generate' in column.default ? column.default.generate : null;
}

/** Enum name → name in the code; two enums never share one. */
export function enumNames(schema: Schema): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name } of schema.enums) {
    const wanted = pascalCase(name);
    let free = wanted;
    for (let number = 2; taken.has(free); number += 1) free = `${wanted}_${number}`;
    taken.add(free);
    names.set(name, free);
  }
  return names;
}
