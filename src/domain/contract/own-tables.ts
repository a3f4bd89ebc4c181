import type { ContractKeys } from '../contract-plan.ts';
import type { TableInput } from './columns.ts';
import type { Findings } from './entities.ts';
import type { Entity } from './entity.ts';
import { keyType } from './key-columns.ts';
import type { Link } from './links.ts';
import type { Toggle } from './toggles.ts';

/** Tables that hold none of the things a document lists. */

/** The table that keeps the keys: of each only its hash. */
export function keyTable({ table }: ContractKeys): TableInput {
  return {
    name: table,
    description: 'Keys that open the operations, made by who runs the backend; of each only its hash.',
    columns: [
      { name: 'id', type: 'bigint', primaryKey: true, default: { generate: 'identity' } },
      { name: 'name', type: 'text', unique: true, check: { minLength: 1, maxLength: 100 } },
      { name: 'key_hash', type: 'text', unique: true, sensitive: true },
      { name: 'scopes', type: 'text[]', default: { value: '{}' } },
      { name: 'created_at', type: 'timestamptz', default: { generate: 'created' } },
      { name: 'expires_at', type: 'timestamptz', nullable: true },
    ],
  };
}

/** Who has switched something on. */
export function toggleTable(toggle: Toggle, findings: Findings): TableInput {
  const people = findings.entities.find(({ isAccounts }) => isAccounts) ?? toggle.entity;
  const key = { primaryKey: true };
  return {
    name: toggle.table,
    description: `Who has switched on "${toggle.verb}".`,
    columns: [
      {
        ...{ name: `${people.singular}_id`, type: keyType(people, findings), ...key },
        references: { table: people.table, column: 'id', onDelete: 'cascade' },
        default: { generate: 'owner' },
      },
      {
        ...{ name: toggle.column, type: keyType(toggle.entity, findings), ...key },
        references: { table: toggle.entity.table, column: 'id', onDelete: 'cascade' },
      },
    ],
    indexes: [{ columns: [toggle.column] }],
    access: { read: 'everyone', write: 'owner' },
  };
}

/** The table of what is tied together; `access` is that of the parent's. */
export function linkTable(link: Link, findings: Findings, access: TableInput['access']): TableInput {
  const end = ({ table }: Entity) => ({ table, column: 'id', onDelete: 'cascade' as const });
  const through = access?.write === 'owner' ? { through: link.parentColumn } : {};
  return {
    name: link.table,
    description: `Which ${link.target.table} belong to which ${link.parent.table}.`,
    columns: [
      {
        ...{ name: link.parentColumn, type: keyType(link.parent, findings), primaryKey: true },
        references: end(link.parent),
      },
      {
        ...{ name: link.targetColumn, type: keyType(link.target, findings), primaryKey: true },
        references: end(link.target),
      },
    ],
    indexes: [{ columns: [link.targetColumn] }],
    ...(access ? { access: { read: access.read, write: access.write, ...through } } : {}),
  };
}
