import { accessOf } from '../domain/access.ts';
import { planContract } from '../domain/contract.ts';
import { servedPlace } from '../domain/contract-place.ts';
import type { ContractAction, ContractPlan, PlannedOperation } from '../domain/contract-plan.ts';
import type { ContractAddress, ContractView, ViewField } from '../domain/contract-rows.ts';
import { operationName } from '../domain/endpoint-path.ts';
import { operationTrial } from '../domain/operation-trial.ts';
import type { Project } from '../domain/project.ts';
import { EMPTY_SCHEMA, type Schema } from '../domain/schema.ts';
import type { AttackOrder } from '../phases/attack.ts';

type Target = NonNullable<AttackOrder['operations']>[number];

/** What is attacked: tables, or the operations of a contract that somebody has written. */
export function attackTarget({
  schema: known,
  contract,
  endpoints,
}: Pick<Project, 'schema' | 'contract' | 'endpoints'>): Pick<
  AttackOrder,
  'schema' | 'operations' | 'only' | 'untried'
> {
  const schema = known ?? EMPTY_SCHEMA;
  if (!contract) return { schema };
  const plan = planContract(contract.document, schema);
  const written = new Set(endpoints?.filter(({ status }) => status === 'written').map(({ name }) => name));
  const ids = new Set(plan.operations.map(({ id }) => id).filter((id) => written.has(operationName(id))));
  const isThere = (one: PlannedOperation) =>
    servedPlace(one) !== null && (one.action.kind !== 'custom' || ids.has(one.id));
  return {
    schema: EMPTY_SCHEMA,
    only: [
      ...['protocol', 'traversal', 'slow-requests', 'operations', 'crowd'],
      ...['operation-rights', 'operation-fields', 'operation-tokens', 'operation-texts'],
    ],
    operations: plan.operations.filter(isThere).map((one) => targetOf(one, plan, schema, ids)),
    untried: plan.operations.flatMap((one) => {
      const reason = reasonOf(one, isThere(one));
      return reason === null ? [] : [{ name: `${one.method.toUpperCase()} ${one.path}`, reason }];
    }),
  };
}

function reasonOf(operation: PlannedOperation, isThere: boolean): string | null {
  if (servedPlace(operation) === null) return 'it is not served';
  if (!isThere) return 'nobody has written it yet: it answers 501';
  if (operation.action.kind !== 'custom') return null;
  return 'somebody wrote it: which rows it is about is known to its own tests only';
}

function targetOf(
  operation: PlannedOperation,
  plan: ContractPlan,
  schema: Schema,
  written: ReadonlySet<string>,
): Target {
  const { method, path, guard, action, query, takesBody } = operation;
  return {
    method: method.toUpperCase(),
    path,
    query: action.kind === 'list' ? queryOf(action) : action.kind === 'custom' ? query : [],
    needsAccount: guard === 'account' || guard === 'key',
    takesBody: action.kind === 'custom' ? takesBody : 'body' in action,
    trial: operationTrial(operation, plan, schema, written),
    reach: reachOf(action, schema),
    fixed: fixedMembers(action, schema),
    ownerMembers: ownerMembers(action, schema),
    lists: action.kind === 'list' ? action.table : null,
  };
}

function queryOf({ filters, paging, sort }: Extract<ContractAction, { kind: 'list' }>): readonly string[] {
  const { limit, offset, page, cursor } = paging ?? {};
  const paged = [limit, offset, page, cursor, sort?.param, sort?.direction].filter((name) => typeof name === 'string');
  return [...filters.map(({ param }) => param), ...paged];
}

function reachOf(action: ContractAction, schema: Schema): Target['reach'] {
  // Others see the profile of an account.
  const isPrivate = (name: string) => name !== schema.accounts?.table && rightsOf(name, schema)?.read === 'owner';
  const hides = (address: ContractAddress | null): boolean =>
    address !== null && (isPrivate(address.table) || hides(address.parent?.address ?? null));
  switch (action.kind) {
    case 'list':
      return isPrivate(action.table) || hides(action.parent?.address ?? null) ? 'private' : 'open';
    case 'create':
      return hides(action.parent?.address ?? null) ? 'private' : 'open';
    case 'read':
    case 'toggle':
      return hides(action.address) ? 'private' : 'open';
    case 'change':
    case 'remove':
      if (hides(action.address)) return 'private';
      return rightsOf(action.address.table, schema)?.write === 'owner' ? 'owned' : 'open';
    case 'link':
      if (hides(action.parent) || hides(action.target)) return 'private';
      return rightsOf(action.parent.table, schema)?.write === 'owner' ? 'owned' : 'open';
    default:
      return 'open';
  }
}

function rightsOf(wanted: string, schema: Schema) {
  const table = schema.tables.find(({ name }) => name === wanted);
  return table && schema.accounts ? accessOf(table, schema) : null;
}

/** What an answer shows of a row and a body cannot say. */
function fixedMembers(action: ContractAction, schema: Schema): Target['fixed'] {
  const wanted = tableOf(action, schema);
  const table = schema.tables.find(({ name }) => name === wanted);
  if (!table || !('body' in action) || !action.view) return {};
  const taken = new Set(action.body.inputs.map(({ name }) => name));
  const entries = flat(action.view).flatMap((field): [string, string | number][] => {
    const column = table.columns.find(({ name }) => field.kind === 'column' && name === field.column);
    const value = column && PLANTED.find(([type]) => type.test(column.type))?.[1];
    return value === undefined || taken.has(field.name) ? [] : [[field.name, value]];
  });
  return Object.fromEntries(entries);
}

/** Values that nothing has which is made here. */
const PLANTED: readonly (readonly [type: RegExp, value: string | number])[] = [
  [/^(?:bigint|integer|numeric|double)/, 987_654],
  [/^uuid$/, '00000000-0000-4000-8000-000000987654'],
  [/^(?:text|varchar)/, 'planted-987654'],
  [/^(?:timestamptz|date)$/, '2001-02-03T04:05:06.000Z'],
];

function tableOf(action: ContractAction, schema: Schema): string | null {
  if (action.kind === 'create') return action.table;
  if (action.kind === 'change') return action.address.table;
  return action.kind === 'register' || action.kind === 'changeMe' ? (schema.accounts?.table ?? null) : null;
}

function flat({ fields }: Pick<ContractView, 'fields'>): readonly ViewField[] {
  return fields.flatMap((field) => (field.kind === 'self' ? flat(field) : [field]));
}

/** Names by which a body could give a new row to somebody. */
function ownerMembers(action: ContractAction, schema: Schema): readonly string[] {
  const table = action.kind === 'create' ? schema.tables.find(({ name }) => name === action.table) : undefined;
  const owners = (table?.columns ?? []).filter(
    ({ default: made }) => made && 'generate' in made && made.generate === 'owner',
  );
  const shown = action.kind === 'create' && action.view ? flat(action.view) : [];
  return owners.flatMap(({ name }) => [
    name,
    name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    ...shown.flatMap((field) => ('column' in field && field.column === name ? [field.name] : [])),
  ]);
}
