import { z } from 'zod';

/**
 * Requests with what an experienced modeller would accept, in a short notation:
 * `loan|lending: due_on|due_at:date!, note?` is an entity with other names it may have and columns it must have (`!` not
 * null, `?` nullable, `*` unique, types joined by `/`); `loan > tool!` a reference, `a <> b` many-to-many,
 * `delivery > household (from|sender)` one with a role, `||` between two that are equally right.
 */
const labelFile = z.array(
  z.strictObject({
    request: z.string().min(1),
    database: z.boolean().default(true),
    needs: z.array(z.string()).default([]),
    /** Tables that are allowed, not asked for. */
    may: z.array(z.string()).default([]),
    relations: z.array(z.string()).default([]),
    uniques: z.array(z.string()).default([]),
    /** Tables, or `table.column`, that nobody asked for. */
    forbidden: z.array(z.string()).default([]),
    /** Its people sign in. */
    auth: z.boolean().default(false),
  }),
);

export interface ColumnLabel {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly required: boolean | null;
  readonly unique: boolean;
}

export interface EntityLabel {
  readonly name: string;
  readonly names: readonly string[];
  readonly optional: boolean;
  readonly columns: readonly ColumnLabel[];
}

export interface RelationLabel {
  readonly from: string;
  readonly to: string;
  readonly many: boolean;
  readonly required: boolean | null;
  readonly roles: readonly string[];
}

export interface Label {
  readonly request: string;
  readonly database: boolean;
  readonly entities: readonly EntityLabel[];
  /** Each of them with the alternatives that are as right. */
  readonly relations: readonly (readonly RelationLabel[])[];
  readonly uniques: readonly { readonly entity: string; readonly parts: readonly string[] }[];
  readonly forbidden: readonly string[];
  readonly auth: boolean;
}

/** Reads a file of labelled requests; throws when a label is not in the notation. */
export function readLabels(file: unknown): readonly Label[] {
  return labelFile.parse(file).map((one) => ({
    ...one,
    entities: [...one.needs.map((text) => readEntity(text, false)), ...one.may.map((text) => readEntity(text, true))],
    relations: one.relations.map((text) => text.split('||').map(readRelation)),
    uniques: one.uniques.map((text) => {
      const [entity = '', parts = ''] = text.split(':');
      return { entity: entity.trim(), parts: parts.split('+').map((part) => part.trim()) };
    }),
  }));
}

function readEntity(text: string, optional: boolean): EntityLabel {
  const at = text.indexOf(':');
  const names = (at === -1 ? text : text.slice(0, at)).split('|').map((name) => name.trim());
  const [name = ''] = names;
  const columns = at === -1 ? [] : text.slice(at + 1).split(',');
  return { name, names, optional, columns: columns.filter((column) => column.trim() !== '').map(readColumn) };
}

function readColumn(text: string): ColumnLabel {
  const match = /^\s*([a-z0-9_|]+)(?::([a-z/]+))?([!?*]*)\s*$/.exec(text);
  if (!match) throw new Error(`No label of a column: ${text}`);
  const [, names = '', types = 'text', flags = ''] = match;
  const required = flags.includes('!') ? true : flags.includes('?') ? false : null;
  return { names: names.split('|'), types: types.split('/'), required, unique: flags.includes('*') };
}

function readRelation(text: string): RelationLabel {
  const match = /^\s*([a-z_]+)\s*(<>|>)\s*([a-z_]+)([!?])?(?:\s*\(([a-z0-9_|]+)\))?\s*$/.exec(text);
  if (!match) throw new Error(`No label of a relation: ${text}`);
  const [, from = '', sign, to = '', flag, roles] = match;
  const required = flag === undefined ? null : flag === '!';
  return { from, to, many: sign === '<>', required, roles: roles?.split('|') ?? [] };
}
