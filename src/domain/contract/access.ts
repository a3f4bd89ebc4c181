import type { ColumnInput, TableInput } from './columns.ts';
import { type Findings, isForAdmins } from './entities.ts';
import type { Entity } from './entity.ts';
import { keyType } from './key-columns.ts';

type Access = NonNullable<TableInput['access']>;

/** Who sees and changes rows, by what operations ask for; adds the column of the owner where rows belong to somebody. */
export function accessFor(
  entity: Entity,
  findings: Findings,
  columns: ReadonlyMap<string, ColumnInput>,
  put: (column: ColumnInput, pointer: string | null, rule: string) => void,
): { readonly input: Access; readonly assumption: string | null } | null {
  const people = findings.entities.find(({ isAccounts }) => isAccounts);
  if (!people || entity === people) return null;
  const isSecured = entity.create.length > 0 && entity.create.every(({ security }) => security === 'required');
  const isOpen = entity.reads.length === 0 || entity.reads.some(({ security }) => security !== 'required');
  const shown = [...columns.values()].find(
    ({ default: made }) => made && 'generate' in made && made.generate === 'owner',
  );
  const changing = [...entity.create, ...entity.writes];
  if (changing.length > 0 && changing.every((operation) => isForAdmins(findings, operation))) {
    return { input: { read: isOpen ? 'everyone' : 'accounts', write: 'admins' }, assumption: null };
  }
  const everyone = { write: 'everyone' as const, read: 'everyone' as const };
  if (!isSecured) {
    const isWritten = [...entity.create, ...entity.writes].some(({ security }) => security !== 'required');
    return {
      input: isWritten ? everyone : { read: isOpen ? 'everyone' : 'accounts', write: 'accounts' },
      assumption: null,
    };
  }
  if (shown) return { input: { read: isOpen ? 'everyone' : 'accounts', write: 'owner' }, assumption: null };
  const name = `${people.singular}_id`;
  const owner = columns.has(name) ? `owner_${name}` : name;
  put(
    {
      name: owner,
      type: keyType(people, findings),
      references: { table: people.table, column: 'id', onDelete: 'cascade' },
      default: { generate: 'owner' },
    },
    null,
    'who signs in owns what they make',
  );
  const assumption = isOpen
    ? `Rows of ${entity.table} are seen by everybody and changed by who made them; no answer tells who that is.`
    : `Rows of ${entity.table} are seen and changed by who made them: every operation on them asks who it is.`;
  return { input: { read: isOpen ? 'everyone' : 'owner', write: 'owner' }, assumption };
}
