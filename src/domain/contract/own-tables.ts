import type { ContractKeys } from '../contract-plan.ts';
import type { TableInput } from './columns.ts';
import type { Findings } from './entities.ts';
import { keyType } from './key-columns.ts';
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
