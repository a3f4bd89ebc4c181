import { ADMIN_ROLE } from '../contract-plan.ts';
import type { EnumType } from '../schema.ts';
import type { TableInput } from './columns.ts';
import type { Findings } from './entities.ts';
import type { Entity } from './entity.ts';

const ORDINARY_ROLE = 'user';

/** The accounts of a document with a role that no operation can set: who runs the backend gives it. */
export function withRole(
  designed: readonly { readonly entity: Entity; readonly table: TableInput }[],
  enums: readonly EnumType[],
): { readonly people: TableInput; readonly column: string; readonly type: EnumType } | null {
  const people = designed.find(({ entity }) => entity.isAccounts);
  if (!people) return null;
  const { table, entity } = people;
  const taken = new Set(table.columns.map(({ name }) => name));
  const column = freeName('role', (name) => taken.has(name));
  const others = [...enums.map(({ name }) => name), ...designed.map((one) => one.table.name)];
  const type = freeName(`${entity.singular}_role`, (name) => others.includes(name));
  const role = { name: column, type, protected: true, default: { value: ORDINARY_ROLE } };
  return {
    people: { ...table, columns: [...table.columns, role] },
    column,
    type: { name: type, values: [ORDINARY_ROLE, ADMIN_ROLE] },
  };
}

function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  return (
    [wanted, `account_${wanted}`, `own_${wanted}`, `access_${wanted}`].find((name) => !isTaken(name)) ??
    `${wanted}_of_access`
  );
}

/** Sentences that tell who has which scopes. */
export function scopeAssumptions({ scopes, accounts }: Pick<Findings, 'scopes' | 'accounts'>): readonly string[] {
  if (!accounts) return [];
  const held = (by: string) => [...scopes].flatMap(([scope, holder]) => (holder === by ? [scope] : []));
  const told = (lead: string, names: readonly string[], rest: string) =>
    names.length === 0 ? [] : [`${lead} ${names.join(', ')}${rest}`];
  return [
    ...told('Everybody who signs in has the scopes', held('everyone'), '.'),
    ...told('Only administrators have', held('admins'), ': who runs the backend makes them.'),
    ...told('Nobody has', held('nobody'), ', which is not understood: operations that ask for it are refused.'),
  ];
}
